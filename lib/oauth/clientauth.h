/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_CLIENTAUTH_H
#define OAUTH_CLIENTAUTH_H

#include "http/request.h"

/*
 * How a client said who it is (RFC 6749, 2.3; OAuth 2.1, 2.4), ready to be
 * arguments of a statement, which knows the registered method and the
 * secret's hash and judges both.
 */
struct clientauth {
	const char *id;
	const char *method; /* none, client_secret_basic, client_secret_post */
	const char *secret_hash; /* a bytea argument; NULL for none */
};

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
 * TWO_AUTH_METHODS (a client_id beside Basic is none, if it is the same);
 * no client_id, a malformed header, another scheme and an assertion, which
 * this server does not take, are INVALID_CLIENT.
 */
const struct oerr *clientauth_read(struct request *r, struct clientauth *c)
    __attribute__((warn_unused_result));

/*
 * Log where a secret came from that was refused: what fail2ban and the like
 * go by.  Nothing when the error is another, or no secret was sent: a client
 * that is not known any more guesses nothing.  Returns the error.
 */
const struct oerr *clientauth_refused(
    const struct request *r, const struct clientauth *c, const struct oerr *e);

#endif
