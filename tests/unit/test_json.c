/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "witharena.h"

/* What the body of a request may hold, see http/request.h. */
enum { BODY = 64 * 1024 };

static struct json_object *
reading(const char *text)
{
	return json_read(arena, text, strlen(text));
}

static void
all_taken(const char *const *text, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (reading(text[i]) == NULL)
			fail_msg("refused: %s", text[i]);
	}
}

static void
all_refused(const char *const *text, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (reading(text[i]) != NULL)
			fail_msg("taken: %s", text[i]);
	}
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
good(void **state)
{
	static const char *const texts[] = { "{}", "[]", "\"\"", "true",
		"false", " \t\r\n{ } \n", "{\"a\":1,\"b\":[1,2,{\"a\":null}]}",
		"[true,false,null]", "{\"\":0}", "{\"a\":{\"a\":{\"a\":1}}}",
		"[{\"a\":1},{\"a\":2}]", "\"\\ud83d\\ude00\"",
		"{\"a,b\":\"}\",\"c\":\"{\\\"a\\\":1\"}",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "{\"A\":1,\"a\":2}" };

	(void)state;
	all_taken(texts, COUNT(texts));
}

/* Half a pair of surrogates is no character; RFC 8259, 7 has no others. */
static void
no_characters(void **state)
{
	static const char *const texts[] = { "\"\\ud83d\"", "\"\\ude00\"",
		"\"\\ud83dx\"", "\"\\ud83d\\n\"", "\"\\ud83d\\u0041\"",
		"\"\\ude00\\ud83d\"", "{\"\\udc00\":1}", "\"\\x41\"",
		"\"\\u00g0\"", "\"\\u004\"", "\"\\U0041\"", "\"\\'\"" };

	(void)state;
	all_refused(texts, COUNT(texts));
}

static void
printed(void **state)
{
	const char text[] = "{\"a\":[1,null,\"/\\u0001\"],\"\xc3\xa9\":true}";

	(void)state;
	assert_string_equal(json_text(arena, reading(text)), text);
}

/* json-c alone takes those that end like a surrogate for half a pair. */
static void
pairs(void **state)
{
	char text[64], means[8];
	unsigned high, low, c;
	struct json_object *o;

	(void)state;
	for (c = 0x10000; c <= 0x10ffff; c += 0x2ff) {
		high = 0xd800 + ((c - 0x10000) >> 10);
		low = 0xdc00 + ((c - 0x10000) & 0x3ff);
		snprintf(text, sizeof(text),
		    "{\"\\u%04x\\\\ud800\":\"\\u00e9\\u%04x\\u%04X\"}",
		    0xe000 + (c & 0xff), high, low);
		snprintf(means, sizeof(means), "\xc3\xa9%c%c%c%c",
		    0xf0 | c >> 18, 0x80 | (c >> 12 & 0x3f),
		    0x80 | (c >> 6 & 0x3f), 0x80 | (c & 0x3f));
		o = reading(text);
		json_object_object_foreach(o, name, value)
		{
			assert_string_equal(name + 3, "\\ud800");
			assert_string_equal(
			    json_object_get_string(value), means);
		}
	}
	o = reading("{\"\\ud869\\udc00\":1,\"a\":2}");
	assert_int_equal(
	    json_object_get_int(json_object_object_get(o, "\xf0\xaa\x90\x80")),
	    1);
	assert_null(reading("{\"\\ud869\\udc00\":1,\"\xf0\xaa\x90\x80\":2}"));
}

/* A number at the very end, where no character ends it. */
static void
numbers(void **state)
{
	static const char *const texts[] = { "0", "-0", "12", "-1", "1.5",
		"0.25", "1e5", "1E+5", "1e-5", "-1.25e10", "[1]", "[-0.5e0]",
		"{\"a\":10}", "[1 ,2\n]" };
	struct json_object *o;

	(void)state;
	all_taken(texts, COUNT(texts));
	o = reading("12");
	assert_int_equal(json_object_get_int(o), 12);
	o = json_read(arena, "123456", 3);
	assert_int_equal(json_object_get_int(o), 123);
}

