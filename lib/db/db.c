/* SPDX-License-Identifier: ISC */
#include "db/db.h"

#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/carry.h"
#include "db/conn.h"

/*
 * In milliseconds: for not trying again after a call that ended without an
 * answer, or did while there is another host to be asked.
 */
enum { REST = 1000, REST_OTHER = 200 };

struct db {
	struct conn conn;
	struct group *group; /* NULL: every worker calls for itself */
	int64_t not_before;  /* ms: until then the server counts as away */
};

struct db *
db_new(const char *dsn, const char *program, struct group *group)
{
	struct db *db;

	if ((db = calloc(1, sizeof(*db))) == NULL)
		return NULL;
	db->conn.dsn = dsn;
	db->conn.program = program;
	db->group = group;
	return db;
}

void
db_free(struct db *db)
{
	if (db == NULL)
		return;
	conn_drop(&db->conn);
	hosts_free(&db->conn.hosts);
	free(db);
}

void
db_prepare(struct db *db, bool prepare)
{
	db->conn.prepare = prepare;
	db->conn.shared = db->conn.shared && prepare;
}

/* Give up for now: what waits behind this request is answered at once. */
static enum db_status
away(struct db *db, const char *why, const char *sqlstate)
{
	log_event(
	    LOG_ERROR, "database_away", "why", why, "sqlstate", sqlstate, NULL);
	conn_drop(&db->conn);
	db->not_before = clock_ms() + REST;
	return DB_UNAVAILABLE;
}

/* The same of one that did not answer: when there are others, ask them. */
static enum db_status
silent(struct db *db)
{
	(void)hosts_put_last(&db->conn.hosts, db->conn.pg);
	(void)away(db, "no_answer", NULL);
	if (db->conn.hosts.count > 1)
		db->not_before = clock_ms() + REST_OTHER;
	return DB_UNAVAILABLE;
}

static bool
one_of(const char *state, const char *const *list)
{
	for (; *list != NULL; list++) {
		if (strncmp(state, *list, strlen(*list)) == 0)
			return true;
	}
	return false;
}

/*
 * The statement had no effect, and the same may do better: after a failover
 * (25006), on the host that can be written to.
 */
static bool
worth_repeating(const char *state)
{
	static const char *const list[] = { "40001", "40P01", "25006", "26000",
		"0A000", NULL };

	return one_of(state, list);
}

/* Read-only after a failover, full, stopping, starting, locked, cancelled,
 * out of resources, disk full: the server's trouble, not the statement's. */
static bool
server_trouble(const char *state)
{
	static const char *const list[] = { "08", "25006", "40", "53", "55",
		"57", "58", "XX", NULL };

	return one_of(state, list);
}

static void
clear(void *res)
{
	PQclear(res);
}

static void
rows_of(struct arena *a, const PGresult *res, struct db_rows *rows)
{
	const char **value;
	int i, k;

	rows->count = PQntuples(res);
	rows->columns = PQnfields(res);
	value = row_values(a, rows);
	for (i = 0; i < rows->count; i++) {
		for (k = 0; k < rows->columns; k++) {
			if (!PQgetisnull(res, i, k))
				*value = PQgetvalue(res, i, k);
			value++;
		}
	}
}

static enum db_status
mismatch(const struct db_query *q)
{
	log_event(LOG_ERROR, "schema_mismatch", "query", q->name, NULL);
	return DB_FAULT;
}

/*
 * Judge an answer.  `*again` is set when the statement may be sent once
 * more.
 */
static enum db_status
judge(struct db *db, struct arena *a, const struct db_query *q, PGresult *res,
    struct db_rows *rows, bool *again)
{
	const char *state;

	arena_defer(a, clear, res);
	if (PQresultStatus(res) == PGRES_TUPLES_OK && !db->conn.doubtful) {
		if (PQnfields(res) != q->columns) {
			*again = false;
			return mismatch(q);
		}
		rows_of(a, res, rows);
		return DB_OK;
	}
	state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	/* a FATAL without a state, or a doubtful commit: nobody knows */
	if (state == NULL || db->conn.doubtful)
		return away(db, "connection_lost", state);
	conn_look_shared(&db->conn, state);
	if (worth_repeating(state) && *again) {
		conn_drop(&db->conn);
		return DB_FAULT;
	}
	*again = false;
	if (server_trouble(state))
		return away(db, q->name, state);
	log_event(LOG_ERROR, "statement_refused", "query", q->name, "sqlstate",
	    state, NULL);
	return DB_FAULT;
}

static enum db_status
conclude(struct db *db, struct arena *a, const struct db_query *q,
    PGresult *res, struct db_rows *rows, bool *again)
{
	if (res != NULL)
		return judge(db, a, q, res, rows, again);
	*again = false;
	return silent(db);
}

