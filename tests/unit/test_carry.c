/* SPDX-License-Identifier: ISC */

#include <string.h>

#include <libpq-fe.h>

#include "base/clock.h"
#include "db/carry.h"
#include "db/query.h"
#include "db/room.h"
#include "fakeserver.h"
#include "witharena.h"

/*
 * Two calls carried together, with a server that is played; with PostgreSQL,
 * see tests/e2e/carry.test.mjs.
 */

static const struct db_query one = { "one", "select %", 0, 1, "1" };
static const struct db_query pair = { "pair", "select %", 2, 1, "$1 || $2" };

static struct group *group;
static struct group_taken both;
static struct fakeserver server;
static struct conn conn;

/* Put a call into a worker's place, and leave it there. */
static void
call(int worker, const struct db_query *q, struct db_args args)
{
	struct group_taken taken;
	char *room;

	group_join(group, worker);
	assert_non_null(room = group_open(group));
	assert_int_not_equal(room_put_args(room, args), -1);
	assert_int_equal(group_ask(group, q, 100, &taken), GROUP_LEAD);
	assert_int_equal(taken.count, 1);
	assert_int_equal(taken.place[0], worker);
	group_leave(group, &taken);
	both.place[both.count++] = worker;
}

static int
begin_workers(void **state, long workers)
{
	both.count = 0;
	return begin(state) == -1 || (group = group_new(workers)) == NULL ? -1
									  : 0;
}

static int
begin_calls(void **state)
{
	if (begin_workers(state, 2) == -1)
		return -1;
	call(0, &one, DB_NO_ARGS);
	call(1, &pair, DB_ARGS("a", "b"));
	return 0;
}

/* Two that ask the same; sent in the order of their arguments. */
static int
begin_alike(void **state)
{
	if (begin_workers(state, 2) == -1)
		return -1;
	call(0, &pair, DB_ARGS("b", "a"));
	call(1, &pair, DB_ARGS("a", "b"));
	return 0;
}

/* One more than a statement can be for. */
static int
begin_many(void **state)
{
	if (begin_workers(state, QUERY_MOST + 1) == -1)
		return -1;
	for (int i = 0; i <= QUERY_MOST; i++)
		call(i, &pair, DB_ARGS(arena_printf(arena, "%d", i), "x"));
	return 0;
}

static void
disconnect(void)
{
	conn_drop(&conn);
	hosts_free(&conn.hosts);
	fakeserver_stop(&server);
}

static int
end_calls(void **state)
{
	disconnect();
	group_free(group);
	return end(state);
}

static void
connect_to(const char *first, const char *then)
{
	const struct fakeserver_part part = { .answers = { first, then } };

	assert_int_equal(fakeserver_start(&server, &part, 1), 0);
	conn = (struct conn){ .program = "test",
		.dsn =
		    arena_printf(arena, "host=%s user=u dbname=d", server.dir),
		.prepare = true };
	assert_int_equal(conn_open(&conn, clock_ms() + CONN_PATIENCE), 0);
}

/* One statement in the usual way, so that the next answer is for the calls. */
static void
first_statement(void)
{
	const int64_t deadline = clock_ms() + CONN_PATIENCE;
	PGresult *res;

	assert_true(conn_send(&conn, &one, DB_NO_ARGS, deadline));
	res = conn_collect(&conn, deadline);
	assert_int_equal(PQresultStatus(res), PGRES_TUPLES_OK);
	PQclear(res);
}

/* What is in a worker's room. */
static const char *
told(int worker)
{
	struct db_rows row;

	assert_true(room_get_row(group_room(group, worker), arena, &row));
	assert_int_equal(row.columns, 1);
	return row_text(&row, 0, 0);
}

static void
answered(void **state)
{
	int i;

	(void)state;
	connect_to("row yes", NULL);
	for (i = 0; i < 3; i++) {
		assert_int_equal(
		    carry(&conn, group, &both, clock_ms() + CONN_PATIENCE),
		    GROUP_ANSWERED);
		assert_string_equal(told(0), "yes");
		assert_string_equal(told(1), "yes");
	}
	/* three are prepared, once; then all is sent at once, three times */
	assert_int_equal(*server.statements, 3 + 3);
	first_statement();
}

/* By one statement, with a row for each. */
static void
alike(void **state)
{
	(void)state;
	connect_to("row for a|for b", NULL);
	assert_int_equal(carry(&conn, group, &both, clock_ms() + CONN_PATIENCE),
	    GROUP_ANSWERED);
	assert_string_equal(told(0), "for b");
	assert_string_equal(told(1), "for a");
	assert_int_equal(*server.statements, 2 + 1);
}

/* By two, the second for the one that is left. */
static void
many(void **state)
{
	(void)state;
	connect_to("row hurry/0|1|2|3|4|5|6|7/8", NULL);
	assert_int_equal(carry(&conn, group, &both, clock_ms() + CONN_PATIENCE),
	    GROUP_ANSWERED);
	for (int i = 0; i <= QUERY_MOST; i++)
		assert_string_equal(told(i), arena_printf(arena, "%d", i));
	assert_int_equal(*server.statements, 3 + 1);
}

/* Whose they are nobody could tell. */
static void
other_rows(void **state)
{
	static const char *const answers[] = { "row one", "row one|two|three" };

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		connect_to(answers[i], NULL);
		assert_int_equal(
		    carry(&conn, group, &both, clock_ms() + CONN_PATIENCE),
		    GROUP_LOST);
		assert_true(conn.doubtful);
		disconnect();
	}
}

/* The server undid all of it: each may be called alone, on this connection. */
static void
undone(void **state)
{
	static const char *const states[] = { "55P03", "40P01", "P0001",
		"42501", "53100" };

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		connect_to("row yes", states[i]);
		first_statement();
		assert_int_equal(
		    carry(&conn, group, &both, clock_ms() + CONN_PATIENCE),
		    GROUP_ALONE);
		assert_true(conn_alive(&conn));
		disconnect();
	}
}

/* Whether it was committed nobody knows. */
static void
lost(void **state)
{
	static const char *const answers[] = { "lost", "fatal 57P01",
		"fatal 08006", "warning 01000", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		connect_to("row yes", answers[i]);
		first_statement();
		assert_int_equal(
		    carry(&conn, group, &both, clock_ms() + 300), GROUP_LOST);
		disconnect();
	}
}

/* Nothing was sent that counts: another's sessions are not to be used so. */
static void
not_prepared(void **state)
{

	(void)state;
	connect_to("42P05", "row yes");
	assert_int_equal(carry(&conn, group, &both, clock_ms() + CONN_PATIENCE),
	    GROUP_ALONE);
	assert_int_equal(*server.statements, 1);
	assert_true(conn.shared);
}

#define CALLS(f) cmocka_unit_test_setup_teardown(f, begin_calls, end_calls)
#define ALIKE(f) cmocka_unit_test_setup_teardown(f, begin_alike, end_calls)
#define MANY(f) cmocka_unit_test_setup_teardown(f, begin_many, end_calls)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CALLS(answered),
		ALIKE(alike),
		ALIKE(other_rows),
		MANY(many),
		CALLS(undone),
		CALLS(lost),
		CALLS(not_prepared),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("carry", tests, NULL, NULL);
}
