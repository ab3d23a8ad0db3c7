/* SPDX-License-Identifier: ISC */

/*
 * A load of HTTP requests on kept connections, each of which sends its next
 * request when it has its answer.
 *
 *	load [-aw] [-l LINES | -t TOKENS] PORT SECONDS CONNECTIONS
 *	    [REQUEST... --] REQUEST...
 *
 * Each REQUEST is a file, for which see script.h.  Those before -- each
 * connection sends once, before the time begins; the others again and again,
 * and all of them together are one turn.  With -t, the file TOKENS has a
 * refresh token for each connection, and each turn's is used for the next;
 * those left at the end are written back.  With -l, each turn takes another
 * line of the file LINES; those that are left are written back.  A turn's last
 * answer must be 200 and not say "active":false, those before it less than
 * 400; with -a, all less than 500.  A connection that fails is not made again.
 * With -w, it says "ready" when all is there, and waits for a line.
 *
 * Prints turns per second, how many in all, failures, the first failure's
 * status (0: a connection's end, or an answer not understood; else one that
 * lacks what the next request takes), and the milliseconds that half and that
 * 99 of 100 turns took at most.
 */

#include <sys/epoll.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "script.h"

enum { MAX_CONNECTIONS = 256, IN_SIZE = 65536 };

static FILE *lines; /* those that were not used yet */

struct connection {
	int fd;
	bool waiting; /* for an answer */
	bool repeated;
	size_t step, got;
	double since;
	struct known known;
	char in[IN_SIZE];
};

static struct {
	int port, epoll;
	long n;
	bool chained, any, waits;
	struct step *step;
	size_t first, steps; /* where a turn begins and ends */
	char fixed[REQUEST];
	size_t fixed_len; /* 0 unless a turn is always the same request */
	struct connection *c;
	long busy, in_time, turns, failures;
	int first_failure;
	bool timed;
	double end;
	float *took;
} load;

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- connections ---- */

static void
connection_open(struct connection *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)load.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
	int yes = 1;

	c->got = 0;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd == -1 ||
	    connect(c->fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		err(2, "port %d", load.port);
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (epoll_ctl(load.epoll, EPOLL_CTL_ADD, c->fd, &e) == -1)
		err(2, "epoll");
}

static void
connection_close(struct connection *c)
{
	close(c->fd);
	c->fd = -1;
}

/* A connection that fails does no more. */
static void
fail(struct connection *c, int status)
{
	if (load.failures++ == 0)
		load.first_failure = status;
	connection_close(c);
}

/* ---- turns ---- */

static void
request_send(struct connection *c)
{
	char text[REQUEST];
	const char *out = load.fixed;
	size_t len = load.fixed_len;

	if (len == 0 || c->step < load.first) {
		len = step_print(&load.step[c->step], &c->known, text);
		out = text;
	}
	if (len == 0 || send(c->fd, out, len, MSG_NOSIGNAL) != (ssize_t)len) {
		fail(c, len == 0 ? 200 : 0);
		return;
	}
	c->waiting = true;
	load.busy++;
}

static void
turn_begin(struct connection *c)
{
	c->step = load.first;
	c->since = now();
	if (lines != NULL && fscanf(lines, "%4095s", c->known.token) != 1)
		errx(2, "not enough lines");
	request_send(c);
}

static void
turn_end(struct connection *c)
{
	double t = now();

	if ((load.turns & (load.turns - 1)) == 0 &&
	    (load.took = realloc(load.took,
		 (size_t)(load.turns + 1) * 2 * sizeof(*load.took))) == NULL)
		err(2, NULL);
	load.took[load.turns++] = (float)(t - c->since);
	if (t > load.end)
		return;
	load.in_time++;
	turn_begin(c);
}

static bool
answer_good(struct connection *c, const struct answer *a)
{
	const bool last = c->step + 1 == load.steps;
	bool refresh = true;

	if (load.any)
		return a->status < 500;
	if (load.fixed_len == 0 || c->step < load.first)
		refresh = known_take(&c->known, c->in, a->body);
	if (strstr(a->body, "\"active\":false") != NULL)
		return false;
	return last ? a->status == 200 && (refresh || !load.chained)
		    : a->status < 400;
}

static void
answer_take(struct connection *c, const struct answer *a)
{
	c->waiting = false;
	load.busy--;
	c->got = 0;
	c->repeated = false;
	if (!answer_good(c, a)) {
		fail(c, a->status);
		return;
	}
	if (a->closing) {
		connection_close(c);
		connection_open(c);
	}
	if (++c->step == load.steps)
		turn_end(c);
	else if (c->step != load.first || load.timed)
		request_send(c);
}

/* A server may end an idle connection, also while the next request is on its
 * way: that is sent once more. */
static void
connection_ended(struct connection *c, int status)
{
	if (!c->waiting) {
		connection_close(c);
		connection_open(c);
		return;
	}
	c->waiting = false;
	load.busy--;
	if (c->got > 0 || c->repeated) {
		fail(c, status);
		return;
	}
	connection_close(c);
	connection_open(c);
	c->repeated = true;
	request_send(c);
}

