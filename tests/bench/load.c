/* SPDX-License-Identifier: ISC */

/*
 * A load of HTTP requests on kept connections, each of which sends its next
 * request when it has its answer.
 *
 *	load [-a] [-l LINES | -t TOKENS] PORT SECONDS CONNECTIONS REQUEST
 *
 * REQUEST is a file with one request; Content-Length is added.  With -t, the
 * file TOKENS has a refresh token for each connection, which goes where the
 * request says @TOKEN@, and each answer's is used for the next; those left
 * at the end are written back.  With -l, each request takes another line of
 * the file LINES; those that are left are written back.  Any status but 200 is
 *a failure; with -a, only 500 and above.
 *
 * Prints answers per second, how many in all, failures, and the first
 * failure's status (0: a connection's end, or an answer not understood).
 */

#include <sys/epoll.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 256, IN_SIZE = 65536, OUT_SIZE = 8192, TOKEN = 512 };

static FILE *lines; /* those that were not used yet */

struct connection {
	int fd;
	size_t got;
	char token[TOKEN];
	char in[IN_SIZE];
};

static struct {
	int port, epoll;
	long n;
	bool chained, any;
	char head[OUT_SIZE], body[OUT_SIZE];
	char fixed[2 * OUT_SIZE];
	size_t fixed_len;
	struct connection *c;
	long busy, in_time, answers, failures;
	int first_failure;
	double end;
} load;

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- the request ---- */

static void
request_read(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *end;
	size_t len;

	if (f == NULL)
		err(2, "%s", path);
	len = fread(load.head, 1, sizeof(load.head) - 1, f);
	(void)fclose(f);
	load.head[len] = '\0';
	if ((end = strstr(load.head, "\r\n\r\n")) == NULL)
		errx(2, "%s: no end of the head", path);
	strcpy(load.body, end + 4);
	end[2] = '\0';
}

/* Put the request together, with a connection's token in its place. */
static size_t
request_print(char *out, size_t size, const char *token)
{
	char body[2 * OUT_SIZE];
	const char *at = strstr(load.body, "@TOKEN@");
	int len;

	if (token != NULL && at != NULL)
		len = snprintf(body, sizeof(body), "%.*s%s%s",
		    (int)(at - load.body), load.body, token, at + 7);
	else
		len = snprintf(body, sizeof(body), "%s", load.body);
	if (len == 0)
		len = snprintf(out, size, "%s\r\n", load.head);
	else
		len = snprintf(out, size, "%sContent-Length: %d\r\n\r\n%s",
		    load.head, len, body);
	if (len < 0 || (size_t)len >= size)
		errx(2, "the request is too long");
	return (size_t)len;
}

/* ---- connections ---- */

static void
fail(int status)
{
	if (load.failures++ == 0)
		load.first_failure = status;
}

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
request_send(struct connection *c)
{
	char text[2 * OUT_SIZE];
	const char *out = load.fixed;
	size_t len = load.fixed_len;

	if (lines != NULL && fscanf(lines, "%511s", c->token) != 1)
		errx(2, "not enough lines");
	if (load.chained || lines != NULL) {
		len = request_print(text, sizeof(text), c->token);
		out = text;
	}
	if (send(c->fd, out, len, MSG_NOSIGNAL) != (ssize_t)len) {
		fail(0);
		close(c->fd);
		c->fd = -1;
		return;
	}
	load.busy++;
}

/* The length of an answer that is all there, else 0; -1 when it is none. */
static long
answer_length(struct connection *c, int *status, bool *closing)
{
	char *end, *p;
	long length = -1;

	c->in[c->got] = '\0';
	if ((end = strstr(c->in, "\r\n\r\n")) == NULL)
		return c->got < IN_SIZE - 1 ? 0 : -1;
	if (sscanf(c->in, "HTTP/1.%*d %d", status) != 1)
		return -1;
	*closing = false;
	for (p = c->in; p < end && (p = strstr(p, "\r\n")) != NULL;) {
		p += 2;
		if (strncasecmp(p, "Content-Length:", 15) == 0)
			length = strtol(p + 15, NULL, 10);
		else if (strncasecmp(p, "Connection: close", 17) == 0)
			*closing = true;
	}
	if (length < 0)
		return -1;
	length += end + 4 - c->in;
	if (length > IN_SIZE - 1)
		return -1;
	return (size_t)length <= c->got ? length : 0;
}

