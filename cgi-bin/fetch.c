/* SPDX-License-Identifier: ISC */

/*
 * Reads what clients publish about themselves (OAuth Client ID Metadata
 * Document): the one program that connects to anywhere.  A person who has
 * signed in is sent here with the request that authorize stored, and back to
 * authorize when the document is in the cache; who may be asked for what is
 * the database's to decide.
 */

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "fetch/download.h"
#include "oauth/patience.h"
#include "jose/jwks.h"
#include "oauth/app.h"
#include "oauth/clientmeta.h"
#include "oauth/session.h"

/* Bytes: a document may have 5 KB (Client ID Metadata Document, 6.6). */
enum { CLIENT_MAX = 5 * 1024, KEYS_MAX = 16 * 1024 };

/* Memory for what is done with nobody waiting. */
enum { SCRATCH_MAX = 1024 * 1024 };

enum { P_REQUEST, P_UI_LOCALES, PARAMS };

static const struct param params[] = {
	[P_REQUEST] = { "request", 128, PARAM_ONCE, NULL },
	[P_UI_LOCALES] = { "ui_locales", 8, PARAM_ONCE, NULL },
};
static_assert(sizeof(params) / sizeof(params[0]) == PARAMS, "params");

/* A job: what is to be fetched, and how; who waits for it has a query. */
enum { OUTCOME, URL, KIND, LEASE, ADDRESSES, CA, QUERY, COLUMNS };

static const struct db_query fetch_begin = { "fetch_begin",
	"select outcome, url, 'client' as kind, lease, to_json(addresses), "
	"ca, query from gatepost.fetch_begin($1, $2, $3, $4, $5)",
	5, COLUMNS, DB_ALONE };

static const struct db_query fetch_take = { "fetch_take",
	"select outcome, url, kind, lease, to_json(addresses), ca, "
	"null as query from gatepost.fetch_take()",
	0, COLUMNS, DB_ALONE };

static const struct db_query fetch_client_store = { "fetch_client_store",
	"select outcome from gatepost.fetch_client_store("
	"$1, $2, $3, $4, $5, $6, $7, $8, $9)",
	9, 1, DB_ALONE };

static const struct db_query fetch_keys_store = { "fetch_keys_store",
	"select outcome from gatepost.fetch_keys_store($1, $2, $3, $4)", 4, 1,
	DB_ALONE };

static const struct db_query fetch_fail = { "fetch_fail",
	"select recorded from gatepost.fetch_fail($1, $2, $3, $4)", 4, 1,
	DB_ALONE };

static const char *
max_age(struct arena *a, const struct download *d)
{
	return d->max_age < 0 ? NULL : arg_int(a, d->max_age);
}

/*
 * Record why.  The error is the same whatever that is: who learned more would
 * learn what is in this server's network.
 */
static const struct oerr *
fail(struct request *r, const struct db_rows *job, const char *why)
{
	const struct db_args args = DB_ARGS(row_text(job, 0, URL),
	    row_text(job, 0, KIND), row_text(job, 0, LEASE), why);
	const struct oerr *e;
	struct db_rows row;

	e = app_call_row(r, &fetch_fail, args, &row);
	return e != NULL ? e : &OERR_CLIENT_DOCUMENT;
}

static const struct oerr *
store(struct request *r, const struct db_query *q, struct db_args args)
{
	const struct oerr *e;
	struct db_rows row;

	if ((e = app_call_row(r, q, args, &row)) != NULL)
		return e;
	return strcmp(row_text(&row, 0, OUTCOME), "stored") == 0
		   ? NULL
		   : &OERR_CLIENT_DOCUMENT;
}

static const struct oerr *
take_client(
    struct request *r, const struct db_rows *job, const struct download *d)
{
	struct clientmeta *m = arena_alloc(r->arena, sizeof(*m));
	const struct oerr *e;

	e = clientmeta_read_document(r->arena, d->body, d->len, d->url, m);
	if (e != NULL)
		return fail(r, job, e->code);
	return store(r, &fetch_client_store,
	    DB_ARGS(d->url, row_text(job, 0, LEASE), m->name,
		arg_texts(r->arena, m->redirect_uris, m->n_uris),
		arg_texts(r->arena, m->grant_types, m->n_grants),
		m->auth_method, m->also_public ? "t" : "f", m->more,
		max_age(r->arena, d)));
}

/* RFC 7517, 5: an object.  What is malformed or private in it spoils it. */
static const struct oerr *
take_keys(
    struct request *r, const struct db_rows *job, const struct download *d)
{
	struct jwks *keys = jwks_parse(r->arena, d->body, d->len);
	const bool good =
	    keys != NULL && d->body[strspn(d->body, " \t\r\n")] == '{';

	jwks_free(keys);
	if (!good)
		return fail(r, job, "keys");
	return store(r, &fetch_keys_store,
	    DB_ARGS(d->url, row_text(job, 0, LEASE), d->body,
		max_age(r->arena, d)));
}

