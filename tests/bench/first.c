/* SPDX-License-Identifier: ISC */

/*
 * How long a program takes from being started to its first answer.
 *
 *	first [-a] [-o FILE] [NAME=VALUE...] -- COMMAND...
 *
 * Starts COMMAND with a listening socket as its descriptor 0, connects at
 * once, and sends one FastCGI request (to an authorizer with -a) with these
 * parameters.  Prints the milliseconds to the first byte of its answer, and
 * the status.  FILE gets the whole answer.  Ends the program.
 */

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <err.h>
#include <signal.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* FastCGI 1.0, 8 */
enum { BEGIN = 1, END = 3, PARAMS = 4, INPUT = 5, OUTPUT = 6 };
enum { RESPONDER = 1, AUTHORIZER = 2, HEADER = 8 };

static uint8_t out[16384];
static size_t out_len;
static char answer[262144];
static size_t answer_len;
static double answered_at;

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
put(const void *data, size_t len)
{
	if (len > sizeof(out) - out_len)
		errx(2, "too many parameters");
	if (len > 0)
		memcpy(out + out_len, data, len);
	out_len += len;
}

static void
record(int type, const void *data, size_t len)
{
	const uint8_t head[HEADER] = { 1, (uint8_t)type, 0, 1,
		(uint8_t)(len >> 8), (uint8_t)len, 0, 0 };

	put(head, sizeof(head));
	put(data, len);
}

static void
request(bool authorizer, char **params)
{
	const uint8_t begin[8] = { 0, authorizer ? AUTHORIZER : RESPONDER };
	uint8_t pair[1024];
	size_t name, value;

	record(BEGIN, begin, sizeof(begin));
	for (; *params != NULL && strcmp(*params, "--") != 0; params++) {
		name = strcspn(*params, "=");
		value = strlen(*params + name + 1);
		if (name > 127 || value > 512)
			errx(2, "parameter too long: %s", *params);
		pair[0] = (uint8_t)name;
		pair[1] = 0x80;
		pair[2] = 0;
		pair[3] = (uint8_t)(value >> 8);
		pair[4] = (uint8_t)value;
		memcpy(pair + 5, *params, name);
		memcpy(pair + 5 + name, *params + name + 1, value);
		record(PARAMS, pair, 5 + name + value);
	}
	record(PARAMS, NULL, 0);
	if (!authorizer)
		record(INPUT, NULL, 0);
}

static int
listening(struct sockaddr_un *at, socklen_t *len)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* no name given: Linux finds one that is no file */
	memset(at, 0, sizeof(*at));
	at->sun_family = AF_UNIX;
	if (fd == -1 ||
	    bind(fd, (struct sockaddr *)at, sizeof(sa_family_t)) == -1)
		err(2, "bind");
	*len = sizeof(*at);
	if (getsockname(fd, (struct sockaddr *)at, len) == -1 ||
	    listen(fd, 16) == -1)
		err(2, "listen");
	return fd;
}

static bool
get(int fd, void *to, size_t len)
{
	size_t got = 0;
	ssize_t n;

	for (; got < len; got += (size_t)n) {
		if ((n = read(fd, (char *)to + got, len - got)) <= 0)
			return false;
	}
	return true;
}

static void
answer_read(int fd)
{
	uint8_t head[HEADER], rest[65535 + 255];
	size_t len;

	while (get(fd, head, sizeof(head)) && head[1] != END) {
		len = (size_t)(head[4] << 8 | head[5]);
		if (!get(fd, rest, len + head[6]))
			break;
		if (head[1] != OUTPUT || len == 0)
			continue;
		if (answer_len == 0)
			answered_at = now();
		if (len > sizeof(answer) - 1 - answer_len)
			errx(1, "the answer is too long");
		memcpy(answer + answer_len, rest, len);
		answer_len += len;
	}
}

static pid_t
start(int socket, char **command)
{
	pid_t pid = fork();

	if (pid == -1)
		err(2, "fork");
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (dup2(socket, 0) == 0 && dup2(2, 1) == 1)
			execvp(command[0], command);
		err(2, "%s", command[0]);
	}
	return pid;
}

static void
keep(const char *path)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(answer, 1, answer_len, f) != answer_len ||
	    fclose(f) != 0)
		err(2, "%s", path);
}

/* Milliseconds from before the fork to the answer. */
static double
measure(char **command)
{
	const struct timespec pause = { 0, 20 * 1000 * 1000 };
	struct sockaddr_un at;
	socklen_t len;
	int server = listening(&at, &len), client;
	double started = now();
	pid_t pid = start(server, command);

	client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client == -1 ||
	    connect(client, (struct sockaddr *)&at, len) == -1 ||
	    write(client, out, out_len) != (ssize_t)out_len)
		err(2, "connect");
	alarm(20);
	answer_read(client);
	close(client);
	do {
		(void)kill(pid, SIGTERM);
		(void)nanosleep(&pause, NULL);
	} while (waitpid(pid, NULL, WNOHANG) == 0);
	return answered_at - started;
}

int
main(int argc, char **argv)
{
	const char *file = NULL;
	bool authorizer = false;
	int opt, status = 0, i;
	double took;

	while ((opt = getopt(argc, argv, "+ao:")) != -1) {
		if (opt == 'a')
			authorizer = true;
		else if (opt == 'o')
			file = optarg;
		else
			return 2;
	}
	for (i = optind; i < argc && strcmp(argv[i], "--") != 0; i++)
		;
	if (i + 1 >= argc)
		errx(2, "usage: first [-a] [-o file] name=value... -- command");
	request(authorizer, argv + optind);
	took = measure(argv + i + 1);
	if (answer_len == 0 || sscanf(answer, "Status: %d", &status) != 1)
		errx(1, "no answer");
	if (file != NULL)
		keep(file);
	printf("%.1f %d\n", took, status);
	return 0;
}
