/* SPDX-License-Identifier: ISC */
#include "finance/words.h"

#include <string.h>

/* What the character at hand is to a reader of sentences. */
enum mark {
	MARK_LETTER,
	MARK_DIGIT,
	MARK_SPACE,
	MARK_APOSTROPHE,
	MARK_JOINER, /* a dot, comma or ampersand: within some words */
	MARK_HYPHEN,
	MARK_BREAK, /* ends a clause */
	MARK_END,   /* ends a sentence */
	MARK_LINE,  /* a new line: ends one if a capital follows */
	MARK_OTHER
};

/* UTF-8 of the punctuation in U+2000 to U+203F, by its last byte. */
static enum mark
mark_general(unsigned char last)
{
	if (last >= 0x90 && last <= 0x95)
		return MARK_BREAK; /* dashes */
	if (last == 0x98 || last == 0x99)
		return MARK_APOSTROPHE;
	if (last == 0xa6)
		return MARK_END; /* ellipsis */
	return MARK_SPACE;
}

static enum mark
mark_ascii(unsigned char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return MARK_LETTER;
	if (c >= '0' && c <= '9')
		return MARK_DIGIT;
	if (c == '\n')
		return MARK_LINE;
	if (c <= ' ')
		return MARK_SPACE;
	if (c == '\'')
		return MARK_APOSTROPHE;
	if (c == '.' || c == ',' || c == '&')
		return MARK_JOINER;
	if (c == '-')
		return MARK_HYPHEN;
	if (c == '!' || c == '?')
		return MARK_END;
	return strchr(";:()[]{}/|\"", c) != NULL ? MARK_BREAK : MARK_OTHER;
}

/* The mark at `p` and the bytes it takes; MARK_END behind the text. */
static enum mark
mark_at(const char *p, const char *end, size_t *len)
{
	const unsigned char *u = (const unsigned char *)p;

	*len = 1;
	if (p >= end)
		return MARK_END;
	if (u[0] < 0x80)
		return mark_ascii(u[0]);
	if (end - p >= 2 && u[0] == 0xc2 && u[1] == 0xa0) {
		*len = 2;
		return MARK_SPACE;
	}
	if (end - p >= 3 && u[0] == 0xe2 && u[1] == 0x80) {
		*len = 3;
		return mark_general(u[2]);
	}
	return MARK_LETTER;
}

/*
 * The bytes at `p` that go on with a word whose last mark was `last`: a
 * letter or digit, or an apostrophe, dot, comma or ampersand between two of
 * one kind, as in "didn't", "U.S", "S&P" and "1,200.5".  0 at its end.
 */
static size_t
goes_on(const char *p, const char *end, enum mark last)
{
	size_t len, more;
	enum mark m = mark_at(p, end, &len);

	if (m == MARK_LETTER || m == MARK_DIGIT)
		return len;
	if (m != MARK_APOSTROPHE && m != MARK_JOINER)
		return 0;
	if (*p == ',' && last != MARK_DIGIT)
		return 0;
	if (mark_at(p + len, end, &more) != last)
		return 0;
	return len + more;
}

static bool
ends_with(const char *s, size_t len, const char *tail)
{
	size_t n = strlen(tail);

	return len > n && memcmp(s + len - n, tail, n) == 0;
}

/* Write the lower-case form, with one spelling of the apostrophe. */
static void
lower(struct word *w)
{
	size_t i, n = 0;
	unsigned char c;

	for (i = 0; i < w->len && n < sizeof(w->low) - 1; i++) {
		c = (unsigned char)w->at[i];
		if (c == 0xe2 && w->len - i >= 3 &&
		    (unsigned char)w->at[i + 1] == 0x80) {
			c = '\''; /* U+2018 or U+2019 */
			i += 2;
		}
		if (c >= 'A' && c <= 'Z')
			c = (unsigned char)(c - 'A' + 'a');
		w->low[n++] = (char)c;
	}
	if (i < w->len)
		n = 0;
	if (ends_with(w->low, n, "n't")) {
		memcpy(w->low, "not", 3);
		n = 3;
	} else if (ends_with(w->low, n, "'s")) {
		n -= 2;
	}
	w->low[n] = '\0';
}

static const char *
read_word(const char *p, const char *end, struct word *w)
{
	enum mark last;
	size_t len;

	w->at = p;
	do {
		last = mark_at(p, end, &len);
		p += len;
		len = goes_on(p, end, last);
		if (len > 1)
			p += len - 1; /* to the last mark of what was joined */
	} while (len > 0);
	w->len = (size_t)(p - w->at);
	lower(w);
	return p;
}

/* A dot behind these, or behind a single letter, ends no sentence. */
static bool
abbreviation(const struct word *w)
{
	static const char *const list[] = { "inc", "corp", "co", "ltd", "mr",
		"mrs", "ms", "dr", "vs", "st", "plc", "approx", "est", "e.g",
		"i.e", "u.s", "u.k", "a.m", "p.m" };
	size_t i;

	if (w->len == 1)
		return w->low[0] >= 'a';
	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (strcmp(w->low, list[i]) == 0)
			return true;
	return false;
}

/* Whether the mark at `p`, which is no word, ends the sentence. */
static bool
ends_sentence(
    const char *p, const char *end, enum mark m, const struct word *last)
{
	size_t len;

	if (m == MARK_END)
		return true;
	if (m == MARK_LINE)
		return end - p < 2 || p[1] == '\n' || p[1] == '\r' ||
		       (p[1] >= 'A' && p[1] <= 'Z');
	if (m != MARK_JOINER || *p != '.' || abbreviation(last))
		return false;
	m = mark_at(p + 1, end, &len);
	return m != MARK_LETTER && m != MARK_DIGIT;
}

const char *
words_sentence(const char *p, const char *end, struct word *w, size_t *n)
{
	bool breaks = true;
	enum mark m;
	size_t len, more;

	*n = 0;
	while (p < end && *n < WORDS_SENTENCE) {
		m = mark_at(p, end, &len);
		if (m == MARK_LETTER || m == MARK_DIGIT) {
			w[*n].breaks = breaks;
			p = read_word(p, end, &w[(*n)++]);
			breaks = false;
			continue;
		}
		if (*n > 0 && ends_sentence(p, end, m, &w[*n - 1]))
			return p + len;
		if (m == MARK_BREAK || *p == ',' ||
		    (m == MARK_HYPHEN &&
			mark_at(p + len, end, &more) == MARK_SPACE))
			breaks = true;
		p += len;
	}
	return p;
}
