/* SPDX-License-Identifier: ISC */
#ifndef JOSE_REFRESHMAC_H
#define JOSE_REFRESHMAC_H

#include <stdbool.h>
#include <stddef.h>

#include "jose/kek.h"

/*
 * The third part of a refresh token, <grant>.<generation>.<mac>: HMAC-SHA-256
 * under a key that the database does not have, over the two parts before it
 * as they stand.  So the current token can be made again from its row by
 * whoever may sign, and by nobody else.
 */
enum { REFRESHMAC_LEN = 43 };

/*
 * The MAC under the current key, in base64url with a NUL.  `grant` is the
 * grant's id as PostgreSQL writes a UUID, 36 characters in lower case;
 * `generation` counts from 1.  0, or -1 on a fault, which is logged, and for
 * anything else.
 */
int refreshmac_make(const struct kek *kek, const char *grant, int generation,
    char out[static REFRESHMAC_LEN + 1]) __attribute__((warn_unused_result));

/*
 * Whether the `len` characters at `mac` are that MAC under the current key or
 * the previous one, in constant time.
 */
bool refreshmac_check(const struct kek *kek, const char *grant, int generation,
    const char *mac, size_t len) __attribute__((warn_unused_result));

#endif
