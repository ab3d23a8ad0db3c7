/* SPDX-License-Identifier: ISC */
#include "fakeserver.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the protocol (PostgreSQL, "Frontend/Backend Protocol", 3.0) ---- */

/* Messages on their way; none of ours is long. */
struct out {
	char data[2048];
	size_t len;
};

static void
put(struct out *o, const void *data, size_t len)
{
	if (len > sizeof(o->data) - o->len)
		_exit(1);
	if (len > 0)
		memcpy(o->data + o->len, data, len);
	o->len += len;
}

static void
put_int(struct out *o, int32_t value)
{
	uint32_t n = htonl((uint32_t)value);

	put(o, &n, sizeof(n));
}

static void
put_short(struct out *o, int16_t value)
{
	uint16_t n = htons((uint16_t)value);

	put(o, &n, sizeof(n));
}

static void
message(struct out *o, char type, const void *data, size_t len)
{
	put(o, &type, 1);
	put_int(o, (int32_t)len + 4);
	put(o, data, len);
}

static void
field(struct out *o, char code, const char *text)
{
	put(o, &code, 1);
	put(o, text, strlen(text) + 1);
}

/* ErrorResponse or NoticeResponse */
static void
report(struct out *o, char type, const char *severity, const char *sqlstate)
{
	struct out fields = { .len = 0 };

	field(&fields, 'S', severity);
	field(&fields, 'V', severity);
	field(&fields, 'C', sqlstate);
	field(&fields, 'M', "played");
	put(&fields, "", 1);
	message(o, type, fields.data, fields.len);
}

static void
parameter(struct out *o, const char *name, const char *value)
{
	struct out pair = { .len = 0 };

	put(&pair, name, strlen(name) + 1);
	put(&pair, value, strlen(value) + 1);
	message(o, 'S', pair.data, pair.len);
}

/* One for each of the values, between which there is a |, up to a /.  Returns
 * those of the next statement. */
static const char *
rows(struct out *o, const char *values)
{
	const char *value = values;
	struct out m = { .len = 0 };
	size_t len;

	message(o, '1', NULL, 0);
	message(o, '2', NULL, 0);
	put_short(&m, 1); /* RowDescription: one text */
	put(&m, "c", 2);
	put_int(&m, 0);
	put_short(&m, 0);
	put_int(&m, 25);
	put_short(&m, -1);
	put_int(&m, -1);
	put_short(&m, 0);
	message(o, 'T', m.data, m.len);
	for (;; value += len + 1) {
		len = strcspn(value, "|/");
		m.len = 0;
		put_short(&m, 1);
		put_int(&m, (int32_t)len);
		put(&m, value, len);
		message(o, 'D', m.data, m.len);
		if (value[len] != '|')
			break;
	}
	message(o, 'C', "SELECT 1", 9);
	return value[len] == '/' ? value + len + 1 : values;
}

static void
send_all(int fd, const struct out *o)
{
	if (send(fd, o->data, o->len, MSG_NOSIGNAL) != (ssize_t)o->len)
		_exit(1);
}

static bool
get(int fd, void *to, size_t len)
{
	/* of nothing, recv() would wait for something */
	return len == 0 || recv(fd, to, len, MSG_WAITALL) == (ssize_t)len;
}

/* Take in a message up to its end; what it says does not matter. */
static bool
skip(int fd)
{
	char text[65536];
	uint32_t n;

	if (!get(fd, &n, sizeof(n)))
		return false;
	n = ntohl(n) - (uint32_t)sizeof(n);
	return n <= sizeof(text) && get(fd, text, n);
}

/* Up to the Sync that ends what belongs together, and how many Executes there
 * were: none of what is only prepared; or the Terminate. */
static bool
statements(int fd, int *n)
{
	char type;

	*n = 0;
	do {
		if (!get(fd, &type, 1) || !skip(fd) || type == 'X')
			return false;
		*n += type == 'E';
	} while (type != 'S');
	return true;
}

/* ---- the play ---- */

