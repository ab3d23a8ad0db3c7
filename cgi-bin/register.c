/* SPDX-License-Identifier: ISC */

/*
 * Dynamic client registration (RFC 7591) and its management by the client
 * (RFC 7592).  Nothing here opens a connection, whatever a stranger sends.
 */

#include <assert.h>
#include <string.h>

#include "oauth/app.h"
#include "oauth/bearer.h"
#include "oauth/challenge.h"
#include "oauth/clientmeta.h"
#include "oauth/handle.h"

enum { P_CLIENT_ID, PARAMS };

static const struct param params[] = {
	[P_CLIENT_ID] = { "client_id", 64, PARAM_ONCE, NULL },
};
static_assert(sizeof(params) / sizeof(params[0]) == PARAMS, "params");

enum { N_OUTCOME, N_CLIENT_ID, N_ISSUED_AT, N_COLUMNS };

static const struct db_query register_create = { "register_create",
	"select outcome, client_id, issued_at from gatepost.register_create("
	"$1, $2, $3, $4, $5, $6, $7, $8)",
	8, N_COLUMNS };

/* What reading and updating answer; deleting, only the first. */
enum {
	C_OUTCOME,
	C_NAME,
	C_REDIRECT_URIS,
	C_GRANT_TYPES,
	C_AUTH_METHOD,
	C_ISSUED_AT,
	C_METADATA,
	C_COLUMNS
};

static const struct db_query register_read = { "register_read",
	"select outcome, client_name, redirect_uris, grant_types, "
	"auth_method, issued_at, metadata "
	"from gatepost.register_read($1, $2, $3)",
	3, C_COLUMNS };

static const struct db_query register_update = { "register_update",
	"select outcome, client_name, redirect_uris, grant_types, "
	"auth_method, issued_at, metadata "
	"from gatepost.register_update($1, $2, $3, $4, $5, $6, $7, $8)",
	8, C_COLUMNS };

static const struct db_query register_delete = { "register_delete",
	"select outcome from gatepost.register_delete($1, $2, $3)", 3, 1 };

static char *
client_uri(struct request *r, const char *client_id)
{
	return arena_printf(r->arena, "%s/oauth2/register?client_id=%s",
	    r->app->settings.issuer, client_id);
}

static void
refuse(struct request *r, const struct oerr *e)
{
	const struct challenge c = { .error = e->code };

	response_error(r, e);
	if (e == &OERR_INVALID_TOKEN)
		response_header(
		    r, "WWW-Authenticate", challenge_text(r->arena, &c));
}

/* ---- RFC 7591 ---- */

static void
created(struct request *r, const struct clientmeta *m,
    const struct db_rows *row, const char *secret, const char *token)
{
	const char *client_id = row_text(row, 0, N_CLIENT_ID);
	const struct clientmeta_answer answer = {
		.client_id = client_id,
		.issued_at = row_int(row, 0, N_ISSUED_AT),
		.secret = secret,
		.auth_method = m->auth_method,
		.name = m->name,
		.redirect_uris =
		    clientmeta_array(r->arena, m->redirect_uris, m->n_uris),
		.grant_types =
		    clientmeta_array(r->arena, m->grant_types, m->n_grants),
		.more = m->more,
		.token = token,
		.uri = client_uri(r, client_id),
	};

	response_start(r, 201, "application/json");
	clientmeta_print(&answer, &r->response.body);
}

static const struct oerr *
create(struct request *r, const struct clientmeta *m)
{
	const bool secretive = clientmeta_has_secret(m->auth_method);
	struct handle_secret secret, token;
	const struct oerr *e;
	struct db_rows row;

	if ((e = handle_new(r->arena, &secret)) != NULL ||
	    (e = handle_new(r->arena, &token)) != NULL)
		return e;
	const struct db_args args = DB_ARGS(m->name,
	    arg_texts(r->arena, m->redirect_uris, m->n_uris),
	    arg_texts(r->arena, m->grant_types, m->n_grants), m->auth_method,
	    secretive ? secret.hash : NULL, token.hash, m->more, r->address);
	if ((e = app_call_row(r, &register_create, args, &row)) != NULL)
		return e;
	if (strcmp(row_text(&row, 0, N_OUTCOME), "closed") == 0)
		return &OERR_REGISTRATION_CLOSED;
	if ((e = app_outcome(&row, "created")) != NULL)
		return e;
	created(r, m, &row, secretive ? secret.text : NULL, token.text);
	return NULL;
}

