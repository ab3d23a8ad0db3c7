/* SPDX-License-Identifier: ISC */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/group.h"

/*
 * Workers are processes.  The first ones are this one, in all the places that
 * may lead at once; while they do, the others can only ask.
 */
enum { OTHERS = GROUP_CROWD, MOST = 64 + OTHERS, TRIES = 100 };

/* What a worker that leads does with the others' calls. */
enum act { ANSWER, RETURN, HANG };

/* What became of a worker's call, or that it begins or leads. */
struct report {
	int worker;
	enum { BEGINS, HANGS, ENDS } what;
	enum group_outcome outcome;
	int others;
	char room[32];
};

static struct group *group;
static int first_other; /* as many as may lead are before it */
static struct group_taken held[MOST];
static pid_t pids[MOST];
static int reports, to_us;
static int size; /* of what is asked */

static int
begin(void **state)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int ends[2];

	(void)state;
	first_other = processors < 2    ? 2
		      : processors > 64 ? 64
					: (int)processors;
	if ((group = group_new(first_other + OTHERS)) == NULL ||
	    pipe(ends) == -1)
		return -1;
	reports = ends[0];
	to_us = ends[1];
	memset(pids, 0, sizeof(pids));
	size = 1;
	return 0;
}

static void
end_worker(int worker)
{
	if (pids[worker] <= 0)
		return;
	(void)kill(pids[worker], SIGKILL);
	(void)waitpid(pids[worker], NULL, 0);
	pids[worker] = 0;
}

static int
end(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < MOST; i++)
		end_worker(i);
	close(reports);
	close(to_us);
	group_free(group);
	return 0;
}

/* ---- one worker ---- */

static void
say(const struct report *r)
{
	if (write(to_us, r, sizeof(*r)) != (ssize_t)sizeof(*r))
		_exit(1);
}

static void
lead(const struct group_taken *taken, enum act act, struct report *r)
{
	int i, place;

	r->others = taken->count - 1;
	if (act == HANG) {
		r->what = HANGS;
		say(r);
		(void)pause();
	}
	for (i = 1; i < taken->count; i++) {
		place = taken->place[i];
		snprintf(group_room(group, place), sizeof(r->room),
		    "answer %d to %s", place,
		    (const char *)group_what(group, place));
		group_tell(
		    group, place, act == RETURN ? GROUP_ALONE : GROUP_ANSWERED);
	}
	group_leave(group, taken);
}

static void
ask(int worker, enum act act)
{
	static const char what[] = "this";
	struct report r = { .worker = worker, .what = BEGINS };
	struct group_taken taken;
	char *room;

	group_join(group, worker);
	if ((room = group_open(group)) == NULL)
		_exit(1);
	say(&r);
	r.outcome = group_ask(group, what, size, &taken);
	if (r.outcome == GROUP_LEAD)
		lead(&taken, act, &r);
	else if (r.outcome == GROUP_ANSWERED)
		memcpy(r.room, room, sizeof(r.room) - 1);
	r.what = ENDS;
	say(&r);
	_exit(0);
}

static void
start(int worker, enum act act)
{
	if ((pids[worker] = fork()) == 0)
		ask(worker, act);
	assert_true(pids[worker] > 0);
}

/* False when nothing comes in time. */
static bool
heard(struct report *r, int ms)
{
	struct pollfd fd = { .fd = reports, .events = POLLIN };

	return poll(&fd, 1, ms) == 1 &&
	       read(reports, r, sizeof(*r)) == (ssize_t)sizeof(*r);
}

/* ---- this process, in the place of others ---- */

static enum group_outcome
ask_here(int worker)
{
	group_join(group, worker);
	assert_non_null(group_open(group));
	return group_ask(group, "here", 1, &held[worker]);
}

static void
leave(int worker)
{
	group_join(group, worker);
	group_leave(group, &held[worker]);
}

/* From now on nobody else may lead. */
static void
hold_all(void)
{
	for (int i = 0; i < first_other; i++)
		assert_int_equal(ask_here(i), GROUP_LEAD);
}

