/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/resource.h"
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

static void
canonical(void **state)
{
	const char *got;
	struct vectors v;

	(void)state;
	vectors_open(&v, "resource_canonical.tsv");
	while (vectors_next(&v)) {
		got = resource_canonical(arena, v.column[0]);
		if ((got == NULL) != (v.column[1] == NULL) ||
		    (got != NULL && strcmp(got, v.column[1]) != 0))
			vectors_fail(&v, got);
		/* once is enough */
		if (got != NULL)
			assert_string_equal(
			    resource_canonical(arena, got), got);
	}
	assert_null(resource_canonical(arena, NULL));
}

static void
path(void **state)
{
	(void)state;
	assert_string_equal(
	    resource_path(arena, "https://mcp.example/mcp/a?b"), "/mcp/a");
	assert_string_equal(resource_path(arena, "https://mcp.example"), "/");
	assert_string_equal(
	    resource_path(arena, "https://mcp.example?b/c"), "/");
	assert_null(resource_path(arena, "mcp.example/mcp"));
	assert_null(resource_path(arena, "https://mcp.example/mcp#"));
	assert_null(resource_path(arena, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical),
		cmocka_unit_test(path),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("resource", tests, begin, end);
}
