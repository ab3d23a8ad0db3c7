/* SPDX-License-Identifier: ISC */
#include "http/workers.h"

#include "config.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif

#include "base/log.h"

static volatile sig_atomic_t stopping;

static void
stop(int sig)
{
	(void)sig;
	stopping = 1;
}

/*
 * A signal that is held counts, too: where there is always something to read
 * already, waiting does not let it in.
 */
bool
workers_stopping(void)
{
	sigset_t held;

	if (stopping == 0 && sigpending(&held) == 0 &&
	    (sigismember(&held, SIGTERM) == 1 ||
		sigismember(&held, SIGINT) == 1 ||
		sigismember(&held, SIGUSR1) == 1 ||
		sigismember(&held, SIGHUP) == 1))
		stopping = 1;
	return stopping != 0;
}

void
workers_harden(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
#if defined(HAVE_SYS_PRCTL_H) && !defined(__SANITIZE_ADDRESS__)
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif
}

static void
on(int sig, void (*what)(int))
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa)); /* no SA_RESTART: waiting must end */
	sa.sa_handler = what;
	sigemptyset(&sa.sa_mask);
	(void)sigaction(sig, &sa, NULL);
}

void
workers_signals(void)
{
	on(SIGTERM, stop);
	on(SIGINT, stop);
	on(SIGUSR1, stop);
	on(SIGHUP, stop);
	on(SIGPIPE, SIG_IGN);
}

/* 0 in the parent, 1 in the worker, whose parent's death ends it too. */
static int
spawn(pid_t *pid)
{
	if ((*pid = fork()) == -1)
		log_event(LOG_ERROR, "fork_failed", NULL);
	if (*pid != 0)
		return 0;
#ifdef HAVE_SYS_PRCTL_H
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
	return 1;
}

static void
pause_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* How many are left; *why, if not NULL, is how the last one ended. */
static long
reap(pid_t *pids, long n, const char **why)
{
	long i, left = 0;

	for (i = 0; i < n; i++) {
		int status = 0;

		if (pids[i] > 0 && waitpid(pids[i], &status, WNOHANG) != 0) {
			pids[i] = 0;
			if (why != NULL)
				*why = WIFSIGNALED(status)
					   ? strsignal(WTERMSIG(status))
					   : "exit";
		}
		left += pids[i] > 0;
	}
	return left;
}

/*
 * A signal that comes just before a worker waits for its next request does
 * not end that wait, so it is sent again; who stays is killed in the end.
 */
static void
end_all(pid_t *pids, long n)
{
	enum { TRY_MS = 100, TRIES = WORKERS_END_MS / TRY_MS };
	int tries;
	long i;

	for (tries = 0; tries <= TRIES && reap(pids, n, NULL) > 0; tries++) {
		for (i = 0; i < n; i++) {
			if (pids[i] > 0)
				(void)kill(
				    pids[i], tries < TRIES ? SIGTERM : SIGKILL);
		}
		pause_ms(tries == 0 ? 10 : TRY_MS);
	}
}

static void
wake(int sig)
{
	(void)sig;
}

void
workers_hold_signals(sigset_t *while_waiting)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGUSR1);
	sigaddset(&held, SIGHUP);
	sigaddset(&held, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &held, while_waiting);
}

/* Start those that are missing: 0 in the parent, in a worker its number. */
static long
fill(pid_t *pids, long n)
{
	long i;

	for (i = 0; i < n; i++) {
		if (pids[i] <= 0 && spawn(&pids[i]) == 1)
			return i + 1;
	}
	return 0;
}

long
workers_supervise(long n)
{
	pid_t pids[WORKERS_MAX] = { 0 };
	const char *why = "exit";
	sigset_t before;
	long number;

	workers_signals();
	on(SIGCHLD, wake);
	workers_hold_signals(&before);
	while (!stopping) {
		if ((number = fill(pids, n)) != 0) {
			on(SIGCHLD, SIG_DFL);
			(void)sigprocmask(SIG_SETMASK, &before, NULL);
			return number;
		}
		(void)sigsuspend(&before);
		if (!stopping && reap(pids, n, &why) < n) {
			log_event(LOG_WARN, "worker_ended", "why", why, NULL);
			pause_ms(100); /* one that cannot start must not spin */
		}
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	end_all(pids, n);
	return 0;
}