static enum db_status
attempt(struct db *db, struct arena *a, const struct db_query *q,
    struct db_args args, struct db_rows *rows, int64_t deadline, bool *again)
{
	if (!conn_alive(&db->conn)) {
		if (conn_open(&db->conn, deadline) == -1) {
			*again = false;
			return away(db, "cannot_connect", NULL);
		}
	}
	return conclude(
	    db, a, q, conn_run(&db->conn, q, args, deadline), rows, again);
}

static enum db_status
call_alone(struct db *db, struct arena *a, const struct db_query *q,
    struct db_args args, struct db_rows *rows, int64_t deadline)
{
	enum db_status status;
	bool again = true;

	status = attempt(db, a, q, args, rows, deadline, &again);
	if (status == DB_FAULT && again) {
		again = false;
		status = attempt(db, a, q, args, rows, deadline, &again);
	}
	return status;
}

/* ---- with other workers ---- */

/* Whether this worker could call it for others, with no more ado. */
static char *
room(struct db *db, const struct db_query *q, struct db_args args,
    int64_t deadline)
{
	char *to;

	if (db->group == NULL || q->company == DB_ALONE ||
	    !conn_alive(&db->conn) || !conn_prepared(&db->conn, q, deadline) ||
	    (to = group_open(db->group)) == NULL || !carry_put(to, args))
		return NULL;
	return to;
}

/* Tell the others: each what became of its call. */
static void
distribute(struct group *g, const struct group_taken *taken,
    enum group_part part, PGresult *const *result)
{
	int i;

	if (part != GROUP_ANSWERED)
		group_rest(g);
	for (i = 1; i < taken->count; i++) {
		if (part == GROUP_ANSWERED &&
		    !carry_answer(g, taken->place[i], result[i]))
			group_tell(g, taken->place[i], GROUP_LOST);
		else
			group_tell(g, taken->place[i], part);
		PQclear(result[i]);
	}
	group_leave(g, taken);
}

/* Nothing may leave by way of the arena before the others are told. */
static enum db_status
lead(struct db *db, struct arena *a, const struct db_query *q,
    struct db_args args, struct db_rows *rows, int64_t deadline,
    const struct group_taken *taken)
{
	PGresult *result[GROUP_MOST] = { NULL };
	enum group_part part;
	bool again = false;

	part = carry(&db->conn, db->group, taken, deadline, result);
	distribute(db->group, taken, part, result);
	if (part == GROUP_ANSWERED)
		return judge(db, a, q, result[0], rows, &again);
	PQclear(result[0]);
	if (part == GROUP_ALONE)
		return call_alone(db, a, q, args, rows, deadline);
	return db->conn.doubtful ? away(db, "connection_lost", NULL)
				 : silent(db);
}

/* The same where nobody else has asked: there is nothing to carry. */
static enum db_status
lead_nobody(struct db *db, struct arena *a, const struct db_query *q,
    struct db_args args, struct db_rows *rows, int64_t deadline,
    const struct group_taken *taken)
{
	PGresult *res = conn_run(&db->conn, q, args, deadline);
	enum db_status status;
	bool again = true;

	group_leave(db->group, taken);
	status = conclude(db, a, q, res, rows, &again);
	return status == DB_FAULT && again
		   ? call_alone(db, a, q, args, rows, deadline)
		   : status;
}

static enum db_status
call(struct db *db, struct arena *a, const struct db_query *q,
    struct db_args args, struct db_rows *rows, int64_t deadline)
{
	struct group_taken taken;
	char *own = room(db, q, args, deadline);

	switch (own != NULL ? group_ask(db->group, q, &taken) : GROUP_ALONE) {
	case GROUP_ALONE:
		break;
	case GROUP_LEAD:
		return (taken.count > 1 ? lead : lead_nobody)(
		    db, a, q, args, rows, deadline, &taken);
	case GROUP_ANSWERED:
		carry_take(own, a, rows);
		return rows->columns == q->columns ? DB_OK : mismatch(q);
	case GROUP_LOST:
		log_event(LOG_ERROR, "database_away", "why", "leader", NULL);
		return DB_UNAVAILABLE;
	}
	return call_alone(db, a, q, args, rows, deadline);
}

enum db_status
db_call(struct db *db, struct arena *a, const struct db_query *q,
    struct db_args args, struct db_rows *rows)
{
	const int64_t start = clock_ms();

	if (args.count != q->args) {
		log_event(
		    LOG_ERROR, "arguments_mismatch", "query", q->name, NULL);
		return DB_FAULT;
	}
	if (start < db->not_before)
		return DB_UNAVAILABLE;
	return call(db, a, q, args, rows, start + CONN_PATIENCE);
}
