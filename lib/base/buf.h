/* SPDX-License-Identifier: ISC */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

#include "base/arena.h"

/*
 * Text that grows in an arena and is always terminated by a NUL.
 *
 * The name of each function says what its text is made safe for.  Text that
 * came from outside goes through one of the escaping ones; `raw` is for what
 * the program itself wrote.
 */
struct buf {
	struct arena *arena;
	char *data;
	size_t len;
	size_t cap;
};

/* An empty buffer; data is "" from the start. */
void buf_init(struct buf *b, struct arena *a);

void buf_raw(struct buf *b, const char *s);
void buf_raw_n(struct buf *b, const void *s, size_t len);
void buf_rawf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Text content or a double-quoted attribute of HTML: & < > " ' escaped. */
void buf_html(struct buf *b, const char *s);

/* A value in a query: all but RFC 3986's unreserved becomes %XX. */
void buf_url(struct buf *b, const char *s);

/* A JSON string with its quotes; NULL becomes null. */
void buf_json(struct buf *b, const char *s);

/*
 * The inside of a quoted-string of HTTP (RFC 9110, 5.6.4), without the
 * quotes: " and \ are escaped, control and non-ASCII bytes left out.
 */
void buf_quoted(struct buf *b, const char *s);

#endif
