/* SPDX-License-Identifier: ISC */

/*
 * Introspection (RFC 7662) of access tokens, for resource servers that would
 * rather ask than check.  Each may ask about tokens for itself; all others,
 * refresh tokens too, are not active for it.
 *
 * It may read a standby.  Then GATEPOST_AUDIT_DSN leads to the primary, where
 * each answer is recorded before it is given.
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
	"select outcome, username from gatepost.introspect_token(array[%])",
	CLIENTAUTH_ARGS + 7, COLUMNS,
	"row(" CLIENTAUTH_SQL "$12, $13, $14, $15, $16, $17, $18)"
	"::gatepost.introspect_call" };

static const struct db_query introspect_judge = { "introspect_judge",
	"select outcome, username from gatepost.introspect_judge("
	"$1, $2, $3, $4, $5, $6, $7, $8, $9)",
	9, COLUMNS, DB_ALONE };

static const struct db_query introspect_record = { "introspect_record",
	"select outcome from gatepost.introspect_record("
	"$1, $2, $3, $4, $5, $6, $7, $8)",
	8, 1, DB_ALONE };

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

/* What is asked, and what was decided. */
struct question {
	struct clientauth client;
	struct accesstoken token;
	const char *valid, *issued_at; /* as arguments */
	const char *outcome, *username;
};

typedef const struct oerr *ask_at(struct request *r, const struct db_query *q,
    struct db_args args, struct db_rows *rows);

/* Judged and recorded by one statement. */
static const struct oerr *
ask(struct request *r, struct question *q, ask_at *at)
{
	const struct accesstoken *t = &q->token;
	const struct db_args args = DB_ARGS(CLIENTAUTH_VALUES(&q->client),
	    q->valid, t->grant_id, t->client_id, t->subject, t->audience,
	    q->issued_at, r->address);
	const struct oerr *e;
	struct db_rows row;

	if ((e = at(r, &introspect_token, args, &row)) != NULL)
		return e;
	q->outcome = row_text(&row, 0, C_OUTCOME);
	q->username = row_text(&row, 0, C_USERNAME);
	return NULL;
}

/*
 * What a standby finds to hold is recorded by the primary, which may know of a
 * revocation; what it does not is judged there, since a standby may not have
 * heard of the grant yet.
 */
static const struct oerr *
ask_apart(struct request *r, struct question *q)
{
	const struct accesstoken *t = &q->token;
	const struct db_args args = DB_ARGS(q->client.id, q->client.method,
	    q->client.secret_hash, q->valid, t->grant_id, t->client_id,
	    t->subject, t->audience, q->issued_at);
	const struct oerr *e;
	struct db_rows judged, row;

	if ((e = app_call_row(r, &introspect_judge, args, &judged)) != NULL)
		return e;
	if (app_outcome(&judged, "active") != NULL)
		return ask(r, q, app_record_row);
	const struct db_args record = DB_ARGS(q->client.id, q->client.method,
	    q->client.secret_hash, t->grant_id, t->client_id, t->subject,
	    q->issued_at, r->address);
	if ((e = app_record_row(r, &introspect_record, record, &row)) != NULL)
		return e;
	q->outcome = row_text(&row, 0, C_OUTCOME);
	q->username = row_text(&judged, 0, C_USERNAME);
	return NULL;
}

static const struct oerr *
token_read(struct request *r, struct question *q)
{
	const struct oerr *e;
	bool valid;

	if ((e = publickeys_recall_token(
		 r, r->value[P_TOKEN], &q->token, &valid)) != NULL)
		return e;
	q->valid = valid ? "t" : "f";
	q->issued_at = valid ? arg_int(r->arena, q->token.issued_at) : NULL;
	return NULL;
}

/*
 * The primary is asked where the standby cannot tell: that an assertion is used
 * once has to be recorded.
 */
static const struct oerr *
decide(struct request *r, struct question *q)
{
	const bool apart = app_apart(r->app);

	if (apart && q->client.jwt == NULL)
		return ask_apart(r, q);
	return ask(r, q, apart ? app_record_row : app_call_row);
}

/* Anonymous callers learn nothing (RFC 7662, 4). */
static const struct oerr *
caller_check(const struct request *r, const struct clientauth *c)
{
	if (c->secret_hash == NULL && c->jwt == NULL)
		return &OERR_INVALID_CLIENT;
	return r->value[P_TOKEN] == NULL ? &OERR_MISSING_PARAMETER : NULL;
}

static void
post(struct request *r)
{
	struct question q = { 0 };
	const struct oerr *e;

	if ((e = request_fault(r)) != NULL ||
	    (e = clientauth_read(r, &q.client)) != NULL ||
	    (e = caller_check(r, &q.client)) != NULL ||
	    (e = clientauth_verify(r, false, &q.client)) != NULL ||
	    (e = token_read(r, &q)) != NULL || (e = decide(r, &q)) != NULL ||
	    (strcmp(q.outcome, "stale_keys") == 0 &&
		((e = clientauth_verify(r, true, &q.client)) != NULL ||
		    (e = decide(r, &q)) != NULL))) {
		response_error(r, app_refused(r, e, r->value[CLIENTAUTH_ID]));
		return;
	}
	/* a standby may not have the new ones yet; nothing was decided */
	if (strcmp(q.outcome, "stale_keys") == 0)
		response_error(
		    r, app_refused(r, &OERR_INVALID_CLIENT, q.client.id));
	else if (strcmp(q.outcome, "invalid_client") == 0)
		response_error(
		    r, clientauth_refused(r, &q.client, &OERR_INVALID_CLIENT));
	else if (strcmp(q.outcome, "active") == 0)
		active(r, &q.token, q.username);
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
		.start = app_start_apart,
		.stop = app_stop,
	};

	return serve_main(argc, argv, &p);
}
