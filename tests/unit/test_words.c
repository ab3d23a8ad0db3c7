/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "finance/words.h"

static struct word word[WORDS_SENTENCE];

/* The words of the first sentence, lower case, "|" before each clause. */
static const char *
first(const char *text, const char **rest)
{
	static char out[4096];
	size_t i, n, len = 0;

	*rest = words_sentence(text, text + strlen(text), word, &n);
	out[0] = '\0';
	for (i = 0; i < n; i++)
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%s",
		    word[i].breaks ? "|" : " ", word[i].low);
	return out;
}

static void
reading(void **state)
{
	static const char *const cases[][3] = {
		{ "Profit rose. Costs fell.", "|profit rose", " Costs fell." },
		{ "Up 3.1%, to $1,200.5!", "|up 3.1|to 1,200.5", "" },
		{ "It didn\xe2\x80\x99t; the bank's, won't",
		    "|it not|the bank|not", "" },
		{ "U.S. sales at S&P", "|u.s sales at s&p", "" },
		{ "Alder Corp. grew", "|alder corp grew", "" },
		{ "write-offs - not one", "|write offs|not one", "" },
		{ "A \xe2\x80\x94 b (c)", "|a|b|c", "" },
		{ "One\nTwo", "|one", "Two" },
		{ "one\ntwo", "|one two", "" },
		{ "one\n\ntwo", "|one", "\ntwo" },
		{ "a\xc2\xa0"
		  "b",
		    "|a b", "" },
		{ "caf\xc3\xa9", "|caf\xc3\xa9", "" },
		{ "...", "", "" },
		{ "one\xe2\x80\xa6 two", "|one", " two" },
		{ "", "", "" },
	};
	const char *got, *rest;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		got = first(cases[i][0], &rest);
		assert_string_equal(got, cases[i][1]);
		assert_string_equal(rest, cases[i][2]);
	}
}

/* A word longer than any that we know is kept, but is none of ours. */
static void
long_word(void **state)
{
	static const char text[] = "impairmentimpairmentimpairment fell";
	const char *rest;

	(void)state;
	assert_string_equal(first(text, &rest), "| fell");
	assert_int_equal(word[0].len, 30);
	assert_ptr_equal(word[0].at, text);
}

/* A sentence without end is read in parts, and all of it. */
static void
long_sentence(void **state)
{
	static char text[WORDS_SENTENCE * 4 + 1];
	const char *p, *end = text + sizeof(text) - 1;
	size_t n, total = 0;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	for (n = 0; n < sizeof(text) - 1; n += 2)
		text[n] = ' ';
	for (p = text; p < end; total += n)
		p = words_sentence(p, end, word, &n);
	assert_int_equal(total, WORDS_SENTENCE * 2);
	p = words_sentence(p, end, word, &n);
	assert_int_equal(n, 0);
}

/* What is not UTF-8, or is cut off within a character, is read past. */
static void
not_utf8(void **state)
{
	static const char *const texts[] = { "\xe2", "\xe2\x80", "a\xe2\x80",
		"\xc2", "a'\xe2\x80", "\x80\xff", "a\xe2\x80\x99", "'", "a'",
		"\xe2\x80\x99s" };
	const char *end;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		end = texts[i] + strlen(texts[i]);
		assert_ptr_equal(words_sentence(texts[i], end, word, &n), end);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading),
		cmocka_unit_test(long_word),
		cmocka_unit_test(long_sentence),
		cmocka_unit_test(not_utf8),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
