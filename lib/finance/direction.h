/* SPDX-License-Identifier: ISC */
#ifndef FINANCE_DIRECTION_H
#define FINANCE_DIRECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "finance/lexicon.h"
#include "finance/words.h"

/*
 * "Losses narrowed" is good news, "costs rose" is not: what a direction is
 * worth depends on what it is about.
 */

/* A word or phrase of the lexicon, found in the sentence. */
struct hit {
	const struct lexicon_entry *entry;
	size_t first, last; /* words; widened to what it is about */
	unsigned clause;
	double value;
	bool used; /* a direction speaks about it */
	bool negated;
};

struct sentence {
	struct word word[WORDS_SENTENCE];
	size_t nwords;
	struct hit hit[WORDS_SENTENCE];
	size_t nhits;
};

/* GOOD, BAD or FLAT: something that can be more or less. */
bool direction_is_noun(const struct hit *h);

/* UP, DOWN, RAISE or LOWER. */
bool direction_is(const struct hit *h);

/* The hit `j` if it is in the clause of hit `i`, else NULL. */
struct hit *direction_beside(struct sentence *s, size_t i, size_t j);

/*
 * Find what the direction at hit `i` is about, mark that as used, and set
 * the direction's value; 0 when it says nothing.
 */
void direction_judge(struct sentence *s, size_t i);

#endif
