/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/b64url.h"

/* RFC 4648, 10, without the padding; and the two letters that differ. */
static const struct {
	const char *bytes, *text;
} cases[] = {
	{ "", "" },
	{ "f", "Zg" },
	{ "fo", "Zm8" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg" },
	{ "fooba", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xfb\xff\xbf", "-_-_" },
};

enum { CASES = sizeof(cases) / sizeof(cases[0]) };

static void
encoding(void **state)
{
	char text[16];
	size_t len;
	int i;

	(void)state;
	for (i = 0; i < CASES; i++) {
		len = strlen(cases[i].bytes);
		memset(text, '#', sizeof(text));
		b64url_encode(cases[i].bytes, len, text);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(B64URL_LEN(len), strlen(text));
		assert_int_equal(text[strlen(text) + 1], '#');
	}
}

static void
decoding(void **state)
{
	uint8_t out[16];
	size_t len;
	int i;

	(void)state;
	for (i = 0; i < CASES; i++) {
		len = strlen(cases[i].bytes);
		memset(out, '#', sizeof(out));
		assert_int_equal(b64url_decode(cases[i].text,
				     strlen(cases[i].text), out, len),
		    len);
		assert_memory_equal(out, cases[i].bytes, len);
		assert_int_equal(out[len], '#');
	}
}

static void
there_and_back(void **state)
{
	uint8_t bytes[256], out[256];
	char text[B64URL_LEN(256) + 1];
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(bytes); len++) {
		bytes[len] = (uint8_t)(len * 167 + 13);
		b64url_encode(bytes, len, text);
		assert_int_equal(strlen(text), B64URL_LEN(len));
		assert_int_equal(
		    b64url_decode(text, strlen(text), out, sizeof(out)), len);
		assert_memory_equal(out, bytes, len);
	}
}

/* Each value has one spelling only. */
static void
refusals(void **state)
{
	static const char *const bad[] = {
		"Z", "A",         /* six bits are no byte */
		"Zm9vY", "Zm9vA", /* nor here */
		"Zg==",           /* padding */
		"Zm8=",           /* padding */
		"Zm9vYg==",       /* padding */
		"====",           /* nothing else */
		"Zh",             /* bits behind the end */
		"Zm9",            /* the same, two of them */
		"Zm9vYmF",        /* the same, at the end of more */
		"+/+/",           /* the other alphabet */
		"-_+_",           /* both */
		"Zm 9",           /* white space */
		"Zm9v\n",         /* white space */
		"Zm9v\r\nYm",     /* white space */
		" Zm9v",          /* white space */
		"Zm9v.Zm9v",      /* the dot of a token */
		"Zm\xc3\xa9",     /* no ASCII */
		"Z!==",           /* no letter */
		"Zm@v",           /* just before A */
		"Zm[v",           /* just behind Z */
		"Zm`v",           /* just before a */
		"Zm{v",           /* just behind z */
		"Zm:v",           /* just behind 9 */
	};
	uint8_t out[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (b64url_decode(bad[i], strlen(bad[i]), out, sizeof(out)) !=
		    -1)
			fail_msg("%s was taken", bad[i]);
	}
	assert_int_equal(b64url_decode("Zm\0v", 4, out, sizeof(out)), -1);
}

/* Every last letter of one and of two bytes: 4 and 16 of 64 are canonical. */
static void
trailing_bits(void **state)
{
	char text[4] = "AAA";
	uint8_t out[4];
	int c, one = 0, two = 0;

	(void)state;
	for (c = 1; c < 256; c++) {
		text[1] = (char)c;
		one += b64url_decode(text, 2, out, sizeof(out)) == 1;
		text[1] = 'A';
		text[2] = (char)c;
		two += b64url_decode(text, 3, out, sizeof(out)) == 2;
	}
	assert_int_equal(one, 4);
	assert_int_equal(two, 16);
}

static void
no_room(void **state)
{
	uint8_t out[8];
	size_t cap;

	(void)state;
	memset(out, '#', sizeof(out));
	for (cap = 0; cap < 6; cap++) {
		assert_int_equal(b64url_decode("Zm9vYmFy", 8, out, cap), -1);
		assert_int_equal(out[cap], '#');
	}
	assert_int_equal(b64url_decode("Zm9vYmFy", 8, out, 6), 6);
	assert_int_equal(b64url_decode("Zm9vYmE", 7, out, 4), -1);
	assert_int_equal(b64url_decode("Zm9vYg", 6, out, 3), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encoding),
		cmocka_unit_test(decoding),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(refusals),
		cmocka_unit_test(trailing_bits),
		cmocka_unit_test(no_room),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("b64url", tests, NULL, NULL);
}
