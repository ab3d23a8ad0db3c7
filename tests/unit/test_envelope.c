/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "mcp/envelope.h"
#include "witharena.h"

#define META(v)                                                     \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":" v \
	",\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define NEW META("\"2026-07-28\"")

/* The error for a request of `method` with `params`, and its version. */
static const struct rpc_error *
opened(const char *method, const char *params, struct envelope h, int *version)
{
	const char *text = arena_printf(arena,
	    "{\"jsonrpc\":\"2.0\","
	    "\"id\":1,\"method\":\"%s\",\"params\":{%s}}",
	    method, params);
	const struct rpc_error *e;
	enum mcp_version v;
	struct rpc_message m;
	const char *asked;

	assert_null(rpc_read(arena, text, strlen(text), &m));
	e = envelope_open(arena, &h, &m, &v, &asked);
	*version = (int)v;
	return e;
}

static void
old_versions(void **state)
{
	int v;

	(void)state;
	assert_null(opened("ping", "", (struct envelope){ 0 }, &v));
	assert_int_equal(v, MCP_2025_03_26);
	assert_null(opened("ping", "",
	    (struct envelope){ .protocol_version = "2025-06-18" }, &v));
	assert_int_equal(v, MCP_2025_06_18);
	assert_null(opened("ping", "\"_meta\":{\"progressToken\":1}",
	    (struct envelope){ .protocol_version = "2025-11-25" }, &v));
	assert_int_equal(v, MCP_2025_11_25);
	assert_null(
	    opened("ping", META("\"2025-11-25\""), (struct envelope){ 0 }, &v));
	assert_int_equal(v, MCP_2025_11_25);
	assert_null(opened("initialize", "",
	    (struct envelope){ .protocol_version = "2024-11-05" }, &v));
}

static void
new_version(void **state)
{
	struct envelope h = { .protocol_version = "2026-07-28",
		.method = "tools/call",
		.name = "a" };
	int v;

	(void)state;
	assert_null(opened("tools/call", "\"name\":\"a\"," NEW, h, &v));
	assert_int_equal(v, MCP_2026_07_28);
	h.name = "=?base64?SGVsbG8sIOS4lueVjA==?=";
	assert_null(opened("tools/call",
	    "\"name\":\"Hello, \xe4\xb8\x96"
	    "\xe7\x95\x8c\"," NEW,
	    h, &v));
	h.method = "resources/read";
	h.name = "a://b";
	assert_null(opened("resources/read", "\"uri\":\"a://b\"," NEW, h, &v));
	h.method = "tools/list";
	h.name = NULL;
	assert_null(opened("tools/list", NEW, h, &v));
}

static void
mismatches(void **state)
{
	static const struct {
		const char *method, *params;
		struct envelope h;
	} cases[] = {
		/* a header is missing */
		{ "tools/list", NEW, { NULL, "tools/list", NULL } },
		{ "tools/list", NEW, { "2026-07-28", NULL, NULL } },
		{ "tools/list", NEW, { "2026-07-28", "", NULL } },
		{ "tools/call", "\"name\":\"a\"," NEW,
		    { "2026-07-28", "tools/call", NULL } },
		{ "resources/read", "\"uri\":\"a\"," NEW,
		    { "2026-07-28", "resources/read", "" } },
		{ "prompts/get", "\"name\":\"a\"," NEW,
		    { "2026-07-28", "prompts/get", NULL } },
		/* it says something else */
		{ "tools/list", NEW, { "2025-11-25", "tools/list", NULL } },
		{ "tools/list", META("\"2025-11-25\""),
		    { "2026-07-28", "tools/list", NULL } },
		{ "tools/call", "\"name\":\"a\"," NEW,
		    { "2026-07-28", "tools/list", "a" } },
		{ "tools/call", "\"name\":\"a\"," NEW,
		    { "2026-07-28", "Tools/Call", "a" } },
		{ "tools/call", "\"name\":\"a\"," NEW,
		    { "2026-07-28", "tools/call", "A" } },
		{ "tools/call", "\"name\":\"a\"," NEW,
		    { "2026-07-28", "tools/call", "a, a" } },
		{ "tools/call", NEW, { "2026-07-28", "tools/call", "a" } },
		{ "tools/call", "\"name\":1," NEW,
		    { "2026-07-28", "tools/call", "1" } },
		{ "tools/call", "\"uri\":\"a\"," NEW,
		    { "2026-07-28", "tools/call", "a" } },
		/* it is badly encoded */
		{ "tools/call", "\"name\":\"a\"," NEW,
		    { "2026-07-28", "tools/call", "=?base64?YR==?=" } },
		{ "tools/call", "\"name\":\"a\"," NEW,
		    { "2026-07-28", "tools/call", "=?Base64?YQ==?=" } },
		{ "tools/call", "\"name\":\"a\"," NEW,
		    { "2026-07-28", "tools/call", "a\x01" } },
	};
	size_t i;
	int v;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (opened(cases[i].method, cases[i].params, cases[i].h, &v) !=
		    &RPC_MISMATCH)
			fail_msg("case %zu", i);
	}
}

static void
bad_meta(void **state)
{
	static const char *const params[] = { "", "\"_meta\":{}",
		"\"_meta\":[]", META("20260728"),
		"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
		"\"2026-07-28\"}",
		"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
		"\"2026-07-28\","
		"\"io.modelcontextprotocol/clientCapabilities\":true}",
		"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
		"\"2026-07-28\",\"io.modelcontextprotocol/clientInfo\":{},"
		"\"io.modelcontextprotocol/clientCapabilities\":{}}" };
	struct envelope h = { "2026-07-28", "tools/list", NULL };
	size_t i;
	int v;

	(void)state;
	for (i = 0; i < sizeof(params) / sizeof(params[0]); i++)
		assert_ptr_equal(
		    opened("tools/list", params[i], h, &v), &RPC_META);
	h.method = "initialize";
	assert_ptr_equal(opened("initialize", "", h, &v), &RPC_META);
}

static void
not_offered(void **state)
{
	static const char *const versions[] = { "2025-03-26", "2024-11-05",
		"2027-01-01", "2026-07-28 ", "latest",
		"2026-07-28, 2026-07-28" };
	struct envelope h = { 0 };
	size_t i;
	int v;

	(void)state;
	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		h.protocol_version = versions[i];
		assert_ptr_equal(opened("ping", "", h, &v), &RPC_UNSUPPORTED);
		assert_ptr_equal(
		    opened("ping",
			arena_printf(arena, META("\"%s\""), versions[i]), h,
			&v),
		    &RPC_UNSUPPORTED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_versions),
		cmocka_unit_test(new_version),
		cmocka_unit_test(mismatches),
		cmocka_unit_test(bad_meta),
		cmocka_unit_test(not_offered),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("envelope", tests, begin, end);
}
