/* SPDX-License-Identifier: ISC */
#include "finance/lexicon.h"

#include <stdbool.h>
#include <string.h>

#define ENTRY(text, kind, number) { text, LEXICON_##kind, number },

const struct lexicon_entry lexicon[] = {
#include "finance/lexicon.def"
};

#undef ENTRY

const size_t lexicon_len = sizeof(lexicon) / sizeof(lexicon[0]);

/* Inflection leaves the first letters alone; the search goes by them. */
enum { STEM = 3 };

static bool
among(const char *s, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(s, *list) == 0)
			return true;
	return false;
}

/*
 * Whether `word` is the `len` characters at `base` with an English ending:
 * -s, -es, -ed, -ing, -ly, with the final letter doubled, the e dropped or
 * the y changed where that is the rule.
 */
static bool
inflects(const char *word, const char *base, size_t len)
{
	static const char *const plain[] = { "s", "es", "ed", "ing", "ly",
		NULL };
	static const char *const doubled[] = { "ed", "ing", NULL };
	static const char *const from_e[] = { "s", "d", "ly", NULL };
	static const char *const from_y[] = { "ies", "ied", NULL };
	char last = base[len - 1];
	const char *rest;

	if (len < STEM || strncmp(word, base, len - 1) != 0)
		return false;
	rest = word + len - 1;
	if (last == 'y' && among(rest, from_y))
		return true;
	if (last == 'e' && strcmp(rest, "ing") == 0)
		return true;
	if (*rest != last)
		return false;
	rest++;
	if (last == 'e')
		return among(rest, from_e);
	return among(rest, plain) ||
	       (*rest == last && among(rest + 1, doubled));
}

/*
 * How well the words match the text: 0 not, else twice the number of words,
 * plus one when all are exactly as in the text.
 */
static size_t
matches(const char *text, const char *const *words, size_t n)
{
	size_t i = 0, len, exact = 1;

	for (;; text += len + 1) {
		len = strcspn(text, " ");
		if (i == n)
			return 0;
		if (strncmp(words[i], text, len) != 0 ||
		    words[i][len] != '\0') {
			if (!inflects(words[i], text, len))
				return 0;
			exact = 0;
		}
		i++;
		if (text[len] == '\0')
			return 2 * i + exact;
	}
}

/* Whether the first word of `text` begins before, like or after `word`. */
static int
begins(const char *text, const char *word)
{
	size_t i;
	int a, b;

	for (i = 0; i < STEM; i++) {
		a = text[i] == ' ' ? '\0' : (unsigned char)text[i];
		b = (unsigned char)word[i];
		if (a != b)
			return a - b;
		if (a == '\0')
			return 0;
	}
	return 0;
}

/* The first entry that does not begin before `word`. */
static size_t
first(const char *word)
{
	size_t low = 0, high = lexicon_len, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (begins(lexicon[mid].text, word) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct lexicon_entry *
lexicon_find(const char *const *words, size_t n, size_t *span)
{
	const struct lexicon_entry *best = NULL;
	size_t score, most = 0, i;

	*span = 0;
	if (n == 0 || words[0][0] == '\0')
		return NULL;
	for (i = first(words[0]);
	     i < lexicon_len && begins(lexicon[i].text, words[0]) == 0; i++) {
		score = matches(lexicon[i].text, words, n);
		if (score > most) {
			most = score;
			best = &lexicon[i];
		}
	}
	*span = most / 2;
	return best;
}