/* RFC 8259, 6: json-c takes some of these even when it is strict. */
static void
no_numbers(void **state)
{
	static const char *const texts[] = { "NaN", "Infinity", "-Infinity",
		"[NaN]", "{\"exp\":Infinity}", "{\"exp\":-Infinity}", "nan",
		"inf", "01", "[00]", "[-01]", "-", "[-]", "+1", ".5", "[.5]",
		"1.", "[1.]", "[1.e5]", "1e", "[1e]", "[1e+]", "0x10", "1-1",
		"[--1]", "[1.2.3]", "[1e5e5]", "1_000", "1f", "\xd9\xa1" };

	(void)state;
	all_refused(texts, COUNT(texts));
}

static void
no_json(void **state)
{
	static const char *const texts[] = { "", "   ", "{", "}", "[", "]", ":",
		",", "\"", "[1", "[1}", "{]", "{\"a\"}", "{\"a\":}",
		"{\"a\" 1}", "{\"a\":1", "{\"a\":1,}", "{,}", "{a:1}", "{1:1}",
		"{'a':1}", "'a'", "[1,]", "[,1]", "[1 2]", "[,]", "tru", "TRUE",
		"True", "nul", "[tru]", "[truex]", "[nulll]", "/*c*/1",
		"1/*c*/", "[1,//c\n2]", "\"\\x41\"", "\"\\u12\"", "\"\\",
		"\"a\\\"", "\"a\tb\"", "\"a\nb\"", "\f1", "[1\v]",
		"\xef\xbb\xbf{}", "undefined" };

	(void)state;
	all_refused(texts, COUNT(texts));
}

static void
trailing_garbage(void **state)
{
	static const char *const texts[] = { "{}x", "{}{}", "{} {}", "[1][2]",
		"1 2", "{}}", "[]]", "\"a\"b", "true false", "{}//", "{},",
		"{};" };

	(void)state;
	all_refused(texts, COUNT(texts));
}

/* json-c would keep the last of them; whoever checks saw the first. */
static void
duplicates(void **state)
{
	static const char *const texts[] = { "{\"a\":1,\"a\":2}",
		"{\"a\":1,\"b\":2,\"a\":1}", "{\"a\":1,\"\\u0061\":2}",
		"{\"\\u0061\":1,\"a\":2}", "{\"\\u0061\":1,\"\\u0061\":2}",
		"{\"a\\/b\":1,\"a/b\":2}", "{\"\\\"\":1,\"\\u0022\":2}",
		"{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}",
		"{\"\":1,\"\":2}", "[{\"a\":1,\"a\":2}]",
		"{\"x\":{\"a\":1,\"a\":2}}", "{\"x\":[[{\"a\":1,\"a\":2}]]}",
		"{\"aud\":\"a\" , \"aud\" : \"b\"}" };

	(void)state;
	all_refused(texts, COUNT(texts));
}

/* What looks like a second one and is none. */
static void
no_duplicates(void **state)
{
	static const char *const texts[] = { "{\"a\":{\"a\":1}}",
		"{\"a\":\"a\",\"b\":\"a\"}", "{\"a\":\"\\\"a\\\":1\"}",
		"{\"a\":1,\"\\\\u0061\":2}", "{\"a\":1,\"a \":2}",
		"{\"ab\":1,\"a\":2,\"abc\":3}" };

	(void)state;
	all_taken(texts, COUNT(texts));
}

static void
nul_bytes(void **state)
{
	(void)state;
	assert_null(json_read(arena, "{}\0", 3));
	assert_null(json_read(arena, "\"a\0b\"", 5));
	assert_null(json_read(arena, "\0", 1));
	assert_null(json_read(arena, "{\"a\0\":1}", 8));
	/* a name that would be cut short where it is compared */
	assert_null(reading("{\"a\\u0000b\":1}"));
	assert_null(reading("{\"a\\u0000\":1,\"a\":2}"));
}

static void
bad_utf8(void **state)
{
	static const char *const texts[] = { "\"\xff\"", "\"\xc3\"",
		"\"\xc0\xaf\"", "\"a\xe9\"", "{\"\xff\":1}", "[\"\x80\"]" };

	(void)state;
	all_refused(texts, COUNT(texts));
	assert_non_null(reading("\"\xc3\xa9\""));
}