static const struct oerr *
fetch(struct request *r, const struct db_rows *job)
{
	const bool client = strcmp(row_text(job, 0, KIND), "client") == 0;
	struct download d = {
		.url = row_text(job, 0, URL),
		.max = client ? CLIENT_MAX : KEYS_MAX,
		.addresses = row_text(job, 0, ADDRESSES),
		.ca = row_text(job, 0, CA),
	};
	const char *why;

	if ((why = download_get(r->arena, &d)) != NULL)
		return fail(r, job, why);
	return client ? take_client(r, job, &d) : take_keys(r, job, &d);
}

/* ---- what a person waits for ---- */

static const struct oerr *
call_begin(struct request *r, struct db_rows *job)
{
	const struct handle session = session_read(r);
	const struct handle request =
	    handle_read(r->arena, r->value[P_REQUEST]);

	return app_call_row(r, &fetch_begin,
	    DB_ARGS(
		session.id, session.hash, request.id, request.hash, r->address),
	    job);
}

/*
 * Somebody else's fetch is waited for by the browser, not by this process: it
 * comes back in a second.
 */
static void
wait(struct request *r)
{
	const char *next =
	    session_url(r, "/oauth2/fetch-client", r->value[P_REQUEST]);
	struct page *p = app_page(r);

	page_say(p, "title", "One moment, please");
	page_set(p, "next", next);
	page_send(p, 200, "wait", NULL);
	response_header(
	    r, "Refresh", arena_printf(r->arena, "1; url=%s", next));
}

static void
back(struct request *r, const struct db_rows *job)
{
	response_redirect(
	    r, arena_printf(r->arena, "%s?%s", app_url(r, "/oauth2/authorize"),
		   row_text(job, 0, QUERY)));
}

static const struct oerr *
refusal(const char *outcome)
{
	if (strcmp(outcome, "deny") == 0)
		return &OERR_CLIENT_DOCUMENT;
	if (strcmp(outcome, "hold") == 0)
		return &OERR_CLIENT_HELD;
	return strcmp(outcome, "slow") == 0 ? &OERR_CLIENT_SLOW
					    : &OERR_REQUEST_GONE;
}

static void
decide(struct request *r, const struct db_rows *job)
{
	const char *outcome = row_text(job, 0, OUTCOME);
	const struct oerr *e;

	if (strcmp(outcome, "login") == 0) {
		response_redirect(
		    r, session_url(r, "/oauth2/login", r->value[P_REQUEST]));
		return;
	}
	if (strcmp(outcome, "wait") == 0) {
		wait(r);
		return;
	}
	if (strcmp(outcome, "fetch") == 0)
		e = fetch(r, job);
	else
		e = strcmp(outcome, "ready") == 0 ? NULL : refusal(outcome);
	if (e != NULL)
		page_error(r, e);
	else
		back(r, job);
}

static void
get(struct request *r)
{
	struct db_rows job;
	const struct oerr *e;

	if ((e = app_fresh(r)) == NULL && (e = request_fault(r)) == NULL &&
	    r->value[P_REQUEST] == NULL)
		e = &OERR_REQUEST_GONE;
	if (e != NULL)
		page_error(r, app_refused(r, e, NULL));
	else if ((e = call_begin(r, &job)) != NULL)
		page_error(r, e);
	else
		decide(r, &job);
}

/* ---- what nobody waits for ---- */

static struct {
	struct patience patience;
	int64_t looked_at;
} idling;

static const struct oerr *
take(struct request *r, void *ctx)
{
	const struct oerr *e;
	struct db_rows job;

	(void)ctx;
	if ((e = app_call_row(r, &fetch_take, DB_NO_ARGS, &job)) != NULL)
		return e;
	return strcmp(row_text(&job, 0, OUTCOME), "fetch") == 0 ? fetch(r, &job)
								: NULL;
}

/* After each answer, and twice a second. */
static void
idle(struct app *app)
{
	const struct oerr *e;

	(void)app;
	if (clock_ms() - idling.looked_at < SERVE_IDLE_MS / 2)
		return;
	idling.looked_at = clock_ms();
	e = patience_do(&idling.patience, take, NULL);
	(void)e; /* recorded or logged; it is tried again */
}

static void
stop(struct app *app)
{
	patience_free(&idling.patience);
	app_stop(app);
}

static struct app *
start(const struct program *p, const struct serve_config *c)
{
	struct app *app;

	if (download_init() == -1 || (app = app_start(p, c)) == NULL ||
	    patience_init(&idling.patience, app, SCRATCH_MAX) == -1)
		return NULL;
	return app;
}

int
main(int argc, char **argv)
{
	static const struct program p = {
		.name = "fetch",
		.params = params,
		.nparams = PARAMS,
		.get = get,
		.load = page_load,
		.start = start,
		.idle = idle,
		.stop = stop,
	};

	return serve_main(argc, argv, &p);
}
