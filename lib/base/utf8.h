/* SPDX-License-Identifier: ISC */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/*
 * Whether the `len` bytes at `s` are UTF-8 (RFC 3629: no overlong forms, no
 * surrogates, nothing past U+10FFFF).
 */
bool utf8_valid(const char *s, size_t len);

/*
 * The same, and without NUL or other control characters (U+0000 to U+001F,
 * U+007F to U+009F).
 */
bool utf8_clean(const char *s, size_t len);

/*
 * A copy of the valid UTF-8 text `s` for showing to a person: control,
 * bidirectional, zero-width and other invisible formatting characters are
 * left out, since they make one name look like another; every kind of space
 * becomes the plain one.
 */
char *utf8_displayable(struct arena *a, const char *s);

#endif
