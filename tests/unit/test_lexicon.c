/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "finance/lexicon.h"
#include "finance/words.h"

/* What the search relies on, and what the table promises. */
static void
table(void **state)
{
	const struct lexicon_entry *e;
	size_t i, words, length;
	const char *p;

	(void)state;
	assert_true(lexicon_len >= 400);
	for (i = 0; i < lexicon_len; i++) {
		e = &lexicon[i];
		if (i > 0 && strcmp(lexicon[i - 1].text, e->text) >= 0)
			fail_msg("\"%s\" is out of order", e->text);
		words = 0;
		for (p = e->text;; p += length + 1) {
			length = strspn(p, "abcdefghijklmnopqrstuvwxyz"
					   "0123456789");
			assert_true(length > 0 && length < WORDS_LETTERS);
			words++;
			if (p[length] == '\0')
				break;
			assert_int_equal(p[length], ' ');
		}
		assert_true(words <= LEXICON_SPAN);
	}
}

static void
numbers(void **state)
{
	const struct lexicon_entry *e;
	size_t i;

	(void)state;
	for (i = 0; i < lexicon_len; i++) {
		e = &lexicon[i];
		assert_true(e->number >= -3 && e->number <= 7);
		if (e->kind == LEXICON_WORD)
			assert_true(e->number != 0);
		if (e->kind == LEXICON_GOOD)
			assert_true(e->number >= 0);
		if (e->kind == LEXICON_BAD)
			assert_true(e->number <= 0);
		if (e->kind == LEXICON_UP || e->kind == LEXICON_RAISE)
			assert_true(e->number > 0);
		if (e->kind == LEXICON_DOWN || e->kind == LEXICON_LOWER)
			assert_true(e->number < 0);
		if (e->kind == LEXICON_NOT || e->kind == LEXICON_FAIL)
			assert_true(e->number >= 1);
		if (e->kind == LEXICON_HEDGE)
			assert_true(e->number > 0 && e->number < 1);
		if (e->kind == LEXICON_NONE || e->kind == LEXICON_STOP ||
		    e->kind == LEXICON_FLAT)
			assert_true(e->number == 0);
	}
}

/* What the words, separated by blanks, are found to begin with. */
static const char *
found(const char *text, size_t *span)
{
	const struct lexicon_entry *e;
	const char *words[LEXICON_SPAN];
	char copy[128], *save, *w;
	size_t n = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (w = strtok_r(copy, " ", &save); w != NULL && n < LEXICON_SPAN;
	     w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	e = lexicon_find(words, n, span);
	return e != NULL ? e->text : "";
}

static void
finding(void **state)
{
	static const struct {
		const char *text, *entry;
		size_t span;
	} cases[] = {
		{ "beat", "beat", 1 },
		{ "beats estimates again", "beat estimate", 2 },
		{ "beating forecasts", "beat forecast", 2 },
		{ "slipped", "slip", 1 }, { "cutting", "cut", 1 },
		{ "losses", "loss", 1 }, { "worries", "worry", 1 },
		{ "raising", "raise", 1 }, { "ratings", "rating", 1 },
		{ "better than expected results", "better than expected", 3 },
		{ "better than", "better", 1 }, { "recorded", "recorded", 1 },
		{ "no longer", "no longer", 2 },
		{ "in the red", "in the red", 3 }, { "in the end", "in", 1 },
		{ "up", "up", 1 }, { "chapter 11 filing", "chapter 11", 2 },
		{ "misses", "miss", 1 },
		{ "goods", "goods", 1 }, /* not what is good */
	};
	size_t i, span;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(
		    found(cases[i].text, &span), cases[i].entry);
		assert_int_equal(span, cases[i].span);
	}
}

/* Names and words of finance that are no opinion; words like ours. */
static void
not_found(void **state)
{
	static const char *const texts[] = { "mine", "cancer", "upon", "cute",
		"lossy", "missile", "z", "zzz", "a", "ab", "bea", "beatific",
		"costa", "gainsay" };
	const char *empty[] = { "" };
	size_t i, span;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_string_equal(found(texts[i], &span), "");
	assert_null(lexicon_find(empty, 1, &span));
	assert_null(lexicon_find(empty, 0, &span));
	assert_int_equal(span, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(numbers),
		cmocka_unit_test(finding),
		cmocka_unit_test(not_found),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lexicon", tests, NULL, NULL);
}
