/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/bearer.h"
#include "vectors.h"

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
	const char *token;
	struct vectors v;

	(void)state;
	vectors_open(&v, "bearer_parse.tsv");
	while (vectors_next(&v)) {
		token = "left behind";
		kind = bearer_parse(v.column[1], &token);
		if (!same(kinds[kind], v.column[0]) ||
		    !same(token, v.column[2]))
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
	return cmocka_run_group_tests_name("bearer", tests, NULL, NULL);
}
