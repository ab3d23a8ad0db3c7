/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_TOKENCACHE_H
#define OAUTH_TOKENCACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "oauth/accesstoken.h"

/*
 * Tokens whose signature was verified, found by the SHA-256 of their text.
 * What they say is kept, and nothing that would let anybody use them.  There
 * is room for so many; a new token takes the place of one that has expired, or
 * else of the one not seen for longest among a few.
 *
 * Only the signature and the form of the claims are remembered: revocation,
 * audience and scope are for the caller to check each time, and so is the time
 * after tokencache_get.
 */
struct tokencache;

enum { TOKENCACHE_SETS = 256, TOKENCACHE_WAYS = 4, TOKENCACHE_TEXT = 800 };

/* NULL when there is no memory. */
struct tokencache *tokencache_new(void) __attribute__((warn_unused_result));
void tokencache_free(struct tokencache *c);

/*
 * What accesstoken_read says of a token, for any audience: its signature and
 * form verified once, its times each time.  Its texts belong to the cache until
 * the next read, put or flush, its array of scopes to the arena.
 */
enum accesstoken_error tokencache_read(struct tokencache *c,
    const struct jwks *keys, const char *token,
    const struct accesstoken_rule *rule, struct arena *a, struct accesstoken *t)
    __attribute__((warn_unused_result));

/*
 * Find a token.  Its texts belong to the cache until the next put or flush,
 * its array of scopes to the arena.
 */
bool tokencache_get(struct tokencache *c,
    const uint8_t digest[static DIGEST_LEN], struct arena *a,
    struct accesstoken *t);

/* Remember a token; one that says more than TOKENCACHE_TEXT bytes is not,
 * nor is any without memory. */
void tokencache_put(struct tokencache *c,
    const uint8_t digest[static DIGEST_LEN], const struct accesstoken *t,
    int64_t now);

/* Forget all: the keys are others, or the issuer is. */
void tokencache_flush(struct tokencache *c);

#endif
