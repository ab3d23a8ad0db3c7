/* SPDX-License-Identifier: ISC */
#include "guard/verdict.h"

#include <string.h>

#include "http/response.h"
#include "oauth/challenge.h"

const struct oerr VERDICT_NO_TOKEN = { "invalid_token", 401,
	"an access token is needed" };
const struct oerr VERDICT_PATH = { "invalid_request", 400,
	"the path is not in its plain form" };
const struct oerr VERDICT_MALFORMED = { "invalid_request", 400,
	"the method or an MCP header is malformed" };
const struct oerr VERDICT_UNKNOWN = { "access_denied", 403,
	"no protected resource is known here" };
const struct oerr VERDICT_ORIGIN = { "access_denied", 403,
	"pages of this origin may not call here" };
const struct oerr VERDICT_NEVER = { "access_denied", 403,
	"no scope allows this request" };
const struct oerr VERDICT_FORGED = { "invalid_request", 400,
	"the request has a header that only this server may set" };
const struct oerr VERDICT_PREFLIGHT = { "preflight", 204,
	"a browser asked what it may send" };

enum role { AUTHORIZER, SUBREQUEST, QUESTION, ANSWER };

static enum role
role_of(const struct request *r)
{
	const char *role = request_env(r, "FCGI_ROLE");
	const char *answer = request_env(r, "GATEPOST_ANSWER");

	if (role != NULL && strcmp(role, "AUTHORIZER") == 0)
		return AUTHORIZER;
	if (answer == NULL)
		return SUBREQUEST;
	return strcmp(answer, "later") == 0 ? QUESTION : ANSWER;
}

bool
verdict_is_answer(const struct request *r)
{
	return role_of(r) == ANSWER;
}

void
verdict_pass(struct request *r, const struct verdict *v)
{
	const struct {
		const char *variable, *header, *value;
	} told[] = {
		{ "Variable-GATEPOST_SUB", "X-Gatepost-Sub", v->token.subject },
		{ "Variable-GATEPOST_CLIENT_ID", "X-Gatepost-Client-Id",
		    v->token.client_id },
		{ "Variable-GATEPOST_SCOPE", "X-Gatepost-Scope",
		    v->token.scope_text },
		{ "Variable-GATEPOST_GRANT_ID", "X-Gatepost-Grant-Id",
		    v->token.grant_id },
		/* not _RESOURCE: lighttpd would join it to the one it has */
		{ "Variable-GATEPOST_AUDIENCE", "X-Gatepost-Audience",
		    v->resource->uri },
		{ "Variable-GATEPOST_RESOURCE_METADATA",
		    "X-Gatepost-Resource-Metadata", v->resource->metadata },
		{ "Variable-GATEPOST_ORIGIN", "X-Gatepost-Origin", v->origin },
	};
	enum role role = role_of(r);

	if (role == ANSWER) {
		verdict_refuse(r, v, &OERR_UNAVAILABLE);
		return;
	}
	response_start(r, 200, NULL);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (told[i].value != NULL)
			response_header(r,
			    role == AUTHORIZER ? told[i].variable
					       : told[i].header,
			    told[i].value);
}

/* RFC 6750, 3: who sent no token is told no error. */
static void
challenge(struct request *r, const struct verdict *v, const struct oerr *e)
{
	const struct accesstoken *t = &v->token;
	struct challenge c = {
		.scope = v->resource->default_scope,
		.resource_metadata = v->resource->metadata,
	};

	if (e != &VERDICT_NO_TOKEN) {
		c.error = e->code;
		c.description = e->text;
	}
	if (e == &OERR_INSUFFICIENT_SCOPE)
		c.scope = challenge_scope(r->arena, t->scope, t->n_scope,
		    v->needs.scopes, v->needs.n);
	response_header(r, "WWW-Authenticate", challenge_text(r->arena, &c));
}

/* Fetch, "CORS protocol": what a page of that origin may see. */
static void
cors(struct request *r, const struct verdict *v)
{
	response_header(r, "Access-Control-Allow-Origin", v->origin);
	response_header(r, "Vary", "Origin");
	response_header(r, "Access-Control-Expose-Headers",
	    "WWW-Authenticate, Mcp-Session-Id");
}

static void
preflight(struct request *r)
{
	response_start(r, role_of(r) == SUBREQUEST ? 403 : 204, NULL);
	response_header(
	    r, "Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS");
	response_header(r, "Access-Control-Allow-Headers",
	    "Authorization, Content-Type, Accept, Mcp-Protocol-Version, "
	    "Mcp-Session-Id, Mcp-Method, Mcp-Name, Last-Event-ID");
	response_header(r, "Access-Control-Max-Age", "600");
}

void
verdict_refuse(struct request *r, const struct verdict *v, const struct oerr *e)
{
	if (role_of(r) == QUESTION) {
		response_start(r, 403, NULL);
		return;
	}
	if (e == &VERDICT_PREFLIGHT)
		preflight(r);
	else
		response_error(r, e);
	if (v->resource != NULL &&
	    (e->status == 401 || e == &OERR_INSUFFICIENT_SCOPE))
		challenge(r, v, e);
	if (v->origin != NULL)
		cors(r, v);
}
