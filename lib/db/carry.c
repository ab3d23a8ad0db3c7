/* SPDX-License-Identifier: ISC */
#include "db/carry.h"

#include <stdio.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/log.h"
#include "db/room.h"

/*
 * Within the transaction, so long each lock is waited for, and each call may
 * take: all of them are done before the deadline.  Alone a call has what its
 * role says.  Two leaders that wait for each other are told by the former,
 * which is shorter than deadlock_timeout.
 */
static const struct db_query hurry = { .name = "carry_hurry",
	.sql = "select set_config('lock_timeout', '100ms', true), "
	       "set_config('statement_timeout', '150ms', true)",
	.columns = 2,
	.company = DB_ALONE };

/* In which order the calls are sent: indices of the places taken. */
struct order {
	const struct group *group;
	const struct group_taken *taken;
	int index[GROUP_MOST];
};

static int
compare(const struct order *o, int x, int y)
{
	const int p = o->taken->place[x], q = o->taken->place[y];
	const struct db_query *one = group_what(o->group, p);
	const struct db_query *other = group_what(o->group, q);
	const int names = strcmp(one->name, other->name);

	return names != 0 ? names
			  : room_compare_args(group_room(o->group, p),
				group_room(o->group, q));
}

/*
 * By what they ask, so that leaders that lock the same rows do it in the same
 * order, and need not wait for each other's end to end.
 */
static void
put_in_order(struct order *o)
{
	int i, k;

	for (i = 0; i < o->taken->count; i++) {
		for (k = i; k > 0 && compare(o, o->index[k - 1], i) > 0; k--)
			o->index[k] = o->index[k - 1];
		o->index[k] = i;
	}
}

static bool
all_prepared(struct conn *c, const struct group *g,
    const struct group_taken *taken, int64_t deadline)
{
	int i;

	if (!conn_prepare(c, &hurry, deadline))
		return false;
	for (i = 0; i < taken->count; i++) {
		if (!conn_prepare(c, group_what(g, taken->place[i]), deadline))
			return false;
	}
	return true;
}

static bool
send_call(struct conn *c, const struct group *g, int place)
{
	const struct db_query *q = group_what(g, place);
	const char *value[ROOM_ARGS];

	room_get_args(group_room(g, place), q->args, value);
	return PQsendQueryPrepared(
		   c->pg, q->name, q->args, value, NULL, NULL, 0) == 1;
}

/*
 * As group.h limits what is taken, nothing leaves libpq's buffer before what
 * ends it: no server holds locks of calls of which it has half.  Until then,
 * dropping the connection undoes all.
 */
static bool
send_all(struct conn *c, const struct order *o)
{
	int i;

	if (PQenterPipelineMode(c->pg) != 1 ||
	    PQsendQueryPrepared(c->pg, hurry.name, 0, NULL, NULL, NULL, 0) != 1)
		return false;
	for (i = 0; i < o->taken->count; i++) {
		if (!send_call(c, o->group, o->taken->place[o->index[i]]))
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

/*
 * Read up to the end, which alone says that what came before it is committed.
 * `n` counts from -1, which is the row of `hurry` and nobody's.  The first
 * error of the server's is in `sqlstate`, if then it came to the end: all is
 * undone.  An error that is not the server's says nothing of that.
 */
static enum group_outcome
read_all(struct conn *c, const struct order *o, int64_t deadline,
    PGresult *result[GROUP_MOST], char sqlstate[6])
{
	const char *state;
	PGresult *next;
	int n = -1;

	while ((next = next_of_all(c, deadline)) != NULL) {
		switch (PQresultStatus(next)) {
		case PGRES_PIPELINE_SYNC:
			PQclear(next);
			return *sqlstate != '\0'      ? GROUP_ALONE
			       : n == o->taken->count ? GROUP_ANSWERED
						      : GROUP_LOST;
		case PGRES_TUPLES_OK:
			if (n >= 0 && n < o->taken->count)
				result[o->index[n]] = next;
			else
				PQclear(next);
			n++;
			break;
		case PGRES_PIPELINE_ABORTED:
			PQclear(next);
			break;
		default:
			state = PQresultErrorField(next, PG_DIAG_SQLSTATE);
			if (state != NULL)
				snprintf(sqlstate, 6, "%s", state);
			PQclear(next);
			if (state == NULL)
				return GROUP_LOST;
		}
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
    int64_t deadline, PGresult *result[GROUP_MOST])
{
	struct order order = { .group = g, .taken = taken };
	enum group_outcome outcome;
	char sqlstate[6] = "";

	memset(result, 0, sizeof(*result) * GROUP_MOST);
	c->doubtful = false;
	if (!all_prepared(c, g, taken, deadline))
		return not_together("not_prepared", NULL);
	put_in_order(&order);
	if (!send_all(c, &order)) {
		conn_drop(c);
		return not_together("not_sent", NULL);
	}
	if (PQpipelineSync(c->pg) != 1 || conn_flush(c, deadline) != 0)
		return GROUP_LOST;
	outcome = read_all(c, &order, deadline, result, sqlstate);
	if (PQexitPipelineMode(c->pg) != 1 || c->doubtful)
		return GROUP_LOST;
	return outcome == GROUP_ALONE ? not_together("statement", sqlstate)
				      : outcome;
}