static void
post(struct request *r)
{
	struct clientmeta *m = arena_alloc(r->arena, sizeof(*m));
	const struct oerr *e;

	if ((e = app_fresh(r)) == NULL && (e = request_fault(r)) == NULL)
		e = clientmeta_read(r->arena, r->body, r->body_len, m);
	if (e != NULL)
		refuse(r, app_refused(r, e, NULL));
	else if ((e = create(r, m)) != NULL)
		refuse(r, e);
}

/* ---- RFC 7592 ---- */

/* The client that a request names, and the token it presents for it. */
struct managed {
	const char *client_id;
	const char *token;
	const char *token_hash;
};

static const struct oerr *
managed_read(struct request *r, struct managed *m)
{
	const struct oerr *e;

	if ((e = app_fresh(r)) != NULL || (e = request_fault(r)) != NULL)
		return e;
	m->client_id = r->value[P_CLIENT_ID];
	if (m->client_id == NULL)
		return &OERR_MISSING_PARAMETER;
	if (bearer_parse(r->authorization, &m->token) != AUTHORIZATION_FOUND)
		return &OERR_INVALID_TOKEN;
	m->token_hash = arg_sha256(r->arena, m->token);
	return NULL;
}

static void
shown(struct request *r, const struct managed *m, const struct db_rows *row)
{
	const struct clientmeta_answer answer = {
		.client_id = m->client_id,
		.issued_at = row_int(row, 0, C_ISSUED_AT),
		.auth_method = row_text(row, 0, C_AUTH_METHOD),
		.name = row_text(row, 0, C_NAME),
		.redirect_uris = row_text(row, 0, C_REDIRECT_URIS),
		.grant_types = row_text(row, 0, C_GRANT_TYPES),
		.more = row_text(row, 0, C_METADATA),
		.token = m->token,
		.uri = client_uri(r, m->client_id),
	};

	response_start(r, 200, "application/json");
	clientmeta_print(&answer, &r->response.body);
}

static void
get(struct request *r)
{
	const struct oerr *e;
	struct managed m;
	struct db_rows row;

	if ((e = managed_read(r, &m)) != NULL) {
		refuse(r, app_refused(r, e, r->value[P_CLIENT_ID]));
		return;
	}
	const struct db_args args =
	    DB_ARGS(m.client_id, m.token_hash, r->address);
	if ((e = app_call_outcome(r, &register_read, args, "ok", &row)) != NULL)
		refuse(r, e);
	else
		shown(r, &m, &row);
}

/* RFC 7592, 2.2: the document names its client, and may name its secret. */
static const struct oerr *
update_read(struct request *r, const struct managed *m, struct clientmeta *meta)
{
	const struct oerr *e;

	e = clientmeta_read(r->arena, r->body, r->body_len, meta);
	if (e != NULL)
		return e;
	return meta->client_id != NULL &&
		       strcmp(meta->client_id, m->client_id) == 0
		   ? NULL
		   : &OERR_INVALID_CLIENT_METADATA;
}

static void
put(struct request *r)
{
	struct clientmeta *meta = arena_alloc(r->arena, sizeof(*meta));
	const struct oerr *e;
	struct managed m;
	struct db_rows row;

	if ((e = managed_read(r, &m)) != NULL ||
	    (e = update_read(r, &m, meta)) != NULL) {
		refuse(r, app_refused(r, e, r->value[P_CLIENT_ID]));
		return;
	}
	const struct db_args args = DB_ARGS(m.client_id, m.token_hash,
	    arg_sha256(r->arena, meta->client_secret), meta->name,
	    arg_texts(r->arena, meta->redirect_uris, meta->n_uris),
	    arg_texts(r->arena, meta->grant_types, meta->n_grants), meta->more,
	    r->address);
	if ((e = app_call_outcome(
		 r, &register_update, args, "updated", &row)) != NULL)
		refuse(r, e);
	else
		shown(r, &m, &row);
}

static void
remove_client(struct request *r)
{
	const struct oerr *e;
	struct managed m;
	struct db_rows row;

	if ((e = managed_read(r, &m)) != NULL) {
		refuse(r, app_refused(r, e, r->value[P_CLIENT_ID]));
		return;
	}
	const struct db_args args =
	    DB_ARGS(m.client_id, m.token_hash, r->address);
	if ((e = app_call_outcome(
		 r, &register_delete, args, "deleted", &row)) != NULL)
		refuse(r, e);
	else
		response_start(r, 204, NULL);
}

int
main(int argc, char **argv)
{
	static const struct program p = {
		.name = "register",
		.flags = PROGRAM_CORS | PROGRAM_JSON,
		.params = params,
		.nparams = PARAMS,
		.get = get,
		.post = post,
		.put = put,
		.delete = remove_client,
		.start = app_start,
		.stop = app_stop,
	};

	return serve_main(argc, argv, &p);
}
