/* SPDX-License-Identifier: ISC */
#include "db/carry.h"

#include <stdint.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/log.h"

enum { ARGS_MOST = 64 };

/* So long a lock is waited for; alone a call waits as its role says. */
static const struct db_query hurry = { .name = "carry_hurry",
	.sql = "select set_config('lock_timeout', '100ms', true)",
	.columns = 1,
	.company = DB_ALONE };

/* ---- what is in a room ---- */

/* Number and text, the latter behind its length; -1 is null. */
static char *
put_int(char *to, int value)
{
	memcpy(to, &value, sizeof(value));
	return to + sizeof(value);
}

static const char *
get_int(const char *from, int *value)
{
	memcpy(value, from, sizeof(*value));
	return from + sizeof(*value);
}

/* NULL when there is no room, which `to` may be from before. */
static char *
put_text(char *to, const char *end, const char *s)
{
	size_t len = s != NULL ? strlen(s) + 1 : 0;

	if (to == NULL || (size_t)(end - to) < sizeof(int) + len)
		return NULL;
	to = put_int(to, s != NULL ? (int)len : -1);
	if (len > 0)
		memcpy(to, s, len);
	return to + len;
}

static const char *
get_text(const char *from, const char **s)
{
	int len;

	from = get_int(from, &len);
	*s = len < 0 ? NULL : from;
	return len < 0 ? from : from + len;
}

bool
carry_put(char *room, struct db_args args)
{
	const char *end = room + GROUP_ROOM;
	int i;

	for (i = 0; i < args.count; i++)
		room = put_text(room, end, args.value[i]);
	return room != NULL && args.count <= ARGS_MOST;
}

bool
carry_answer(const struct group *g, int place, const PGresult *result)
{
	char *to = group_room(g, place);
	const char *end = to + GROUP_ROOM;
	int count = PQntuples(result), columns = PQnfields(result), i, k;

	to = put_int(put_int(to, count), columns);
	for (i = 0; i < count; i++) {
		for (k = 0; k < columns; k++)
			to = put_text(to, end,
			    PQgetisnull(result, i, k)
				? NULL
				: PQgetvalue(result, i, k));
	}
	return to != NULL;
}

void
carry_take(char *room, struct arena *a, struct db_rows *rows)
{
	const char *from, *s, **value;
	int i;

	from = get_int(get_int(room, &rows->count), &rows->columns);
	value = row_values(a, rows);
	for (i = 0; i < rows->count * rows->columns; i++) {
		from = get_text(from, &s);
		value[i] = s != NULL ? arena_strdup(a, s) : NULL;
	}
	memset(room, 0, (size_t)(from - room));
}

/* ---- the calls ---- */

static bool
all_prepared(struct conn *c, const struct group *g,
    const struct group_taken *taken, int64_t deadline)
{
	int i;

	if (!conn_prepared(c, &hurry, deadline))
		return false;
	for (i = 0; i < taken->count; i++) {
		if (!conn_prepared(c, group_what(g, taken->place[i]), deadline))
			return false;
	}
	return true;
}

static bool
send_call(struct conn *c, const struct group *g, int place)
{
	const struct db_query *q = group_what(g, place);
	const char *value[ARGS_MOST], *from = group_room(g, place);
	int i;

	for (i = 0; i < q->args; i++)
		from = get_text(from, &value[i]);
	return PQsendQueryPrepared(
		   c->pg, q->name, q->args, value, NULL, NULL, 0) == 1;
}

/* Nothing of it is done before the server gets what ends it. */
static bool
send_all(struct conn *c, const struct group *g, const struct group_taken *taken)
{
	int i;

	if (PQenterPipelineMode(c->pg) != 1 ||
	    PQsendQueryPrepared(c->pg, hurry.name, 0, NULL, NULL, NULL, 0) != 1)
		return false;
	for (i = 0; i < taken->count; i++) {
		if (!send_call(c, g, taken->place[i]))
			return false;
	}
	return true;
}

/* One result, and the end of what belongs to it; NULL when it did not come. */
static PGresult *
next_of_all(struct conn *c, int64_t deadline)
{
	PGresult *result, *more;
	bool late;

	result = conn_next(c, deadline, &late);
	if (result == NULL || PQresultStatus(result) == PGRES_PIPELINE_SYNC)
		return result;
	while ((more = conn_next(c, deadline, &late)) != NULL)
		PQclear(more);
	if (!late)
		return result;
	PQclear(result);
	return NULL;
}

/*
 * The server said that it undid it all only if it named an error; else what
 * failed was on our side, and all may have been done.
 */
static enum group_part
failed(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (state == NULL)
		return GROUP_LOST;
	log_event(LOG_WARN, "not_together", "sqlstate", state, NULL);
	return GROUP_ALONE;
}

/* Results of more than was asked are those of `hurry`, which is first, and
 * of what ends it all. */
static enum group_part
read_all(
    struct conn *c, int count, int64_t deadline, PGresult *result[GROUP_MOST])
{
	enum group_part part = GROUP_ANSWERED;
	PGresult *next;
	int n = -1;

	for (;;) {
		if ((next = next_of_all(c, deadline)) == NULL)
			return GROUP_LOST;
		switch (PQresultStatus(next)) {
		case PGRES_PIPELINE_SYNC:
			PQclear(next);
			if (part == GROUP_ANSWERED && n != count)
				return GROUP_LOST;
			return part;
		case PGRES_TUPLES_OK:
			if (n >= 0 && n < count)
				result[n] = next;
			else
				PQclear(next);
			n++;
			break;
		case PGRES_PIPELINE_ABORTED:
			PQclear(next);
			break;
		default:
			if (part != GROUP_LOST)
				part = failed(next);
			PQclear(next);
		}
	}
}

enum group_part
carry(struct conn *c, const struct group *g, const struct group_taken *taken,
    int64_t deadline, PGresult *result[GROUP_MOST])
{
	enum group_part part;

	memset(result, 0, sizeof(*result) * GROUP_MOST);
	c->doubtful = false;
	if (!all_prepared(c, g, taken, deadline))
		return GROUP_ALONE;
	if (!send_all(c, g, taken)) {
		conn_drop(c);
		return GROUP_ALONE;
	}
	if (PQpipelineSync(c->pg) != 1 || conn_flush(c, deadline) != 0)
		return GROUP_LOST;
	part = read_all(c, taken->count, deadline, result);
	if (PQexitPipelineMode(c->pg) != 1 || c->doubtful)
		return GROUP_LOST;
	return part;
}
