/* SPDX-License-Identifier: ISC */
#ifndef FINANCE_LEXICON_H
#define FINANCE_LEXICON_H

#include <stddef.h>

/*
 * What a word or phrase does in a sentence about money.  A number in the
 * table is, for the kinds
 *
 *	WORD, GOOD, BAD, FLAT	the opinion in the word alone, -3 to 3
 *	UP, DOWN, RAISE, LOWER	how good it is of something there should be
 *				more of
 *	NOT, FAIL		how many words it reaches
 *	DEGREE, HEDGE		the factor it applies
 *
 * and nothing for the others.
 */
enum lexicon_kind {
	LEXICON_WORD,  /* good or bad news as such: "outperform" */
	LEXICON_GOOD,  /* something of which more is good: "revenue" */
	LEXICON_BAD,   /* something of which more is bad: "debt", "fear" */
	LEXICON_FLAT,  /* something whose direction says nothing: "tax" */
	LEXICON_UP,    /* it becomes more: "rose", "higher" */
	LEXICON_DOWN,  /* it becomes less: "narrowed" */
	LEXICON_RAISE, /* somebody makes it more: "boost" */
	LEXICON_LOWER, /* somebody makes it less: "cut", "dismiss" */
	LEXICON_NOT,   /* turns what follows around */
	LEXICON_FAIL,  /* the same, and is bad news itself: "fails to" */
	LEXICON_DEGREE,
	LEXICON_HEDGE,  /* what follows is not certain: "may" */
	LEXICON_BUT,    /* what follows outweighs what went before */
	LEXICON_THOUGH, /* heads a clause that counts less */
	LEXICON_STOP,   /* ends a noun phrase: "after", "than" */
	LEXICON_LINK,   /* ends one, unless it joins two nouns: "about" */
	LEXICON_OF,     /* goes on with one: "of", "in" */
	LEXICON_NONE    /* only looks like an opinion: "impairment test" */
};

enum { LEXICON_SPAN = 4 }; /* words in the longest phrase */

struct lexicon_entry {
	const char *text; /* lower case, words separated by one space */
	enum lexicon_kind kind;
	double number;
};

extern const struct lexicon_entry lexicon[];
extern const size_t lexicon_len;

/*
 * The entry that covers most of the `n` lower-case words, from the first on;
 * each may be inflected ("beats estimates" is "beat estimate"), but an entry
 * that has them as they are is preferred.  Sets `span` to how many words it
 * covers.  NULL when there is none.
 */
const struct lexicon_entry *lexicon_find(
    const char *const *words, size_t n, size_t *span);

#endif
