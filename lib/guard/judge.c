/* SPDX-License-Identifier: ISC */
#include "guard/judge.h"

#include <string.h>
#include <time.h>

#include "base/log.h"
#include "oauth/bearer.h"
#include "oauth/scope.h"

/*
 * A fault may have hidden what is looked at below.  A token in the query is
 * the exception: it is answered like others, so that a page sees it.
 */
static const struct oerr *
readable(const struct request *r)
{
	return r->fault == &OERR_TOKEN_IN_QUERY ? NULL : r->fault;
}

/*
 * What only the guard may tell a backend.  The web server's configuration
 * takes these headers out; one in a spelling that it does not know is refused,
 * since the backend may know it.  Where such a one is no variable, the
 * configuration says that there is one.
 */
static const struct oerr *
forgery_check(const struct request *r)
{
	return request_env_begins(r, "HTTP_X_GATEPOST_") ||
		       request_env(r, "GATEPOST_FORGED") != NULL
		   ? &VERDICT_FORGED
		   : NULL;
}

static const struct oerr *
resource_find(struct request *r, const struct site *site, struct verdict *v)
{
	const char *name = request_env(r, "GATEPOST_RESOURCE");

	if (name != NULL)
		v->resource = site_named(site, r->arena, name);
	else
		v->resource = site_at(site, r->path);
	if (name != NULL && v->resource == NULL)
		log_event(LOG_ERROR, "unknown_resource", "uri", name, NULL);
	return v->resource != NULL ? NULL : &VERDICT_UNKNOWN;
}

static bool
is_preflight(const struct request *r)
{
	return r->method == METHOD_OPTIONS &&
	       request_env(r, "HTTP_ORIGIN") != NULL &&
	       request_env(r, "HTTP_ACCESS_CONTROL_REQUEST_METHOD") != NULL;
}

/*
 * Nothing is guarded at well-known paths, nor is anything there: anybody may
 * hear that.
 */
static const struct oerr *
path_check(const struct request *r, struct verdict *v)
{
	if (!site_well_known(r->path))
		return site_path_plain(r->path) ? NULL : &VERDICT_PATH;
	v->origin = request_env(r, "HTTP_ORIGIN") != NULL ? "*" : NULL;
	return is_preflight(r) ? &VERDICT_PREFLIGHT : &OERR_NOT_FOUND;
}

/* MCP, Streamable HTTP, "Security Warning": against DNS rebinding. */
static const struct oerr *
origin_check(const struct request *r, struct verdict *v)
{
	const char *origin = request_env(r, "HTTP_ORIGIN");

	if (origin == NULL)
		return NULL;
	if (!site_origin(v->resource, origin))
		return &VERDICT_ORIGIN;
	v->origin = origin;
	return is_preflight(r) ? &VERDICT_PREFLIGHT : NULL;
}

/* RFC 9068, 4: all of it each time, the signature aside. */
static const char *
token_fault(struct request *r, const struct known *k, const char *text,
    struct verdict *v)
{
	const struct accesstoken_rule rule = { k->site->issuer, NULL,
		(int64_t)time(NULL) };
	struct accesstoken *t = &v->token;
	enum accesstoken_error e;

	e = tokencache_read(k->cache, k->site->keys, text, &rule, r->arena, t);
	if (e == ACCESSTOKEN_OK && strcmp(t->audience, v->resource->uri) != 0)
		e = ACCESSTOKEN_AUDIENCE;
	if (e != ACCESSTOKEN_OK)
		return accesstoken_error_name(e);
	return revoked_has(k->revoked, t) ? "revoked" : NULL;
}

/* RFC 6750, 3.1 */
static const struct oerr *
token_check(struct request *r, const struct known *k, struct verdict *v)
{
	const char *text;

	if (r->fault != NULL)
		return r->fault;
	switch (bearer_parse(r->authorization, &text)) {
	case AUTHORIZATION_ABSENT:
	case AUTHORIZATION_OTHER:
		v->why = "missing";
		return &VERDICT_NO_TOKEN;
	case AUTHORIZATION_FOUND:
		v->why = token_fault(r, k, text, v);
		return v->why == NULL ? NULL : &OERR_INVALID_TOKEN;
	case AUTHORIZATION_MALFORMED:
	default:
		v->why = "malformed";
		return &OERR_INVALID_TOKEN;
	}
}

/*
 * MCP's headers are the client's word, and HTTP_MCP_METHOD may be a header
 * that it spelt with "_" or ".", which a backend behind a proxy does not see.
 * They count only where the web server says in GATEPOST_MCP_HEADERS that the
 * backend compares them with the body, and that they were spelt as they are.
 * Without that the client speaks an older version.
 */
static const char *
version_believed(const struct request *r)
{
	return request_env(r, "GATEPOST_MCP_HEADERS") != NULL
		   ? request_header(r, "HTTP_MCP_PROTOCOL_VERSION")
		   : NULL;
}

static const struct oerr *
scope_check(struct request *r, struct verdict *v)
{
	const struct rule_request asked = {
		.method = r->method_name,
		.path = r->path,
		.version = version_believed(r),
		.mcp_method = request_header(r, "HTTP_MCP_METHOD"),
		.mcp_name = request_header(r, "HTTP_MCP_NAME"),
	};

	if (v->resource->checks_scope)
		return NULL;
	v->needs = rule_judge(r->arena, &v->resource->rules, &asked);
	if (v->needs.outcome == RULE_MALFORMED)
		return &VERDICT_MALFORMED;
	if (v->needs.outcome != RULE_NEEDS)
		return &VERDICT_NEVER;
	for (size_t i = 0; i < v->needs.n; i++) {
		if (!scope_set_covers(
			v->token.scope, v->token.n_scope, v->needs.scopes[i]))
			return &OERR_INSUFFICIENT_SCOPE;
	}
	return NULL;
}

const struct oerr *
judge_request(struct request *r, const struct known *k, struct verdict *v)
{
	const struct oerr *e;

	if ((e = readable(r)) != NULL || (e = forgery_check(r)) != NULL ||
	    (e = path_check(r, v)) != NULL ||
	    (e = resource_find(r, k->site, v)) != NULL ||
	    (e = origin_check(r, v)) != NULL ||
	    (e = token_check(r, k, v)) != NULL ||
	    (e = scope_check(r, v)) != NULL)
		return e;
	return NULL;
}
