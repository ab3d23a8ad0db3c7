/* SPDX-License-Identifier: ISC */
#include "base/json.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "base/utf8.h"

enum { MAX_DEPTH = 16, MAX_MEMBERS = 256 };

/* How many values there are, and how long their strings and names are. */
struct extent {
	size_t values, bytes;
};

/*
 * A pass over the text for what json-c lets by even when it is strict: two
 * members of one name, of which it keeps the last, and NaN, 1. or 00 for
 * numbers.  Names are compared as they mean ("a" and "\u0061" are one name),
 * so each is decoded by json-c itself.
 *
 * What passes is right, so that json-c reads less than there is only for want
 * of memory, of which it does not tell: it leaves members out, or the rest of
 * a string.
 */
struct scan {
	struct arena *arena;
	const char *p, *end;
	int depth;
	bool pairs; /* some character is written as two surrogates */
	struct extent extent;
};

static bool scan_value(struct scan *s);

static void
scan_space(struct scan *s)
{
	while (s->p < s->end && strchr(" \t\r\n", *s->p) != NULL && *s->p)
		s->p++;
}

static bool
scan_char(struct scan *s, char c)
{
	scan_space(s);
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static bool
scan_one(struct scan *s, const char *of)
{
	if (s->p == s->end || *s->p == '\0' || strchr(of, *s->p) == NULL)
		return false;
	s->p++;
	return true;
}

static bool
scan_word(struct scan *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
		return false;
	s->p += len;
	return true;
}

/* Four hexadecimal digits. */
static bool
scan_unit(struct scan *s, unsigned *unit)
{
	static const char digits[] = "0123456789abcdef";

	*unit = 0;
	for (int i = 0; i < 4; i++, s->p++) {
		const char *d =
		    s->p == s->end
			? NULL
			: memchr(digits, tolower((unsigned char)*s->p), 16);

		if (d == NULL)
			return false;
		*unit = *unit << 4 | (unsigned)(d - digits);
	}
	return true;
}

/* What follows a backslash; half a surrogate pair is no character. */
static bool
scan_escape(struct scan *s)
{
	unsigned unit, low;

	s->extent.bytes++;
	if (scan_one(s, "\"\\/bfnrt"))
		return true;
	if (!scan_one(s, "u") || !scan_unit(s, &unit))
		return false;
	s->extent.bytes += (unit >= 0x80) + (unit >= 0x800);
	if (unit < 0xd800 || unit > 0xdfff)
		return true;
	s->extent.bytes++;
	s->pairs = true;
	return unit < 0xdc00 && scan_word(s, "\\u") && scan_unit(s, &low) &&
	       low >= 0xdc00 && low <= 0xdfff;
}

/* A string; its text with the quotes is from `*from` to s->p. */
static bool
scan_string(struct scan *s, const char **from)
{
	scan_space(s);
	*from = s->p;
	if (!scan_char(s, '"'))
		return false;
	while (s->p < s->end && *s->p != '"') {
		if ((unsigned char)*s->p < 0x20)
			return false;
		if (*s->p++ != '\\')
			s->extent.bytes++;
		else if (!scan_escape(s))
			return false;
	}
	return scan_one(s, "\"");
}

/*
 * The `*len` bytes of `text`, which have passed, with each pair of surrogates
 * as the character that it means: json-c 0.16 judges that character by its
 * last 16 bits once more, and takes U+2D800, say, for half a pair.
 */
static const char *
without_pairs(struct arena *a, const char *text, size_t *len)
{
	struct scan s = { .p = text, .end = text + *len };
	char *copy = arena_alloc(a, *len), *to = copy;
	unsigned high, low = 0, c;

	while (s.p < s.end) {
		if ((*to++ = *s.p++) != '\\')
			continue;
		if ((*to++ = *s.p++) != 'u')
			continue;
		(void)scan_unit(&s, &high);
		if (high < 0xd800 || high > 0xdfff) {
			memcpy(to, s.p - 4, 4);
			to += 4;
			continue;
		}
		(void)(scan_word(&s, "\\u") && scan_unit(&s, &low));
		c = 0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff));
		to[-2] = (char)(0xf0 | c >> 18);
		to[-1] = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	*len = (size_t)(to - copy);
	return copy;
}

static void
release(void *o)
{
	json_object_put(o);
}

/* The name as it means, `bytes` long, or NULL when it is none we would
 * compare. */
static const char *
decoded_name(struct scan *s, const char *from, size_t bytes)
{
	struct json_tokener *t;
	struct json_object *o;
	const char *name = NULL;
	size_t len = (size_t)(s->p - from);

	if (memchr(from, '\\', len) == NULL)
		return arena_strndup(s->arena, from + 1, len - 2);
	if (s->pairs)
		from = without_pairs(s->arena, from, &len);
	if ((t = json_tokener_new()) == NULL)
		arena_exhausted(s->arena);
	o = json_tokener_parse_ex(t, from, (int)len);
	json_tokener_free(t);
	if (o == NULL)
		arena_exhausted(s->arena);
	arena_defer(s->arena, release, o);
	if ((size_t)json_object_get_string_len(o) != bytes)
		arena_exhausted(s->arena);
	if (strlen(json_object_get_string(o)) == bytes)
		name = json_object_get_string(o);
	return name;
}

struct name {
	const struct name *next;
	const char *text;
};

