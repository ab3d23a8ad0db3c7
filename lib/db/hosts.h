/* SPDX-License-Identifier: ISC */
#ifndef DB_HOSTS_H
#define DB_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

struct pg_conn;

/*
 * The hosts of a connection string, in the order in which they are tried.
 *
 * libpq goes from a host that refuses, or is not of the wanted kind, to the
 * next.  It stays with one that says nothing at all, as a machine that has
 * lost its power does, and gives up at one that refuses the login, as a full
 * server does.  Such a host is put last, and left out of the next attempt.
 */
enum { HOSTS_NAME, HOSTS_ADDRESS, HOSTS_PORT, HOSTS_LISTS };

struct hosts {
	char *list[HOSTS_LISTS]; /* as libpq has them; NULL: not given */
	size_t count;            /* 0: not read yet */
};

/*
 * Begin to connect to those of `dsn`, as they are ordered now, without as many
 * of the last.  NULL when there is no memory.
 */
struct pg_conn *hosts_connect(struct hosts *h, size_t without, const char *dsn,
    const char *program) __attribute__((warn_unused_result));
void hosts_free(struct hosts *h);

/*
 * Put the host last that a connection has, or has come to.  False when it is
 * none of these.
 */
bool hosts_put_last(struct hosts *h, struct pg_conn *conn);

#endif