static bool
says(const char *answer, const char *word, const char **rest)
{
	size_t len = strlen(word);

	*rest = answer + len;
	return strncmp(answer, word, len) == 0;
}

/* To that many statements.  False when the connection is over. */
static bool
answer(int fd, const char *text, int n)
{
	struct out o = { .len = 0 };
	bool goes_on = true;
	const char *rest;

	if (*text == '\0')
		return true;
	if (says(text, "row ", &rest)) {
		while (n-- > 0)
			rest = rows(&o, rest);
	} else if (says(text, "warning ", &rest)) {
		while (n-- > 0)
			rows(&o, "x");
		report(&o, 'N', "WARNING", rest);
	} else if (says(text, "fatal ", &rest)) {
		report(&o, 'E', "FATAL", rest);
		goes_on = false;
	} else if (says(text, "lost", &rest)) {
		while (n-- > 0)
			rows(&o, "x");
		goes_on = false;
	} else {
		report(&o, 'E', "ERROR", text);
	}
	if (goes_on)
		message(&o, 'Z', "I", 1);
	send_all(fd, &o);
	return goes_on;
}

/* What is only prepared is good, but where it is that which is refused. */
static bool
prepared(int fd, const char *text)
{
	struct out o = { .len = 0 };

	if (strcmp(text, "42P05") == 0)
		return false;
	message(&o, '1', NULL, 0);
	message(&o, 'Z', "I", 1);
	send_all(fd, &o);
	return true;
}

static bool
let_in(int fd, const struct fakeserver_part *part)
{
	static const char ok[4], key[8];
	struct out o = { .len = 0 };

	if (part->login != NULL) {
		report(&o, 'E', "FATAL", part->login);
		send_all(fd, &o);
		return false;
	}
	message(&o, 'R', ok, sizeof(ok));
	parameter(&o, "server_version", "15.0");
	parameter(&o, "client_encoding", "UTF8");
	parameter(&o, "in_hot_standby", part->standby ? "on" : "off");
	parameter(&o, "default_transaction_read_only", "off");
	message(&o, 'K', key, sizeof(key));
	message(&o, 'Z', "I", 1);
	send_all(fd, &o);
	return true;
}

static void
play(int fd, const struct fakeserver_part *part, volatile int *sent)
{
	int i = 0, n;

	if (part->login != NULL && *part->login == '\0')
		return; /* silent, and open */
	if (skip(fd) && let_in(fd, part)) {
		while (statements(fd, &n)) {
			++*sent;
			if (n == 0 && prepared(fd, part->answers[i]))
				continue;
			if (!answer(fd, part->answers[i], n))
				break;
			if (i + 1 < FAKESERVER_ANSWERS &&
			    part->answers[i + 1] != NULL)
				i++;
		}
	}
	close(fd);
}

int
fakeserver_start(
    struct fakeserver *s, const struct fakeserver_part *parts, int n)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd, client, i = 0;

	strcpy(s->dir, "/tmp/gatepost-unit.XXXXXX");
	s->statements = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->statements == MAP_FAILED || mkdtemp(s->dir) == NULL ||
	    (fd = socket(AF_UNIX, SOCK_STREAM, 0)) == -1)
		return -1;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/.s.PGSQL.5432", s->dir);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1 ||
	    listen(fd, 16) == -1 || (s->pid = fork()) == -1)
		return -1;
	if (s->pid == 0) {
		alarm(60);
		for (;;) {
			if ((client = accept(fd, NULL, NULL)) == -1)
				_exit(1);
			play(client, &parts[i], s->statements);
			if (i + 1 < n)
				i++;
		}
	}
	close(fd);
	return 0;
}

void
fakeserver_stop(struct fakeserver *s)
{
	char path[sizeof(s->dir) + 32];

	if (s->pid <= 0)
		return;
	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
	s->pid = 0;
	snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", s->dir);
	(void)unlink(path);
	(void)rmdir(s->dir);
	(void)munmap((void *)(uintptr_t)s->statements, sizeof(int));
}
