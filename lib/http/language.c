/* SPDX-License-Identifier: ISC */
#include "http/language.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "http/serve.h"

const struct language languages[] = {
	{ "en", "ltr" },
	{ "ar", "rtl" },
	{ "de", "ltr" },
	{ "es", "ltr" },
	{ "fr", "ltr" },
	{ "ja", "ltr" },
};
static_assert(sizeof(languages) / sizeof(languages[0]) == LANGUAGES,
    "as many as are said");

static const char alphanumeric[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/*
 * The language that a range of `len` bytes leads to by lookup (RFC 4647,
 * 2.1 and 3.4): as ours have one subtag, it is the first that counts.  NULL
 * for none, `*`, or what is no range.
 */
static const struct language *
lookup(const char *range, size_t len)
{
	const char *end = range + len, *s = range;
	size_t subtag, first = 0;
	int i;

	for (; s <= end; s += subtag + 1) {
		subtag = strspn(s, alphanumeric);
		if (subtag < 1 || subtag > 8 || s + subtag > end ||
		    (s + subtag < end && s[subtag] != '-'))
			return NULL;
		if (first == 0)
			first = subtag;
	}
	for (i = 0; i < LANGUAGES; i++) {
		if (strlen(languages[i].tag) == first &&
		    strncasecmp(languages[i].tag, range, first) == 0)
			return &languages[i];
	}
	return NULL;
}

const struct language *
language_asked(const struct request *r)
{
	const struct language *found = NULL;
	const char *s = NULL;
	size_t i, len;

	for (i = 0; i < r->program->nparams; i++) {
		if (strcmp(r->program->params[i].name, "ui_locales") == 0)
			s = r->value[i];
	}
	for (; s != NULL && *s != '\0' && found == NULL; s += len) {
		s += strspn(s, " ");
		len = strcspn(s, " ");
		found = lookup(s, len);
	}
	return found;
}

static const char *
skip_blanks(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	return s;
}

/* A qvalue in thousandths (RFC 9110, 12.4.2); -1 if it is none. */
static int
qvalue(const char *s, const char *end)
{
	int q, scale = 100;

	if (s == end || end - s > 5 || (*s != '0' && *s != '1') ||
	    (end - s > 1 && s[1] != '.'))
		return -1;
	q = (*s - '0') * 1000;
	for (s += 2; s < end; s++, scale /= 10) {
		if (*s < '0' || *s > '9')
			return -1;
		q += (*s - '0') * scale;
	}
	return q <= 1000 ? q : -1;
}

/* The weight that is all there may be behind a range. */
static int
weight(const char *s, const char *end)
{
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	s = skip_blanks(s, end);
	if (s == end)
		return 1000;
	if (*s != ';')
		return -1;
	s = skip_blanks(s + 1, end);
	if (end - s < 2 || (*s != 'q' && *s != 'Q') || s[1] != '=')
		return -1;
	return qvalue(s + 2, end);
}

/* Of those that weigh the same, the first. */
static const struct language *
accepted(const char *s)
{
	const struct language *found = NULL, *one;
	int best = 0, q;
	size_t len, range;

	for (; *s != '\0'; s += len + (s[len] == ',')) {
		s += strspn(s, " \t");
		len = strcspn(s, ",");
		range = strcspn(s, ",; \t");
		if ((one = lookup(s, range)) == NULL)
			continue;
		if ((q = weight(s + range, s + len)) > best) {
			best = q;
			found = one;
		}
	}
	return found;
}

const struct language *
language_of(const struct request *r)
{
	const struct language *l = language_asked(r);
	const char *accept = request_header(r, "HTTP_ACCEPT_LANGUAGE");

	if (l == NULL && accept != NULL)
		l = accepted(accept);
	return l != NULL ? l : &languages[0];
}
