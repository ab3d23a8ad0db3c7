/* SPDX-License-Identifier: ISC */
#ifndef BASE_GROUP_H
#define BASE_GROUP_H

/*
 * Workers of one program that wait for the same server at the same time let
 * one of them ask for all.  Each has a place in memory that they share, with
 * room for what it wants; one that may lead takes what lies in all places,
 * asks, and tells each worker what came of it.
 *
 * As many may lead at once as this host has processors, from 2 to 64; but only
 * half as many while each of those leads a crowd: more would only carry less
 * each.  Where the server has a larger machine of its own that is few.
 *
 * Any worker may be killed at any moment: what it led is lost then, as with a
 * connection that breaks, and the others go on.  But they trust each other:
 * what one can do, all can.
 */
struct group;

enum {
	GROUP_ROOM = 512 * 1024, /* bytes; what is never used takes no memory */
	GROUP_MOST = 16,         /* places that one takes, its own among them */
	/* bytes, of what those ask in all: less than a buffer of libpq, see
	 * db/carry.c */
	GROUP_SIZE = 7000,
	GROUP_CROWD = 6,      /* places that one takes, or more: a crowd */
	GROUP_PATIENCE = 100, /* ms that a worker waits to be taken */
	/* ms that it waits in all: more than a leader that lives may need */
	GROUP_GIVE_UP = 4000
};

/*
 * Before the workers are forked.  NULL, which is logged, when it cannot be had:
 * group_free, group_join and group_open take that; the rest is for who has
 * opened a place.
 */
struct group *group_new(long workers);
void group_free(struct group *g);

/* In each worker: its number, from 0, which no other living one has. */
void group_join(struct group *g, long worker);

/* What came of something in a place, or what to do about it. */
enum group_outcome {
	GROUP_ALONE,    /* nothing was done: ask for yourself */
	GROUP_ANSWERED, /* the answer is in the room */
	GROUP_LOST,     /* it may have been done or not, and nobody knows */
	GROUP_LEAD      /* ask for all that was taken */
};

struct group_taken {
	int seat; /* of those who lead */
	int count;
	int place[GROUP_MOST]; /* the first is one's own */
};

/*
 * The room of one's own place, GROUP_ROOM bytes to be filled, or left, or asked
 * about.  NULL: ask for yourself.
 */
char *group_open(struct group *g);

/*
 * Let `what`, a pointer to static data that is the same in every worker, and
 * what is in the room be asked; `size`, at most GROUP_SIZE, is how large that
 * is.  Returns what came of it or, at once, that this worker is to lead: then
 * group_leave must follow.
 */
enum group_outcome group_ask(
    struct group *g, const void *what, int size, struct group_taken *taken);

/* What lies in a place.  The leader may read and write what it has taken. */
const void *group_what(const struct group *g, int place);
char *group_room(const struct group *g, int place);

/* By the leader: what came of another's. */
void group_tell(struct group *g, int place, enum group_outcome outcome);

/* By the leader, when it has told all the others. */
void group_leave(struct group *g, const struct group_taken *taken);

/* From now on, for a second, all ask for themselves. */
void group_rest(struct group *g);

#endif
