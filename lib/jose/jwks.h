/* SPDX-License-Identifier: ISC */
#ifndef JOSE_JWKS_H
#define JOSE_JWKS_H

#include <stddef.h>

#include "base/arena.h"
#include "jose/jwk.h"

/*
 * A set of public keys (RFC 7517, 5), kept beyond a request: ours, or a
 * client's.  An RSA key that does not say what it is for is in it twice, for
 * RS256 and for PS256.
 */
struct jwks;

enum { JWKS_MAX = 64 };

/*
 * Read a JSON array of public keys, or a JWK Set, of `len` bytes.  Keys that
 * are JWK_UNUSABLE are passed over.  NULL when the text is malformed, has
 * more than JWKS_MAX keys, two of one kid, or one that is JWK_REFUSED.  An
 * empty set is a set.  `scratch` holds the parsed text; what there is no memory
 * for leaves by its arena_exhausted.  The caller frees the set.
 */
struct jwks *jwks_parse(struct arena *scratch, const char *text, size_t len)
    __attribute__((warn_unused_result));

/* The first key of exactly this kid, or NULL. */
const struct jwk *jwks_find(const struct jwks *set, const char *kid);

/*
 * The next key for `alg`, of exactly this kid unless that is NULL; *at, 0 at
 * first, is where the walk is.  NULL: there are no more.
 */
const struct jwk *jwks_next(
    const struct jwks *set, const char *kid, enum jwk_alg alg, size_t *at);

void jwks_free(struct jwks *set);

#endif
