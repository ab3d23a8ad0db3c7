/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "toyserver.h"

/* ---- revisions with a handshake ---- */

static void
negotiate(struct toy *t, const char *asked, const char *expected)
{
	toy_legacy(t, NULL);
	toy_ask(
	    t, arena_printf(t->arena,
		   "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\","
		   "\"params\":{\"protocolVersion\":\"%s\",\"capabilities\":{},"
		   "\"clientInfo\":{\"name\":\"c\",\"version\":\"1\"}}}",
		   asked));
	assert_int_equal(t->answer.status, 200);
	assert_string_equal(toy_text(t, "protocolVersion"), expected);
	assert_string_equal(toy_text(t, "serverInfo.name"), "toy");
	assert_string_equal(toy_text(t, "instructions"), "Play.");
	assert_non_null(toy_result(t, "capabilities.tools"));
	assert_non_null(toy_result(t, "capabilities.resources"));
	/* what is not there is not advertised */
	assert_null(toy_result(t, "capabilities.prompts"));
	assert_null(toy_result(t, "capabilities.logging"));
	assert_null(toy_result(t, "resultType"));
}

static void
handshake(void **state)
{
	struct toy *t = *state;

	negotiate(t, "2025-06-18", "2025-06-18");
	negotiate(t, "2025-11-25", "2025-11-25");
	negotiate(t, "2025-03-26", "2025-11-25");
	negotiate(t, "2024-11-05", "2025-11-25");
	negotiate(t, "2026-07-28", "2025-11-25");
	negotiate(t, "", "2025-11-25");
	toy_ask(t, "{\"jsonrpc\":\"2.0\","
		   "\"method\":\"notifications/initialized\"}");
	assert_int_equal(t->answer.status, 202);
	assert_int_equal(t->answer.body.len, 0);
}

static void
handshake_without_version(void **state)
{
	struct toy *t = *state;

	toy_legacy(t, NULL);
	toy_ask(t, TOY_CALL("initialize", ""));
	assert_int_equal(toy_code(t), -32602);
	toy_ask(t, TOY_CALL("initialize", "\"protocolVersion\":20250618"));
	assert_int_equal(toy_code(t), -32602);
	toy_ask(t, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"}");
	assert_int_equal(toy_code(t), -32602);
}

static void
legacy_methods(void **state)
{
	static const char *const versions[] = { NULL, "2025-06-18",
		"2025-11-25" };
	struct toy *t = *state;
	size_t i;

	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		toy_legacy(t, versions[i]);
		toy_ask(t, "{\"jsonrpc\":\"2.0\",\"id\":\"p\","
			   "\"method\":\"ping\"}");
		assert_int_equal(t->answer.status, 200);
		assert_string_equal(t->answer.body.data,
		    "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"result\":{}}");
		toy_ask(t, TOY_CALL("tools/list", "\"cursor\":null"));
		assert_string_equal(toy_text(t, "tools.0.name"), "echo");
		assert_null(toy_result(t, "ttlMs"));
		assert_null(toy_result(t, "_meta"));
		toy_ask(t, TOY_CALL("resources/templates/list", ""));
		assert_int_equal(json_object_array_length(
				     toy_result(t, "resourceTemplates")),
		    0);
		toy_ask(
		    t, TOY_CALL("resources/read", "\"uri\":\"toy://shelf\""));
		assert_string_equal(
		    toy_text(t, "contents.0.text"), "[\"book\"]");
		assert_string_equal(
		    toy_text(t, "contents.0.mimeType"), "application/json");
	}
}

