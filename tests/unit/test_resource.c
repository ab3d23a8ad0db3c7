/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "oauth/resource.h"
#include "vectors.h"
#include "witharena.h"

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

static void
metadata(void **state)
{
	static const char *const cases[][3] = {
		/* RFC 9728, 3.1: the three kinds */
		{ "https://h.example/", "https://h.example", "" },
		{ "https://h.example/mcp", "https://h.example", "/mcp" },
		{ "https://h.example/?x=1", "https://h.example", "?x=1" },
		/* only a slash that is all of the path goes */
		{ "https://h.example/mcp/", "https://h.example", "/mcp/" },
		{ "https://h.example//", "https://h.example", "//" },
		{ "https://h.example/a/b?x=/&y", "https://h.example",
		    "/a/b?x=/&y" },
		{ "http://localhost:8080/mcp?", "http://localhost:8080",
		    "/mcp?" },
		/* as resource_canonical would not leave them */
		{ "https://h.example", "https://h.example", "" },
		{ "https://h.example?x", "https://h.example", "?x" },
	};
	const char *path;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		path =
		    arena_printf(arena, "%s%s", RESOURCE_METADATA, cases[i][2]);
		assert_string_equal(
		    resource_metadata_path(arena, cases[i][0]), path);
		assert_string_equal(resource_metadata_url(arena, cases[i][0]),
		    arena_printf(arena, "%s%s", cases[i][1], path));
	}
	assert_null(resource_metadata_path(arena, "h.example/mcp"));
	assert_null(resource_metadata_url(arena, "https://h.example/mcp#"));
	assert_null(resource_metadata_url(arena, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical),
		cmocka_unit_test(path),
		cmocka_unit_test(metadata),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("resource", tests, begin, end);
}
