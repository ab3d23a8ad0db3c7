/* SPDX-License-Identifier: ISC */
#ifndef BASE_GROUP_H
#define BASE_GROUP_H

/*
 * Workers of one program that wait for the same server at the same time let
 * one of them ask for all.  Each has a place in memory that they share, and
 * puts there what it wants; one that may lead takes what lies in all places,
 * asks, and tells each what became of it.  As many may lead at once as there
 * are processors, so nobody waits who could have asked.
 *
 * Any worker may be killed at any moment: what it led is lost then, as
 * with a connection that breaks, and the others go on.
 */
struct group;

enum {
	GROUP_ROOM = 512 * 1024, /* bytes; what is never used takes no memory */
	GROUP_MOST = 16          /* that one takes */
};

/*
 * Before the workers are forked.  NULL when it cannot be had, which every
 * function here takes for a group in which all are alone.
 */
struct group *group_new(long workers);
void group_free(struct group *g);

/* In each worker: its number, from 0. */
void group_join(struct group *g, long worker);

/* What became of something in a place, or what to do about it. */
enum group_part {
	GROUP_ALONE,    /* nothing was done: ask for yourself */
	GROUP_LEAD,     /* ask for all that was taken */
	GROUP_ANSWERED, /* the answer is in the place */
	GROUP_LOST      /* it may have been done or not, and nobody knows */
};

struct group_taken {
	int leader;
	int count;
	int place[GROUP_MOST]; /* the first is one's own */
};

/* The room of one's own place, to be filled; NULL: ask for yourself. */
char *group_open(struct group *g);

/*
 * Let `what`, which the others can make sense of, and what is in the room be
 * asked.  Returns when that was done or given up, within some 4 s, or when
 * this worker is to lead: then group_leave must follow.
 */
enum group_part group_ask(
    struct group *g, const void *what, struct group_taken *taken);

/* What lies in a place.  The leader may read and write what it has taken. */
const void *group_what(const struct group *g, int place);
char *group_room(const struct group *g, int place);

/* By the leader: what became of another's, GROUP_LEAD aside. */
void group_tell(struct group *g, int place, enum group_part part);

/* By the leader, when it has told all the others. */
void group_leave(struct group *g, const struct group_taken *taken);

/* From now on, for a second, all ask for themselves. */
void group_rest(struct group *g);

#endif
