/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "finance/sentiment.h"
#include "vectors.h"

/*
 * How often the label is right, on sentences that were all written before
 * the lexicon was: those it was tuned on, and those that were held out, for
 * which no weight and no rule was changed.  The floors are a little below
 * what was reached; the figures are printed.
 */
enum { PART, LABEL, SENTENCE };
enum { TUNED, HELD_OUT, PARTS };

static void
accuracy(void **state)
{
	static const char *const part[] = { "tuned", "held out" };
	size_t right[PARTS] = { 0 }, n[PARTS] = { 0 }, i;
	struct sentiment s;
	struct vectors v;
	double all;

	(void)state;
	vectors_open(&v, "sentences.tsv");
	while (vectors_next(&v)) {
		assert_non_null(v.column[SENTENCE]);
		i = strcmp(v.column[PART], part[HELD_OUT]) == 0;
		assert_string_equal(v.column[PART], part[i]);
		sentiment_score(
		    v.column[SENTENCE], strlen(v.column[SENTENCE]), &s);
		n[i]++;
		if (strcmp(sentiment_name(s.label), v.column[LABEL]) == 0)
			right[i]++;
	}
	assert_true(n[TUNED] >= 100 && n[HELD_OUT] >= 50);
	for (i = 0; i < PARTS; i++)
		printf("# %s: %zu of %zu right, %.1f %%\n", part[i], right[i],
		    n[i], 100.0 * (double)right[i] / (double)n[i]);
	all = (double)(right[TUNED] + right[HELD_OUT]) /
	      (double)(n[TUNED] + n[HELD_OUT]);
	printf("# overall: %.1f %%\n", 100 * all);
	assert_true((double)right[TUNED] >= 0.95 * (double)n[TUNED]);
	assert_true((double)right[HELD_OUT] >= 0.75 * (double)n[HELD_OUT]);
	assert_true(all >= 0.9);
}

static double
score(const char *text)
{
	struct sentiment s;

	sentiment_score(text, strlen(text), &s);
	assert_true(s.score >= -1 && s.score <= 1);
	assert_int_equal(s.label, sentiment_label(s.score));
	assert_true(s.nwords <= SENTIMENT_WORDS);
	return s.score;
}

static void
degrees(void **state)
{
	(void)state;
	assert_true(score("Profit rose sharply") > score("Profit rose"));
	assert_true(score("Profit rose slightly") < score("Profit rose"));
	assert_true(score("Very weak results") < score("Weak results"));
	assert_true(score("The product could hurt margins") >
		    score("The product will hurt margins"));
	assert_true(score("The product could hurt margins") < 0);
}

static void
negation(void **state)
{
	struct sentiment s;

	(void)state;
	assert_true(score("The results were not good") < 0);
	assert_true(score("The results weren't good") < 0);
	assert_true(score("The results weren\xe2\x80\x99t good") < 0);
	assert_true(score("There was no default") > 0);
	assert_true(score("It failed to beat estimates") < 0);
	assert_true(score("It was not only good") > 0);
	sentiment_score("not good", 8, &s);
	assert_int_equal(s.nwords, 1);
	assert_true(s.words[0].negated);
	assert_memory_equal(s.words[0].at, "good", 4);
	/* it ends with the clause, and it wears off */
	assert_true(score("Not today, good results") > 0);
	assert_true(score("We did not see him at the office in the town; "
			  "results were good") > 0);
}

static void
contrast(void **state)
{
	(void)state;
	assert_true(score("Sales were weak, but profit was strong") > 0);
	assert_true(score("Sales were strong, but profit was weak") < 0);
	assert_true(score("Despite strong sales, profit was weak") < 0);
	assert_true(score("Although sales were weak, profit was strong") > 0);
}

/* A "liability" is no insult, a "beat" is good news. */
static void
finance_words(void **state)
{
	(void)state;
	assert_true(score("The liability, the tax, the cost, the capital, the "
			  "mine, the cancer, the crude") == 0);
	assert_true(score("A beat") > 0.3);
	assert_true(score("The company declined to comment") == 0);
	assert_true(score("Goodwill is tested for impairment") == 0);
	assert_true(score("A goodwill impairment") < -0.3);
}

static void
nothing_to_judge(void **state)
{
	static const char *const texts[] = { "", " ", "...", "\xff\xfe", "0",
		"\n\n\n", "\xe2\x80", "!?!?", "the", "((((((((" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_true(score(texts[i]) == 0);
}

/* Of many words the strongest are kept, in the order of the text. */
static void
many_words(void **state)
{
	static char text[SENTIMENT_TEXT_MAX];
	struct sentiment s;
	size_t len = 0, i;

	(void)state;
	while (len < sizeof(text) - 40)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    len < 10000 ? "Profit rose slightly. " : "Fraud! ");
	sentiment_score(text, len, &s);
	assert_int_equal(s.nwords, SENTIMENT_WORDS);
	for (i = 0; i < s.nwords; i++) {
		assert_memory_equal(s.words[i].at, "Fraud", 5);
		if (i > 0)
			assert_true(s.words[i].at > s.words[i - 1].at);
	}
	assert_int_equal(s.label, SENTIMENT_NEGATIVE);
}

/* No text makes it read beyond its end: run under a sanitizer. */
static void
noise(void **state)
{
	static const char *const bits[] = { "not ", "profit", " rose", "\xe2",
		"\x80", "\x99", "s", "n't", ".", ",", "-", "\n", "losses of ",
		"but ", "less than feared ", "record ", "could ", "cut ", "1",
		"A", "\xc2", "&", "despite ", "fears of a recession " };
	struct sentiment s;
	uint32_t r = 1;
	char *text;
	size_t len, i, round, k;

	(void)state;
	for (round = 0; round < 2000; round++) {
		assert_non_null(text = malloc(512));
		for (len = 0, i = 0; i < 40; i++) {
			r = r * 1664525u + 1013904223u;
			k = (r >> 16) % (sizeof(bits) / sizeof(bits[0]));
			if (len + strlen(bits[k]) > 300)
				break;
			memcpy(text + len, bits[k], strlen(bits[k]));
			len += strlen(bits[k]);
		}
		/* at the very end of the block */
		memmove(text + 512 - len, text, len);
		sentiment_score(text + 512 - len, len, &s);
		assert_true(s.score >= -1 && s.score <= 1);
		for (i = 0; i < s.nwords; i++)
			assert_true(
			    s.words[i].at >= text &&
			    s.words[i].at + s.words[i].len <= text + 512);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accuracy),
		cmocka_unit_test(degrees),
		cmocka_unit_test(negation),
		cmocka_unit_test(contrast),
		cmocka_unit_test(finance_words),
		cmocka_unit_test(nothing_to_judge),
		cmocka_unit_test(many_words),
		cmocka_unit_test(noise),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sentiment", tests, NULL, NULL);
}
