/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* sem_clockwait */
#include "base/group.h"

#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/*
 * In milliseconds: how long to wait to be taken; how often to look whether the
 * leader is alive; when to give up one that is, but does not go on; and for
 * how long nobody asks together after what went wrong.
 */
enum { PATIENCE = 100, LOOK = 100, GIVE_UP = 4000, REST = 1000 };

enum { LEADERS_LEAST = 2, LEADERS_MOST = 64 };

/* Of a place.  From TAKEN on it says by which leader. */
enum { FREE, ASKED, ANSWERED, RETURNED, LOST, TAKEN };

struct place {
	_Atomic int state;
	sem_t told; /* to look at the state again */
	const void *what;
};

/* In memory that all workers share, with the rooms behind it. */
struct shared {
	_Atomic int64_t rest_until;
	/* who holds one leads; of one that was killed the kernel says so */
	pthread_mutex_t lead[LEADERS_MOST];
	struct place place[];
};

struct group {
	struct shared *shared;
	char *rooms;
	size_t size;
	int leaders;
	int places;
	int own;
};

static int
count_leaders(void)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return processors < LEADERS_LEAST  ? LEADERS_LEAST
	       : processors > LEADERS_MOST ? LEADERS_MOST
					   : (int)processors;
}

static int
lead_init(pthread_mutex_t *lead)
{
	pthread_mutexattr_t a;
	int bad;

	if (pthread_mutexattr_init(&a) != 0)
		return -1;
	bad = pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED) != 0 ||
	      pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST) != 0 ||
	      pthread_mutex_init(lead, &a) != 0;
	(void)pthread_mutexattr_destroy(&a);
	return bad ? -1 : 0;
}

static int
shared_init(struct group *g)
{
	int i;

	for (i = 0; i < g->leaders; i++) {
		if (lead_init(&g->shared->lead[i]) == -1)
			return -1;
	}
	for (i = 0; i < g->places; i++) {
		if (sem_init(&g->shared->place[i].told, 1, 0) == -1)
			return -1;
	}
	return 0;
}

struct group *
group_new(long workers)
{
	const size_t places = (size_t)workers;
	const size_t head =
	    sizeof(struct shared) + places * sizeof(struct place);
	struct group *g;

	if ((g = calloc(1, sizeof(*g))) == NULL)
		return NULL;
	g->places = (int)workers;
	g->leaders = count_leaders();
	g->size = head + places * GROUP_ROOM;
	g->shared = mmap(NULL, g->size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (g->shared == MAP_FAILED) {
		free(g);
		return NULL;
	}
	g->rooms = (char *)g->shared + head;
	if (shared_init(g) == -1) {
		group_free(g);
		return NULL;
	}
	return g;
}

void
group_free(struct group *g)
{
	if (g == NULL)
		return;
	(void)munmap(g->shared, g->size);
	free(g);
}

void
group_join(struct group *g, long worker)
{
	if (g != NULL)
		g->own = (int)worker;
}

const void *
group_what(const struct group *g, int place)
{
	return g->shared->place[place].what;
}

char *
group_room(const struct group *g, int place)
{
	return g->rooms + (size_t)place * GROUP_ROOM;
}

/* Whether it was `from`, and is `to` now. */
static bool
turn(struct place *p, int from, int to)
{
	return atomic_compare_exchange_strong(&p->state, &from, to);
}

static void
tell(struct place *p, int state)
{
	atomic_store(&p->state, state);
	(void)sem_post(&p->told);
}

/* Of a leader that was killed. */
static void
lose_taken_by(struct group *g, int leader)
{
	int i;

	for (i = 0; i < g->places; i++) {
		if (turn(&g->shared->place[i], TAKEN + leader, LOST))
			(void)sem_post(&g->shared->place[i].told);
	}
}

static bool
may_lead(struct group *g, int leader)
{
	pthread_mutex_t *lead = &g->shared->lead[leader];
	int e = pthread_mutex_trylock(lead);

	if (e == EOWNERDEAD) {
		lose_taken_by(g, leader);
		e = pthread_mutex_consistent(lead);
	}
	return e == 0;
}

/*
 * Only then is somebody woken who waits to be taken: one that asked while
 * nobody might lead found the lock held, and was there before it was let go.
 */
static void
stop_leading(struct group *g, int leader)
{
	int i, next;

	(void)pthread_mutex_unlock(&g->shared->lead[leader]);
	for (i = 1; i <= g->places; i++) {
		next = (g->own + i) % g->places;
		if (atomic_load(&g->shared->place[next].state) == ASKED) {
			(void)sem_post(&g->shared->place[next].told);
			return;
		}
	}
}

/* Take one's own place and what else there is, its neighbours' first, so that
 * each has its turn. */
static bool
take(struct group *g, struct group_taken *t)
{
	int i, next, leader = 0;

	while (leader < g->leaders && !may_lead(g, leader))
		leader++;
	if (leader == g->leaders)
		return false;
	*t = (struct group_taken){ .leader = leader };
	for (i = 0; i < g->places && t->count < GROUP_MOST; i++) {
		next = (g->own + i) % g->places;
		if (turn(&g->shared->place[next], ASKED, TAKEN + leader))
			t->place[t->count++] = next;
		else if (i == 0)
			break; /* another leader was quicker */
	}
	if (t->count == 0)
		stop_leading(g, leader);
	return t->count > 0;
}

static void
wait_told(struct place *p)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOK * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	(void)sem_clockwait(&p->told, CLOCK_MONOTONIC, &until);
}

