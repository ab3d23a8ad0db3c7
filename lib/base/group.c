/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* for sem_clockwait */
#include "base/group.h"

#include "config.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/* In milliseconds: how often to look whether a leader is alive; for how long
 * nobody asks together after what went wrong. */
enum { LOOK = GROUP_PATIENCE / 2, REST = 1000 };

enum { SEATS_LEAST = 2, SEATS_MOST = 64 };

/*
 * The states of a place, and who changes them:
 *
 *	FREE, TOLD -> ASKED	its worker: group_ask
 *	ASKED -> TAKEN + n	who has seat n: take
 *	ASKED -> FREE		its worker, out of patience: give_up; or the
 *				successor of one that was killed: group_open
 *	TAKEN + n -> TOLD + o	who has seat n: group_tell, with the outcome
 *	TAKEN + n -> FREE	the same, its own place: group_leave
 *	TAKEN + n -> ASKED	the same, one too many: give_back
 *	TAKEN + n -> TOLD + LOST	who finds that seat n's holder is dead
 *
 * What was told stays until the next asking.  Room and `what` are the
 * worker's, but the leader's from TAKEN on until the worker is told.
 */
enum { FREE, ASKED, TOLD, TAKEN = TOLD + GROUP_LEAD };
static_assert(GROUP_ALONE < GROUP_LEAD && GROUP_ANSWERED < GROUP_LEAD &&
		  GROUP_LOST < GROUP_LEAD,
    "what is told is no seat");

struct place {
	_Atomic int state;
	sem_t look; /* at the state again */
	const void *what;
	int size;
};

/* In memory that all workers share, with the rooms behind it. */
struct shared {
	_Atomic int64_t rest_until;
	/* who holds one leads; of one that was killed the kernel says so */
	pthread_mutex_t seat[SEATS_MOST];
	_Atomic int led[SEATS_MOST];       /* places that its holder took */
	_Atomic int64_t since[SEATS_MOST]; /* ms of clock_ms: when */
	_Atomic int next; /* the place behind the one that was taken last */
	struct place place[];
};

struct group {
	struct shared *shared;
	char *rooms;
	size_t size;
	int seats;
	int places;
	int own;
};

static int
count_seats(void)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return processors < SEATS_LEAST  ? SEATS_LEAST
	       : processors > SEATS_MOST ? SEATS_MOST
					 : (int)processors;
}

static int
seat_init(pthread_mutex_t *seat)
{
	pthread_mutexattr_t a;
	int e;

	if ((e = pthread_mutexattr_init(&a)) == 0) {
		if ((e = pthread_mutexattr_setpshared(
			 &a, PTHREAD_PROCESS_SHARED)) == 0 &&
		    (e = pthread_mutexattr_setrobust(
			 &a, PTHREAD_MUTEX_ROBUST)) == 0)
			e = pthread_mutex_init(seat, &a);
		(void)pthread_mutexattr_destroy(&a);
	}
	errno = e;
	return e == 0 ? 0 : -1;
}

static int
shared_init(struct group *g)
{
	int i;

	for (i = 0; i < g->seats; i++) {
		if (seat_init(&g->shared->seat[i]) == -1)
			return -1;
	}
	for (i = 0; i < g->places; i++) {
		if (sem_init(&g->shared->place[i].look, 1, 0) == -1)
			return -1;
	}
	return 0;
}