/* Whether `text` is not among the `n` names before it; then it is added. */
static bool
name_add(struct scan *s, const struct name **names, int n, const char *text)
{
	const struct name *i;
	struct name *added;

	if (text == NULL || n == MAX_MEMBERS)
		return false;
	for (i = *names; i != NULL; i = i->next) {
		if (strcmp(i->text, text) == 0)
			return false;
	}
	added = arena_alloc(s->arena, sizeof(*added));
	added->next = *names;
	added->text = text;
	*names = added;
	return true;
}

static bool
scan_object(struct scan *s)
{
	const struct name *names = NULL;
	const char *from;
	size_t bytes;
	int n = 0;

	if (scan_char(s, '}'))
		return true;
	do {
		bytes = s->extent.bytes;
		if (!scan_string(s, &from))
			return false;
		bytes = s->extent.bytes - bytes;
		if (!name_add(s, &names, n++, decoded_name(s, from, bytes)))
			return false;
		if (!scan_char(s, ':') || !scan_value(s))
			return false;
	} while (scan_char(s, ','));
	return scan_char(s, '}');
}

static bool
scan_array(struct scan *s)
{
	if (scan_char(s, ']'))
		return true;
	do {
		if (!scan_value(s))
			return false;
	} while (scan_char(s, ','));
	return scan_char(s, ']');
}

static bool
scan_digits(struct scan *s)
{
	if (!scan_one(s, "0123456789"))
		return false;
	while (scan_one(s, "0123456789"))
		;
	return true;
}

/* RFC 8259, 6.  What follows it is for the caller to judge. */
static bool
scan_number(struct scan *s)
{
	(void)scan_one(s, "-");
	if (!scan_one(s, "0") && !scan_digits(s))
		return false;
	if (scan_one(s, ".") && !scan_digits(s))
		return false;
	if (!scan_one(s, "eE"))
		return true;
	(void)scan_one(s, "+-");
	return scan_digits(s);
}

static bool
scan_value(struct scan *s)
{
	const char *from;
	bool ok;

	if (++s->depth > MAX_DEPTH)
		return false;
	s->extent.values++;
	scan_space(s);
	if (s->p < s->end && *s->p == '"')
		ok = scan_string(s, &from);
	else if (scan_char(s, '{'))
		ok = scan_object(s);
	else if (scan_char(s, '['))
		ok = scan_array(s);
	else
		ok = scan_word(s, "true") || scan_word(s, "false") ||
		     scan_word(s, "null") || scan_number(s);
	s->depth--;
	return ok;
}

/* The extent of what json-c holds. */
static void
measure(struct json_object *o, struct extent *e)
{
	size_t n;

	e->values++;
	if (json_object_is_type(o, json_type_string)) {
		e->bytes += (size_t)json_object_get_string_len(o);
	} else if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach(o, name, value)
		{
			e->bytes += strlen(name);
			measure(value, e);
		}
	} else if (json_object_is_type(o, json_type_array)) {
		n = json_object_array_length(o);
		for (size_t i = 0; i < n; i++)
			measure(json_object_array_get_idx(o, i), e);
	}
}

static bool
holds(struct json_object *o, const struct extent *wanted)
{
	struct extent e = { 0, 0 };

	measure(o, &e);
	return e.values == wanted->values && e.bytes == wanted->bytes;
}

static bool
scan_whole(struct scan *s)
{
	/* json-c's own check of UTF-8 lets overlong forms by */
	if (s->end - s->p > INT_MAX ||
	    memchr(s->p, '\0', (size_t)(s->end - s->p)) != NULL ||
	    !utf8_valid(s->p, (size_t)(s->end - s->p)) || !scan_value(s))
		return false;
	scan_space(s);
	return s->p == s->end;
}

struct json_object *
json_read(struct arena *a, const char *text, size_t len)
{
	struct scan s = { .arena = a, .p = text, .end = text + len };
	struct json_tokener *t;
	struct json_object *o;

	if (!scan_whole(&s))
		return NULL;
	if (s.pairs)
		text = without_pairs(a, text, &len);
	if ((t = json_tokener_new_ex(MAX_DEPTH + 1)) == NULL)
		arena_exhausted(a);
	json_tokener_set_flags(t, JSON_TOKENER_STRICT);
	o = json_tokener_parse_ex(t, text, (int)len);
	/* a number ends only at the next character: give it one */
	if (o == NULL && json_tokener_get_error(t) == json_tokener_continue)
		o = json_tokener_parse_ex(t, "", 1);
	json_tokener_free(t);
	if (o != NULL)
		arena_defer(a, release, o);
	if (!holds(o, &s.extent))
		arena_exhausted(a);
	return o;
}

const char *
json_text(struct arena *a, struct json_object *o)
{
	const char *text = json_object_to_json_string_ext(
	    o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	struct scan s = { .arena = a };

	if (text != NULL) {
		s.p = text;
		s.end = text + strlen(text);
		if (scan_whole(&s) && holds(o, &s.extent))
			return text;
	}
	arena_exhausted(a);
}

struct json_object *
json_member(struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *v;

	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, key, &v) ||
	    !json_object_is_type(v, type))
		return NULL;
	return v;
}

const char *
json_str(struct json_object *o, const char *key)
{
	struct json_object *v = json_member(o, key, json_type_string);
	const char *s;

	if (v == NULL)
		return NULL;
	s = json_object_get_string(v);
	/* "a\u0000b" would be cut short without a word */
	return strlen(s) == (size_t)json_object_get_string_len(v) ? s : NULL;
}
