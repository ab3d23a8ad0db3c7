/* SPDX-License-Identifier: ISC */

/*
 * What the tools must report, so that their silence about the programs means
 * something:
 *
 *	wrong nothing|leak|end|sum|unset
 *
 * Each but the first does one thing wrong.  Like the programs it works in a
 * child, which a signal ends.
 */

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t stopping;

static void
stop(int sig)
{
	(void)sig;
	stopping = 1;
}

static void *volatile kept;

static void
leak(void)
{
	kept = malloc(100);
	kept = NULL;
}

static int
read_past_end(void)
{
	char *volatile p = malloc(8);
	int c;

	memset(p, 'x', 8);
	c = p[8];
	free(p);
	return c;
}

static int
sum_too_large(void)
{
	volatile int most = INT_MAX;

	return most + 1;
}

static void
judge_unset(void)
{
	char *volatile p = malloc(8);

	if (p[3] == 'x')
		stopping = 1;
	free(p);
}

static int
work(const char *what)
{
	volatile int result = 0;

	if (strcmp(what, "leak") == 0)
		leak();
	else if (strcmp(what, "end") == 0)
		result = read_past_end();
	else if (strcmp(what, "sum") == 0)
		result = sum_too_large();
	else if (strcmp(what, "unset") == 0)
		judge_unset();
	while (!stopping)
		(void)sleep(1);
	(void)result;
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	static const struct sigaction sa = { .sa_handler = stop };
	pid_t pid;

	if (argc != 2)
		return 2;
	(void)sigaction(SIGTERM, &sa, NULL);
	if ((pid = fork()) == 0)
		return work(argv[1]);
	if (pid == -1)
		return 2;
	(void)sleep(1);
	(void)kill(pid, SIGTERM);
	return waitpid(pid, NULL, 0) == pid ? EXIT_SUCCESS : 2;
}
