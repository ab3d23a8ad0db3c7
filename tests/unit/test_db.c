/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "db/db.h"
#include "fakeserver.h"

/*
 * Without PostgreSQL, but with servers that play its part; with it, see
 * tests/e2e/dbaway.test.mjs and tests/faults/run.
 */

static const struct db_query pair = { "pair", "select $1, $2", 2, 2, DB_ALONE };
static const struct db_query one = { "one", "select 1", 0, 1, DB_ALONE };

static struct arena *arena;
static struct db *db;
static struct fakeserver servers[2];

static int
begin(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	db = db_new("host=/nowhere/at/all", "test", NULL);
	return arena == NULL || db == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	fakeserver_stop(&servers[0]);
	fakeserver_stop(&servers[1]);
	db_free(db);
	arena_free(arena);
	return 0;
}

static void
arguments(void **state)
{
	const struct db_args three = DB_ARGS("a", NULL, "c");
	const struct db_args none = DB_NO_ARGS;

	(void)state;
	assert_int_equal(three.count, 3);
	assert_string_equal(three.value[0], "a");
	assert_null(three.value[1]);
	assert_string_equal(three.value[2], "c");
	assert_int_equal(DB_ARGS(NULL).count, 1);
	assert_int_equal(none.count, 0);
}

/* A fault of ours, found before anything is sent. */
static void
mismatch(void **state)
{
	struct db_rows rows;

	(void)state;
	assert_int_equal(
	    db_call(db, arena, &pair, DB_ARGS("a"), &rows), DB_FAULT);
	assert_int_equal(
	    db_call(db, arena, &pair, DB_ARGS("a", "b", "c"), &rows), DB_FAULT);
	assert_int_equal(
	    db_call(db, arena, &pair, DB_NO_ARGS, &rows), DB_FAULT);
}

/* Found out once; who comes next is answered without another try. */
static void
away(void **state)
{
	int64_t start = clock_ms();
	struct db_rows rows;

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(
		    db_call(db, arena, &pair, DB_ARGS("a", "b"), &rows),
		    DB_UNAVAILABLE);
	assert_true(clock_ms() - start < 3000);
}

/* ---- with a server, or two ---- */

#define PARTS(...)                                                    \
	(const struct fakeserver_part[]){ __VA_ARGS__ },              \
	    sizeof((const struct fakeserver_part[]){ __VA_ARGS__ }) / \
		sizeof(struct fakeserver_part)

static const struct fakeserver_part serves = { .answers = { "row yes" } };

/* Connect to as many of the servers as were started, in their order. */
static void
connected_to(int n, const char *more)
{
	db_free(db);
	db = db_new(arena_printf(arena, "host=%s%s%s user=u dbname=d %s",
			servers[0].dir, n > 1 ? "," : "",
			n > 1 ? servers[1].dir : "", more),
	    "test", NULL);
	assert_non_null(db);
}

static enum db_status
ask(const char **value)
{
	struct db_rows rows;
	enum db_status status = db_call(db, arena, &one, DB_NO_ARGS, &rows);

	*value = status == DB_OK ? row_text(&rows, 0, 0) : "";
	return status;
}

#define assert_served()                               \
	do {                                          \
		const char *value;                    \
		assert_int_equal(ask(&value), DB_OK); \
		assert_string_equal(value, "yes");    \
	} while (0)

#define assert_status(status)                          \
	do {                                           \
		const char *value;                     \
		assert_int_equal(ask(&value), status); \
	} while (0)

static void
answered(void **state)
{
	(void)state;
	assert_int_equal(fakeserver_start(&servers[0], PARTS(serves)), 0);
	connected_to(1, "");
	assert_served();
	assert_served();
	assert_int_equal(*servers[0].statements, 2);
}

/* What had no effect is sent once more, where it may do better. */
static void
repeated(void **state)
{
	static const char *const states[] = { "40001", "40P01", "25006",
		"26000", "0A000" };

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		assert_int_equal(
		    fakeserver_start(&servers[0],
			PARTS({ .answers = { states[i] } }, serves)),
		    0);
		connected_to(1, "");
		assert_served();
		assert_int_equal(*servers[0].statements, 2);
		fakeserver_stop(&servers[0]);
	}
	/* but only once */
	assert_int_equal(
	    fakeserver_start(&servers[0], PARTS({ .answers = { "25006" } })),
	    0);
	connected_to(1, "");
	assert_status(DB_UNAVAILABLE);
	assert_int_equal(*servers[0].statements, 2);
}

/* Whether it took effect nobody knows: never sent again, never believed. */
static void
doubtful(void **state)
{
	static const char *const answers[] = { "warning 01000", "lost",
		"fatal 57P01", "fatal 08006", "53300", "53100", "55P03",
		"57014", "57P03", "XX000", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		assert_int_equal(
		    fakeserver_start(&servers[0],
			PARTS({ .answers = { answers[i] } }, serves)),
		    0);
		connected_to(1, "");
		assert_status(DB_UNAVAILABLE);
		assert_int_equal(*servers[0].statements, 1);
		fakeserver_stop(&servers[0]);
	}
}

