/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "mcp/rpc.h"
#include "witharena.h"

static const struct rpc_error *
read_text(const char *text, struct rpc_message *m)
{
	return rpc_read(arena, text, strlen(text), m);
}

static void
messages(void **state)
{
	struct rpc_message m;

	(void)state;
	assert_null(read_text("{\"jsonrpc\":\"2.0\",\"id\":\"a\\\"b\","
			      "\"method\":\"x\",\"params\":{\"y\":1}}",
	    &m));
	assert_string_equal(m.id, "\"a\\\"b\"");
	assert_string_equal(m.method, "x");
	assert_non_null(m.params);
	assert_null(read_text("{\"jsonrpc\":\"2.0\",\"id\":-3,"
			      "\"method\":\"x\"}",
	    &m));
	assert_string_equal(m.id, "-3");
	assert_null(m.params);
	assert_null(read_text("{\"jsonrpc\":\"2.0\",\"method\":\"x\"}", &m));
	assert_null(m.id);
	assert_null(read_text("{\"jsonrpc\":\"2.0\",\"id\":9007199254740993,"
			      "\"method\":\"x\"}",
	    &m));
	assert_string_equal(m.id, "9007199254740993");
}

static void
not_messages(void **state)
{
	static const struct {
		const struct rpc_error *e;
		const char *text;
	} cases[] = {
		{ &RPC_PARSE, "" },
		{ &RPC_PARSE, "{" },
		{ &RPC_PARSE, "{}{}" },
		{ &RPC_PARSE, "{'jsonrpc':'2.0'}" },
		{ &RPC_PARSE, "{\"id\":1,\"id\":2}" },
		{ &RPC_PARSE, "{\"method\":\"a\",\"m\\u0065thod\":\"b\"}" },
		{ &RPC_PARSE, "{\"method\":\"\xff\"}" },
		{ &RPC_BATCH, "[]" },
		{ &RPC_BATCH, "[{\"jsonrpc\":\"2.0\",\"id\":1,"
			      "\"method\":\"ping\"}]" },
		{ &RPC_INVALID_REQUEST, "\"ping\"" },
		{ &RPC_INVALID_REQUEST, "{}" },
		{ &RPC_INVALID_REQUEST, "{\"id\":1,\"method\":\"x\"}" },
		{ &RPC_INVALID_REQUEST,
		    "{\"jsonrpc\":2.0,\"id\":1,\"method\":\"x\"}" },
		{ &RPC_INVALID_REQUEST,
		    "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"x\"}" },
		{ &RPC_INVALID_REQUEST, "{\"jsonrpc\":\"2.0\",\"id\":1}" },
		{ &RPC_INVALID_REQUEST,
		    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":null}" },
		{ &RPC_INVALID_REQUEST,
		    "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"x\"}" },
		{ &RPC_INVALID_REQUEST,
		    "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"x\"}" },
		{ &RPC_INVALID_REQUEST,
		    "{\"jsonrpc\":\"2.0\",\"id\":[],\"method\":\"x\"}" },
		{ &RPC_INVALID_REQUEST,
		    "{\"jsonrpc\":\"2.0\",\"id\":99999999999999999999,"
		    "\"method\":\"x\"}" },
		{ &RPC_INVALID_REQUEST,
		    "{\"jsonrpc\":\"2.0\",\"id\":\"\\u0000\","
		    "\"method\":\"x\"}" },
		{ &RPC_INVALID_REQUEST, "{\"jsonrpc\":\"2.0\",\"id\":1,"
					"\"method\":\"x\",\"params\":[1]}" },
		{ &RPC_INVALID_REQUEST, "{\"jsonrpc\":\"2.0\",\"id\":1,"
					"\"method\":\"x\",\"params\":null}" },
		{ &RPC_RESPONSE,
		    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}" },
		{ &RPC_RESPONSE, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{"
				 "\"code\":1,\"message\":\"x\"}}" },
	};
	const struct rpc_error *e;
	struct rpc_message m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		e = read_text(cases[i].text, &m);
		if (e != cases[i].e)
			fail_msg("%s: %s", cases[i].text,
			    e != NULL ? e->text : "accepted");
		assert_int_equal(e->status, 400);
	}
}

static void
errors(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, arena);
	rpc_write_error(&b, "\"x\"", &RPC_PARSE, "[1]");
	assert_string_equal(b.data,
	    "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"error\":{\"code\":-32700,"
	    "\"message\":\"the body is not one JSON value with unique "
	    "names\",\"data\":[1]}}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages),
		cmocka_unit_test(not_messages),
		cmocka_unit_test(errors),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rpc", tests, begin, end);
}
