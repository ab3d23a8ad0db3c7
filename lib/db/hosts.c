/* SPDX-License-Identifier: ISC */
#include "db/hosts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

static size_t
elements(const char *list)
{
	size_t n = 1;

	if (list == NULL)
		return 0;
	for (; (list = strchr(list, ',')) != NULL; list++)
		n++;
	return n;
}

/* The beginning of an element and its length; NULL when there is none. */
static char *
element(char *list, size_t i, size_t *len)
{
	char *p = list;

	while (p != NULL && i-- > 0)
		p = (p = strchr(p, ',')) != NULL ? p + 1 : NULL;
	*len = p != NULL ? strcspn(p, ",") : 0;
	return p;
}

/* Where the first n elements end; NULL when there are no more. */
static char *
comma(char *list, size_t n)
{
	size_t len;
	char *next = n > 0 ? element(list, n, &len) : NULL;

	return next != NULL ? next - 1 : NULL;
}

/* Move an element to the end. */
static void
rotate(char *list, size_t i)
{
	size_t len, rest;
	char *p = element(list, i, &len), *copy;

	if (p == NULL || p[len] != ',' || (copy = strndup(p, len)) == NULL)
		return;
	rest = strlen(p + len + 1);
	memmove(p, p + len + 1, rest);
	p[rest] = ',';
	memcpy(p + rest + 1, copy, len);
	free(copy);
}

static const char *const keywords[] = {
	[HOSTS_NAME] = "host",
	[HOSTS_ADDRESS] = "hostaddr",
	[HOSTS_PORT] = "port",
};
static_assert(
    sizeof(keywords) / sizeof(keywords[0]) == HOSTS_LISTS, "keywords");

/* From an attempt that was begun. */
static int
hosts_read(struct hosts *h, PGconn *conn)
{
	PQconninfoOption *options = PQconninfo(conn), *o;
	int result = options != NULL ? 0 : -1;

	for (o = options; o != NULL && o->keyword != NULL; o++)
		for (int k = 0; k < HOSTS_LISTS; k++)
			if (strcmp(o->keyword, keywords[k]) == 0 &&
			    o->val != NULL && *o->val != '\0' &&
			    (h->list[k] = strdup(o->val)) == NULL)
				result = -1;
	PQconninfoFree(options);
	h->count =
	    elements(h->list[HOSTS_ADDRESS] != NULL ? h->list[HOSTS_ADDRESS]
						    : h->list[HOSTS_NAME]);
	if (h->count == 0)
		h->count = 1; /* the default one */
	return result;
}

struct pg_conn *
hosts_connect(
    struct hosts *h, size_t without, const char *dsn, const char *program)
{
	const char *keys[] = { "dbname", "fallback_application_name",
		keywords[0], keywords[1], keywords[2], NULL };
	const char *values[] = { dsn, program, h->list[0], h->list[1],
		h->list[2], NULL };
	char *end[HOSTS_LISTS];
	PGconn *conn;

	for (int k = 0; k < HOSTS_LISTS; k++)
		if ((end[k] = comma(h->list[k], h->count - without)) != NULL)
			*end[k] = '\0';
	conn = PQconnectStartParams(keys, values, 1);
	for (int k = 0; k < HOSTS_LISTS; k++)
		if (end[k] != NULL)
			*end[k] = ',';
	if (conn != NULL && h->count == 0 && hosts_read(h, conn) == -1) {
		PQfinish(conn);
		hosts_free(h);
		return NULL;
	}
	return conn;
}

void
hosts_free(struct hosts *h)
{
	for (int k = 0; k < HOSTS_LISTS; k++)
		free(h->list[k]);
	*h = (struct hosts){ 0 };
}

/* Whether an element is this text; one that is left empty may be any. */
static bool
is(char *list, size_t i, const char *text)
{
	size_t len;
	const char *p = element(list, i, &len);

	return len == 0 || (strlen(text) == len && strncmp(p, text, len) == 0);
}

/* What libpq calls the host is its name, or its address if it has none. */
static bool
is_at(const struct hosts *h, size_t i, PGconn *conn)
{
	size_t len;
	int names = element(h->list[HOSTS_NAME], i, &len) != NULL && len > 0
			? HOSTS_NAME
			: HOSTS_ADDRESS;
	size_t port = elements(h->list[HOSTS_PORT]) > 1 ? i : 0;

	return is(h->list[names], i, PQhost(conn)) &&
	       is(h->list[HOSTS_PORT], port, PQport(conn));
}

bool
hosts_put_last(struct hosts *h, struct pg_conn *conn)
{
	size_t i = 0;

	if (conn == NULL || PQhost(conn) == NULL)
		return false;
	while (i < h->count && !is_at(h, i, conn))
		i++;
	if (i == h->count)
		return false;
	/* one port may be that of all */
	for (int k = 0; k < HOSTS_LISTS; k++)
		rotate(h->list[k], i);
	return true;
}
