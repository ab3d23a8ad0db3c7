/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "db/arg.h"

static struct arena *arena;

static int
begin(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return arena == NULL || digest_init() == -1 ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static const char *
one(const char *text)
{
	return arg_texts(arena, &text, 1);
}

/* PostgreSQL, 8.15.6: whatever stands between the quotes is one element. */
static void
texts(void **state)
{
	static const char *const two[] = { "mcp:a", "mcp:b" };
	static const char *const empty[] = { "", "", "" };

	(void)state;
	assert_string_equal(arg_texts(arena, NULL, 0), "{}");
	assert_string_equal(arg_texts(arena, two, 2), "{\"mcp:a\",\"mcp:b\"}");
	assert_string_equal(arg_texts(arena, empty, 3), "{\"\",\"\",\"\"}");
	assert_string_equal(one("a,b"), "{\"a,b\"}");
	assert_string_equal(one("{a}"), "{\"{a}\"}");
	assert_string_equal(one(" a\tb "), "{\" a\tb \"}");
	/* the word that means null without quotes */
	assert_string_equal(one("NULL"), "{\"NULL\"}");
	assert_string_equal(one("null"), "{\"null\"}");
	assert_string_equal(one("gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x91"),
	    "{\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x91\"}");
}

static void
texts_escaped(void **state)
{
	(void)state;
	assert_string_equal(one("a\"b"), "{\"a\\\"b\"}");
	assert_string_equal(one("a\\b"), "{\"a\\\\b\"}");
	assert_string_equal(one("\\"), "{\"\\\\\"}");
	assert_string_equal(one("\""), "{\"\\\"\"}");
	assert_string_equal(one("\\\""), "{\"\\\\\\\"\"}");
	/* the end of this element and another one */
	assert_string_equal(one("a\",\"b"), "{\"a\\\",\\\"b\"}");
	assert_string_equal(one("a\"}"), "{\"a\\\"}\"}");
}

/* All of it is escaped, and there is room for that. */
static void
texts_longest(void **state)
{
	char text[5001], *list[3] = { text, text, text };
	const char *got;

	(void)state;
	memset(text, '"', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	got = arg_texts(arena, (const char *const *)list, 3);
	assert_int_equal(strlen(got), 3 * (2 * 5000 + 2) + 2 + 2);
	assert_int_equal(got[strlen(got) - 1], '}');
}

static void
bytes(void **state)
{
	static const uint8_t some[] = { 0x00, 0xff, 0x10, 0x5c, 0x09 };

	(void)state;
	assert_string_equal(arg_bytes(arena, some, 5), "\\x00ff105c09");
	assert_string_equal(arg_bytes(arena, some, 0), "\\x");
}

static void
integers(void **state)
{
	(void)state;
	assert_string_equal(arg_int(arena, 0), "0");
	assert_string_equal(arg_int(arena, -1), "-1");
	assert_string_equal(arg_int(arena, INT64_MAX), "9223372036854775807");
	assert_string_equal(arg_int(arena, INT64_MIN), "-9223372036854775808");
}

/* FIPS 180-4's "abc", and nothing at all. */
static void
hashes(void **state)
{
	(void)state;
	assert_string_equal(arg_sha256(arena, "abc"),
	    "\\xba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(arg_sha256(arena, ""),
	    "\\xe3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	assert_null(arg_sha256(arena, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(texts_escaped),
		cmocka_unit_test(texts_longest),
		cmocka_unit_test(bytes),
		cmocka_unit_test(integers),
		cmocka_unit_test(hashes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("arg", tests, begin, end);
}
