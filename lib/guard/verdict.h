/* SPDX-License-Identifier: ISC */
#ifndef GUARD_VERDICT_H
#define GUARD_VERDICT_H

#include "guard/site.h"
#include "http/request.h"
#include "oauth/accesstoken.h"
#include "oauth/rule.h"

/*
 * What the guard answers.  As a FastCGI authorizer (FastCGI 1.0, 6.3): 200
 * with variables for the protected server, or the answer that the client
 * gets.
 *
 * As a responder it serves servers that ask by a subrequest and look only at
 * the status (nginx, auth_request): 200 and X-Gatepost-* headers, or a
 * refusal.  They take every 2xx for leave, so there a preflight is refused.
 *
 * They drop the body of a refusal, double its challenge, and log what is
 * neither 401 nor 403, with the query.  So their configuration has it ask
 * twice, and says so in the variable GATEPOST_ANSWER: "later" in the
 * subrequest, where every refusal is a bare 403; anything else, by custom
 * "now", when after that it asks for what the client is to get.  That is
 * never 200, and is not recorded again.
 */

/* Refusals of the guard alone. */
extern const struct oerr VERDICT_NO_TOKEN;  /* 401 */
extern const struct oerr VERDICT_PATH;      /* 400: not plain */
extern const struct oerr VERDICT_MALFORMED; /* 400: no rule can be held to it */
extern const struct oerr VERDICT_UNKNOWN;   /* 403: not a guarded place */
extern const struct oerr VERDICT_ORIGIN;    /* 403 */
extern const struct oerr VERDICT_NEVER;     /* 403: no scope would do */
extern const struct oerr VERDICT_FORGED;    /* 400: a header of ours */
extern const struct oerr VERDICT_PREFLIGHT; /* 204: the answer is ours */

/* What has come to light of a request while it was judged. */
struct verdict {
	const struct site_resource *resource; /* NULL: not known */
	const char *origin; /* of the browser's page, if it may call, or "*" */
	struct accesstoken token; /* grant_id is NULL: no such token */
	struct rule_answer needs;
	const char *why; /* for the audit record; NULL: the error says it */
};

/* Whether this is asked for what was decided, and recorded, before. */
bool verdict_is_answer(const struct request *r);

/* Let the request pass: 200, unless this is asked for the answer. */
void verdict_pass(struct request *r, const struct verdict *v);

/*
 * Refuse it: a JSON body as everywhere, a challenge on 401 and for too
 * little scope (RFC 6750, 3; RFC 9728, 5.1; MCP, authorization), and what a
 * browser needs to show both to a page that may call.
 */
void verdict_refuse(
    struct request *r, const struct verdict *v, const struct oerr *e);

#endif
