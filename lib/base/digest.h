/* SPDX-License-Identifier: ISC */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_LEN = 32, DIGEST_SHA384_LEN = 48 };

/*
 * Load the algorithms.  Called once at start, so that no request pays for
 * it.  -1 when OpenSSL lacks them, or there is no memory.
 */
int digest_init(void) __attribute__((warn_unused_result));

/*
 * SHA-256 (FIPS 180-4) of the `len` bytes at `data`.  Ends the process when
 * OpenSSL fails.
 */
void digest_sha256(
    const void *data, size_t len, uint8_t out[static DIGEST_LEN]);

/* The same with SHA-384, for signatures over P-384. */
void digest_sha384(
    const void *data, size_t len, uint8_t out[static DIGEST_SHA384_LEN]);

/* HMAC-SHA-256 (RFC 2104).  -1 on a fault of OpenSSL. */
int digest_hmac_sha256(const void *key, size_t keylen, const void *data,
    size_t len, uint8_t out[static DIGEST_LEN])
    __attribute__((warn_unused_result));

/*
 * Whether the `len` bytes at both places are the same, in a time that does
 * not depend on where they differ.  The only way secrets are compared.
 */
bool digest_equal(const void *a, const void *b, size_t len);

/* Overwrite a secret in a way the compiler may not remove. */
void digest_wipe(void *p, size_t len);

/* `len` bytes from the system's generator.  -1 on a fault. */
int digest_random(void *out, size_t len) __attribute__((warn_unused_result));

#endif
