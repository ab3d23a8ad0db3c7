/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "oauth/challenge.h"
#include "witharena.h"

static const char *
text(struct challenge c)
{
	return challenge_text(arena, &c);
}

static void
parameters(void **state)
{
	(void)state;
	assert_string_equal(
	    text((struct challenge){ "insufficient_scope", "too little", "a b",
		"https://h/.well-known/r" }),
	    "Bearer error=\"insufficient_scope\", "
	    "error_description=\"too little\", scope=\"a b\", "
	    "resource_metadata=\"https://h/.well-known/r\"");
	assert_string_equal(
	    text((struct challenge){ .error = "invalid_token", .scope = "a" }),
	    "Bearer error=\"invalid_token\", scope=\"a\"");
}

/* RFC 6750, 3: no error without a token; no parameter that is empty. */
static void
left_out(void **state)
{
	(void)state;
	assert_string_equal(text((struct challenge){ 0 }), "Bearer");
	assert_string_equal(
	    text((struct challenge){ "", "", "", "" }), "Bearer");
	assert_string_equal(
	    text((struct challenge){
		.scope = "", .resource_metadata = "https://h/.well-known/r" }),
	    "Bearer resource_metadata=\"https://h/.well-known/r\"");
}

/* What a DBA named a resource stays inside its parameter and its line. */
static void
quoted(void **state)
{
	(void)state;
	assert_string_equal(
	    text((struct challenge){ .error = "e\", scope=\"all\\\r\nX: y" }),
	    "Bearer error=\"e\\\", scope=\\\"all\\\\X: y\"");
}

static void
scopes(void **state)
{
	static const char *const has[] = { "x:y", "a" };
	static const char *const needs[] = { "b", "a", "b", "c" };

	(void)state;
	assert_string_equal(
	    challenge_scope(arena, has, 2, needs, 4), "x:y a b c");
	assert_string_equal(challenge_scope(arena, NULL, 0, needs, 1), "b");
	assert_string_equal(challenge_scope(arena, has, 2, NULL, 0), "x:y a");
	assert_string_equal(challenge_scope(arena, NULL, 0, NULL, 0), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters),
		cmocka_unit_test(left_out),
		cmocka_unit_test(quoted),
		cmocka_unit_test(scopes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("challenge", tests, begin, end);
}
