/* SPDX-License-Identifier: ISC */
#include "finance/sentiment.h"

#include <math.h>
#include <string.h>

#include "finance/direction.h"
#include "finance/lexicon.h"
#include "finance/words.h"

/*
 * Sentence by sentence: look the words up, let directions find what they are
 * about ("losses narrowed" is good news, "costs rose" is not), then apply
 * degree, negation, doubt and contrast, and add up.
 */

#define THRESHOLD 0.15   /* a score nearer to 0 is neutral */
#define SOFTNESS 1.25    /* the sum that makes half of the score */
#define PLAIN_SHARE 0.25 /* a sentence without opinion, in the mean */

/* The words from `i` on that may belong to one phrase. */
static size_t
phrase(const struct sentence *s, size_t i, const char *words[LEXICON_SPAN])
{
	size_t n;

	for (n = 0; n < LEXICON_SPAN && i + n < s->nwords; n++) {
		if (n > 0 && s->word[i + n].breaks)
			break;
		words[n] = s->word[i + n].low;
	}
	return n;
}

static void
find_hits(struct sentence *s)
{
	const struct lexicon_entry *e;
	const char *words[LEXICON_SPAN];
	unsigned clause = 0;
	size_t i, span;

	s->nhits = 0;
	for (i = 0; i < s->nwords; i += span) {
		clause += s->word[i].breaks;
		e = lexicon_find(words, phrase(s, i, words), &span);
		if (e == NULL) {
			span = 1;
			continue;
		}
		if (e->kind == LEXICON_BUT || e->kind == LEXICON_THOUGH)
			clause++;
		s->hit[s->nhits++] = (struct hit){ .entry = e,
			.first = i,
			.last = i + span - 1,
			.clause = clause };
	}
}

static void
judge(struct sentence *s)
{
	struct hit *h;
	size_t i;

	for (i = 0; i < s->nhits; i++)
		if (direction_is(&s->hit[i]))
			direction_judge(s, i);
	for (i = 0; i < s->nhits; i++) {
		h = &s->hit[i];
		if (h->entry->kind == LEXICON_WORD ||
		    (direction_is_noun(h) && !h->used))
			h->value = h->entry->number;
		else if (h->entry->kind == LEXICON_FAIL)
			h->value = -1.2;
	}
}

/* The nearest hit before `i` in its clause that is, or could be, an opinion. */
static struct hit *
opinion_before(struct sentence *s, size_t i)
{
	struct hit *h;
	size_t j;

	for (j = i; j > 0 && (h = direction_beside(s, i, j - 1)) != NULL; j--)
		if (h->value != 0 || (direction_is_noun(h) && !h->used))
			return h;
	return NULL;
}

/*
 * A degree belongs to the opinion behind it ("sharply higher"), else to the
 * one before it ("fell sharply").
 */
static void
apply_degree(struct sentence *s, size_t i)
{
	struct hit *h;
	size_t j;

	for (j = i + 1; (h = direction_beside(s, i, j)) != NULL &&
			h->first <= s->hit[i].last + 2;
	     j++)
		if (h->value != 0) {
			h->value *= s->hit[i].entry->number;
			return;
		}
	if ((h = opinion_before(s, i)) != NULL)
		h->value *= s->hit[i].entry->number;
}

/*
 * A comparison that turns the opinion before it around: "rose less than
 * hoped".  Behind a quantity it is one: "losses were less than feared".
 */
static void
apply_comparison(struct sentence *s, size_t i)
{
	struct hit *h = opinion_before(s, i);

	if (h == NULL)
		return;
	if (direction_is_noun(h)) {
		h->value = h->entry->kind == LEXICON_BAD    ? 1
			   : h->entry->kind == LEXICON_GOOD ? -1
							    : 0;
		return;
	}
	h->value *= s->hit[i].entry->number;
}

/* "Not good" is nearly bad; "no loss" is only half as good as bad is bad. */
static void
apply_not(struct sentence *s, size_t i)
{
	size_t j, reach = (size_t)s->hit[i].entry->number;
	struct hit *h;

	for (j = i + 1; (h = direction_beside(s, i, j)) != NULL; j++) {
		if (h->value == 0 || h->last > s->hit[i].last + reach + 2 ||
		    h->first > s->hit[i].last + reach)
			continue;
		h->value *= h->value > 0 ? -0.8 : -0.5;
		h->negated = !h->negated;
	}
}