static void
legacy_unknown(void **state)
{
	static const char *const calls[] = { TOY_CALL("server/discover", ""),
		TOY_CALL("prompts/list", ""), TOY_CALL("logging/setLevel", ""),
		TOY_CALL("resources/subscribe", ""), TOY_CALL("", ""),
		TOY_CALL("tools/calls", "") };
	struct toy *t = *state;
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		toy_legacy(t, "2025-11-25");
		toy_ask(t, calls[i]);
		assert_int_equal(t->answer.status, 200);
		assert_int_equal(toy_code(t), -32601);
	}
	toy_ask(t, TOY_CALL("resources/read", "\"uri\":\"toy://none\""));
	assert_int_equal(toy_code(t), -32002);
	toy_ask(t, TOY_CALL("tools/call", "\"name\":\"none\""));
	assert_int_equal(toy_code(t), -32602);
	assert_int_equal(t->calls, 0);
}

/* 2025-06-18 calls it a protocol error, 2025-11-25 lets the model mend it. */
static void
bad_arguments(void **state)
{
	static const char call[] =
	    TOY_CALL("tools/call", "\"name\":\"echo\",\"arguments\":{}");
	struct toy *t = *state;

	toy_legacy(t, "2025-06-18");
	toy_ask(t, call);
	assert_int_equal(t->answer.status, 200);
	assert_int_equal(toy_code(t), -32602);
	toy_legacy(t, "2025-11-25");
	toy_ask(t, call);
	assert_int_equal(toy_code(t), 0);
	assert_true(json_object_get_boolean(toy_result(t, "isError")));
	assert_string_equal(toy_text(t, "content.0.text"), "say something");
	assert_null(toy_result(t, "structuredContent"));
	toy_ask(t, TOY_CALL("tools/call", "\"name\":\"echo\""));
	assert_true(json_object_get_boolean(toy_result(t, "isError")));
	toy_legacy(t, "2025-06-18");
	toy_ask(t, TOY_CALL("tools/call",
		       "\"name\":\"echo\",\"arguments\":{\"say\":\"no\"}"));
	assert_string_equal(toy_text(t, "content.0.text"), "will not");
	assert_true(json_object_get_boolean(toy_result(t, "isError")));
}

static void
bad_params(void **state)
{
	static const char *const calls[] = { TOY_CALL("tools/call", ""),
		TOY_CALL("tools/call", "\"name\":7"),
		TOY_CALL("tools/call", "\"name\":\"echo\\u0000\""),
		TOY_CALL("tools/call", "\"name\":\"echo\",\"arguments\":[]"),
		TOY_CALL("tools/call", "\"name\":\"echo\",\"arguments\":null"),
		TOY_CALL("resources/read", ""),
		TOY_CALL("resources/read", "\"uri\":{}"),
		TOY_CALL("tools/list", "\"cursor\":\"x\""),
		TOY_CALL("resources/list", "\"cursor\":\"\""),
		TOY_CALL("resources/templates/list", "\"cursor\":0") };
	struct toy *t = *state;
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		toy_legacy(t, "2025-11-25");
		toy_ask(t, calls[i]);
		assert_int_equal(toy_code(t), -32602);
	}
	assert_int_equal(t->calls, 0);
}

/* ---- 2026-07-28 ---- */

static void
modern_results(void **state)
{
	struct toy *t = *state;

	toy_modern(t, "tools/list", NULL);
	toy_ask(t, TOY_CALL("tools/list", TOY_META));
	assert_int_equal(t->answer.status, 200);
	assert_string_equal(toy_text(t, "resultType"), "complete");
	assert_string_equal(toy_text(t, "cacheScope"), "public");
	assert_int_equal(json_object_get_int(toy_result(t, "ttlMs")), 300000);
	assert_non_null(strstr(t->answer.body.data,
	    "\"io.modelcontextprotocol/serverInfo\":{\"name\":\"toy\""));
	toy_modern(t, "resources/read", "toy://shelf");
	toy_ask(
	    t, TOY_CALL("resources/read", "\"uri\":\"toy://shelf\"," TOY_META));
	assert_string_equal(toy_text(t, "cacheScope"), "private");
	assert_int_equal(json_object_get_int(toy_result(t, "ttlMs")), 60000);
	toy_modern(t, "tools/call", "echo");
	toy_ask(t, TOY_CALL("tools/call", "\"name\":\"echo\",\"arguments\":"
					  "{\"say\":\"hi\"}," TOY_META));
	assert_string_equal(toy_text(t, "resultType"), "complete");
	assert_string_equal(toy_text(t, "structuredContent.said"), "hi");
	assert_null(toy_result(t, "ttlMs"));
}

