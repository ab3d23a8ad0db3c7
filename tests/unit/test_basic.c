/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/basic.h"
#include "vectors.h"

static struct arena *arena;

static int
begin(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return arena == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static const char *const kinds[] = {
	[AUTHORIZATION_ABSENT] = "absent",
	[AUTHORIZATION_OTHER] = "other",
	[AUTHORIZATION_MALFORMED] = "malformed",
	[AUTHORIZATION_FOUND] = "found",
};

static bool
same(const char *a, const char *b)
{
	return a == NULL ? b == NULL : b != NULL && strcmp(a, b) == 0;
}

static void
parsing(void **state)
{
	enum authorization kind;
	struct basic b;
	struct vectors v;

	(void)state;
	vectors_open(&v, "basic_parse.tsv");
	while (vectors_next(&v)) {
		b = (struct basic){ "left", "behind" };
		kind = basic_parse(arena, v.column[1], &b);
		if (!same(kinds[kind], v.column[0]) ||
		    !same(b.id, v.column[2]) || !same(b.secret, v.column[3]))
			vectors_fail(&v, kinds[kind]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("basic", tests, begin, end);
}
