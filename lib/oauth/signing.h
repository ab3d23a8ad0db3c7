/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_SIGNING_H
#define OAUTH_SIGNING_H

#include <stdint.h>

#include "http/request.h"
#include "http/serve.h"
#include "jose/jws.h"
#include "oauth/handle.h"

/*
 * The keys of the token endpoint: those that sign access tokens, which are
 * kept sealed in the database, and the one under which refresh tokens are
 * authenticated, which is not there at all.
 */

/* Read the key-encryption key.  For struct program: load.  -1 when there is
 * none, or others could read it. */
int signing_load(const struct serve_config *c);

/*
 * For struct program: start.  Makes the first key of an installation, so
 * that it is published before anything is signed with it; when the database
 * is away, that is left to the first request.
 */
struct app *signing_start(
    const struct program *p, const struct serve_config *c);

/*
 * Make sure that there is a key to sign with before a code is spent on it:
 * at the very first request of an installation one is made.
 */
const struct oerr *signing_ready(struct request *r)
    __attribute__((warn_unused_result));

/* The same when the statement found none, as after key_withdraw(): read the
 * keys anew, and make one if another host has not. */
const struct oerr *signing_renew(struct request *r)
    __attribute__((warn_unused_result));

/* Make and store the next key: the statement said that it is time.  A fault
 * is logged; the keys there are go on signing. */
void signing_rotate(struct request *r);

/* What an access token says (RFC 9068, 2.2). */
struct signing_claims {
	const char *kid; /* the key that signs now, by the database's clock */
	const char *audience;
	const char *subject;
	const char *client_id;
	const char *grant_id;
	const char *scope;
	int64_t issued_at; /* seconds since 1970, of the database's clock */
	int64_t expires_in;
};

/* Append the signed access token. */
const struct oerr *signing_access_token(
    struct request *r, const struct signing_claims *c, struct buf *out)
    __attribute__((warn_unused_result));

/* The hash of the secret in a grant's refresh tokens, as an argument. */
const struct oerr *signing_refresh_hash(struct request *r, const char *grant,
    const char **hash) __attribute__((warn_unused_result));

/* The refresh token of a grant's generation. */
const struct oerr *signing_refresh_token(struct request *r, const char *grant,
    int32_t generation, const char **token) __attribute__((warn_unused_result));

/* NULL when a refresh token that came back is one of ours, and can move on. */
const struct oerr *signing_refresh_check(const struct handle_refresh *t)
    __attribute__((warn_unused_result));

#endif