static void
leave_all(void)
{
	for (int i = 0; i < first_other; i++)
		leave(i);
}

static void
wait_ms(int ms)
{
	(void)poll(NULL, 0, ms);
}

/* After what went wrong all are alone for a second. */
static void
wait_rest(void)
{
	const int64_t start = clock_ms();

	group_join(group, 0);
	while (group_open(group) == NULL) {
		assert_true(clock_ms() - start < 3000);
		wait_ms(10);
	}
}

/*
 * Let all others ask while nobody may lead, then one lead.  How each fared is
 * in `r`; true when one led others.  Not so where they were too slow: on a
 * busy machine each may have given up, or led nobody.
 */
static bool
together(enum act act, struct report r[OTHERS])
{
	struct report one;
	int i, n = 0;
	bool led = false;

	memset(r, 0, sizeof(*r) * OTHERS);
	wait_rest();
	hold_all();
	for (i = 0; i < OTHERS; i++)
		start(first_other + i, act);
	for (i = 0; i < OTHERS; i++)
		assert_true(heard(&one, 5000) && one.what == BEGINS);
	wait_ms(20);
	leave_all();
	while (n < OTHERS && heard(&one, 5000)) {
		r[one.worker - first_other] = one;
		led = led || one.others > 0;
		n++;
		if (one.what == HANGS)
			break;
	}
	if (act != HANG)
		assert_int_equal(n, OTHERS);
	return led;
}

/* As many as were led had that outcome; but who was too slow is alone. */
static bool
shared(const struct report r[OTHERS], enum group_outcome outcome)
{
	int i, led = 0, with = 0, alone = 0;

	for (i = 0; i < OTHERS; i++) {
		led += r[i].others;
		with += r[i].outcome == outcome;
		alone += r[i].outcome == GROUP_ALONE;
	}
	assert_true(with >= led);
	assert_true(with == led || outcome == GROUP_ALONE);
	return led > 0 && (outcome == GROUP_ALONE ? with == led : alone == 0);
}

static void
end_others(void)
{
	for (int i = 0; i < OTHERS; i++)
		end_worker(first_other + i);
	while (heard(&(struct report){ 0 }, 0))
		continue;
}

/* ---- tests ---- */

static void
alone(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ask_here(1), GROUP_LEAD);
		assert_int_equal(held[1].count, 1);
		assert_int_equal(held[1].place[0], 1);
		assert_string_equal(group_what(group, 1), "here");
		leave(1);
	}
	group_join(NULL, 1);
	assert_null(group_open(NULL));
}

static void
answered(void **state)
{
	struct report r[OTHERS];
	char expected[32];
	int i, tries = 0;

	(void)state;
	for (;;) {
		(void)together(ANSWER, r);
		for (i = 0; i < OTHERS; i++) {
			snprintf(expected, sizeof(expected),
			    "answer %d to this", first_other + i);
			if (r[i].outcome == GROUP_ANSWERED)
				assert_string_equal(r[i].room, expected);
		}
		if (shared(r, GROUP_ANSWERED))
			break;
		end_others();
		assert_true(++tries < TRIES);
	}
}

static void
returned(void **state)
{
	struct report r[OTHERS];
	int tries = 0;

	(void)state;
	for (;;) {
		(void)together(RETURN, r);
		if (shared(r, GROUP_ALONE))
			break;
		end_others();
		assert_true(++tries < TRIES);
	}
}

/* No more at once than may be: one other, or none. */
static void
too_much(void **state)
{
	struct report r[OTHERS];
	int i, tries = 0;
	bool led;

	(void)state;
	size = GROUP_SIZE / 2;
	do {
		led = together(ANSWER, r);
		for (i = 0; i < OTHERS; i++)
			assert_in_range(r[i].others, 0, 1);
		end_others();
		assert_true(++tries < TRIES);
	} while (!led);
	size = GROUP_SIZE / 2 + 1;
	for (tries = 0; tries < 3; tries++) {
		assert_false(together(ANSWER, r));
		for (i = 0; i < OTHERS; i++)
			assert_true(r[i].outcome == GROUP_LEAD ||
				    r[i].outcome == GROUP_ALONE);
		end_others();
	}
}

