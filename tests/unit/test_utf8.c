/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "witharena.h"

/* The UTF-8 of any number, also of those that may not be in it. */
static size_t
put(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static void
good(void **state)
{
	static const char *const texts[] = {
		"",
		" ~",
		"a b",
		"\xc2\xa0",
		"\xc3\xa9",
		"\xdf\xbf",
		"\xe0\xa0\x80",
		"\xe2\x82\xac",
		"\xed\x9f\xbf",
		"\xee\x80\x80",
		"\xef\xbf\xbd",
		"\xf0\x90\x80\x80",
		"\xf0\x9f\x98\x80",
		"\xf4\x8f\xbf\xbf",
		"mixed \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 text",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!utf8_clean(texts[i], strlen(texts[i])))
			fail_msg("text %zu was refused", i);
	}
}

static void
malformed(void **state)
{
	static const char *const texts[] = {
		"\x80", "a\xbf", "\xff", "\xfe",    /* no first byte */
		"\xc0\xaf", "\xc0\x80", "\xc1\xbf", /* overlong, of two */
		"\xe0\x80\xaf", "\xe0\x9f\xbf", "\xe0\x80\x80", /* of three */
		"\xf0\x80\x80\xaf", "\xf0\x8f\xbf\xbf",         /* of four */
		"\xed\xa0\x80", "\xed\xbf\xbf", "\xed\xae\x80", /* surrogates */
		"\xed\xa0\xbd\xed\xb8\x80",             /* a pair of them */
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", /* past U+10FFFF */
		"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80", "\xc3",
		"\xe2\x82", "\xf0\x9f\x98", "a\xe2",        /* cut short */
		"\xc3\x28", "\xe2\x28\xa1", "\xe2\x82\x28", /* not followed */
		"\xf0\x28\x8c\xbc", "\xf0\x90\x28\xbc", "\xf0\x9f\x98\x41",
		"\xc3\xc3", "\xe9", /* Latin-1 */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (utf8_clean(texts[i], strlen(texts[i])))
			fail_msg("text %zu was taken", i);
	}
	/* bytes behind the end do not complete a character */
	assert_false(utf8_clean("\xc3\xa9", 1));
	assert_false(utf8_clean("\xf0\x9f\x98\x80", 3));
}

static void
controls(void **state)
{
	char text[4];
	uint32_t c;
	size_t n;

	(void)state;
	for (c = 0; c < 0x100; c++) {
		n = put(text, c);
		assert_int_equal(utf8_clean(text, n),
		    !(c < 0x20 || (c >= 0x7f && c <= 0x9f)));
	}
	assert_false(utf8_clean("a\0b", 3));
	assert_false(utf8_clean("a\n", 2));
}

/* Every code point there is, and the ones that are none. */
static void
all_of_unicode(void **state)
{
	char text[4];
	uint32_t c;

	(void)state;
	for (c = 0xa0; c < 0x120000; c++) {
		if (utf8_clean(text, put(text, c)) !=
		    (c < 0x110000 && (c < 0xd800 || c > 0xdfff)))
			fail_msg("U+%04X", c);
	}
}

static void
displayable_stays(void **state)
{
	static const char text[] = "Caf\xc3\xa9 \xe2\x82\xac 5 "
				   "\xe6\x97\xa5\xe6\x9c\xac "
				   "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d "
				   "\xf0\x9f\x98\x80 <b>&amp;";

	(void)state;
	assert_string_equal(utf8_displayable(arena, text), text);
	assert_string_equal(utf8_displayable(arena, ""), "");
	/* what looks like a space is one */
	assert_string_equal(utf8_displayable(arena, "a\xc2\xa0"
						    "b\xe3\x80\x80"
						    "c\xe2\x80\x89"
						    "d"),
	    "a b c d");
}

/* What makes one name look like another, one at a time. */
static void
displayable_removes(void **state)
{
	static const uint32_t removed[] = {
		0x01, 0x09, 0x0a, 0x0d, 0x1b, 0x7f, 0x85, 0x9b, /* controls */
		0x200e, 0x200f, 0x061c,                 /* directional marks */
		0x202a, 0x202b, 0x202c, 0x202d, 0x202e, /* embeddings */
		0x2066, 0x2067, 0x2068, 0x2069,         /* isolates */
		0x200b, 0x200c, 0x200d, 0x2060, 0xfeff, /* zero width */
		0x00ad, 0x034f, 0x115f, 0x1160, 0x3164, 0xffa0, /* fillers */
		0x180e, 0x2028, 0x2029, 0x2061, 0x2064, 0x206a, 0x206f, 0xfe00,
		0xfe0f, 0xe0100, 0xe01ef,           /* variation selectors */
		0xe0001, 0xe0020, 0xe0041, 0xe007f, /* tags */
		0xfff9, 0xfffb, 0x0600, 0x0605, 0x06dd, 0x070f, 0x0890, 0x0891,
		0x08e2, 0x110bd, 0x110cd, 0x13430, 0x1bca0, 0x1d173,
		0x1d17a, /* the rest of Unicode's Cf */
	};
	char text[16];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(removed) / sizeof(removed[0]); i++) {
		text[0] = 'a';
		n = 1 + put(text + 1, removed[i]);
		memcpy(text + n, "b", 2);
		if (strcmp(utf8_displayable(arena, text), "ab") != 0)
			fail_msg("U+%04X stayed", removed[i]);
	}
}

static void
displayable_of_nothing_to_see(void **state)
{
	(void)state;
	assert_string_equal(
	    utf8_displayable(arena, "\xe2\x80\xae\xe2\x80\x8b\xef\xbb\xbf"),
	    "");
	/* not asked for, but it must neither hang nor read on */
	assert_string_equal(utf8_displayable(arena, "a\xff\xe2\x82"), "a");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(malformed),
		cmocka_unit_test(controls),
		cmocka_unit_test(all_of_unicode),
		cmocka_unit_test(displayable_stays),
		cmocka_unit_test(displayable_removes),
		cmocka_unit_test(displayable_of_nothing_to_see),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("utf8", tests, begin, end);
}
