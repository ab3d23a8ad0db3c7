/* SPDX-License-Identifier: ISC */

/*
 * Introspection (RFC 7662) of access tokens, for resource servers that would
 * rather ask than check.  Each may ask about tokens for itself; all others,
 * refresh tokens too, are not active for it.
 */

#include <assert.h>
#include <string.h>

#include "db/db.h"
#include "oauth/app.h"
#include "oauth/clientauth.h"
#include "oauth/publickeys.h"

enum { P_TOKEN = CLIENTAUTH_PARAMS, P_TOKEN_TYPE_HINT, PARAMS };

static const struct param params[] = {
	CLIENTAUTH_TABLE,
	[P_TOKEN] = { "token", 8192, PARAM_ONCE, NULL },
	[P_TOKEN_TYPE_HINT] = { "token_type_hint", 64, PARAM_ONCE, NULL },
};
static_assert(sizeof(params) / sizeof(params[0]) == PARAMS, "params");

enum { C_OUTCOME, C_USERNAME, COLUMNS };

static const struct db_query introspect_token = { "introspect_token",
	"select outcome, username from gatepost.introspect_token("
	"$1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
	10, COLUMNS };

/* RFC 7662, 2.2 */
static void
active(struct request *r, const struct accesstoken *t, const char *username)
{
	struct buf *b = &r->response.body;

	response_start(r, 200, "application/json");
	buf_raw(b, "{\"active\":true,\"token_type\":\"Bearer\",\"scope\":");
	buf_json(b, t->scope_text);
	buf_raw(b, ",\"client_id\":");
	buf_json(b, t->client_id);
	if (username != NULL) {
		buf_raw(b, ",\"username\":");
		buf_json(b, username);
	}
	buf_raw(b, ",\"sub\":");
	buf_json(b, t->subject);
	buf_raw(b, ",\"aud\":");
	buf_json(b, t->audience);
	buf_raw(b, ",\"iss\":");
	buf_json(b, r->app->settings.issuer);
	buf_raw(b, ",\"jti\":");
	buf_json(b, t->jti);
	buf_rawf(b, ",\"iat\":%lld,\"exp\":%lld}", (long long)t->issued_at,
	    (long long)t->expires_at);
}

static const struct oerr *
ask(struct request *r, const struct clientauth *c, const struct accesstoken *t,
    bool valid, struct db_rows *row)
{
	return app_call_row(r, &introspect_token,
	    DB_ARGS(c->id, c->method, c->secret_hash, valid ? "t" : "f",
		t->grant_id, t->client_id, t->subject, t->audience,
		valid ? arg_int(r->arena, t->issued_at) : NULL, r->address),
	    row);
}

/*
 * Anonymous callers learn nothing (RFC 7662, 4).  Resource servers have
 * secrets, and no keys: that an assertion is used once could not be recorded
 * on a standby.
 */
static const struct oerr *
caller_check(const struct request *r, const struct clientauth *c)
{
	if (c->secret_hash == NULL)
		return &OERR_INVALID_CLIENT;
	return r->value[P_TOKEN] == NULL ? &OERR_MISSING_PARAMETER : NULL;
}

static void
post(struct request *r)
{
	struct accesstoken t = { 0 };
	struct clientauth client;
	const struct oerr *e;
	struct db_rows row;
	const char *outcome;
	bool valid;

	if ((e = request_fault(r)) != NULL ||
	    (e = clientauth_read(r, &client)) != NULL ||
	    (e = caller_check(r, &client)) != NULL ||
	    (e = publickeys_read_token(r, r->value[P_TOKEN], &t, &valid)) !=
		NULL ||
	    (e = ask(r, &client, &t, valid, &row)) != NULL) {
		response_error(r, app_refused(r, e, r->value[CLIENTAUTH_ID]));
		return;
	}
	outcome = row_text(&row, 0, C_OUTCOME);
	if (strcmp(outcome, "invalid_client") == 0)
		response_error(r, &OERR_INVALID_CLIENT);
	else if (strcmp(outcome, "active") == 0)
		active(r, &t, row_text(&row, 0, C_USERNAME));
	else
		response_json(r, 200, "{\"active\":false}");
}

int
main(int argc, char **argv)
{
	static const struct program p = {
		.name = "introspect",
		.params = params,
		.nparams = PARAMS,
		.post = post,
		.start = app_start,
		.stop = app_stop,
	};

	return serve_main(argc, argv, &p);
}
