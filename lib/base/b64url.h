/* SPDX-License-Identifier: ISC */
#ifndef BASE_B64URL_H
#define BASE_B64URL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Characters that `n` bytes become, without the NUL. */
#define B64URL_LEN(n) (((n)*4 + 2) / 3)

/*
 * base64url without padding (RFC 4648, 5; RFC 7515, 2).  Writes
 * B64URL_LEN(len) characters and a NUL to `out`.
 */
void b64url_encode(const void *data, size_t len, char *out);

/*
 * Decode the `len` characters at `text` into at most `cap` bytes at `out`.
 * Strict: padding, white space, other characters and non-zero trailing bits
 * are refused, so that each value has one spelling only.
 * Returns the number of bytes, or -1.
 */
ssize_t b64url_decode(const char *text, size_t len, uint8_t *out, size_t cap);

#endif
