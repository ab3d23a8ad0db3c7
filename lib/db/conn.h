/* SPDX-License-Identifier: ISC */
#ifndef DB_CONN_H
#define DB_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "db/db.h"
#include "db/hosts.h"

struct pg_result;

/*
 * The connection beneath a struct db: what is sent and read, and no judgement
 * of it.  A deadline is a time of clock_ms; nothing here waits longer.
 */
enum {
	CONN_PATIENCE = 3000, /* ms: for a call with its connecting */
	/* that stay prepared: token has three for up to QUERY_MOST calls,
	 * and a dozen more */
	CONN_PREPARED = 64
};

/* A statement, prepared for that many calls. */
struct conn_prepared {
	const struct db_query *query;
	int calls;
};

struct conn {
	const char *dsn;
	const char *program;
	struct pg_conn *pg; /* NULL: none */
	struct hosts hosts;
	bool prepare;
	bool shared;   /* sessions are others' too: nothing stays prepared */
	bool doubtful; /* it has answered, but not what is kept */
	struct conn_prepared prepared[CONN_PREPARED];
	int nprepared;
};

/* Connect, whatever there was.  0, or -1 when no host let us in. */
int conn_open(struct conn *c, int64_t deadline)
    __attribute__((warn_unused_result));
void conn_drop(struct conn *c);

/*
 * An idle connection that has something to read was closed by the server.
 * Found out before anything is sent, that is harmless.
 */
bool conn_alive(struct conn *c);

/* Whether a statement is prepared here, for so many calls, and stays so; asks
 * nobody. */
bool conn_has(const struct conn *c, const struct db_query *q, int calls);

/* Prepare it, unless it is.  False: it is not; for one call, send its text. */
bool conn_prepare(struct conn *c, const struct db_query *q, int calls,
    int64_t deadline) __attribute__((warn_unused_result));

/*
 * A name that is taken (42P05), or gone (26000), was so by another program:
 * behind a pooler sessions are shared.  That works, but not prepared, and
 * without trying each time.
 */
void conn_look_shared(struct conn *c, const char *sqlstate);

/* Send what is to be sent.  0, or -1. */
int conn_flush(struct conn *c, int64_t deadline)
    __attribute__((warn_unused_result));

/*
 * The next result, or NULL when there is no more or, then `*cut` is true, when
 * the connection broke or the deadline came.  The caller clears it.
 */
struct pg_result *conn_next(struct conn *c, int64_t deadline, bool *cut);

/* Send a statement for one call.  False when it cannot be. */
bool conn_send(struct conn *c, const struct db_query *q, struct db_args args,
    int64_t deadline) __attribute__((warn_unused_result));

/* Wait until there is something to be read, or `until`. */
void conn_wait(struct conn *c, int64_t until);

/* Read a statement's answer to its end: the last result, or NULL when it did
 * not come.  The caller clears it. */
struct pg_result *conn_collect(struct conn *c, int64_t deadline);

#endif
