/* SPDX-License-Identifier: ISC */
#ifndef JOSE_JWS_H
#define JOSE_JWS_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "base/arena.h"
#include "base/buf.h"
#include "jose/jwk.h"
#include "jose/jwks.h"

/*
 * JSON Web Signatures over claims, in the compact serialisation (RFC 7515,
 * 3.1; RFC 7519).  Nothing here knows what the claims mean.
 */
enum { JWS_MAX = 8192 }; /* bytes of a whole token */

/* Why a token is not believed; the names are for the audit. */
enum jws_error {
	JWS_OK,
	JWS_MALFORMED,   /* not three strict parts, or not JSON objects */
	JWS_TOO_LARGE,   /* over JWS_MAX; nothing was decoded */
	JWS_CRITICAL,    /* a "crit" header (RFC 7515, 4.1.11) */
	JWS_TYPE,        /* not the "typ" that was wanted */
	JWS_ALGORITHM,   /* none, HS*, unknown, or not the key's own */
	JWS_UNKNOWN_KEY, /* no "kid", or not one of the set */
	JWS_SIGNATURE,
	JWS_ERRORS
};

/* "malformed", "too_large", ...; "ok" for JWS_OK. */
const char *jws_error_name(enum jws_error error);

/* A private key and the header it puts on tokens of one type. */
struct jws_signer;

/*
 * A signer of tokens whose "typ" is `typ` (RFC 8725, 3.11), a constant such
 * as "at+jwt".  It takes `key` over, also when it fails.  NULL for a public
 * key and on a fault.  The caller frees it.
 */
struct jws_signer *jws_signer_new(struct jwk *key, const char *typ)
    __attribute__((warn_unused_result));

const struct jwk *jws_signer_key(const struct jws_signer *s);

void jws_signer_free(struct jws_signer *s);

/*
 * Append the token over the `len` bytes of JSON at `claims` to `out`.  0, or
 * -1 on a fault, which is logged, or when the token would exceed JWS_MAX.
 */
int jws_sign(const struct jws_signer *s, const char *claims, size_t len,
    struct buf *out) __attribute__((warn_unused_result));

/*
 * What a token has to be besides well signed.
 *
 * typ: compared without regard to case, and "application/" before the token's
 * is allowed (RFC 7515, 4.1.9; RFC 9068, 4).  NULL takes any type: only for a
 * set whose keys sign nothing else.
 *
 * lax: for clients' assertions (RFC 7523), whose makers often say less.  A
 * token without "typ", or with "JWT", is well too, and one without "kid" is
 * checked with each of the set's keys for its algorithm.
 */
struct jws_rule {
	const char *typ;
	bool lax;
};

/*
 * What the `len` bytes at `token` say, unverified: good for finding out whose
 * keys to verify them with, and for nothing else.  False when they are not a
 * token.
 */
bool jws_peek(const char *token, size_t len, struct arena *a,
    struct json_object **header, struct json_object **claims)
    __attribute__((warn_unused_result));

/*
 * Verify the `len` bytes at `token`.
 *
 * The header is believed in nothing: "kid" picks a key of `set`, and "alg"
 * has to be what that key is for.  jwk, jku, x5u, x5c are never looked at.
 * The claims are decoded when the signature has held; they are an object
 * without duplicate members, and belong to the arena.
 *
 * JWS_OK and *claims set, or an error and *claims NULL.
 */
enum jws_error jws_verify(const struct jwks *set, const struct jws_rule *rule,
    const char *token, size_t len, struct arena *a, struct json_object **claims)
    __attribute__((warn_unused_result));

#endif