static void
connection_read(struct connection *c)
{
	ssize_t n = recv(c->fd, c->in + c->got, IN_SIZE - 1 - c->got, 0);
	struct answer a = { 0 };

	if (n > 0) {
		c->got += (size_t)n;
		c->in[c->got] = '\0';
		if (!answer_read(&a, c->in, c->got) && c->got < IN_SIZE - 1)
			return;
		if (a.length == c->got) {
			answer_take(c, &a);
			return;
		}
	}
	connection_ended(c, a.status);
}

/* ---- the run ---- */

static void
tokens(const char *path, const char *mode)
{
	FILE *f = fopen(path, mode);
	long i;

	if (f == NULL)
		err(2, "%s", path);
	for (i = 0; i < load.n; i++) {
		if (*mode == 'w')
			fprintf(f, "%s\n", load.c[i].known.token);
		else if (fscanf(f, "%4095s", load.c[i].known.token) != 1)
			errx(2, "%s: not enough tokens", path);
	}
	if (fclose(f) != 0)
		err(2, "%s", path);
}

/* What is left of the lines takes the place of all. */
static void
lines_keep(const char *path)
{
	char *left = NULL;
	size_t size = 0, len;
	ssize_t got;
	FILE *f;

	if ((got = getdelim(&left, &size, '\0', lines)) == -1 && ferror(lines))
		err(2, "%s", path);
	len = got > 0 ? (size_t)got : 0;
	if ((f = fopen(path, "w")) == NULL ||
	    fwrite(left, 1, len, f) != len || fclose(f) != 0)
		err(2, "%s", path);
	free(left);
}

/* Until no connection waits for an answer. */
static void
wait_all(double until)
{
	struct epoll_event e[64];
	int k, n;

	while (load.busy > 0 && now() < until) {
		if ((n = epoll_wait(load.epoll, e, 64, 1000)) == -1 &&
		    errno != EINTR)
			err(2, "epoll");
		for (k = 0; k < n; k++)
			connection_read(e[k].data.ptr);
	}
	load.failures += load.busy;
	load.busy = 0;
}

static void
run(double seconds)
{
	long i;

	for (i = 0; i < load.n; i++) {
		connection_open(&load.c[i]);
		if (load.first > 0)
			request_send(&load.c[i]);
	}
	wait_all(now() + 30);
	if (load.waits) {
		puts("ready");
		(void)fflush(stdout);
		(void)getchar();
	}
	load.timed = true;
	load.end = now() + seconds;
	for (i = 0; i < load.n; i++)
		if (load.c[i].fd != -1)
			turn_begin(&load.c[i]);
	wait_all(load.end + 10);
}

static int
float_compare(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static void
report(double seconds)
{
	float half = 0, most = 0;

	if (load.turns > 0) {
		qsort(load.took, (size_t)load.turns, sizeof(*load.took),
		    float_compare);
		half = load.took[load.turns / 2];
		most = load.took[load.turns * 99 / 100];
	}
	printf("%.1f %ld %ld %d %.2f %.2f\n", (double)load.in_time / seconds,
	    load.turns, load.failures, load.first_failure, 1e3 * (double)half,
	    1e3 * (double)most);
}

static void
steps_read(int argc, char **argv)
{
	int i;

	if ((load.step = calloc((size_t)argc, sizeof(*load.step))) == NULL)
		err(2, NULL);
	for (i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			load.first = load.steps;
		else
			step_read(&load.step[load.steps++], argv[i]);
	}
	if (load.steps == load.first + 1 && !load.step[load.first].names)
		load.fixed_len = step_print(
		    &load.step[load.first], &load.c->known, load.fixed);
}

int
main(int argc, char **argv)
{
	const char *chains = NULL, *list = NULL;
	double seconds;
	int opt;

	while ((opt = getopt(argc, argv, "+awl:t:")) != -1) {
		if (opt == 'a')
			load.any = true;
		else if (opt == 'w')
			load.waits = true;
		else if (opt == 'l')
			list = optarg;
		else if (opt == 't')
			chains = optarg;
		else
			return 2;
	}
	if (argc - optind < 4)
		errx(2, "too few arguments");
	load.chained = chains != NULL;
	load.port = atoi(argv[optind]);
	seconds = atof(argv[optind + 1]);
	load.n = atol(argv[optind + 2]);
	if (load.n < 1 || load.n > MAX_CONNECTIONS ||
	    (load.c = calloc((size_t)load.n, sizeof(*load.c))) == NULL ||
	    (load.epoll = epoll_create1(EPOLL_CLOEXEC)) == -1)
		errx(2, "not so many connections");
	steps_read(argc - optind - 3, argv + optind + 3);
	if (load.chained)
		tokens(chains, "r");
	if (list != NULL && (lines = fopen(list, "r")) == NULL)
		err(2, "%s", list);
	run(seconds);
	report(seconds);
	if (list != NULL)
		lines_keep(list);
	if (load.chained)
		tokens(chains, "w");
	return 0;
}