/* `n` openings, then as many endings. */
static struct json_object *
nested(int n, const char *open, const char *close)
{
	struct buf b;
	int i;

	buf_init(&b, arena);
	for (i = 0; i < n; i++)
		buf_raw(&b, open);
	buf_raw(&b, "[]");
	for (i = 0; i < n; i++)
		buf_raw(&b, close);
	return json_read(arena, b.data, b.len);
}

static void
depth(void **state)
{
	int n;

	(void)state;
	for (n = 0; n < 16; n++) {
		assert_non_null(nested(n, "[", "]"));
		assert_non_null(nested(n, "{\"a\":", "}"));
	}
	assert_null(nested(16, "[", "]"));
	assert_null(nested(16, "{\"a\":", "}"));
	assert_null(nested(16, "[1,", "]"));
	assert_null(nested(30000, "[", "]"));
	assert_null(nested(5000, "{\"a\":", "}"));
	assert_null(nested(30000, "[", ""));
}

/* The largest bodies there can be, made of the smallest things. */
static struct json_object *
many(const char *open, const char *one, const char *close)
{
	struct buf b;

	arena_reset(arena);
	buf_init(&b, arena);
	buf_raw(&b, open);
	while (b.len < BODY - 2 * strlen(one) - 2) {
		buf_raw(&b, one);
		buf_raw(&b, ",");
	}
	buf_raw(&b, one);
	buf_raw(&b, close);
	return json_read(arena, b.data, b.len);
}

static void
large_within_the_arena(void **state)
{
	struct json_object *o;

	(void)state;
	o = many("[", "1", "]");
	assert_non_null(o);
	assert_int_equal(json_object_array_length(o), (BODY - 4) / 2 + 1);
	assert_non_null(many("[", "{}", "]"));
	assert_non_null(many("[", "{\"\":1}", "]"));
	assert_non_null(many("[", "{\"\\n\":1}", "]"));
	assert_non_null(many("[", "\"\"", "]"));
	assert_null(many("{", "\"a\":1", "}"));
	assert_null(many("[", "{\"a\":1,\"a\":1}", "]"));
}

/* So many members that comparing them all would be work. */
static void
too_many_members(void **state)
{
	struct buf b;
	int i, n;

	(void)state;
	for (n = 256; n <= 257; n++) {
		buf_init(&b, arena);
		buf_raw(&b, "{");
		for (i = 0; i < n; i++)
			buf_rawf(&b, "%s\"m%d\":1", i > 0 ? "," : "", i);
		buf_raw(&b, "}");
		assert_int_equal(
		    json_read(arena, b.data, b.len) != NULL, n == 256);
	}
}

static void
members(void **state)
{
	struct json_object *o = reading("{\"s\":\"x\",\"n\":1,\"a\":[],"
					"\"z\":null,\"cut\":\"a\\u0000b\"}");

	(void)state;
	assert_string_equal(json_str(o, "s"), "x");
	assert_null(json_str(o, "n"));
	assert_null(json_str(o, "z"));
	assert_null(json_str(o, "none"));
	assert_null(json_str(o, "cut"));
	assert_null(json_str(o, ""));
	assert_non_null(json_member(o, "a", json_type_array));
	assert_non_null(json_member(o, "n", json_type_int));
	assert_null(json_member(o, "a", json_type_object));
	assert_null(json_member(o, "z", json_type_string));
	/* what is no object has no members */
	assert_null(json_str(NULL, "s"));
	assert_null(json_str(reading("[\"s\"]"), "s"));
	assert_null(json_member(reading("\"s\""), "s", json_type_string));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good),
		TEST(no_characters),
		TEST(printed),
		TEST(pairs),
		TEST(numbers),
		TEST(no_numbers),
		TEST(no_json),
		TEST(trailing_garbage),
		TEST(duplicates),
		TEST(no_duplicates),
		TEST(nul_bytes),
		TEST(bad_utf8),
		TEST(depth),
		TEST(large_within_the_arena),
		TEST(too_many_members),
		TEST(members),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
