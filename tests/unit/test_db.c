/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "db/db.h"

/* Without a server; with one, see tests/e2e/dbaway.test.mjs. */

static const struct db_query pair = { "pair", "select $1, $2", 2, 2 };

static struct arena *arena;
static struct db *db;

static int
begin(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	db = db_new("host=/nowhere/at/all", "test");
	return arena == NULL || db == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(arguments),
		TEST(mismatch),
		TEST(away),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