static void
discovery(void **state)
{
	struct toy *t = *state;

	toy_modern(t, "server/discover", NULL);
	toy_ask(t, TOY_CALL("server/discover", TOY_META));
	assert_int_equal(t->answer.status, 200);
	assert_string_equal(toy_text(t, "supportedVersions.0"), "2026-07-28");
	assert_string_equal(toy_text(t, "supportedVersions.1"), "2025-11-25");
	assert_string_equal(toy_text(t, "supportedVersions.2"), "2025-06-18");
	assert_string_equal(toy_text(t, "cacheScope"), "public");
	assert_non_null(toy_result(t, "capabilities.tools"));
}

static void
modern_unknown(void **state)
{
	static const char *const calls[][2] = {
		{ "initialize",
		    TOY_CALL("initialize",
			"\"protocolVersion\":\"2025-11-25\"," TOY_META) },
		{ "ping", TOY_CALL("ping", TOY_META) },
		{ "subscriptions/listen",
		    TOY_CALL("subscriptions/listen",
			"\"notifications\":{}," TOY_META) },
		{ "x", TOY_CALL("x", TOY_META) }
	};
	struct toy *t = *state;
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		toy_modern(t, calls[i][0], NULL);
		toy_ask(t, calls[i][1]);
		assert_int_equal(t->answer.status, 404);
		assert_int_equal(toy_code(t), -32601);
	}
	toy_modern(t, "resources/read", "toy://none");
	toy_ask(
	    t, TOY_CALL("resources/read", "\"uri\":\"toy://none\"," TOY_META));
	assert_int_equal(toy_code(t), -32602);
	assert_int_equal(t->answer.status, 200);
}

/* A version that is not offered is told which are, and named if it can be. */
static void
unsupported(void **state)
{
	struct toy *t = *state;

	toy_legacy(t, "1999-01-01");
	toy_ask(t, TOY_CALL("tools/list", ""));
	assert_int_equal(t->answer.status, 400);
	assert_string_equal(t->answer.body.data,
	    "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32022,"
	    "\"message\":\"unsupported protocol version\",\"data\":{"
	    "\"supported\":[\"2026-07-28\",\"2025-11-25\",\"2025-06-18\"],"
	    "\"requested\":\"1999-01-01\"}}}");
	toy_legacy(t, "\xff\xfe");
	toy_ask(t, TOY_CALL("tools/list", ""));
	assert_int_equal(toy_code(t), -32022);
	assert_non_null(strstr(t->answer.body.data, "\"requested\":\"\""));
}

static void
modern_scope(void **state)
{
	struct toy *t = *state;

	toy_modern(t, "tools/call", "echo");
	t->request.scopes = "";
	toy_ask(t, TOY_CALL("tools/call", "\"name\":\"echo\"," TOY_META));
	assert_int_equal(t->answer.status, 403);
	assert_non_null(
	    strstr(t->answer.challenge, "scope=\"mcp:tools:echo\""));
	toy_modern(t, "tools/call", "other");
	toy_ask(t, TOY_CALL("tools/call", "\"name\":\"echo\"," TOY_META));
	assert_int_equal(t->answer.status, 400);
	assert_int_equal(toy_code(t), -32020);
	assert_int_equal(t->calls, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, toy_begin, toy_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(handshake),
		T(handshake_without_version),
		T(legacy_methods),
		T(legacy_unknown),
		T(bad_arguments),
		T(bad_params),
		T(modern_results),
		T(discovery),
		T(modern_unknown),
		T(unsupported),
		T(modern_scope),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("methods", tests, NULL, NULL);
}
