/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/workers.h"

/* A slow machine's patience, in ms. */
enum { PATIENCE = 20000 };

static pid_t master;
static int told; /* where workers say that they are there */

struct worker {
	pid_t pid;
	long number;
};

/* What each worker does: it says who it is, and waits to be ended. */
static void
work(int out, long number)
{
	const struct worker me = { getpid(), number };

	if (write(out, &me, sizeof(me)) != (ssize_t)sizeof(me))
		_exit(1);
	while (!workers_stopping())
		(void)poll(NULL, 0, 50);
	_exit(0);
}

static int
begin(void **state)
{
	int ends[2];

	(void)state;
	if (pipe(ends) == -1 || (master = fork()) == -1)
		return -1;
	if (master == 0) {
		close(ends[0]);
		long number = workers_supervise(2);
		if (number != 0) {
			workers_signals();
			work(ends[1], number);
		}
		_exit(0);
	}
	close(ends[1]);
	told = ends[0];
	return 0;
}

static int
end(void **state)
{
	(void)state;
	if (master > 0) {
		(void)kill(master, SIGTERM);
		(void)waitpid(master, NULL, 0);
	}
	return close(told);
}

/* The next worker that is there, or zeros when the last one has gone. */
static struct worker
next_worker(void)
{
	struct pollfd fd = { .fd = told, .events = POLLIN };
	struct worker w = { 0, 0 };

	assert_int_equal(poll(&fd, 1, PATIENCE), 1);
	assert_true(read(told, &w, sizeof(w)) >= 0);
	return w;
}

static void
replaced(void **state)
{
	const struct worker one = next_worker(), two = next_worker();
	struct worker three;

	(void)state;
	assert_true(one.pid > 0 && two.pid > 0 && one.pid != two.pid);
	assert_int_equal(one.number + two.number, 1 + 2);
	assert_int_equal(kill(one.pid, SIGKILL), 0);
	three = next_worker();
	assert_true(three.pid > 0 && three.pid != two.pid);
	assert_int_equal(three.number, one.number);
}

/* None is left when the master has ended, and it has ended well. */
static void
ended_by(int sig)
{
	int status = -1;

	assert_true(next_worker().pid > 0);
	assert_true(next_worker().pid > 0);
	assert_int_equal(kill(master, sig), 0);
	assert_int_equal(waitpid(master, &status, 0), master);
	master = 0;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(next_worker().pid, 0);
}

static void
ended(void **state)
{
	(void)state;
	ended_by(SIGTERM);
}

static void
interrupted(void **state)
{
	(void)state;
	ended_by(SIGINT);
}

static void
hung_up(void **state)
{
	(void)state;
	ended_by(SIGHUP);
}

/* A master that dies takes its workers with it. */
static void
orphaned(void **state)
{
	(void)state;
#ifdef __linux__
	assert_true(next_worker().pid > 0);
	assert_true(next_worker().pid > 0);
	assert_int_equal(kill(master, SIGKILL), 0);
	assert_int_equal(waitpid(master, NULL, 0), master);
	master = 0;
	assert_int_equal(next_worker().pid, 0);
#endif
}

/* In a child: it is not undone. */
/* A busy worker never waits long enough for a signal to be let in. */
static void
held(void **state)
{
	static const int ends[] = { SIGTERM, SIGINT, SIGUSR1, SIGHUP };
	int status;

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const pid_t pid = fork();

		if (pid == 0) {
			sigset_t mask;

			workers_signals();
			workers_hold_signals(&mask);
			raise(SIGCHLD);
			if (workers_stopping())
				_exit(1);
			raise(ends[i]);
			_exit(workers_stopping() ? 0 : 2);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

static void
hardened(void **state)
{
	struct rlimit core;
	int status;

	(void)state;
	if (fork() == 0) {
		workers_harden();
		_exit(getrlimit(RLIMIT_CORE, &core) != 0 ||
		      core.rlim_cur != 0 || core.rlim_max != 0);
	}
	assert_true(wait(&status) > 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(replaced),
		TEST(ended),
		TEST(interrupted),
		TEST(hung_up),
		TEST(orphaned),
		cmocka_unit_test(held),
		cmocka_unit_test(hardened),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("workers", tests, NULL, NULL);
}
