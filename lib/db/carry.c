/* SPDX-License-Identifier: ISC */
#include "db/carry.h"

#include <stdio.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/log.h"
#include "db/query.h"
#include "db/room.h"

/*
 * Within the transaction, so long each lock is waited for, and each statement
 * may take: as many as there are calls are done before the deadline.  Alone a
 * call has what its role says.  Two leaders that wait for each other are told
 * by the former, which is shorter than deadlock_timeout.
 */
static const struct db_query hurry = { .name = "carry_hurry",
	.sql = "select set_config('lock_timeout', '100ms', true), "
	       "set_config('statement_timeout', '150ms', true)",
	.columns = 2,
	.each = DB_ALONE };

/* In which order the calls are sent: the places they lie in. */
struct order {
	const struct group *group;
	int count;
	int place[GROUP_MOST];
};

static const struct db_query *
query_at(const struct order *o, int i)
{
	return group_what(o->group, o->place[i]);
}

static int
compare(const struct group *g, int place, int other)
{
	const struct db_query *p = group_what(g, place);
	const struct db_query *q = group_what(g, other);
	const int names = strcmp(p->name, q->name);

	return names != 0 ? names
			  : room_compare_args(
				group_room(g, place), group_room(g, other));
}

/*
 * By what they ask: so calls of one statement lie side by side, and leaders
 * that lock the same rows mostly do it in the same order.  Where they do not,
 * since what comes before a row's id in the arguments differs, as assertions
 * do, `hurry` ends it.
 */
static void
put_in_order(struct order *o, const struct group_taken *taken)
{
	int i, k;

	for (i = 0; i < taken->count; i++) {
		for (k = i; k > 0 && compare(o->group, o->place[k - 1],
					 taken->place[i]) > 0;
		     k--)
			o->place[k] = o->place[k - 1];
		o->place[k] = taken->place[i];
	}
	o->count = taken->count;
}

/* How many calls, from that one on, go by one statement. */
static int
alike(const struct order *o, int from)
{
	int n = 1;

	while (n < QUERY_MOST && from + n < o->count &&
	       query_at(o, from + n) == query_at(o, from))
		n++;
	return n;
}

static bool
all_prepared(struct conn *c, const struct order *o, int64_t deadline)
{
	int i, n;

	if (!conn_prepare(c, &hurry, 1, deadline))
		return false;
	for (i = 0; i < o->count; i += n) {
		n = alike(o, i);
		if (!conn_prepare(c, query_at(o, i), n, deadline))
			return false;
	}
	return true;
}

static bool
send_some(struct conn *c, const struct order *o, int from, int n)
{
	const struct db_query *q = query_at(o, from);
	const char *value[QUERY_MOST * ROOM_ARGS];
	char name[QUERY_NAME];
	int i;

	for (i = 0; i < n; i++)
		room_get_args(group_room(o->group, o->place[from + i]), q->args,
		    value + i * q->args);
	query_name(name, q, n);
	return PQsendQueryPrepared(
		   c->pg, name, n * q->args, value, NULL, NULL, 0) == 1;
}

/*
 * As group.h limits what is taken, nothing leaves libpq's buffer before what
 * ends it: no server holds locks of calls of which it has half.  Until then,
 * dropping the connection undoes all.
 */
static bool
send_all(struct conn *c, const struct order *o)
{
	int i, n;

	if (PQenterPipelineMode(c->pg) != 1 ||
	    PQsendQueryPrepared(c->pg, hurry.name, 0, NULL, NULL, NULL, 0) != 1)
		return false;
	for (i = 0; i < o->count; i += n) {
		n = alike(o, i);
		if (!send_some(c, o, i, n))
			return false;
	}
	return true;
}

/* One result, and the end of what belongs to it; NULL when it did not come. */
static PGresult *
next_of_all(struct conn *c, int64_t deadline)
{
	PGresult *result, *more;
	bool cut;

	result = conn_next(c, deadline, &cut);
	if (result == NULL || PQresultStatus(result) == PGRES_PIPELINE_SYNC)
		return result;
	while ((more = conn_next(c, deadline, &cut)) != NULL)
		PQclear(more);
	if (!cut)
		return result;
	PQclear(result);
	return NULL;
}

/* A statement's rows, each into the room of its call.  How many they are; 0
 * when there are not as many as calls. */
static int
take(const struct order *o, int from, const PGresult *result)
{
	const int n = alike(o, from);
	const struct db_query *q = query_at(o, from);
	int i;

	if (PQntuples(result) != n) {
		log_event(LOG_ERROR, "not_one_row", "query", q->name, NULL);
		return 0;
	}
	for (i = 0; i < n; i++)
		room_put_row(
		    group_room(o->group, o->place[from + i]), result, i);
	return n;
}

/* What was read so far. */
struct reading {
	bool hurried; /* the row of `hurry` */
	int taken;    /* calls that have their rows */
	char sqlstate[6];
};

/* One result before the end.  False: what became of the calls is unknown. */
static bool
read_one(const struct order *o, struct reading *r, const PGresult *result)
{
	const char *state;
	int n;

	switch (PQresultStatus(result)) {
	case PGRES_TUPLES_OK:
		if (!r->hurried) {
			r->hurried = true;
			return true;
		}
		n = r->taken < o->count ? take(o, r->taken, result) : 0;
		r->taken += n;
		return n > 0;
	case PGRES_PIPELINE_ABORTED:
		return true;
	default:
		state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
		if (state == NULL)
			return false;
		snprintf(r->sqlstate, sizeof(r->sqlstate), "%s", state);
		return true;
	}
}

/*
 * Read up to the end, which alone says that what came before it is committed.
 * After an error of the server's that came to the end, all is undone.  One that
 * is not the server's says nothing of that.
 */
static enum group_outcome
read_all(
    struct conn *c, const struct order *o, int64_t deadline, struct reading *r)
{
	PGresult *next;
	bool good, end;

	while ((next = next_of_all(c, deadline)) != NULL) {
		end = PQresultStatus(next) == PGRES_PIPELINE_SYNC;
		good = end ? r->sqlstate[0] != '\0' || r->taken == o->count
			   : read_one(o, r, next);
		PQclear(next);
		if (!good) {
			c->doubtful = true;
			return GROUP_LOST;
		}
		if (end)
			return r->sqlstate[0] != '\0' ? GROUP_ALONE
						      : GROUP_ANSWERED;
	}
	return GROUP_LOST;
}

static enum group_outcome
not_together(const char *why, const char *state)
{
	log_event(
	    LOG_WARN, "not_together", "why", why, "sqlstate", state, NULL);
	return GROUP_ALONE;
}

enum group_outcome
carry(struct conn *c, const struct group *g, const struct group_taken *taken,
    int64_t deadline)
{
	struct order order = { .group = g };
	struct reading reading = { .taken = 0 };
	enum group_outcome outcome;

	c->doubtful = false;
	put_in_order(&order, taken);
	if (!all_prepared(c, &order, deadline))
		return not_together("not_prepared", NULL);
	if (!send_all(c, &order)) {
		conn_drop(c);
		return not_together("not_sent", NULL);
	}
	if (PQpipelineSync(c->pg) != 1 || conn_flush(c, deadline) != 0)
		return GROUP_LOST;
	outcome = read_all(c, &order, deadline, &reading);
	if (PQexitPipelineMode(c->pg) != 1 || c->doubtful)
		return GROUP_LOST;
	return outcome == GROUP_ALONE
		   ? not_together("statement", reading.sqlstate)
		   : outcome;
}