/* One leads and does nothing more: its number, once there is such a one. */
static int
hanging(void)
{
	struct report r[OTHERS];
	int i, tries = 0;

	for (;;) {
		memset(r, 0, sizeof(r));
		if (together(HANG, r)) {
			for (i = 0; i < OTHERS; i++) {
				if (r[i].others == OTHERS - 1)
					return first_other + i;
			}
		}
		end_others();
		/* what it led is found to be lost */
		wait_ms(10);
		assert_true(++tries < TRIES);
	}
}

/* While a crowd is led from half the seats nobody else may lead, for a while:
 * that is seen here where there are two, and where we are quick. */
static void
crowd(void **state)
{
	int64_t start, waited;
	int leader, tries = 0;

	(void)state;
	do {
		leader = hanging();
		start = clock_ms();
		assert_int_equal(ask_here(0), GROUP_LEAD);
		waited = clock_ms() - start;
		leave(0);
		end_worker(leader);
		end_others();
		hold_all(); /* finds out that it is dead */
		leave_all();
		assert_true(waited < 2000);
	} while (first_other == 2 && waited < 10 && ++tries < TRIES);
	assert_true(tries < TRIES);
}

/* What it led is lost, soon; and all goes on, its successor too. */
static void
killed(void **state)
{
	struct report one;
	int leader, i;

	(void)state;
	leader = hanging();
	end_worker(leader);
	for (i = 0; i < OTHERS - 1; i++) {
		assert_true(heard(&one, 2000));
		assert_int_equal(one.what, ENDS);
		assert_int_equal(one.outcome, GROUP_LOST);
	}
	for (i = 0; i < first_other; i++)
		assert_int_equal(ask_here(i), GROUP_LEAD);
	leave_all();
	assert_int_equal(ask_here(leader), GROUP_LEAD);
	leave(leader);
}

/* One that led nobody is killed: its successor may ask all the same, whoever
 * sits elsewhere. */
static void
succeeded(void **state)
{
	struct report one;

	(void)state;
	assert_int_equal(ask_here(0), GROUP_LEAD);
	start(first_other, HANG);
	do
		assert_true(heard(&one, 5000));
	while (one.what != HANGS);
	assert_int_equal(one.others, 0);
	end_worker(first_other);
	leave(0);
	assert_int_equal(ask_here(first_other), GROUP_LEAD);
	leave(first_other);
}

/* The others do not wait for ever; their places stay shut as long as it may
 * write there. */
static void
stopped(void **state)
{
	struct report one;
	int leader, other;

	(void)state;
	leader = hanging();
	assert_false(heard(&one, 2500));
	assert_true(heard(&one, 2500));
	assert_int_equal(one.what, ENDS);
	assert_int_equal(one.outcome, GROUP_LOST);
	other = one.worker;
	assert_true(heard(&one, 1000));
	assert_int_equal(one.outcome, GROUP_LOST);
	wait_rest();
	group_join(group, other);
	assert_null(group_open(group));
	end_worker(leader);
	hold_all(); /* finds out that it is dead */
	leave_all();
	assert_int_equal(ask_here(other), GROUP_LEAD);
	leave(other);
}

/* Nobody takes it: it is not done, and for a while nobody asks so. */
static void
not_taken(void **state)
{
	const int64_t start = clock_ms();

	(void)state;
	hold_all();
	assert_int_equal(ask_here(first_other), GROUP_ALONE);
	assert_in_range(clock_ms() - start, 100, 2000);
	assert_null(group_open(group));
	leave_all();
	assert_null(group_open(group));
	wait_rest();
	assert_true(clock_ms() - start >= 1100);
	assert_int_equal(ask_here(first_other), GROUP_LEAD);
	leave(first_other);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(alone),
		TEST(answered),
		TEST(returned),
		TEST(too_much),
		TEST(crowd),
		TEST(killed),
		TEST(succeeded),
		TEST(stopped),
		TEST(not_taken),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("group", tests, NULL, NULL);
}