/* A pooler's sessions, where names are others': found out, and left alone. */
static void
shared(void **state)
{
	(void)state;
	assert_int_equal(fakeserver_start(&servers[0],
			     PARTS({ .answers = { "42P05", "row yes" } })),
	    0);
	connected_to(1, "");
	db_prepare(db, true);
	assert_served();
	assert_int_equal(*servers[0].statements, 2);
	assert_served();
	assert_int_equal(*servers[0].statements, 3);
}

/* A fault of ours leaves the connection as it was. */
static void
refused(void **state)
{
	(void)state;
	assert_int_equal(fakeserver_start(&servers[0],
			     PARTS({ .answers = { "42501", "row yes" } })),
	    0);
	connected_to(1, "");
	assert_status(DB_FAULT);
	assert_served();
}

/* The first that there is, that has room, and that can be written to. */
static void
hosts(void **state)
{
	static const struct fakeserver_part firsts[] = {
		{ .login = "" },      /* silent */
		{ .login = "53300" }, /* full */
		{ .login = "28000" }, /* lets nobody in */
		{ .login = "57P03" }, /* starting */
		{ .standby = true, .answers = { "25006" } },
	};
	int64_t start;

	(void)state;
	assert_int_equal(fakeserver_start(&servers[1], PARTS(serves)), 0);
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		assert_int_equal(
		    fakeserver_start(&servers[0], &firsts[i], 1), 0);
		connected_to(2, "target_session_attrs=read-write");
		start = clock_ms();
		assert_served();
		assert_true(clock_ms() - start < 2000);
		assert_served();
		fakeserver_stop(&servers[0]);
	}
}

/* A kind that is only preferred, at a host that is of no use, first or last. */
static void
preferred(void **state)
{
	static const struct fakeserver_part others[] = {
		{ .login = "", .standby = true },
		{ .login = "53300", .standby = true },
		{ .login = "57P03", .standby = true },
	};

	(void)state;
	for (int i = 0; i < 6; i++) {
		assert_int_equal(
		    fakeserver_start(&servers[i % 2], &others[i / 2], 1), 0);
		assert_int_equal(
		    fakeserver_start(&servers[1 - i % 2], PARTS(serves)), 0);
		connected_to(2, "target_session_attrs=prefer-standby");
		assert_served();
		fakeserver_stop(&servers[0]);
		fakeserver_stop(&servers[1]);
	}
}

/* Nobody answers at either: in the time that there is, without a crash. */
static void
no_host(void **state)
{
	const struct fakeserver_part silent = { .login = "" };
	const struct fakeserver_part full = { .login = "53300" };
	int64_t start = clock_ms();

	(void)state;
	assert_int_equal(fakeserver_start(&servers[0], &silent, 1), 0);
	assert_int_equal(fakeserver_start(&servers[1], &full, 1), 0);
	connected_to(2, "");
	assert_status(DB_UNAVAILABLE);
	fakeserver_stop(&servers[1]);
	assert_int_equal(fakeserver_start(&servers[1], &silent, 1), 0);
	connected_to(2, "");
	assert_status(DB_UNAVAILABLE);
	assert_true(clock_ms() - start < 7000);
}

/* One that fell silent: the next request, soon, has the other's answer. */
static void
silent(void **state)
{
	int64_t start = clock_ms();
	const char *text;

	(void)state;
	assert_int_equal(
	    fakeserver_start(&servers[0],
		PARTS({ .answers = { "row yes", "" } }, { .login = "" })),
	    0);
	assert_int_equal(fakeserver_start(&servers[1], PARTS(serves)), 0);
	connected_to(2, "");
	assert_served();
	assert_status(DB_UNAVAILABLE);
	while (ask(&text) != DB_OK)
		assert_true(clock_ms() - start < 3900);
	assert_string_equal(text, "yes");
	assert_int_equal(*servers[1].statements, 1);
}

/* The server that was written to is a standby now, the other its primary. */
static void
failover(void **state)
{
	(void)state;
	assert_int_equal(fakeserver_start(&servers[0],
			     PARTS({ .answers = { "row yes", "25006" } },
				 { .standby = true, .answers = { "25006" } })),
	    0);
	assert_int_equal(fakeserver_start(&servers[1], PARTS(serves)), 0);
	connected_to(2, "target_session_attrs=read-write");
	assert_served();
	assert_served();
	assert_int_equal(*servers[0].statements, 2);
	assert_int_equal(*servers[1].statements, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(arguments),
		TEST(mismatch),
		TEST(away),
		TEST(answered),
		TEST(repeated),
		TEST(doubtful),
		TEST(shared),
		TEST(refused),
		TEST(hosts),
		TEST(preferred),
		TEST(no_host),
		TEST(silent),
		TEST(failover),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
