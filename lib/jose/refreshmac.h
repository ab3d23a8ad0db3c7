/* SPDX-License-Identifier: ISC */
#ifndef JOSE_REFRESHMAC_H
#define JOSE_REFRESHMAC_H

#include <stdbool.h>

#include "jose/kek.h"

/*
 * What makes a refresh token, <grant>.<secret>.<generation>.<mac>, ours.
 * Both parts are HMAC-SHA-256 in base64url, under a key that the database
 * does not have: the secret over the grant's id, the same in all of a grant's
 * tokens; the MAC over the id, a dot and the generation.  So the current token
 * can be made again from its row by whoever may sign, and by nobody else;
 * and revoke, which may not, knows every token of a grant by the secret's
 * hash.
 */
enum { REFRESHMAC_LEN = 43 };

struct refreshmac {
	char secret[REFRESHMAC_LEN + 1]; /* with a NUL */
	char mac[REFRESHMAC_LEN + 1];
};

/*
 * The two under the current key.  `grant` is the grant's id as PostgreSQL
 * writes a UUID, 36 characters in lower case; `generation` counts from 1.  0,
 * or -1 on a fault, which is logged, and for anything else.
 */
int refreshmac_make(const struct kek *kek, const char *grant, int generation,
    struct refreshmac *out) __attribute__((warn_unused_result));

/*
 * Whether `given` are the two under the current key or the previous one, in
 * constant time: 1 or 0; -1 on a fault, which is logged.
 */
int refreshmac_check(const struct kek *kek, const char *grant, int generation,
    const struct refreshmac *given) __attribute__((warn_unused_result));

#endif
