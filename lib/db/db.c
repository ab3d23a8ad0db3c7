/* SPDX-License-Identifier: ISC */
#include "db/db.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/hosts.h"

/* In milliseconds: for a call with its connecting, and for not trying again
 * after one that ended without an answer, or did while there is another host
 * to be asked. */
enum { DEADLINE = 3000, REST = 1000, REST_OTHER = 200, MAX_PREPARED = 24 };

struct db {
	const char *dsn;
	const char *program;
	PGconn *conn;
	struct hosts hosts;
	int64_t not_before; /* ms: until then the server counts as away */
	bool prepare;
	bool shared;   /* sessions are others' too: nothing stays prepared */
	bool doubtful; /* a warning came: the commit may not be durable */
	const struct db_query *prepared[MAX_PREPARED];
	int nprepared;
};

/*
 * Functions of ours never warn; the server does when it gives up waiting for
 * a synchronous standby, and then an answer must not be given.
 */
static void
on_notice(void *ctx, const PGresult *res)
{
	struct db *db = ctx;
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);

	if (state != NULL && strncmp(state, "01", 2) == 0)
		db->doubtful = true;
}

struct db *
db_new(const char *dsn, const char *program)
{
	struct db *db;

	if ((db = calloc(1, sizeof(*db))) == NULL)
		return NULL;
	db->dsn = dsn;
	db->program = program;
	return db;
}

static void
drop(struct db *db)
{
	PQfinish(db->conn);
	db->conn = NULL;
	db->nprepared = 0;
}

void
db_free(struct db *db)
{
	if (db == NULL)
		return;
	drop(db);
	hosts_free(&db->hosts);
	free(db);
}

void
db_prepare(struct db *db, bool prepare)
{
	db->prepare = prepare;
	db->shared = db->shared && prepare;
}

/* Give up for now: what waits behind this request is answered at once. */
static enum db_status
away(struct db *db, const char *why, const char *sqlstate)
{
	log_event(
	    LOG_ERROR, "database_away", "why", why, "sqlstate", sqlstate, NULL);
	drop(db);
	db->not_before = clock_ms() + REST;
	return DB_UNAVAILABLE;
}

/* The same of one that did not answer: when there are others, ask them. */
static enum db_status
silent(struct db *db)
{
	(void)hosts_put_last(&db->hosts, db->conn);
	(void)away(db, "no_answer", NULL);
	if (db->hosts.count > 1)
		db->not_before = clock_ms() + REST_OTHER;
	return DB_UNAVAILABLE;
}

/* Wait until the socket is ready.  0, or -1 at the deadline. */
static int
wait_for(struct db *db, short events, int64_t deadline)
{
	struct pollfd fd = { .fd = PQsocket(db->conn), .events = events };
	int64_t left;

	while ((left = deadline - clock_ms()) > 0) {
		/* a signal, or anything to look at: let the caller look */
		if (fd.fd >= 0 && poll(&fd, 1, (int)left) != 0)
			return 0;
	}
	return -1;
}

/* One attempt; what time there is the hosts share, with the statement. */
static int
connect_once(struct db *db, size_t without, int64_t deadline)
{
	PostgresPollingStatusType state = PGRES_POLLING_WRITING;
	const char *at = NULL;
	int64_t until = deadline;

	db->conn = hosts_connect(&db->hosts, without, db->dsn, db->program);
	if (db->conn == NULL || PQstatus(db->conn) == CONNECTION_BAD)
		return -1;
	PQsetNoticeReceiver(db->conn, on_notice, db);
	while (state != PGRES_POLLING_OK) {
		if (db->hosts.count > 1 && at != PQhost(db->conn)) {
			at = PQhost(db->conn);
			until = clock_ms() +
				DEADLINE / (int64_t)(db->hosts.count + 1);
		}
		if (wait_for(db,
			state == PGRES_POLLING_READING ? POLLIN : POLLOUT,
			until < deadline ? until : deadline) == -1)
			return -1;
		state = PQconnectPoll(db->conn);
		if (state == PGRES_POLLING_FAILED)
			return -1;
	}
	return PQsetnonblocking(db->conn, 1);
}

/* Then without the host that was the last to be tried, and so on. */
static int
connect_until(struct db *db, int64_t deadline)
{
	size_t without = 0;

	do {
		drop(db);
		if (connect_once(db, without, deadline) == 0)
			return 0;
	} while (clock_ms() < deadline &&
		 hosts_put_last(&db->hosts, db->conn) &&
		 ++without < db->hosts.count);
	return -1;
}

/*
 * An idle connection that has something to read was closed by the server.
 * Found out before anything is sent, that is harmless.
 */
static bool
alive(struct db *db)
{
	struct pollfd fd = { .fd = PQsocket(db->conn), .events = POLLIN };

	if (db->conn == NULL || PQstatus(db->conn) != CONNECTION_OK ||
	    PQtransactionStatus(db->conn) != PQTRANS_IDLE)
		return false;
	if (poll(&fd, 1, 0) == 0)
		return true;
	/* notices and parameter changes are read; an end is an end */
	return PQconsumeInput(db->conn) == 1 &&
	       PQstatus(db->conn) == CONNECTION_OK && poll(&fd, 1, 0) == 0;
}

