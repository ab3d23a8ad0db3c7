/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_ACCESSTOKEN_H
#define OAUTH_ACCESSTOKEN_H

#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include "base/arena.h"
#include "jose/jws.h"

/*
 * Access tokens as this server issues them (RFC 9068): what they say, and
 * whether it is to be believed.
 */

/*
 * Why a token is not believed.  Values below JWS_ERRORS are those of enum
 * jws_error; JWS_OK is ACCESSTOKEN_OK.
 */
enum accesstoken_error {
	ACCESSTOKEN_OK = JWS_OK,
	ACCESSTOKEN_ISSUER = JWS_ERRORS, /* not exactly this server */
	ACCESSTOKEN_AUDIENCE,            /* not one, or another one */
	ACCESSTOKEN_EXPIRED,             /* or no exp */
	ACCESSTOKEN_NOT_YET,             /* nbf is to come */
	ACCESSTOKEN_CLAIMS,              /* iat, sub, client_id, jti, scope */
	ACCESSTOKEN_ERRORS
};

/* "ok", "signature", "issuer", "expired", ...: for the audit record. */
const char *accesstoken_error_name(enum accesstoken_error error);

/* What a token says.  Texts and arrays belong to the arena. */
struct accesstoken {
	const char *jti;
	const char *grant_id; /* the UUID before the jti's dot */
	const char *subject;
	const char *client_id;
	const char *audience;
	const char *scope_text; /* "" for none */
	const char **scope;     /* parsed, without duplicates */
	size_t n_scope;
	int64_t issued_at;  /* seconds since the epoch */
	int64_t expires_at; /* the first second when it is not valid */
	int64_t not_before; /* 0: no such claim */
};

/* What a token is checked against. */
struct accesstoken_rule {
	const char *issuer;   /* byte for byte */
	const char *audience; /* byte for byte; NULL: any, but only one */
	int64_t now;          /* seconds since the epoch */
};

/*
 * Check the claims of a token whose signature has held (RFC 9068, 2.2 and 4).
 *
 * Required: iss; aud, a string or an array of one; exp; iat; sub, client_id
 * and jti, the latter as this server makes it: the grant's UUID, a dot, and 1
 * to 64 characters of base64url.  nbf and scope are optional.  Times are
 * whole seconds; sub, client_id and aud are 1 to 2048 printable ASCII
 * characters, so they may stand in a header.
 *
 * ACCESSTOKEN_OK and *t set, or an error and *t all zeros; for EXPIRED and
 * NOT_YET *t is set too, so that the record can say whose token it was.
 */
enum accesstoken_error accesstoken_check(struct json_object *claims,
    const struct accesstoken_rule *rule, struct arena *a, struct accesstoken *t)
    __attribute__((warn_unused_result));

/*
 * Whether a token that was read before is within its time now: OK, EXPIRED
 * or NOT_YET.
 */
enum accesstoken_error accesstoken_timely(const struct accesstoken *t,
    int64_t now) __attribute__((warn_unused_result));

/*
 * The same from the token's own `len` bytes, as bearer_parse found them:
 * signature and typ first (RFC 9068, 4), then the claims.
 */
enum accesstoken_error accesstoken_read(const struct jwks *keys,
    const char *token, size_t len, const struct accesstoken_rule *rule,
    struct arena *a, struct accesstoken *t) __attribute__((warn_unused_result));

/*
 * The id of the account that it is for: its subject, a UUID.  NULL for a
 * client's own token, and for one that could not be read.
 */
const char *accesstoken_account(const struct accesstoken *t);

#endif
