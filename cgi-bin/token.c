/* SPDX-License-Identifier: ISC */

/*
 * The token endpoint (OAuth 2.1, 4): redeems codes, refreshes, and serves
 * clients on their own behalf.  Each is one statement, which authenticates
 * the client, checks everything, and only then changes anything; then one
 * signature.
 */

#include <assert.h>
#include <string.h>

#include "oauth/app.h"
#include "oauth/clientauth.h"
#include "oauth/handle.h"
#include "oauth/pkce.h"
#include "oauth/resource.h"
#include "oauth/scope.h"
#include "oauth/signing.h"

enum {
	P_GRANT_TYPE = CLIENTAUTH_PARAMS,
	P_CODE,
	P_REDIRECT_URI,
	P_CODE_VERIFIER,
	P_REFRESH_TOKEN,
	P_SCOPE,
	P_RESOURCE,
	PARAMS
};

static const struct param params[] = {
	CLIENTAUTH_TABLE,
	[P_GRANT_TYPE] = { "grant_type", 128, PARAM_ONCE, NULL },
	[P_CODE] = { "code", 256, PARAM_ONCE, NULL },
	[P_REDIRECT_URI] = { "redirect_uri", 0, PARAM_ONCE, NULL },
	[P_CODE_VERIFIER] = { "code_verifier", 512, PARAM_ONCE, NULL },
	[P_REFRESH_TOKEN] = { "refresh_token", 512, PARAM_ONCE, NULL },
	[P_SCOPE] = { "scope", 8192, PARAM_ONCE, NULL },
	/* RFC 8707, 2: one access token has one audience */
	[P_RESOURCE] = { "resource", 0, PARAM_SAME, &OERR_INVALID_TARGET },
};
static_assert(sizeof(params) / sizeof(params[0]) == PARAMS, "params");

/* What each of the three statements answers. */
enum {
	C_OUTCOME,
	C_GRANT_ID,
	C_SUBJECT,
	C_CLIENT_ID,
	C_AUDIENCE,
	C_SCOPE,
	C_GENERATION,
	C_ISSUED_AT,
	C_EXPIRES_IN,
	C_KID,
	C_ROTATE,
	C_CHANGE,
	COLUMNS
};

#define QUERY(name, call, more, n)                                          \
	{                                                                   \
		name,                                                       \
		    "select outcome, grant_id, subject, client_id, "        \
		    "audience, scope, generation, issued_at, expires_in, "  \
		    "kid, rotate, change from gatepost." name "(array[%])", \
		    CLIENTAUTH_ARGS + (n), COLUMNS,                         \
		    "row(" CLIENTAUTH_SQL more ")::gatepost." call          \
	}

static const struct db_query token_redeem = QUERY(
    "token_redeem", "redeem_call", "$12, $13, $14, $15, $16, $17, $18", 7);
static const struct db_query token_refresh =
    QUERY("token_refresh", "refresh_call", "$12, $13, $14, $15, $16, $17", 6);
static const struct db_query token_client_credentials = QUERY(
    "token_client_credentials", "client_credentials_call", "$12, $13, $14", 3);

/* What any of the grants may ask for (RFC 8707, 2.2; RFC 6749, 3.3). */
struct asked {
	struct clientauth client;
	const char *resource; /* NULL: the one that was authorized */
	const char *scope;    /* a text[] argument */
};

static const struct oerr *
asked_read(struct request *r, struct asked *q)
{
	const struct oerr *e;
	const char **scope;
	size_t n;

	if ((e = clientauth_read(r, &q->client)) != NULL ||
	    (e = scope_parse(r->arena, r->value[P_SCOPE], &scope, &n)) !=
		NULL ||
	    (e = resource_parse(
		 r->arena, r->value[P_RESOURCE], &q->resource)) != NULL)
		return e;
	q->scope = arg_texts(r->arena, scope, n);
	return NULL;
}

/* OAuth 2.1, 4.1.3 */
static const struct oerr *
redeem(struct request *r, const struct asked *q, struct db_rows *row)
{
	struct handle code = handle_read(r->arena, r->value[P_CODE]);
	char challenge[PKCE_CHALLENGE_SIZE];
	const char *refresh_hash;
	const struct oerr *e;

	if (r->value[P_CODE] == NULL)
		return &OERR_MISSING_PARAMETER;
	if ((e = pkce_verifier_check(r->value[P_CODE_VERIFIER])) != NULL)
		return e;
	if (code.id == NULL)
		return &OERR_INVALID_GRANT;
	pkce_challenge_of(r->value[P_CODE_VERIFIER], challenge);
	/* the grant will have the code's id */
	if ((e = signing_refresh_hash(r, code.id, &refresh_hash)) != NULL)
		return e;
	return app_call_row(r, &token_redeem,
	    DB_ARGS(CLIENTAUTH_VALUES(&q->client), code.id, code.hash,
		refresh_hash, r->value[P_REDIRECT_URI], challenge, q->resource,
		r->address),
	    row);
}

/* OAuth 2.1, 4.3 */
static const struct oerr *
refresh(struct request *r, const struct asked *q, struct db_rows *row)
{
	struct handle_refresh *t = arena_alloc(r->arena, sizeof(*t));
	const struct oerr *e;
	const char *hash;

	if (r->value[P_REFRESH_TOKEN] == NULL)
		return &OERR_MISSING_PARAMETER;
	if (!handle_parse_refresh(r->value[P_REFRESH_TOKEN], t))
		return &OERR_INVALID_GRANT;
	if ((e = signing_refresh_check(t)) != NULL ||
	    (e = signing_refresh_hash(r, t->uuid, &hash)) != NULL)
		return e;
	return app_call_row(r, &token_refresh,
	    DB_ARGS(CLIENTAUTH_VALUES(&q->client), t->uuid,
		arg_int(r->arena, t->generation), hash, q->scope, q->resource,
		r->address),
	    row);
}

