/* SPDX-License-Identifier: ISC */

/*
 * Dynamic client registration (RFC 7591) and its management by the client
 * (RFC 7592).  Nothing here opens a connection, whatever a stranger sends.
 */

#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "oauth/app.h"
#include "oauth/bearer.h"
#include "oauth/challenge.h"
#include "oauth/clientmeta.h"
#include "oauth/handle.h"
#include "oauth/statement.h"

enum { P_CLIENT_ID, PARAMS };

static const struct param params[] = {
	[P_CLIENT_ID] = { "client_id", 64, PARAM_ONCE, NULL },
};
static_assert(sizeof(params) / sizeof(params[0]) == PARAMS, "params");

enum { N_OUTCOME, N_CLIENT_ID, N_ISSUED_AT, N_WAIT, N_COLUMNS };

static const struct db_query register_create = { "register_create",
	"select outcome, client_id, issued_at, wait "
	"from gatepost.register_create("
	"$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
	12, N_COLUMNS, DB_ALONE };

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
	3, C_COLUMNS, DB_ALONE };

static const struct db_query register_update = { "register_update",
	"select outcome, client_name, redirect_uris, grant_types, "
	"auth_method, issued_at, metadata "
	"from gatepost.register_update($1, $2, $3, $4, $5, $6, $7, $8, $9)",
	9, C_COLUMNS, DB_ALONE };

static const struct db_query register_delete = { "register_delete",
	"select outcome from gatepost.register_delete($1, $2, $3)", 3, 1,
	DB_ALONE };

static void
refuse(struct request *r, const struct oerr *e)
{
	const struct challenge c = { .error = e->code };

	response_error(r, e);
	if (e == &OERR_INVALID_TOKEN)
		response_header(
		    r, "WWW-Authenticate", challenge_text(r->arena, &c));
}

/* What a client says of itself, and who vouches for that. */
static const struct oerr *
read_metadata(struct request *r, struct statement *s, struct clientmeta *m)
{
	struct json_object *o = json_read(r->arena, r->body, r->body_len);
	const struct oerr *e;

	if ((e = statement_take(r, o, s)) != NULL ||
	    (e = clientmeta_read(r->arena, o, m)) != NULL)
		return e;
	m->more = statement_keep(r->arena, m->more, s);
	return NULL;
}

/* ---- RFC 7591 ---- */

static void
created(struct request *r, const struct clientmeta *m,
    const struct db_rows *row, const char *secret, const char *token)
{
	const struct clientmeta_answer answer = {
		.client_id = row_text(row, 0, N_CLIENT_ID),
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
		.issuer = r->app->settings.issuer,
	};

	response_start(r, 201, "application/json");
	clientmeta_print(&answer, &r->response.body);
}

static const struct oerr *
create(struct request *r, const struct clientmeta *m, const struct statement *s,
    struct db_rows *row)
{
	const bool secretive = clientmeta_has_secret(m->auth_method);
	struct handle_secret secret, token;
	const char *presented = NULL;
	const bool sent =
	    bearer_parse(r->authorization, &presented) != AUTHORIZATION_ABSENT;
	const struct handle access = handle_read(r->arena, presented);
	const struct oerr *e;

	if ((e = handle_new(r->arena, &secret)) != NULL ||
	    (e = handle_new(r->arena, &token)) != NULL)
		return e;
	const struct db_args args = DB_ARGS(m->name,
	    arg_texts(r->arena, m->redirect_uris, m->n_uris),
	    arg_texts(r->arena, m->grant_types, m->n_grants), m->auth_method,
	    secretive ? secret.hash : NULL, token.hash, m->more, r->address,
	    sent ? "t" : "f", access.id, access.hash, s->signer);
	if ((e = app_call_row(r, &register_create, args, row)) != NULL)
		return e;
	if (strcmp(row_text(row, 0, N_OUTCOME), "closed") == 0)
		return &OERR_REGISTRATION_CLOSED;
	if (strcmp(row_text(row, 0, N_OUTCOME), "slow") == 0)
		return &OERR_REGISTRATION_SLOW;
	if ((e = app_outcome(row, "created")) != NULL)
		return e;
	created(r, m, row, secretive ? secret.text : NULL, token.text);
	return NULL;
}

static void
post(struct request *r)
{
	struct clientmeta *m = arena_alloc(r->arena, sizeof(*m));
	const struct oerr *e;
	struct statement s;
	struct db_rows row;

	if ((e = app_fresh(r)) == NULL && (e = request_fault(r)) == NULL)
		e = read_metadata(r, &s, m);
	if (e != NULL)
		refuse(r, app_refused(r, e, NULL));
	else if ((e = create(r, m, &s, &row)) != NULL)
		refuse(r, e);
	if (e == &OERR_REGISTRATION_SLOW)
		response_header(r, "Retry-After", row_text(&row, 0, N_WAIT));
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
		.issuer = r->app->settings.issuer,
	};

	response_start(r, 200, "application/json");
	clientmeta_print(&answer, &r->response.body);
}

/* A call that needs no more than that.  False: it was refused, and answered. */
static bool
manage(struct request *r, const struct db_query *q, const char *good,
    struct managed *m, struct db_rows *row)
{
	const struct oerr *e;

	if ((e = managed_read(r, m)) != NULL)
		e = app_refused(r, e, r->value[P_CLIENT_ID]);
	else
		e = app_call_outcome(r, q,
		    DB_ARGS(m->client_id, m->token_hash, r->address), good,
		    row);
	if (e != NULL)
		refuse(r, e);
	return e == NULL;
}

static void
get(struct request *r)
{
	struct managed m;
	struct db_rows row;

	if (manage(r, &register_read, "ok", &m, &row))
		shown(r, &m, &row);
}

/* RFC 7592, 2.2: the document names its client, and may name its secret. */
static const struct oerr *
update_read(struct request *r, const struct managed *m, struct statement *s,
    struct clientmeta *meta)
{
	const struct oerr *e;

	if ((e = read_metadata(r, s, meta)) != NULL)
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
	struct statement s;
	struct managed m;
	struct db_rows row;

	if ((e = managed_read(r, &m)) != NULL ||
	    (e = update_read(r, &m, &s, meta)) != NULL) {
		refuse(r, app_refused(r, e, r->value[P_CLIENT_ID]));
		return;
	}
	const struct db_args args = DB_ARGS(m.client_id, m.token_hash,
	    arg_sha256(r->arena, meta->client_secret), meta->name,
	    arg_texts(r->arena, meta->redirect_uris, meta->n_uris),
	    arg_texts(r->arena, meta->grant_types, meta->n_grants), meta->more,
	    r->address, s.signer);
	if ((e = app_call_outcome(
		 r, &register_update, args, "updated", &row)) != NULL)
		refuse(r, e);
	else
		shown(r, &m, &row);
}

static void
remove_client(struct request *r)
{
	struct managed m;
	struct db_rows row;

	if (manage(r, &register_delete, "deleted", &m, &row))
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
