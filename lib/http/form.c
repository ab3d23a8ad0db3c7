/* SPDX-License-Identifier: ISC */
#include "http/form.h"

#include <string.h>

#include "base/utf8.h"
#include "http/serve.h"

enum { DEFAULT_MAX = 2048 };

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

char *
form_decode(struct arena *a, const char *text, size_t len)
{
	char *out = arena_alloc(a, len + 1), *p = out;
	size_t i;
	int high, low;

	for (i = 0; i < len; i++, p++) {
		*p = text[i] == '+' ? ' ' : text[i];
		if (text[i] != '%')
			continue;
		if (len - i < 3 || (high = hex(text[i + 1])) == -1 ||
		    (low = hex(text[i + 2])) == -1 || high + low == 0)
			return NULL;
		*p = (char)(high << 4 | low);
		i += 2;
	}
	return memchr(out, '\0', (size_t)(p - out)) == NULL ? out : NULL;
}

/* In a buffer: a copy for each of thousands would fill the arena. */
static const char *
join(struct request *r, size_t i, const char *value)
{
	struct buf *b;

	if (r->joined == NULL)
		r->joined = arena_alloc(
		    r->arena, r->program->nparams * sizeof(*r->joined));
	b = &r->joined[i];
	if (b->data == NULL) {
		buf_init(b, r->arena);
		buf_raw(b, r->value[i]);
	}
	buf_raw(b, " ");
	buf_raw(b, value);
	return b->data;
}

/* A second value for a parameter that has one. */
static const char *
again(struct request *r, size_t i, const char *value)
{
	const struct param *p = &r->program->params[i];
	const char *had = r->value[i];

	switch (p->repeat) {
	case PARAM_JOINED:
		return join(r, i, value);
	case PARAM_SAME:
		if (strcmp(had, value) == 0)
			return had;
		break;
	case PARAM_ONCE:
		break;
	}
	r->value_fault[i] =
	    p->twice != NULL ? p->twice : &OERR_DUPLICATE_PARAMETER;
	return had;
}

static void
keep(struct request *r, size_t i, const char *value)
{
	const struct param *p = &r->program->params[i];
	size_t max = p->max != 0 ? p->max : DEFAULT_MAX, len;

	if (value == NULL || (len = strlen(value)) > max ||
	    !utf8_clean(value, len)) {
		r->value_fault[i] = &OERR_MALFORMED_PARAMETER;
		return;
	}
	/* "a=&a=1" is twice too, so the empty one is kept until the end */
	r->value[i] = r->value[i] == NULL ? value : again(r, i, value);
}

static void
keep_pair(struct request *r, const char *name, const char *value, size_t len)
{
	size_t i;

	for (i = 0; i < r->program->nparams; i++) {
		if (strcmp(name, r->program->params[i].name) != 0)
			continue;
		keep(r, i, form_decode(r->arena, value, len));
		return;
	}
}

static void
read_pair(struct request *r, const char *pair, size_t len, bool values)
{
	const char *equals = memchr(pair, '=', len);
	size_t name_len = equals != NULL ? (size_t)(equals - pair) : len;
	const char *value = equals != NULL ? equals + 1 : pair + len;
	const char *name;

	if ((name = form_decode(r->arena, pair, name_len)) == NULL) {
		if (r->fault == NULL)
			r->fault = &OERR_MALFORMED_PARAMETER;
		return;
	}
	if (strcmp(name, "access_token") == 0 && r->fault == NULL)
		r->fault = &OERR_TOKEN_IN_QUERY;
	if (values)
		keep_pair(r, name, value, len - (size_t)(value - pair));
}

static void
read_pairs(struct request *r, const char *text, size_t len, bool values)
{
	const char *end = text + len, *amp;

	while (text < end) {
		amp = memchr(text, '&', (size_t)(end - text));
		if (amp == NULL)
			amp = end;
		if (amp > text)
			read_pair(r, text, (size_t)(amp - text), values);
		text = amp + (amp < end);
	}
}

void
form_refuse_token(struct request *r, const char *text, size_t len)
{
	read_pairs(r, text, len, false);
}

void
form_read(struct request *r, const char *text, size_t len)
{
	size_t i;

	read_pairs(r, text, len, true);
	for (i = 0; i < r->program->nparams; i++) {
		if (r->value[i] != NULL && *r->value[i] == '\0')
			r->value[i] = NULL;
	}
}
