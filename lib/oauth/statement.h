/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_STATEMENT_H
#define OAUTH_STATEMENT_H

#include <json-c/json.h>

#include "http/request.h"

/*
 * Software statements (RFC 7591, 2.3): a JWT in which somebody whom a DBA
 * trusts says what a client is.
 */
struct statement {
	const char *jwt;    /* NULL: there is none */
	const char *signer; /* its "iss" */
};

/*
 * Take the statement in `metadata`, a client's JSON object or NULL, whose keys
 * register's database role reads.  What it says takes the place of what the
 * client says of itself; what it says of itself as a token does not.
 *
 * NULL, also when there is none; UNAPPROVED_SOFTWARE_STATEMENT when its issuer
 * is not trusted here; INVALID_SOFTWARE_STATEMENT when it is none, is not well
 * signed, has expired, or is for another server; or what app_call returns.
 */
const struct oerr *statement_take(
    struct request *r, struct json_object *metadata, struct statement *s)
    __attribute__((warn_unused_result));

/*
 * The JSON object `more` with the statement in it, as the answer must have it
 * (RFC 7591, 3.2.1).  `more` itself when there is none.  After
 * statement_take, which lets nothing through that would have to be escaped.
 */
const char *statement_keep(
    struct arena *a, const char *more, const struct statement *s);

#endif
