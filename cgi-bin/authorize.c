/* SPDX-License-Identifier: ISC */

/*
 * The authorization endpoint (OAuth 2.1, 4.1.1): checks a client's request,
 * keeps it, and sends the browser on to sign in or to consent.  What the
 * later pages work on is the row that was stored here, never the URL.
 */

#include <assert.h>
#include <string.h>

#include "oauth/app.h"
#include "oauth/authresponse.h"
#include "oauth/pkce.h"
#include "oauth/redirect.h"
#include "oauth/resource.h"
#include "oauth/scope.h"
#include "oauth/session.h"

enum {
	P_CLIENT_ID,
	P_REDIRECT_URI,
	P_STATE,
	P_RESPONSE_TYPE,
	P_RESPONSE_MODE,
	P_REQUEST,
	P_REQUEST_URI,
	P_CODE_CHALLENGE,
	P_CODE_CHALLENGE_METHOD,
	P_SCOPE,
	P_RESOURCE,
	P_UI_LOCALES,
	PARAMS
};

static const struct param params[] = {
	[P_CLIENT_ID] = { "client_id", 0, PARAM_ONCE, NULL },
	[P_REDIRECT_URI] = { "redirect_uri", 0, PARAM_ONCE, NULL },
	[P_STATE] = { "state", 4096, PARAM_ONCE, NULL },
	[P_RESPONSE_TYPE] = { "response_type", 64, PARAM_ONCE, NULL },
	[P_RESPONSE_MODE] = { "response_mode", 64, PARAM_ONCE, NULL },
	[P_REQUEST] = { "request", REQUEST_QUERY_MAX, PARAM_ONCE, NULL },
	[P_REQUEST_URI] = { "request_uri", 0, PARAM_ONCE, NULL },
	[P_CODE_CHALLENGE] = { "code_challenge", 0, PARAM_ONCE, NULL },
	[P_CODE_CHALLENGE_METHOD] = { "code_challenge_method", 64, PARAM_ONCE,
	    NULL },
	[P_SCOPE] = { "scope", 8192, PARAM_ONCE, NULL },
	/* RFC 8707, 2: one access token has one audience */
	[P_RESOURCE] = { "resource", 0, PARAM_SAME, &OERR_INVALID_TARGET },
	/* OpenID Connect Core, 3.1.2.1 */
	[P_UI_LOCALES] = { "ui_locales", 0, PARAM_ONCE, NULL },
};
static_assert(sizeof(params) / sizeof(params[0]) == PARAMS, "params");

enum {
	C_OUTCOME,
	C_ERROR,
	C_SELF_REGISTERED,
	C_REDIRECT_URI,
	C_REDIRECT_HOST,
	C_REQUEST_ID,
	COLUMNS
};

static const struct db_query authorize_request = { "authorize_request",
	"select outcome, error, self_registered, redirect_uri, "
	"redirect_host, request_id "
	"from gatepost.authorize_request(array[%])",
	13, COLUMNS,
	"row($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
	"::gatepost.authorize_call" };

/* A request as the statement takes it. */
struct asked {
	const struct oerr *fault; /* the first, client and redirect aside */
	const char **scope;
	size_t n_scope;
	const char *resource;
	struct handle_secret secret;
};

/* Whether a fault forbids redirecting anywhere (OAuth 2.1, 4.1.2.1). */
static const struct oerr *
unredirectable(const struct request *r)
{
	if (r->fault != NULL)
		return r->fault;
	if (r->value_fault[P_CLIENT_ID] != NULL)
		return r->value_fault[P_CLIENT_ID];
	if (r->value_fault[P_REDIRECT_URI] != NULL)
		return r->value_fault[P_REDIRECT_URI];
	return r->value[P_CLIENT_ID] == NULL ? &OERR_MISSING_PARAMETER : NULL;
}

static const struct oerr *
response_type_check(const struct request *r)
{
	const char *type = r->value[P_RESPONSE_TYPE];
	const char *mode = r->value[P_RESPONSE_MODE];

	if (r->value[P_REQUEST] != NULL)
		return &OERR_REQUEST_OBJECT;
	if (r->value[P_REQUEST_URI] != NULL)
		return &OERR_REQUEST_URI;
	if (type == NULL)
		return &OERR_MISSING_PARAMETER;
	if (strcmp(type, "code") != 0)
		return &OERR_UNSUPPORTED_RESPONSE_TYPE;
	if (mode != NULL && strcmp(mode, "query") != 0)
		return &OERR_UNSUPPORTED_RESPONSE_MODE;
	return NULL;
}

