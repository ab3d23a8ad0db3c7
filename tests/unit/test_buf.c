/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"

static struct arena *arena;
static struct buf b;

static int
begin(void **state)
{
	(void)state;
	if ((arena = arena_new(1 << 20)) == NULL)
		return -1;
	buf_init(&b, arena);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void
empty(void **state)
{
	(void)state;
	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
	buf_raw(&b, "");
	buf_html(&b, "");
	buf_url(&b, "");
	buf_quoted(&b, "");
	assert_int_equal(b.len, 0);
}

static void
raw(void **state)
{
	(void)state;
	buf_raw(&b, "a<&\"");
	buf_raw_n(&b, "\0b", 2);
	buf_rawf(&b, "%d%s", 7, "<");
	assert_int_equal(b.len, 8);
	assert_memory_equal(b.data, "a<&\"\0b7<", 9);
}

/* Every size on the way up: the NUL is always there and nothing is lost. */
static void
growth(void **state)
{
	size_t i, step;

	(void)state;
	for (i = 0; i < 5000; i++) {
		buf_raw_n(&b, &"0123456789"[i % 10], 1);
		assert_int_equal(b.len, i + 1);
		assert_int_equal(b.data[b.len], '\0');
	}
	for (i = 0; i < 5000; i++)
		assert_int_equal(b.data[i], '0' + (int)(i % 10));
	for (step = 0; step < 300; step++) {
		buf_init(&b, arena);
		buf_rawf(&b, "%*s", (int)step, "");
		buf_rawf(&b, "%*s", (int)step, "");
		assert_int_equal(strlen(b.data), 2 * step);
		assert_int_equal(b.len, 2 * step);
	}
}

static void
too_large(void **state)
{
	volatile size_t had = 0;
	jmp_buf out;

	(void)state;
	arena_catch(arena, &out);
	if (setjmp(out) == 0) {
		for (;;) {
			buf_raw(&b, "0123456789abcdef");
			had = b.len;
		}
	}
	assert_in_range(had, 100000, 1 << 20);
	assert_int_equal(b.len, had);
	assert_int_equal(b.data[b.len], '\0');
}

/* A length that would wrap around is refused before anything is copied. */
static void
absurd_length(void **state)
{
	volatile int jumps = 0;
	jmp_buf out;

	(void)state;
	arena_catch(arena, &out);
	if (setjmp(out) == 0) {
		volatile size_t len = SIZE_MAX - 1;

		buf_raw_n(&b, "x", len);
	} else {
		jumps++;
	}
	assert_int_equal(jumps, 1);
	assert_int_equal(b.len, 0);
}

static void
html(void **state)
{
	(void)state;
	buf_html(&b, "<script>alert('x') && \"y\"</script>");
	assert_string_equal(b.data,
	    "&lt;script&gt;alert(&#39;x&#39;) &amp;&amp; &quot;y&quot;"
	    "&lt;/script&gt;");
	buf_init(&b, arena);
	buf_html(&b, "&amp; \xc3\xa9\n");
	assert_string_equal(b.data, "&amp;amp; \xc3\xa9\n");
}

/* RFC 3986, 2.3: these stay, and nothing else. */
static void
url(void **state)
{
	static const char stay[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz"
				   "0123456789-._~";
	char one[2] = "", want[4];
	int c;

	(void)state;
	for (c = 1; c < 256; c++) {
		one[0] = (char)c;
		snprintf(want, sizeof(want),
		    strchr(stay, c) != NULL ? "%c" : "%%%02X", c);
		buf_init(&b, arena);
		buf_url(&b, one);
		assert_string_equal(b.data, want);
	}
}

static void
json(void **state)
{
	(void)state;
	buf_json(&b, "a\"b\\c/\b\n\r\t\x01\x1f\x7f\xc3\xa9");
	assert_string_equal(b.data,
	    "\"a\\\"b\\\\c/\\u0008\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\"");
	buf_init(&b, arena);
	buf_json(&b, NULL);
	buf_json(&b, "");
	assert_string_equal(b.data, "null\"\"");
}

/* Whatever goes in comes out of a parser as it was. */
static void
json_there_and_back(void **state)
{
	struct json_object *o;
	char text[128];
	int c;

	(void)state;
	for (c = 1; c < 128; c++)
		text[c - 1] = (char)c;
	text[127] = '\0';
	buf_raw(&b, "{\"a\":");
	buf_json(&b, text);
	buf_raw(&b, "}");
	o = json_read(arena, b.data, b.len);
	assert_non_null(o);
	assert_string_equal(json_str(o, "a"), text);
}

static void
quoted(void **state)
{
	char one[2] = "";
	int c;

	(void)state;
	buf_quoted(&b, "say \"hi\\\"");
	assert_string_equal(b.data, "say \\\"hi\\\\\\\"");
	buf_init(&b, arena);
	buf_quoted(&b, "a\r\nSet-Cookie: x\x7f\xc3\xa9\t!");
	assert_string_equal(b.data, "aSet-Cookie: x!");
	for (c = 1; c < 256; c++) {
		one[0] = (char)c;
		buf_init(&b, arena);
		buf_quoted(&b, one);
		assert_int_equal(b.len > 0, c >= 0x20 && c < 0x7f);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(empty),
		TEST(raw),
		TEST(growth),
		TEST(too_large),
		TEST(absurd_length),
		TEST(html),
		TEST(url),
		TEST(json),
		TEST(json_there_and_back),
		TEST(quoted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
