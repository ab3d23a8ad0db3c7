/* SPDX-License-Identifier: ISC */
#include "db/db.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/carry.h"
#include "db/conn.h"
#include "db/room.h"

/*
 * In milliseconds: for not trying again after a call that ended without an
 * answer, or did while there is another host to be asked; and for leading no
 * others.
 */
enum { REST = 1000, REST_OTHER = 200, LONE = 20 };

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

/* What db_call is given, and until when there is time. */
struct call {
	struct db *db;
	struct arena *arena;
	const struct db_query *query;
	struct db_args args;
	struct db_rows *rows;
	int64_t deadline;
};

/*
 * Judge an answer.  `*again` is set when the statement may be sent once
 * more.
 */
static enum db_status
judge(const struct call *c, PGresult *res, bool *again)
{
	const struct db_query *q = c->query;
	struct db *db = c->db;
	const char *state;

	arena_defer(c->arena, clear, res);
	if (PQresultStatus(res) == PGRES_TUPLES_OK && !db->conn.doubtful) {
		if (PQnfields(res) != q->columns) {
			*again = false;
			return mismatch(q);
		}
		rows_of(c->arena, res, c->rows);
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

/* The same of one that may not have come. */
static enum db_status
conclude(const struct call *c, PGresult *res, bool *again)
{
	if (res != NULL)
		return judge(c, res, again);
	*again = false;
	return silent(c->db);
}

static enum db_status
attempt(const struct call *c, bool *again)
{
	struct conn *conn = &c->db->conn;

	if (!conn_alive(conn) && conn_open(conn, c->deadline) == -1) {
		*again = false;
		return away(c->db, "cannot_connect", NULL);
	}
	return conclude(c,
	    conn_send(conn, c->query, c->args, c->deadline)
		? conn_collect(conn, c->deadline)
		: NULL,
	    again);
}

static enum db_status
call_alone(const struct call *c)
{
	enum db_status status;
	bool again = true;

	status = attempt(c, &again);
	if (status == DB_FAULT && again) {
		again = false;
		status = attempt(c, &again);
	}
	return status;
}

/*
 * ---- with other workers ----
 *
 * A worker offers its call: puts the arguments into its room, and asks.  If
 * one of the seats of those who lead is free it sits down, takes what others
 * have asked, too, up to GROUP_MOST in all, sends it in one pipeline, puts
 * each answer into its room and tells its worker, who takes it out.  If no
 * seat is free it waits to be told, or to be woken by a leader who gets up.
 * What was undone, and what nobody took in time, is called alone.  What a
 * leader led that died, or whose connection did, is DB_UNAVAILABLE, as where
 * one's own connection is lost.
 */

static_assert(GROUP_GIVE_UP > CONN_PATIENCE + 2 * GROUP_PATIENCE,
    "a leader that lives has told all before they give up");

/* What PostgreSQL's messages for a call have besides its arguments. */
enum { MESSAGE = 150 };

/* The room in which it lies and its size, or NULL: call alone.  What would have
 * to connect or to prepare first does that alone. */
static char *
offer(const struct call *c, int *size)
{
	struct db *db = c->db;
	char *room;

	if (db->group == NULL || c->query->each == DB_ALONE ||
	    !conn_alive(&db->conn) || !conn_has(&db->conn, c->query, 1) ||
	    (room = group_open(db->group)) == NULL)
		return NULL;
	/* what is left of one that was lost, or that did not get so far */
	room_wipe(room);
	*size = room_put_args(room, c->args);
	if (*size == -1 || *size + MESSAGE > GROUP_SIZE) {
		room_wipe(room);
		return NULL;
	}
	*size += MESSAGE;
	return room;
}

/* Take the answer that a leader left. */
static enum db_status
answered(const struct call *c, char *room)
{
	const bool fits = room_get_row(room, c->arena, c->rows);
	const struct db_query *q = c->query;

	room_wipe(room);
	if (!fits) {
		log_event(LOG_ERROR, "answer_too_long", "query", q->name, NULL);
		return DB_UNAVAILABLE;
	}
	return c->rows->columns == q->columns ? DB_OK : mismatch(q);
}

/* Nothing leaves by way of the arena before the others are told. */
static enum db_status
lead(const struct call *c, char *room, const struct group_taken *taken)
{
	struct db *db = c->db;
	enum group_outcome outcome;
	int i;

	outcome = carry(&db->conn, db->group, taken, c->deadline);
	if (outcome != GROUP_ANSWERED)
		group_rest(db->group);
	for (i = 1; i < taken->count; i++)
		group_tell(db->group, taken->place[i], outcome);
	group_leave(db->group, taken);
	if (outcome == GROUP_ANSWERED)
		return answered(c, room);
	room_wipe(room);
	if (outcome == GROUP_ALONE)
		return call_alone(c);
	return db->conn.doubtful ? away(db, "connection_lost", NULL)
				 : silent(db);
}

/*
 * The same where nobody else has asked: there is nothing to carry.  Whoever
 * has to wait, as for a lock, keeps the seat no longer than LONE ms.
 */
static enum db_status
lead_nobody(const struct call *c, char *room, const struct group_taken *taken)
{
	struct conn *conn = &c->db->conn;
	enum db_status status;
	bool again = true, sent;

	room_wipe(room);
	sent = conn_send(conn, c->query, c->args, c->deadline);
	if (sent && conn_flush(conn, c->deadline) == 0)
		conn_wait(conn, clock_ms() + LONE);
	group_leave(c->db->group, taken);
	status =
	    conclude(c, sent ? conn_collect(conn, c->deadline) : NULL, &again);
	if (status != DB_FAULT || !again)
		return status;
	again = false;
	return attempt(c, &again);
}

static enum db_status
call(const struct call *c)
{
	struct group_taken taken;
	int size;
	char *room = offer(c, &size);

	if (room == NULL)
		return call_alone(c);
	switch (group_ask(c->db->group, c->query, size, &taken)) {
	case GROUP_LEAD:
		return taken.count > 1 ? lead(c, room, &taken)
				       : lead_nobody(c, room, &taken);
	case GROUP_ANSWERED:
		return answered(c, room);
	case GROUP_LOST:
		/* the leader may yet write to the room */
		log_event(LOG_ERROR, "database_away", "why", "leader", NULL);
		return DB_UNAVAILABLE;
	case GROUP_ALONE:
		room_wipe(room);
	}
	return call_alone(c);
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
	return call(
	    &(struct call){ db, a, q, args, rows, start + CONN_PATIENCE });
}
