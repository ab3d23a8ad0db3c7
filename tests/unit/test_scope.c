/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "oauth/scope.h"
#include "vectors.h"
#include "witharena.h"

static void
parsing(void **state)
{
	const struct oerr *e;
	const char **set, *got;
	struct vectors v;
	size_t n;

	(void)state;
	vectors_open(&v, "scope_parse.tsv");
	while (vectors_next(&v)) {
		arena_reset(arena);
		e = scope_parse(arena, v.column[0], &set, &n);
		if (e != NULL) {
			assert_ptr_equal(e, &OERR_INVALID_SCOPE);
			assert_int_equal(n, 0);
		}
		got = e != NULL
			  ? NULL
			  : scope_join(arena, (const char *const *)set, n);
		if ((got == NULL) != (v.column[1] == NULL) ||
		    (got != NULL && strcmp(got, v.column[1]) != 0))
			vectors_fail(&v, got);
	}
}

static void
none(void **state)
{
	const char **set;
	size_t n = 7;

	(void)state;
	assert_null(scope_parse(arena, NULL, &set, &n));
	assert_int_equal(n, 0);
	assert_string_equal(scope_join(arena, NULL, 0), "");
	assert_false(scope_set_covers(NULL, 0, "a"));
	assert_false(scope_valid("", 0));
	assert_false(scope_valid("a\0b", 3));
}

static void
covering(void **state)
{
	struct vectors v;
	bool want;

	(void)state;
	vectors_open(&v, "scope_covers.tsv");
	while (vectors_next(&v)) {
		want = strcmp(v.column[0], "yes") == 0;
		if (scope_covers(v.column[1], v.column[2]) != want)
			vectors_fail(&v, want ? "no" : "yes");
	}
}

/* What is no valid pattern covers nothing but itself. */
static void
covering_nonsense(void **state)
{
	(void)state;
	assert_false(scope_covers("*", "a"));
	assert_false(scope_covers(":*", ":a"));
	assert_false(scope_covers("", "a"));
	assert_false(scope_covers("a*", "ab"));
	assert_false(scope_covers("a:*", "a:"));
}

static void
set_covers(void **state)
{
	static const char *const set[] = { "a:b", "c:*" };

	(void)state;
	assert_true(scope_set_covers(set, 2, "a:b"));
	assert_true(scope_set_covers(set, 2, "c:d:e"));
	assert_false(scope_set_covers(set, 2, "a:c"));
	assert_false(scope_set_covers(set, 1, "c:d"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsing),
		cmocka_unit_test(none),
		cmocka_unit_test(covering),
		cmocka_unit_test(covering_nonsense),
		cmocka_unit_test(set_covers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("scope", tests, begin, end);
}
