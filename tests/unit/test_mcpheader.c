/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "oauth/mcpheader.h"
#include "vectors.h"
#include "witharena.h"

static void
decoding(void **state)
{
	const char *got;
	struct vectors v;

	(void)state;
	vectors_open(&v, "mcpheader_decode.tsv");
	while (vectors_next(&v)) {
		got = mcpheader_decode(arena, v.column[0]);
		if ((got == NULL) != (v.column[1] == NULL) ||
		    (got != NULL && strcmp(got, v.column[1]) != 0))
			vectors_fail(&v, got);
	}
}

static bool
counts(const char *version)
{
	const struct rule_request r = {
		.method = "POST",
		.path = "/mcp",
		.version = version,
		.mcp_method = "tools/list",
	};
	struct mcpheader h;

	assert_true(mcpheader_read(arena, &r, &h));
	return h.counts;
}

static void
versions(void **state)
{
	static const char *const modern[] = { "2026-07-28", "2026-07-29",
		"2026-08-01", "2027-01-01", "9999-12-31" };
	static const char *const old[] = { NULL, "", "2026-07-27", "2026-06-30",
		"2025-11-25", "2025-06-18", "0000-01-01", "DRAFT-2026-v1",
		"draft", "2026-07-2", "2026-07-280", "2026-7-28", "2027",
		"2026-13-01", "2026-00-01", "2027-01-00", "2027-01-32",
		"2027_01_01", "9", "zzzz-zz-zz", "x026-07-28" };

	(void)state;
	for (size_t i = 0; i < sizeof(modern) / sizeof(modern[0]); i++)
		assert_true(counts(modern[i]));
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++)
		assert_false(counts(old[i]));
}

/* Method and name as they are read; refused unless all is well. */
static bool
read_as(const char *method, const char *name, struct mcpheader *h)
{
	const struct rule_request r = {
		.method = "POST",
		.path = "/mcp",
		.version = "2026-07-28",
		.mcp_method = method,
		.mcp_name = name,
	};

	return mcpheader_read(arena, &r, h);
}

static void
names(void **state)
{
	static const char *const named[] = { "tools/call", "resources/read",
		"prompts/get" };
	struct mcpheader h;

	(void)state;
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		assert_true(read_as(named[i], "x", &h));
		assert_true(h.counts);
		assert_string_equal(h.method, named[i]);
		assert_string_equal(h.name, "x");
		assert_false(read_as(named[i], NULL, &h));
		assert_false(read_as(named[i], "", &h));
	}
	/* nobody checks the name of another method */
	assert_true(read_as("tools/list", "x", &h));
	assert_true(h.counts);
	assert_null(h.name);
	assert_true(read_as("Tools/Call", "x", &h));
	assert_null(h.name);
}

static void
members(void **state)
{
	(void)state;
	assert_string_equal(mcpheader_member("tools/call"), "name");
	assert_string_equal(mcpheader_member("prompts/get"), "name");
	assert_string_equal(mcpheader_member("resources/read"), "uri");
	assert_null(mcpheader_member("tools/list"));
	assert_null(mcpheader_member("Tools/Call"));
	assert_null(mcpheader_member("tools/call "));
	assert_null(mcpheader_member(""));
}

static void
refused(void **state)
{
	static const char *const methods[] = { "tools/call, tools/list",
		"tools/call,tools/list", " tools/call", "tools/call ",
		"tools call", "tools/call\n",
		"=?base64?dG9vbHMvY2FsbA==?=", "\xc3\xa9" };
	static const char *const versions_bad[] = { "2026-07-28, 2025-06-18",
		"2026-07-28,2025-06-18", "2026-07-28 ", " 2026-07-28",
		"2026-07-28\n", "2026/07/28",
		"000000000000000000000000000000000" };
	struct rule_request r = { .method = "POST", .path = "/mcp" };
	char longest[MCPHEADER_METHOD_MAX + 2] = { 0 };
	struct mcpheader h;

	(void)state;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		assert_false(read_as(methods[i], "x", &h));
	assert_false(read_as("tools/list", "a, b", &h));
	memset(longest, 'x', sizeof(longest) - 1);
	assert_false(read_as(longest, NULL, &h));
	longest[MCPHEADER_METHOD_MAX] = '\0';
	assert_true(read_as(longest, NULL, &h));
	for (size_t i = 0; i < sizeof(versions_bad) / sizeof(versions_bad[0]);
	     i++) {
		r.version = versions_bad[i];
		assert_false(mcpheader_read(arena, &r, &h));
	}
}

/* Without a body there is nothing that a server would hold them against. */
static void
only_post(void **state)
{
	static const char *const methods[] = { "GET", "HEAD", "DELETE", "PUT",
		"OPTIONS" };
	struct rule_request r = {
		.path = "/mcp",
		.version = "2026-07-28",
		.mcp_method = "tools/call",
		.mcp_name = "x",
	};
	struct mcpheader h;

	(void)state;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		r.method = methods[i];
		assert_true(mcpheader_read(arena, &r, &h));
		assert_false(h.counts);
		assert_null(h.method);
		assert_null(h.name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoding),
		cmocka_unit_test(versions),
		cmocka_unit_test(names),
		cmocka_unit_test(members),
		cmocka_unit_test(refused),
		cmocka_unit_test(only_post),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("mcpheader", tests, begin, end);
}
