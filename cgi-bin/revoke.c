/* SPDX-License-Identifier: ISC */

/*
 * Revocation (RFC 7009).  An access token stands for its grant: ending it
 * ends the refresh token too, and the feed tells the guards.  What is not the
 * caller's, or is no token, is answered like what was revoked (2.2).
 */

#include <assert.h>
#include <string.h>

#include "db/db.h"
#include "oauth/app.h"
#include "oauth/clientauth.h"
#include "oauth/handle.h"
#include "oauth/publickeys.h"

enum { P_TOKEN = CLIENTAUTH_PARAMS, P_TOKEN_TYPE_HINT, PARAMS };

static const struct param params[] = {
	CLIENTAUTH_TABLE,
	[P_TOKEN] = { "token", 8192, PARAM_ONCE, NULL },
	[P_TOKEN_TYPE_HINT] = { "token_type_hint", 64, PARAM_ONCE, NULL },
};
static_assert(sizeof(params) / sizeof(params[0]) == PARAMS, "params");

static const struct db_query revoke_token = { "revoke_token",
	"select outcome from gatepost.revoke_token(" CLIENTAUTH_SQL
	"$12, $13, $14)",
	CLIENTAUTH_ARGS + 3, 1, DB_ALONE };

/* The grant that a token belongs to, as arguments; NULL for none. */
struct revoked {
	const char *grant_id;
	const char *refresh_hash; /* NULL when the grant is proven already */
};

/*
 * A token's form tells its type; the hint is not needed (RFC 7009, 2.1).
 * Whether a refresh token is genuine is told by its secret, whose hash is in
 * the grant's row: this program has no key to check its MAC with.  So each of
 * a grant's refresh tokens will do, superseded ones too.
 */
static const struct oerr *
find(struct request *r, struct revoked *f)
{
	struct handle_refresh *refresh =
	    arena_alloc(r->arena, sizeof(*refresh));
	const struct oerr *e;
	struct accesstoken t;
	bool valid;

	f->grant_id = f->refresh_hash = NULL;
	if (handle_parse_refresh(r->value[P_TOKEN], refresh)) {
		f->grant_id = refresh->uuid;
		f->refresh_hash =
		    arg_bytes(r->arena, refresh->hash, sizeof(refresh->hash));
		return NULL;
	}
	e = publickeys_read_token(r, r->value[P_TOKEN], &t, &valid);
	if (e == NULL && valid)
		f->grant_id = t.grant_id;
	return e;
}

static const struct oerr *
call(struct request *r, const struct clientauth *c, const struct revoked *f,
    const char **outcome)
{
	const struct db_args args = DB_ARGS(
	    CLIENTAUTH_VALUES(c), f->grant_id, f->refresh_hash, r->address);
	const struct oerr *e;
	struct db_rows row;

	if ((e = app_call_row(r, &revoke_token, args, &row)) == NULL)
		*outcome = row_text(&row, 0, 0);
	return e;
}

static const struct oerr *
revoke(struct request *r, struct clientauth *c)
{
	const struct oerr *e;
	const char *outcome;
	struct revoked f;

	if ((e = clientauth_prove(r, false, c)) != NULL ||
	    (e = find(r, &f)) != NULL || (e = call(r, c, &f, &outcome)) != NULL)
		return e;
	if (strcmp(outcome, "stale_keys") == 0 &&
	    ((e = clientauth_prove(r, true, c)) != NULL ||
		(e = call(r, c, &f, &outcome)) != NULL))
		return e;
	/* a client whose keys change again meanwhile has to ask again */
	if (strcmp(outcome, "stale_keys") == 0)
		return app_refused(r, &OERR_INVALID_CLIENT, c->id);
	return strcmp(outcome, "invalid_client") == 0 ? &OERR_INVALID_CLIENT
						      : NULL;
}

static void
post(struct request *r)
{
	struct clientauth client;
	const struct oerr *e;

	if ((e = request_fault(r)) == NULL &&
	    (e = clientauth_read(r, &client)) == NULL &&
	    r->value[P_TOKEN] == NULL)
		e = &OERR_MISSING_PARAMETER;
	if (e != NULL)
		response_error(r, app_refused(r, e, r->value[CLIENTAUTH_ID]));
	else if ((e = revoke(r, &client)) != NULL)
		response_error(r, clientauth_refused(r, &client, e));
	else
		response_json(r, 200, "{}");
}

int
main(int argc, char **argv)
{
	static const struct program p = {
		.name = "revoke",
		.flags = PROGRAM_CORS,
		.params = params,
		.nparams = PARAMS,
		.post = post,
		.start = app_start,
		.stop = app_stop,
	};

	return serve_main(argc, argv, &p);
}
