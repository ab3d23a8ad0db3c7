/* SPDX-License-Identifier: ISC */
#ifndef FINANCE_WORDS_H
#define FINANCE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum {
	WORDS_LETTERS = 24,  /* of the longest word worth looking up */
	WORDS_SENTENCE = 128 /* a longer sentence is read as several */
};

struct word {
	const char *at; /* as in the text */
	size_t len;
	bool breaks; /* a new clause begins with it */
	/* lower case, without 's; "not" for -n't; "" when it is too long */
	char low[WORDS_LETTERS];
};

/*
 * Read the words of one sentence from the UTF-8 text between `p` and `end`.
 * At most WORDS_SENTENCE are stored at `w` and counted in `n`, which is 0
 * only at the end.  Returns where the next sentence begins.
 */
const char *words_sentence(
    const char *p, const char *end, struct word *w, size_t *n);

#endif