static int
flush_until(struct db *db, int64_t deadline)
{
	int more;

	while ((more = PQflush(db->conn)) == 1) {
		if (wait_for(db, POLLIN | POLLOUT, deadline) == -1 ||
		    PQconsumeInput(db->conn) != 1)
			return -1;
	}
	return more;
}

/* The next result, or NULL when there is none or it did not come in time;
 * then `*late` tells which. */
static PGresult *
next_result(struct db *db, int64_t deadline, bool *late)
{
	*late = false;
	while (PQisBusy(db->conn)) {
		if (wait_for(db, POLLIN, deadline) == -1 ||
		    PQconsumeInput(db->conn) != 1) {
			*late = true;
			return NULL;
		}
	}
	return PQgetResult(db->conn);
}

/* Read to the end of the answer; the last result counts. */
static PGresult *
collect(struct db *db, int64_t deadline)
{
	PGresult *last = NULL, *res;
	bool late;

	if (flush_until(db, deadline) != 0)
		return NULL;
	while ((res = next_result(db, deadline, &late)) != NULL) {
		PQclear(last);
		last = res;
	}
	if (late) {
		PQclear(last);
		return NULL;
	}
	return last;
}

static bool
is_prepared(const struct db *db, const struct db_query *q)
{
	int i;

	for (i = 0; i < db->nprepared; i++) {
		if (db->prepared[i] == q)
			return true;
	}
	return false;
}

/*
 * A name that is taken (42P05), or gone (26000), was so by another program:
 * behind a pooler sessions are shared.  That works, but not prepared, and
 * without trying each time.
 */
static void
look_shared(struct db *db, const char *state)
{
	if (db->shared || state == NULL ||
	    (strcmp(state, "42P05") != 0 && strcmp(state, "26000") != 0))
		return;
	db->shared = true;
	log_event(LOG_WARN, "sessions_shared", "hint",
	    "set prepared_statements to false", NULL);
}

static bool
prepare_now(struct db *db, const struct db_query *q, int64_t deadline)
{
	PGresult *res;
	bool ok;

	if (db->nprepared == MAX_PREPARED ||
	    PQsendPrepare(db->conn, q->name, q->sql, 0, NULL) != 1)
		return false;
	res = collect(db, deadline);
	ok = PQresultStatus(res) == PGRES_COMMAND_OK;
	look_shared(db, PQresultErrorField(res, PG_DIAG_SQLSTATE));
	PQclear(res);
	if (ok)
		db->prepared[db->nprepared++] = q;
	return ok;
}

static PGresult *
run(struct db *db, const struct db_query *q, struct db_args args,
    int64_t deadline)
{
	int sent;

	if (db->prepare && !db->shared &&
	    (is_prepared(db, q) || prepare_now(db, q, deadline)))
		sent = PQsendQueryPrepared(
		    db->conn, q->name, args.count, args.value, NULL, NULL, 0);
	else
		sent = PQsendQueryParams(db->conn, q->sql, args.count, NULL,
		    args.value, NULL, NULL, 0);
	return sent == 1 ? collect(db, deadline) : NULL;
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
	if (PQresultStatus(res) == PGRES_TUPLES_OK && !db->doubtful) {
		if (PQnfields(res) != q->columns) {
			log_event(LOG_ERROR, "schema_mismatch", "query",
			    q->name, NULL);
			*again = false;
			return DB_FAULT;
		}
		rows->count = PQntuples(res);
		rows->result = res;
		return DB_OK;
	}
	state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	/* a FATAL without a state, or a doubtful commit: nobody knows */
	if (state == NULL || db->doubtful)
		return away(db, "connection_lost", state);
	look_shared(db, state);
	if (worth_repeating(state) && *again) {
		drop(db);
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
attempt(struct db *db, struct arena *a, const struct db_query *q,
    struct db_args args, struct db_rows *rows, int64_t deadline, bool *again)
{
	PGresult *res;

	if (!alive(db)) {
		if (connect_until(db, deadline) == -1) {
			*again = false;
			return away(db, "cannot_connect", NULL);
		}
	}
	/* what the server warned of at the door is no doubt of this */
	db->doubtful = false;
	if ((res = run(db, q, args, deadline)) == NULL) {
		*again = false;
		return silent(db);
	}
	return judge(db, a, q, res, rows, again);
}

enum db_status
db_call(struct db *db, struct arena *a, const struct db_query *q,
    struct db_args args, struct db_rows *rows)
{
	int64_t start = clock_ms();
	enum db_status status;
	bool again = true;

	if (args.count != q->args) {
		log_event(
		    LOG_ERROR, "arguments_mismatch", "query", q->name, NULL);
		return DB_FAULT;
	}
	if (start < db->not_before)
		return DB_UNAVAILABLE;
	status = attempt(db, a, q, args, rows, start + DEADLINE, &again);
	if (status == DB_FAULT && again) {
		again = false;
		status =
		    attempt(db, a, q, args, rows, start + DEADLINE, &again);
	}
	return status;
}