/* All that may be told to the client, in the order of the table. */
static const struct oerr *
check(struct request *r, struct asked *q)
{
	const struct oerr *e;

	if ((e = request_fault(r)) != NULL ||
	    (e = response_type_check(r)) != NULL ||
	    (e = pkce_challenge_check(r->value[P_CODE_CHALLENGE],
		 r->value[P_CODE_CHALLENGE_METHOD])) != NULL ||
	    (e = scope_parse(r->arena, r->value[P_SCOPE], &q->scope,
		 &q->n_scope)) != NULL ||
	    (e = resource_parse(
		 r->arena, r->value[P_RESOURCE], &q->resource)) != NULL)
		return e;
	return NULL;
}

/*
 * What was asked, to ask it again when the client's document is there.  It is
 * written anew from what was understood, so nothing else comes back with it.
 */
static const char *
query_of(const struct request *r)
{
	struct buf b;
	size_t i;

	buf_init(&b, r->arena);
	for (i = 0; i < PARAMS; i++) {
		if (r->value[i] == NULL)
			continue;
		buf_rawf(&b, "%s%s=", b.len > 0 ? "&" : "", params[i].name);
		buf_url(&b, r->value[i]);
	}
	return b.data;
}

static const struct oerr *
store(struct request *r, struct asked *q, struct db_rows *row)
{
	const struct handle session = session_read(r);
	const char *uri = r->value[P_REDIRECT_URI];

	return app_call_row(r, &authorize_request,
	    DB_ARGS(r->value[P_CLIENT_ID], uri,
		uri != NULL ? redirect_match(r->arena, uri) : NULL,
		q->fault != NULL ? q->fault->code : NULL, r->value[P_STATE],
		r->value[P_CODE_CHALLENGE],
		arg_texts(r->arena, q->scope, q->n_scope), q->resource,
		session.id, session.hash, q->secret.hash, r->address,
		query_of(r)),
	    row);
}

/* Where the browser goes next, by what the statement answered. */
static const char *
next_path(const char *outcome)
{
	if (strcmp(outcome, "login") == 0)
		return "/oauth2/login";
	return strcmp(outcome, "fetch") == 0 ? "/oauth2/fetch-client"
					     : "/oauth2/consent";
}

/*
 * A refusal: back to a client that a DBA made; a page for one that made
 * itself, since a redirect would let anybody use this host as a springboard
 * (OAuth 2.1, 7.12.2).
 */
static void
refuse(struct request *r, const struct asked *q, const struct db_rows *row)
{
	const struct oerr *e = q->fault != NULL
				   ? q->fault
				   : oerr_by_code(row_text(row, 0, C_ERROR));

	if (row_bool(row, 0, C_SELF_REGISTERED))
		page_error_from(r, e, row_text(row, 0, C_REDIRECT_HOST));
	else
		authresponse_error(r, row_text(row, 0, C_REDIRECT_URI), e,
		    r->value_fault[P_STATE] == NULL ? r->value[P_STATE] : NULL);
}

static void
go_on(struct request *r, const struct asked *q, const struct db_rows *row,
    const char *path)
{
	response_redirect(
	    r, session_url(r, path,
		   handle_text(r->arena, row_text(row, 0, C_REQUEST_ID),
		       q->secret.text)));
}

static void
get(struct request *r)
{
	const struct oerr *e;
	struct asked q = { 0 };
	struct db_rows row;
	const char *outcome;

	if ((e = app_fresh(r)) != NULL || (e = unredirectable(r)) != NULL) {
		page_error(r, app_refused(r, e, r->value[P_CLIENT_ID]));
		return;
	}
	q.fault = check(r, &q);
	if ((e = handle_new(r->arena, &q.secret)) != NULL ||
	    (e = store(r, &q, &row)) != NULL) {
		page_error(r, e);
		return;
	}
	outcome = row_text(&row, 0, C_OUTCOME);
	if (strcmp(outcome, "unknown_client") == 0)
		page_error(r, &OERR_UNKNOWN_CLIENT);
	else if (strcmp(outcome, "bad_redirect") == 0)
		page_error(r, &OERR_BAD_REDIRECT);
	else if (strcmp(outcome, "refused") == 0)
		refuse(r, &q, &row);
	else
		go_on(r, &q, &row, next_path(outcome));
}

int
main(int argc, char **argv)
{
	static const struct program p = {
		.name = "authorize",
		.params = params,
		.nparams = PARAMS,
		.get = get,
		.load = page_load,
		.start = app_start,
		.stop = app_stop,
	};

	return serve_main(argc, argv, &p);
}
