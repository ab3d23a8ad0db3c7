/* SPDX-License-Identifier: ISC */
#ifndef FINANCE_SENTIMENT_H
#define FINANCE_SENTIMENT_H

#include <stdbool.h>
#include <stddef.h>

enum {
	SENTIMENT_TEXT_MAX = 20000, /* characters; a caller's limit */
	SENTIMENT_WORDS = 16
};

enum sentiment_label {
	SENTIMENT_NEGATIVE,
	SENTIMENT_NEUTRAL,
	SENTIMENT_POSITIVE
};

/* A word or phrase that had a part in the score. */
struct sentiment_word {
	const char *at; /* in the caller's text; not terminated */
	size_t len;
	double weight; /* as it counted: negation and degree are in it */
	bool negated;
};

struct sentiment {
	double score; /* -1 to 1 */
	enum sentiment_label label;
	/* those that weighed most, in the order of the text */
	size_t nwords;
	struct sentiment_word words[SENTIMENT_WORDS];
};

/*
 * Judge the `len` bytes of UTF-8 at `text` as a reader of financial news
 * would: how good is this for the business it speaks of?  Needs no memory
 * but the stack, and time in proportion to the text.
 */
void sentiment_score(const char *text, size_t len, struct sentiment *out);

/* The label that a score between -1 and 1 has. */
enum sentiment_label sentiment_label(double score);

/* "negative", "neutral" or "positive". */
const char *sentiment_name(enum sentiment_label label);

#endif