static bool
token_take(struct connection *c)
{
	static const char name[] = "\"refresh_token\":\"";
	const char *p = strstr(c->in, name);
	size_t len;

	if (p == NULL)
		return false;
	p += sizeof(name) - 1;
	len = strcspn(p, "\"");
	if (p[len] != '"' || len >= TOKEN)
		return false;
	memcpy(c->token, p, len);
	c->token[len] = '\0';
	return true;
}

static void
answer_take(struct connection *c, int status, bool closing)
{
	double t = now();

	load.busy--;
	load.answers++;
	if (t <= load.end)
		load.in_time++;
	c->got = 0;
	if (load.any ? status >= 500
		     : status != 200 || (load.chained && !token_take(c)))
		fail(status);
	if (closing) {
		close(c->fd);
		c->fd = -1;
		if (t < load.end)
			connection_open(c);
	}
	if (t < load.end)
		request_send(c);
}

static void
connection_read(struct connection *c)
{
	ssize_t n = recv(c->fd, c->in + c->got, IN_SIZE - 1 - c->got, 0);
	int status = 0;
	bool closing = false;
	long length;

	if (n > 0) {
		c->got += (size_t)n;
		if ((length = answer_length(c, &status, &closing)) == 0)
			return;
		if (length == (long)c->got) {
			answer_take(c, status, closing);
			return;
		}
	}
	fail(status);
	load.busy--;
	close(c->fd);
	c->fd = -1;
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
			fprintf(f, "%s\n", load.c[i].token);
		else if (fscanf(f, "%511s", load.c[i].token) != 1)
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
	FILE *f;

	if (getdelim(&left, &size, '\0', lines) == -1 ||
	    (f = fopen(path, "w")) == NULL)
		err(2, "%s", path);
	len = strlen(left);
	if (fwrite(left, 1, len, f) != len || fclose(f) != 0)
		err(2, "%s", path);
	free(left);
}

static void
run(double seconds)
{
	struct epoll_event e[64];
	long i;
	int k, n;

	load.end = now() + seconds;
	for (i = 0; i < load.n; i++) {
		connection_open(&load.c[i]);
		request_send(&load.c[i]);
	}
	while (load.busy > 0 && now() < load.end + 10) {
		if ((n = epoll_wait(load.epoll, e, 64, 1000)) == -1 &&
		    errno != EINTR)
			err(2, "epoll");
		for (k = 0; k < n; k++)
			connection_read(e[k].data.ptr);
	}
	for (; load.busy > 0; load.busy--)
		fail(0);
	printf("%.1f %ld %ld %d\n", (double)load.in_time / seconds,
	    load.answers, load.failures, load.first_failure);
}

int
main(int argc, char **argv)
{
	const char *chains = NULL, *list = NULL;
	int opt;

	while ((opt = getopt(argc, argv, "al:t:")) != -1) {
		if (opt == 'a')
			load.any = true;
		else if (opt == 'l')
			list = optarg;
		else if (opt == 't')
			chains = optarg;
		else
			return 2;
	}
	if (argc - optind != 4)
		errx(2, "usage: load [-a] [-l lines | -t tokens] port "
			"seconds connections request");
	load.chained = chains != NULL;
	load.port = atoi(argv[optind]);
	load.n = atol(argv[optind + 2]);
	if (load.n < 1 || load.n > MAX_CONNECTIONS ||
	    (load.c = calloc((size_t)load.n, sizeof(*load.c))) == NULL ||
	    (load.epoll = epoll_create1(EPOLL_CLOEXEC)) == -1)
		errx(2, "not so many connections");
	request_read(argv[optind + 3]);
	load.fixed_len = request_print(load.fixed, sizeof(load.fixed), NULL);
	if (load.chained)
		tokens(chains, "r");
	if (list != NULL && (lines = fopen(list, "r")) == NULL)
		err(2, "%s", list);
	run(atof(argv[optind + 1]));
	if (list != NULL)
		lines_keep(list);
	if (load.chained)
		tokens(chains, "w");
	return 0;
}
