/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mcp/media.h"

static void
content_type(void **state)
{
	(void)state;
	assert_true(media_is_json("application/json"));
	assert_true(media_is_json("Application/JSON; charset=utf-8"));
	assert_true(media_is_json(" application/json ;x"));
	assert_false(media_is_json(NULL));
	assert_false(media_is_json(""));
	assert_false(media_is_json("application/jsonx"));
	assert_false(media_is_json("application/json-rpc"));
	assert_false(media_is_json("text/plain; application/json"));
	assert_false(media_is_json("application/json, text/plain"));
}

static void
accept(void **state)
{
	(void)state;
	assert_true(media_accepts_json(NULL));
	assert_true(media_accepts_json(""));
	assert_true(media_accepts_json("application/json, text/event-stream"));
	assert_true(media_accepts_json("text/event-stream,application/json"));
	assert_true(media_accepts_json("*/*"));
	assert_true(media_accepts_json("text/html, */*;q=0.1"));
	assert_true(media_accepts_json("application/*;q=0.001"));
	assert_true(media_accepts_json("*/*;q=0, application/json"));
	assert_true(media_accepts_json("application/json;v=1"));
}

static void
accept_not(void **state)
{
	(void)state;
	assert_false(media_accepts_json("text/event-stream"));
	assert_false(media_accepts_json("text/*, application/xml"));
	assert_false(media_accepts_json("application/json;q=0"));
	assert_false(media_accepts_json("application/json; q=0.000, */*"));
	assert_false(media_accepts_json("application/json;v=1; q=0"));
	assert_false(media_accepts_json("application/json-seq"));
	assert_false(media_accepts_json(","));
	assert_false(media_accepts_json("application/*;q=0, */*"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_type),
		cmocka_unit_test(accept),
		cmocka_unit_test(accept_not),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("media", tests, NULL, NULL);
}
