/* SPDX-License-Identifier: ISC */

#include "db/row.h"
#include "fakedb.h"
#include "witharena.h"

static void
texts(void **state)
{
	static const char *const values[] = { "a", NULL, "", "d" };
	struct db_rows rows;

	(void)state;
	fakedb_rows(arena, values, 2, 2, &rows);
	assert_int_equal(rows.count, 2);
	assert_string_equal(row_text(&rows, 0, 0), "a");
	assert_null(row_text(&rows, 0, 1));
	assert_string_equal(row_text(&rows, 1, 0), "");
	assert_string_equal(row_text(&rows, 1, 1), "d");
}

static void
numbers(void **state)
{
	static const char *const values[] = { "0", "-7", "9223372036854775807",
		"-9223372036854775808", NULL };
	struct db_rows rows;

	(void)state;
	fakedb_rows(arena, values, 1, 5, &rows);
	assert_int_equal(row_int(&rows, 0, 0), 0);
	assert_int_equal(row_int(&rows, 0, 1), -7);
	assert_true(row_int(&rows, 0, 2) == INT64_MAX);
	assert_true(row_int(&rows, 0, 3) == INT64_MIN);
	assert_int_equal(row_int(&rows, 0, 4), 0);
}

static void
booleans(void **state)
{
	static const char *const values[] = { "t", "f", NULL };
	struct db_rows rows;

	(void)state;
	fakedb_rows(arena, values, 1, 3, &rows);
	assert_true(row_bool(&rows, 0, 0));
	assert_false(row_bool(&rows, 0, 1));
	assert_false(row_bool(&rows, 0, 2));
}

static void
bytes(void **state)
{
	static const char *const values[] = { "\\x00ff10", "\\x", NULL };
	static const uint8_t want[] = { 0x00, 0xff, 0x10 };
	struct db_rows rows;
	uint8_t *got;
	size_t len;

	(void)state;
	fakedb_rows(arena, values, 1, 3, &rows);
	got = row_bytes(arena, &rows, 0, 0, &len);
	assert_int_equal(len, sizeof(want));
	assert_memory_equal(got, want, sizeof(want));
	assert_non_null(row_bytes(arena, &rows, 0, 1, &len));
	assert_int_equal(len, 0);
	len = 9;
	assert_null(row_bytes(arena, &rows, 0, 2, &len));
	assert_int_equal(len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(numbers),
		cmocka_unit_test(booleans),
		cmocka_unit_test(bytes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("row", tests, begin, end);
}
