/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_BASE64_H
#define OAUTH_BASE64_H

#include <stddef.h>

#include "base/arena.h"

/*
 * Decode the `len` characters of base64 at `text` (RFC 4648, 4; not the URL
 * form): padded, without white space, in its one spelling.  The text in the
 * arena, with a NUL behind it; its length in *out_len.  NULL when it is
 * anything else; text that decodes to a NUL inside is returned and is told
 * by *out_len alone.
 */
char *base64_text(
    struct arena *a, const char *text, size_t len, size_t *out_len);

#endif
