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

/*
 * The request as a whole: HTTP, scopes, and what became of the tool.
 * Revisions and methods are in test_methods.c.
 */

#define CALL(say)              \
	TOY_CALL("tools/call", \
	    "\"name\":\"echo\",\"arguments\":{\"say\":\"" say "\"}")

static void
good(void **state)
{
	struct toy *t = *state;

	toy_legacy(t, "2025-11-25");
	toy_ask(t, CALL("hi"));
	assert_int_equal(t->answer.status, 200);
	assert_null(t->answer.challenge);
	assert_null(t->answer.allow);
	assert_string_equal(toy_text(t, "structuredContent.said"), "hi");
	assert_string_equal(toy_text(t, "content.0.text"), "{\"said\":\"hi\"}");
	assert_int_equal(t->calls, 1);
}

static void
not_without_guard(void **state)
{
	static const char *const methods[] = { "POST", "GET", "OPTIONS" };
	struct toy *t = *state;
	size_t i;

	for (i = 0; i < 3; i++) {
		toy_legacy(t, NULL);
		t->request.method = methods[i];
		t->request.scopes = NULL;
		toy_ask(t, TOY_CALL("tools/list", ""));
		assert_int_equal(t->answer.status, 500);
		assert_int_equal(toy_code(t), -32603);
		toy_ask(t, CALL("hi"));
		assert_int_equal(t->answer.status, 500);
	}
	assert_int_equal(t->calls, 0);
}

static void
only_post(void **state)
{
	static const char *const methods[] = { "GET", "DELETE", "HEAD", "PUT",
		"OPTIONS", "post", "" };
	struct toy *t = *state;
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		toy_legacy(t, NULL);
		t->request.method = methods[i];
		toy_ask(t, CALL("hi"));
		assert_int_equal(t->answer.status, 405);
		assert_string_equal(t->answer.allow, "POST");
	}
	assert_int_equal(t->calls, 0);
}

static void
only_json(void **state)
{
	struct toy *t = *state;

	toy_legacy(t, NULL);
	t->request.content_type = "text/plain";
	toy_ask(t, CALL("hi"));
	assert_int_equal(t->answer.status, 415);
	t->request.content_type = NULL;
	toy_ask(t, CALL("hi"));
	assert_int_equal(t->answer.status, 415);
	toy_legacy(t, NULL);
	t->request.accept = "text/event-stream";
	toy_ask(t, CALL("hi"));
	assert_int_equal(t->answer.status, 406);
	assert_int_equal(t->calls, 0);
}

static void
too_little_scope(void **state)
{
	struct toy *t = *state;

	toy_legacy(t, "2025-11-25");
	t->request.scopes = "mcp:tools:other x:y";
	toy_ask(t, CALL("hi"));
	assert_int_equal(t->answer.status, 403);
	assert_int_equal(toy_code(t), 403);
	assert_int_equal(
	    json_object_get_int(json_member(t->json, "id", json_type_int)), 7);
	assert_string_equal(t->answer.challenge,
	    "Bearer error=\"insufficient_scope\", "
	    "error_description=\"the token's scope is too small for this "
	    "request\", scope=\"mcp:tools:other x:y mcp:tools:echo\", "
	    "resource_metadata=\"https://h/.well-known/r\"");
	assert_int_equal(t->calls, 0);
}

/* Nothing, too wide a wildcard's place, and what is no scope at all. */
static void
no_scope(void **state)
{
	static const char *const scopes[] = { "", "mcp:tools", "mcp:tools:ech",
		"mcp:tools:echo:*", "mcp:*:echo",
		"mcp:tools:echo  mcp:tools:echo", "mcp:tools:echo\"" };
	struct toy *t = *state;
	size_t i;

	for (i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		toy_legacy(t, NULL);
		t->request.scopes = scopes[i];
		t->request.resource_metadata = NULL;
		toy_ask(t, CALL("hi"));
		assert_int_equal(t->answer.status, 403);
		assert_null(strstr(t->answer.challenge, "resource_metadata"));
		assert_null(strstr(t->answer.challenge, "scope=\" "));
	}
	assert_int_equal(t->calls, 0);
}

static void
wildcard_scope(void **state)
{
	struct toy *t = *state;

	toy_legacy(t, NULL);
	t->request.scopes = "mcp:tools:*";
	toy_ask(t, CALL("hi"));
	assert_int_equal(t->answer.status, 200);
	toy_ask(t, TOY_CALL("resources/read", "\"uri\":\"toy://shelf\""));
	assert_int_equal(t->answer.status, 403);
	assert_non_null(strstr(t->answer.challenge,
	    "scope=\"mcp:tools:* mcp:resources:shelf:read\""));
}

/* The body decides, whatever an old client puts into Mcp-Name. */
static void
scope_of_body(void **state)
{
	struct toy *t = *state;

	toy_legacy(t, "2025-11-25");
	t->request.scopes = "mcp:tools:other";
	t->request.headers.method = "tools/call";
	t->request.headers.name = "other";
	toy_ask(t, CALL("hi"));
	assert_int_equal(t->answer.status, 403);
	assert_int_equal(t->calls, 0);
}

static void
lists_need_no_scope(void **state)
{
	struct toy *t = *state;

	toy_legacy(t, NULL);
	t->request.scopes = "";
	toy_ask(t, TOY_CALL("tools/list", ""));
	assert_int_equal(t->answer.status, 200);
	assert_string_equal(toy_text(t, "tools.0.name"), "echo");
	toy_ask(t, TOY_CALL("resources/list", ""));
	assert_string_equal(toy_text(t, "resources.0.uri"), "toy://shelf");
}

static void
unavailable(void **state)
{
	struct toy *t = *state;

	toy_legacy(t, NULL);
	toy_ask(t, CALL("away"));
	assert_int_equal(t->answer.status, 503);
	assert_int_equal(toy_code(t), -32603);
	toy_ask(t, CALL("broken"));
	assert_int_equal(t->answer.status, 500);
	t->away = true;
	toy_ask(t, TOY_CALL("resources/read", "\"uri\":\"toy://shelf\""));
	assert_int_equal(t->answer.status, 503);
	assert_null(toy_result(t, "contents"));
}

static void
refused_from_outside(void **state)
{
	struct toy *t = *state;

	mcp_refuse(t->arena, &RPC_TOO_LARGE, &t->answer);
	assert_int_equal(t->answer.status, 413);
	assert_string_equal(t->answer.type, "application/json");
	assert_string_equal(t->answer.body.data,
	    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,"
	    "\"message\":\"the request is too large\"}}");
}

/* Every beginning of a message is refused, none is believed. */
static void
cut_short(void **state)
{
	const char *whole = CALL("hi");
	struct toy *t = *state;
	size_t i;

	toy_legacy(t, NULL);
	for (i = 0; i < strlen(whole); i++) {
		toy_ask(t, arena_strndup(t->arena, whole, i));
		assert_int_equal(t->answer.status, 400);
		assert_int_equal(toy_code(t), -32700);
	}
	assert_int_equal(t->calls, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, toy_begin, toy_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(good),
		T(not_without_guard),
		T(only_post),
		T(only_json),
		T(too_little_scope),
		T(no_scope),
		T(wildcard_scope),
		T(scope_of_body),
		T(lists_need_no_scope),
		T(unavailable),
		T(refused_from_outside),
		T(cut_short),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("mcp", tests, NULL, NULL);
}
