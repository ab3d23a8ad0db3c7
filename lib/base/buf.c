/* SPDX-License-Identifier: ISC */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void
reserve(struct buf *b, size_t more)
{
	size_t cap = b->cap;
	char *data;

	if (more < cap - b->len)
		return;
	if (more > SIZE_MAX / 4 - b->len)
		more = SIZE_MAX / 4 - b->len; /* the arena will refuse it */
	cap = (b->len + more + 1) * 2;
	data = arena_alloc(b->arena, cap);
	memcpy(data, b->data, b->len + 1);
	b->data = data;
	b->cap = cap;
}

void
buf_init(struct buf *b, struct arena *a)
{
	b->arena = a;
	b->len = 0;
	b->cap = 256;
	b->data = arena_alloc(a, b->cap);
}

void
buf_raw_n(struct buf *b, const void *s, size_t len)
{
	reserve(b, len);
	memcpy(b->data + b->len, s, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_raw(struct buf *b, const char *s)
{
	buf_raw_n(b, s, strlen(s));
}

void
buf_rawf(struct buf *b, const char *fmt, ...)
{
	size_t room = b->cap - b->len;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(b->data + b->len, room, fmt, ap);
	va_end(ap);
	if (len < 0) {
		b->data[b->len] = '\0';
		return;
	}
	if ((size_t)len >= room) {
		reserve(b, (size_t)len);
		va_start(ap, fmt);
		vsnprintf(b->data + b->len, (size_t)len + 1, fmt, ap);
		va_end(ap);
	}
	b->len += (size_t)len;
}

void
buf_html(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		switch (*s) {
		case '&':
			buf_raw(b, "&amp;");
			break;
		case '<':
			buf_raw(b, "&lt;");
			break;
		case '>':
			buf_raw(b, "&gt;");
			break;
		case '"':
			buf_raw(b, "&quot;");
			break;
		case '\'':
			buf_raw(b, "&#39;");
			break;
		default:
			buf_raw_n(b, s, 1);
		}
	}
}

static int
unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

void
buf_url(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (unreserved(*s))
			buf_raw_n(b, s, 1);
		else
			buf_rawf(b, "%%%02X", (unsigned char)*s);
	}
}

/* The two-character escape of `c` (RFC 8259, 7), or NULL. */
static const char *
json_escape(char c)
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		return NULL;
	}
}

void
buf_json(struct buf *b, const char *s)
{
	const char *escape, *run;

	if (s == NULL) {
		buf_raw(b, "null");
		return;
	}
	buf_raw(b, "\"");
	for (run = s; *s != '\0'; s++) {
		escape = json_escape(*s);
		if (escape == NULL && (unsigned char)*s >= 0x20)
			continue;
		buf_raw_n(b, run, (size_t)(s - run));
		run = s + 1;
		if (escape != NULL)
			buf_raw(b, escape);
		else
			buf_rawf(b, "\\u%04x", (unsigned char)*s);
	}
	buf_raw_n(b, run, (size_t)(s - run));
	buf_raw(b, "\"");
}

void
buf_quoted(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s < 0x20 || *s > 0x7e)
			continue;
		if (*s == '"' || *s == '\\')
			buf_raw(b, "\\");
		buf_raw_n(b, s, 1);
	}
}
