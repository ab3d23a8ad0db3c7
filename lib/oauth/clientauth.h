/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_CLIENTAUTH_H
#define OAUTH_CLIENTAUTH_H

#include "http/request.h"
#include "oauth/assertion.h"

/*
 * How a client said who it is (RFC 6749, 2.3; OAuth 2.1, 2.4), ready to be
 * arguments of a statement, which knows the registered method, the secret's
 * hash and the version of its keys, and judges them all.
 */
struct clientauth {
	const char *id;
	/* none, client_secret_basic, client_secret_post, private_key_jwt */
	const char *method;
	const char *secret_hash; /* a bytea argument; NULL for none */
	const char *jwt;         /* the assertion, NULL for none */
	const char *keys_version;
	struct assertion assertion; /* once it is verified */
};

/* The arguments of a statement that takes an assertion too begin with these. */
enum { CLIENTAUTH_ARGS = 11 };

#define CLIENTAUTH_SQL                                                 \
	"$1, $2, $3, row($4, $5, $6, $7, $8, $9, $10, $11)::gatepost." \
	"client_assertion, "
#define CLIENTAUTH_VALUES(c)                                                \
	(c)->id, (c)->method, (c)->secret_hash, (c)->assertion.fault,       \
	    (c)->keys_version, (c)->assertion.alg, (c)->assertion.audience, \
	    (c)->assertion.jti_hash, (c)->assertion.expires_at,             \
	    (c)->assertion.issued_at, (c)->assertion.not_before

/*
 * The parameters a client may authenticate with.  The table of a program that
 * asks clients to begins with them:
 *
 *	enum { P_TOKEN = CLIENTAUTH_PARAMS, PARAMS };
 *	static const struct param params[] = {
 *		CLIENTAUTH_TABLE,
 *		[P_TOKEN] = ...
 */
enum {
	CLIENTAUTH_ID,
	CLIENTAUTH_SECRET,
	CLIENTAUTH_ASSERTION,
	CLIENTAUTH_ASSERTION_TYPE,
	CLIENTAUTH_PARAMS
};

#define CLIENTAUTH_TABLE                                                  \
	[CLIENTAUTH_ID] = { "client_id", 0, PARAM_ONCE, NULL },           \
	[CLIENTAUTH_SECRET] = { "client_secret", 512, PARAM_ONCE, NULL }, \
	[CLIENTAUTH_ASSERTION] = { "client_assertion", 8192, PARAM_ONCE,  \
		NULL },                                                   \
	[CLIENTAUTH_ASSERTION_TYPE] = { "client_assertion_type", 128,     \
		PARAM_ONCE, NULL }

/*
 * Read the Authorization header and the form.  Two methods at once are
 * TWO_AUTH_METHODS (a client_id beside Basic or an assertion is none, if it is
 * the same); no client_id, a malformed header, another scheme and what is no
 * assertion are INVALID_CLIENT.  An assertion is not verified yet.
 */
const struct oerr *clientauth_read(struct request *r, struct clientauth *c)
    __attribute__((warn_unused_result));

/*
 * Log where a secret or an assertion came from that was refused: what fail2ban
 * and the like go by.  Nothing when the error is another, or neither was sent:
 * a client that is not known any more guesses nothing.  Returns the error.
 */
const struct oerr *clientauth_refused(
    const struct request *r, const struct clientauth *c, const struct oerr *e);

/*
 * Verify the assertion, if there is one, with the client's keys; with `again`
 * they are read anew, because the statement said "stale_keys".  NULL, or the
 * error to answer with: one of ours.  What does not hold is for the statement
 * to refuse, and to record.
 */
const struct oerr *clientauth_verify(struct request *r, bool again,
    struct clientauth *c) __attribute__((warn_unused_result));

/* The same, but a key that is unknown is asked for where the client's keys come
 * from, and waited for. */
const struct oerr *clientauth_prove(struct request *r, bool again,
    struct clientauth *c) __attribute__((warn_unused_result));

#endif
