/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_ASSERTION_H
#define OAUTH_ASSERTION_H

#include <stdbool.h>

#include "base/arena.h"
#include "http/oerr.h"
#include "jose/jwks.h"

/*
 * Client assertions (RFC 7523, 2.2 and 3; RFC 10070): a JWT by which a client
 * shows that it has the key whose public half is known of it.
 */
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

/*
 * What an assertion says, as the members of gatepost.client_assertion: the
 * statement judges times, by its own clock, and what depends on the client.
 * All NULL: there is no assertion.
 */
struct assertion {
	const char *fault; /* why it does not hold; then the rest is NULL */
	const char *alg;
	const char *audience; /* "issuer" or "token_endpoint" */
	const char *jti_hash;
	const char *expires_at;
	const char *issued_at;  /* may be NULL */
	const char *not_before; /* may be NULL */
};

/*
 * The client that an assertion names, before it is verified: whose keys to
 * verify it with.  NULL when it names none: not a JWT, or "iss" and "sub" are
 * not one and the same (RFC 7523, 3).
 */
const char *assertion_client(struct arena *a, const char *jwt);

/*
 * Verify it with the client's keys, NULL when it has none.  The audience must
 * be `issuer` alone, or the token endpoint's URL alone, which the statement
 * takes of few clients; "exp" and "jti" are required, and times are numbers.
 */
void assertion_verify(struct arena *a, const char *jwt, const struct jwks *keys,
    const char *issuer, struct assertion *out);

/* Whether it does not hold because the key is not among the client's. */
bool assertion_key_unknown(const struct assertion *given);

#endif
