/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "oauth/basic.h"
#include "vectors.h"
#include "witharena.h"

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