/* A place that was given up may still be in somebody's hands. */
char *
group_open(struct group *g)
{
	struct place *p;
	int state;

	if (g == NULL || clock_ms() < atomic_load(&g->shared->rest_until))
		return NULL;
	p = &g->shared->place[g->own];
	state = atomic_load(&p->state);
	/* one that was killed may have left it at any point */
	if (state >= TAKEN || (state == ASKED && !turn(p, ASKED, FREE)))
		return NULL;
	while (sem_trywait(&p->told) == 0)
		continue;
	return group_room(g, g->own);
}

/* Whether this place's worker was told what became of it. */
static bool
told(int state, enum group_part *part)
{
	switch (state) {
	case ANSWERED:
		*part = GROUP_ANSWERED;
		return true;
	case RETURNED:
		*part = GROUP_ALONE;
		return true;
	case LOST:
		*part = GROUP_LOST;
		return true;
	default:
		return false;
	}
}

/* Whether to wait no longer, after so many milliseconds. */
static bool
give_up(struct group *g, struct place *p, int state, int64_t waited,
    enum group_part *part)
{
	bool up;

	if (state == ASKED) {
		*part = GROUP_ALONE;
		up = waited > PATIENCE && turn(p, ASKED, FREE);
	} else {
		/* one that was killed is found out by who takes its place */
		if (waited > LOOK && may_lead(g, state - TAKEN))
			stop_leading(g, state - TAKEN);
		*part = GROUP_LOST;
		up = waited > GIVE_UP;
	}
	if (up)
		group_rest(g);
	return up;
}

enum group_part
group_ask(struct group *g, const void *what, struct group_taken *taken)
{
	struct place *p = &g->shared->place[g->own];
	const int64_t start = clock_ms();
	enum group_part part;
	int state;

	p->what = what;
	atomic_store(&p->state, ASKED);
	for (;;) {
		state = atomic_load(&p->state);
		if (told(state, &part))
			return part;
		if (state == ASKED && take(g, taken))
			return GROUP_LEAD;
		if (give_up(g, p, state, clock_ms() - start, &part))
			return part;
		wait_told(p);
	}
}

void
group_tell(struct group *g, int place, enum group_part part)
{
	tell(&g->shared->place[place], part == GROUP_ANSWERED ? ANSWERED
				       : part == GROUP_ALONE  ? RETURNED
							      : LOST);
}

void
group_leave(struct group *g, const struct group_taken *taken)
{
	atomic_store(&g->shared->place[g->own].state, FREE);
	stop_leading(g, taken->leader);
}

void
group_rest(struct group *g)
{
	atomic_store(&g->shared->rest_until, clock_ms() + REST);
}