static struct group *
make(long workers)
{
	const size_t places = (size_t)workers;
	const size_t head =
	    sizeof(struct shared) + places * sizeof(struct place);
	struct group *g;

	if ((g = calloc(1, sizeof(*g))) == NULL)
		return NULL;
	g->places = (int)workers;
	g->seats = count_seats();
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

struct group *
group_new(long workers)
{
	struct group *g = make(workers);

	if (g == NULL)
		log_event(LOG_WARN, "no_group", "why", strerror(errno), NULL);
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

/* What one led that was killed. */
static void
lose(struct group *g, int seat)
{
	struct place *p;
	int i;

	atomic_store(&g->shared->led[seat], 0);
	for (i = 0; i < g->places; i++) {
		p = &g->shared->place[i];
		if (turn(p, TAKEN + seat, TOLD + GROUP_LOST))
			(void)sem_post(&p->look);
	}
}

static bool
sit(struct group *g, int seat)
{
	pthread_mutex_t *m = &g->shared->seat[seat];
	int e = pthread_mutex_trylock(m);

	if (e == EOWNERDEAD) {
		lose(g, seat);
		e = pthread_mutex_consistent(m);
	}
	return e == 0;
}

/*
 * Get up, and then see who may want to sit.  In this order: who asks says so
 * before it tries the seats.  If it found this one taken, or a crowd led from
 * it, it had asked before that was over, and is seen here.
 */
static void
get_up(struct group *g, int seat)
{
	struct place *p;
	int i, first;

	atomic_store(&g->shared->led[seat], 0);
	(void)pthread_mutex_unlock(&g->shared->seat[seat]);
	first = atomic_load(&g->shared->next);
	for (i = 0; i < g->places; i++) {
		p = &g->shared->place[(first + i) % g->places];
		if (atomic_load(&p->state) == ASKED) {
			(void)sem_post(&p->look);
			return;
		}
	}
}

/* See to those who were led by one that was killed. */
static void
look_after(struct group *g, int seat)
{
	if (sit(g, seat))
		get_up(g, seat);
}

/*
 * Whether crowds are led from half the seats, this one aside.  One that takes
 * long keeps nobody from leading.
 */
static bool
crowded(struct group *g, int seat)
{
	const int64_t recent = clock_ms() - LOOK;
	int i, crowds = 0;

	for (i = 0; i < g->seats; i++) {
		if (i == seat || atomic_load(&g->shared->led[i]) < GROUP_CROWD)
			continue;
		look_after(g, i);
		crowds += atomic_load(&g->shared->led[i]) >= GROUP_CROWD &&
			  atomic_load(&g->shared->since[i]) > recent;
	}
	return 2 * crowds >= g->seats;
}

/*
 * A seat to lead from, or -1: then another leader gets up later, and sees who
 * has asked.
 */
static int
find_seat(struct group *g)
{
	int seat = 0;

	while (seat < g->seats && !sit(g, seat))
		seat++;
	if (seat == g->seats)
		return -1;
	if (!crowded(g, seat))
		return seat;
	(void)pthread_mutex_unlock(&g->shared->seat[seat]);
	return -1;
}

static void
give_back(struct place *p)
{
	atomic_store(&p->state, ASKED);
	(void)sem_post(&p->look);
}

/* What others ask, from where the last leader stopped, so that each has its
 * turn; one that is too much comes first the next time. */
static void
take_others(struct group *g, struct group_taken *t, int size)
{
	const int first = atomic_load(&g->shared->next);
	struct place *p;
	int i, place;

	for (i = 0; i < g->places && t->count < GROUP_MOST; i++) {
		place = (first + i) % g->places;
		p = &g->shared->place[place];
		if (!turn(p, ASKED, TAKEN + t->seat))
			continue;
		size += p->size;
		if (size > GROUP_SIZE) {
			give_back(p);
			atomic_store(&g->shared->next, place);
			return;
		}
		t->place[t->count++] = place;
		atomic_store(&g->shared->next, (place + 1) % g->places);
	}
}

/* Take one's own place, unless another leader was quicker, and the others'. */
static bool
take(struct group *g, struct group_taken *t)
{
	struct place *p = &g->shared->place[g->own];
	const int seat = find_seat(g);

	if (seat == -1)
		return false;
	if (!turn(p, ASKED, TAKEN + seat)) {
		get_up(g, seat);
		return false;
	}
	*t = (struct group_taken){ .seat = seat, .count = 1 };
	t->place[0] = g->own;
	take_others(g, t, p->size);
	atomic_store(&g->shared->since[seat], clock_ms());
	atomic_store(&g->shared->led[seat], t->count);
	return true;
}

/* Until somebody says so, or LOOK is over.  No change of the clock may make it
 * longer: where there is no such wait, it is a short one. */
static void
wait_a_while(struct place *p)
{
#ifdef HAVE_SEM_CLOCKWAIT
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOK * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	(void)sem_clockwait(&p->look, CLOCK_MONOTONIC, &until);
#else
	const struct timespec millisecond = { .tv_nsec = 1000000 };

	(void)p;
	(void)nanosleep(&millisecond, NULL);
#endif
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
	if (state >= TAKEN) {
		look_after(g, state - TAKEN);
		state = atomic_load(&p->state);
	}
	/* one that was killed may have left it at any point */
	if (state >= TAKEN || (state == ASKED && !turn(p, ASKED, FREE)))
		return NULL;
	while (sem_trywait(&p->look) == 0)
		;
	return group_room(g, g->own);
}

/* Whether to wait no longer, after so many milliseconds. */
static bool
give_up(struct group *g, struct place *p, int state, int64_t waited,
    enum group_outcome *outcome)
{
	if (state == ASKED) {
		if (waited < GROUP_PATIENCE || !turn(p, ASKED, FREE))
			return false;
		log_event(LOG_WARN, "not_together", "why", "not_taken", NULL);
		*outcome = GROUP_ALONE;
	} else {
		if (waited <= GROUP_GIVE_UP)
			return false;
		*outcome = GROUP_LOST;
	}
	group_rest(g);
	return true;
}

enum group_outcome
group_ask(
    struct group *g, const void *what, int size, struct group_taken *taken)
{
	struct place *p = &g->shared->place[g->own];
	const int64_t start = clock_ms();
	enum group_outcome outcome;
	int64_t waited;
	int state;

	p->what = what;
	p->size = size;
	atomic_store(&p->state, ASKED);
	for (;;) {
		state = atomic_load(&p->state);
		if (state >= TOLD && state < TAKEN)
			return (enum group_outcome)(state - TOLD);
		if (state == ASKED && take(g, taken))
			return GROUP_LEAD;
		waited = clock_ms() - start;
		if (state >= TAKEN && waited >= LOOK)
			look_after(g, state - TAKEN);
		if (give_up(g, p, state, waited, &outcome))
			return outcome;
		wait_a_while(p);
	}
}

void
group_tell(struct group *g, int place, enum group_outcome outcome)
{
	struct place *p = &g->shared->place[place];

	atomic_store(&p->state, TOLD + (int)outcome);
	(void)sem_post(&p->look);
}

void
group_leave(struct group *g, const struct group_taken *taken)
{
	atomic_store(&g->shared->place[g->own].state, FREE);
	get_up(g, taken->seat);
}

void
group_rest(struct group *g)
{
	atomic_store(&g->shared->rest_until, clock_ms() + REST);
}