static void
scale(struct sentence *s, size_t from, size_t to, double factor)
{
	for (; from < to; from++)
		s->hit[from].value *= factor;
}

/* The first hit behind the clause of `i`. */
static size_t
clause_end(const struct sentence *s, size_t i)
{
	unsigned clause = s->hit[i].clause;

	while (i < s->nhits && s->hit[i].clause == clause)
		i++;
	return i;
}

static void
apply(struct sentence *s, enum lexicon_kind kind)
{
	size_t i;

	for (i = 0; i < s->nhits; i++) {
		if (s->hit[i].entry->kind != kind)
			continue;
		if (kind == LEXICON_DEGREE) {
			if (s->hit[i].entry->number > 0)
				apply_degree(s, i);
			else
				apply_comparison(s, i);
		} else if (kind == LEXICON_NOT || kind == LEXICON_FAIL) {
			apply_not(s, i);
		} else if (kind == LEXICON_HEDGE) {
			scale(s, i, clause_end(s, i), s->hit[i].entry->number);
		} else if (kind == LEXICON_BUT) {
			scale(s, 0, i, 0.5);
			scale(s, i, s->nhits, 1.3);
		} else if (kind == LEXICON_THOUGH) {
			scale(s, i, clause_end(s, i), 0.4);
		}
	}
}

/* Keep the words that weigh most; the least of a full list makes way. */
static void
remember(struct sentiment *out, const struct sentence *s, const struct hit *h)
{
	const struct word *last = &s->word[h->last];
	struct sentiment_word *w = out->words;
	size_t i, least = 0;

	if (out->nwords == SENTIMENT_WORDS) {
		for (i = 1; i < SENTIMENT_WORDS; i++)
			if (fabs(w[i].weight) < fabs(w[least].weight))
				least = i;
		if (fabs(w[least].weight) >= fabs(h->value))
			return;
		memmove(w + least, w + least + 1,
		    (SENTIMENT_WORDS - 1 - least) * sizeof(*w));
		out->nwords--;
	}
	w += out->nwords++;
	w->at = s->word[h->first].at;
	w->len = (size_t)(last->at + last->len - w->at);
	w->weight = h->value;
	w->negated = h->negated;
}

/* The sum of a sentence's opinions. */
static double
read_sentence(struct sentence *s, struct sentiment *out)
{
	static const enum lexicon_kind order[] = { LEXICON_DEGREE, LEXICON_NOT,
		LEXICON_FAIL, LEXICON_HEDGE, LEXICON_THOUGH, LEXICON_BUT };
	double sum = 0;
	size_t i;

	find_hits(s);
	judge(s);
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		apply(s, order[i]);
	for (i = 0; i < s->nhits; i++) {
		if (s->hit[i].value == 0)
			continue;
		sum += s->hit[i].value;
		remember(out, s, &s->hit[i]);
	}
	return sum;
}

enum sentiment_label
sentiment_label(double score)
{
	if (score >= THRESHOLD)
		return SENTIMENT_POSITIVE;
	return score <= -THRESHOLD ? SENTIMENT_NEGATIVE : SENTIMENT_NEUTRAL;
}

const char *
sentiment_name(enum sentiment_label label)
{
	static const char *const names[] = { "negative", "neutral",
		"positive" };

	return names[label];
}

void
sentiment_score(const char *text, size_t len, struct sentiment *out)
{
	const char *p = text, *end = text + len;
	struct sentence s;
	double sum, total = 0, share = 0;

	*out = (struct sentiment){ .label = SENTIMENT_NEUTRAL };
	while (p < end) {
		p = words_sentence(p, end, s.word, &s.nwords);
		if (s.nwords == 0)
			break;
		sum = read_sentence(&s, out);
		total += sum / (fabs(sum) + SOFTNESS);
		share += sum != 0 ? 1 : PLAIN_SHARE;
	}
	if (share > 0)
		out->score = total / (share > 1 ? share : 1);
	out->label = sentiment_label(out->score);
}