/* OAuth 2.1, 4.2 */
static const struct oerr *
client_credentials(
    struct request *r, const struct asked *q, struct db_rows *row)
{
	return app_call_row(r, &token_client_credentials,
	    DB_ARGS(CLIENTAUTH_VALUES(&q->client), q->scope, q->resource,
		r->address),
	    row);
}

typedef const struct oerr *(*grant_type)(
    struct request *, const struct asked *, struct db_rows *);

static const struct oerr *
grant_type_find(const struct request *r, grant_type *found)
{
	const char *name = r->value[P_GRANT_TYPE];

	if (name == NULL)
		return &OERR_MISSING_PARAMETER;
	*found = strcmp(name, "authorization_code") == 0   ? redeem
		 : strcmp(name, "refresh_token") == 0      ? refresh
		 : strcmp(name, "client_credentials") == 0 ? client_credentials
							   : NULL;
	return *found == NULL ? &OERR_UNSUPPORTED_GRANT_TYPE : NULL;
}

/* NULL when there is a token.  A client that named neither resource nor scope
 * was refused what stands for them, and is told so. */
static const struct oerr *
outcome(const struct request *r, const struct db_rows *row)
{
	const struct oerr *e = app_outcome(row, "issued");

	if (e == &OERR_INVALID_TARGET && r->value[P_RESOURCE] == NULL)
		return &OERR_NO_TARGET;
	if (e == &OERR_INVALID_SCOPE && r->value[P_SCOPE] == NULL)
		return &OERR_NO_SCOPE;
	return e;
}

/* A refresh token of the grant's current generation, if it has one. */
static const struct oerr *
add_refresh_token(struct request *r, const struct db_rows *row, struct buf *b)
{
	const struct oerr *e;
	const char *token;

	if (row_text(row, 0, C_GENERATION) == NULL)
		return NULL;
	if ((e = signing_refresh_token(r, row_text(row, 0, C_GRANT_ID),
		 (int32_t)row_int(row, 0, C_GENERATION), &token)) != NULL)
		return e;
	buf_rawf(b, ",\"refresh_token\":\"%s\"", token);
	return NULL;
}

/* OAuth 2.1, 3.2.3 */
static const struct oerr *
issue(struct request *r, const struct db_rows *row, struct buf *b)
{
	const struct signing_claims claims = {
		.kid = row_text(row, 0, C_KID),
		.audience = row_text(row, 0, C_AUDIENCE),
		.subject = row_text(row, 0, C_SUBJECT),
		.client_id = row_text(row, 0, C_CLIENT_ID),
		.grant_id = row_text(row, 0, C_GRANT_ID),
		.scope = row_text(row, 0, C_SCOPE),
		.issued_at = row_int(row, 0, C_ISSUED_AT),
		.expires_in = row_int(row, 0, C_EXPIRES_IN),
	};
	const struct oerr *e;

	buf_init(b, r->arena);
	buf_raw(b, "{\"access_token\":\"");
	if ((e = signing_access_token(r, &claims, b)) != NULL)
		return e;
	buf_rawf(b,
	    "\",\"token_type\":\"Bearer\",\"expires_in\":%lld,\"scope\":",
	    (long long)claims.expires_in);
	buf_json(b, claims.scope);
	if ((e = add_refresh_token(r, row, b)) == NULL)
		buf_raw(b, "}");
	return e;
}

/*
 * Without a key to sign with, or with others than the client's to verify with,
 * nothing was decided: make one, or read them, and ask again.
 */
static const struct oerr *
decide(struct request *r, grant_type call, struct asked *q, struct db_rows *row)
{
	const struct oerr *e = NULL;

	for (int tries = 0; e == NULL && tries < 3; tries++) {
		e = call(r, q, row);
		if (e == NULL && app_outcome(row, "no_key") == NULL)
			e = signing_renew(r);
		else if (e == NULL && app_outcome(row, "stale_keys") == NULL)
			e = clientauth_prove(r, true, &q->client);
		else
			break;
	}
	return e;
}

static void
post(struct request *r)
{
	const struct oerr *e;
	grant_type call;
	struct asked q;
	struct db_rows row;
	struct buf b;

	if ((e = request_fault(r)) != NULL || (e = asked_read(r, &q)) != NULL ||
	    (e = grant_type_find(r, &call)) != NULL ||
	    (e = signing_ready(r)) != NULL ||
	    (e = clientauth_prove(r, false, &q.client)) != NULL ||
	    (e = decide(r, call, &q, &row)) != NULL) {
		response_error(r, app_refused(r, e, r->value[CLIENTAUTH_ID]));
		return;
	}
	if ((e = outcome(r, &row)) == NULL &&
	    (e = app_saw(r, row_int(&row, 0, C_CHANGE))) == NULL)
		e = issue(r, &row, &b);
	if (e != NULL)
		response_error(r, clientauth_refused(r, &q.client, e));
	else
		response_json(r, 200, b.data);
	if (e == NULL && row_bool(&row, 0, C_ROTATE))
		signing_rotate(r);
}

int
main(int argc, char **argv)
{
	static const struct program p = {
		.name = "token",
		.flags = PROGRAM_CORS,
		.params = params,
		.nparams = PARAMS,
		.post = post,
		.load = signing_load,
		.start = signing_start,
		.stop = app_stop,
	};

	return serve_main(argc, argv, &p);
}
