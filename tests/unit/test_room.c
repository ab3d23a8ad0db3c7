/* SPDX-License-Identifier: ISC */

#include <string.h>

#include <libpq-fe.h>

#include "base/group.h"
#include "db/room.h"
#include "witharena.h"

/* As in the memory that workers share. */
static _Alignas(max_align_t) char room[GROUP_ROOM], other[GROUP_ROOM];
static char text[GROUP_ROOM + 1];

static int
begin_room(void **state)
{
	memset(room, 0, sizeof(room));
	memset(text, 0, sizeof(text));
	return begin(state);
}

static void
arguments(void **state)
{
	const char *value[ROOM_ARGS];

	(void)state;
	assert_int_equal(room_put_args(room, DB_ARGS("a", NULL, "", "\\x00")),
	    4 * 4 + 2 + 1 + 5);
	room_get_args(room, 4, value);
	assert_string_equal(value[0], "a");
	assert_null(value[1]);
	assert_string_equal(value[2], "");
	assert_string_equal(value[3], "\\x00");
	assert_int_equal(room_put_args(room, DB_NO_ARGS), 0);
}

static void
order(void **state)
{
	const struct db_args sorted[] = { { NULL, 0 },
		{ (const char *const[]){ "a", "b" }, 2 },
		{ (const char *const[]){ "a", "b", "c" }, 3 },
		{ (const char *const[]){ "a", "c" }, 2 } };
	int i, k, n;

	(void)state;
	for (i = 0; i < 4; i++) {
		for (k = 0; k < 4; k++) {
			assert_true(room_put_args(room, sorted[i]) >= 0);
			assert_true(room_put_args(other, sorted[k]) >= 0);
			n = room_compare_args(room, other);
			assert_int_equal((n > 0) - (n < 0), (i > k) - (i < k));
		}
	}
}

/* Of `count` rows, all with the same values, of which NULL is null. */
static PGresult *
result_of(int count, int columns, const char *const *values)
{
	PGresult *res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc *names = arena_alloc(arena, sizeof(*names) * 8);
	const char *v;
	int i;

	for (i = 0; i < columns; i++)
		names[i].name = arena_strdup(arena, "c");
	PQsetResultAttrs(res, columns, names);
	for (i = 0; i < count * columns; i++) {
		v = values[i % columns];
		PQsetvalue(res, i / columns, i % columns,
		    v != NULL ? arena_strdup(arena, v) : NULL,
		    v != NULL ? (int)strlen(v) : -1);
	}
	return res;
}

/* One row of an answer is for each call. */
static void
row(void **state)
{
	static const char *const values[] = { "x", NULL, "" };
	struct db_rows got;
	PGresult *res;
	int i;

	(void)state;
	res = result_of(2, 3, values);
	PQsetvalue(res, 1, 0, arena_strdup(arena, "y"), 1);
	for (i = 0; i < 2; i++) {
		room_put_row(room, res, i);
		assert_true(room_get_row(room, arena, &got));
		room_wipe(room);
		assert_int_equal(got.count, 1);
		assert_int_equal(got.columns, 3);
		assert_string_equal(row_text(&got, 0, 0), i == 0 ? "x" : "y");
		assert_null(row_text(&got, 0, 1));
		assert_string_equal(row_text(&got, 0, 2), "");
	}
	PQclear(res);
}

/* Nothing is cut. */
static void
too_long(void **state)
{
	const char *one[ROOM_ARGS + 1] = { NULL };
	const char *const values[] = { text };
	size_t longest = GROUP_ROOM;
	struct db_rows got;
	PGresult *res;

	(void)state;
	memset(text, 'x', GROUP_ROOM);
	while (room_put_args(room, DB_ARGS(text)) == -1)
		text[--longest] = '\0';
	assert_in_range(longest, GROUP_ROOM - 64, GROUP_ROOM - 1);
	assert_int_equal(room_put_args(room, DB_ARGS(text, NULL)), -1);
	assert_int_equal(room_put_args(room, DB_ARGS(NULL, text)), -1);

	res = result_of(1, 1, values);
	room_put_row(room, res, 0);
	PQclear(res);
	assert_true(room_get_row(room, arena, &got));
	text[longest] = 'x';
	res = result_of(1, 1, values);
	room_put_row(room, res, 0);
	PQclear(res);
	assert_false(room_get_row(room, arena, &got));

	assert_true(
	    room_put_args(room, (struct db_args){ one, ROOM_ARGS }) > 0);
	assert_int_equal(
	    room_put_args(room, (struct db_args){ one, ROOM_ARGS + 1 }), -1);
}

static bool
empty(void)
{
	for (size_t i = 0; i < GROUP_ROOM; i++) {
		if (room[i] != 0)
			return false;
	}
	return true;
}

/* Also what is longer than what was written over it, or did not fit. */
static void
wiped(void **state)
{
	static const char *const yes[] = { "yes" };
	PGresult *res = result_of(1, 1, yes);

	(void)state;
	assert_true(room_put_args(room, DB_ARGS("a secret", "longer")) > 0);
	room_put_row(room, res, 0);
	PQclear(res);
	assert_false(empty());
	room_wipe(room);
	assert_true(empty());

	memset(text, 'x', GROUP_ROOM);
	assert_int_equal(room_put_args(room, DB_ARGS("a secret", text)), -1);
	assert_false(empty());
	room_wipe(room);
	assert_true(empty());
}

#define ROOM(f) cmocka_unit_test_setup_teardown(f, begin_room, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROOM(arguments),
		ROOM(order),
		ROOM(row),
		ROOM(too_long),
		ROOM(wiped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("room", tests, NULL, NULL);
}
