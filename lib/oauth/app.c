/* SPDX-License-Identifier: ISC */
#include "oauth/app.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

enum { LOOK_MS = 1000, KEPT_LIMIT = 1024 * 1024 };

struct app *
app_start(const struct program *p, const struct serve_config *c)
{
	struct app *app;

	if ((app = calloc(1, sizeof(*app))) == NULL ||
	    (app->db = db_new(c->dsn, p->name, c->group)) == NULL) {
		free(app);
		return NULL;
	}
	app->records = app->db;
	return app;
}

struct app *
app_start_apart(const struct program *p, const struct serve_config *c)
{
	struct app *app = app_start(p, c);

	if (app == NULL || c->audit_dsn == NULL)
		return app;
	/* not of the group, which has the other connection's calls */
	if ((app->records = db_new(c->audit_dsn, p->name, NULL)) != NULL)
		return app;
	app_stop(app);
	return NULL;
}

bool
app_apart(const struct app *app)
{
	return app->records != app->db;
}

void
app_stop(struct app *app)
{
	if (app_apart(app))
		db_free(app->records);
	db_free(app->db);
	arena_free(app->kept);
	free(app);
}

static const struct oerr *
call(struct request *r, struct db *db, const struct db_query *q,
    struct db_args args, struct db_rows *rows)
{
	switch (db_call(db, r->arena, q, args, rows)) {
	case DB_OK:
		return NULL;
	case DB_UNAVAILABLE:
		return &OERR_UNAVAILABLE;
	case DB_FAULT:
		break;
	}
	return &OERR_FAULT;
}

static const struct oerr *
one_row(const struct db_query *q, const struct db_rows *row)
{
	if (row->count == 1)
		return NULL;
	log_event(LOG_ERROR, "not_one_row", "query", q->name, NULL);
	return &OERR_FAULT;
}

const struct oerr *
app_call(struct request *r, const struct db_query *q, struct db_args args,
    struct db_rows *rows)
{
	r->app->called_at = clock_ms();
	return call(r, r->app->db, q, args, rows);
}

const struct oerr *
app_call_row(struct request *r, const struct db_query *q, struct db_args args,
    struct db_rows *row)
{
	const struct oerr *e;

	if ((e = app_call(r, q, args, row)) != NULL)
		return e;
	return one_row(q, row);
}

const struct oerr *
app_record_row(struct request *r, const struct db_query *q, struct db_args args,
    struct db_rows *row)
{
	if (call(r, r->app->records, q, args, row) != NULL ||
	    one_row(q, row) != NULL)
		return &OERR_UNAVAILABLE;
	return NULL;
}

const struct oerr *
app_outcome(const struct db_rows *row, const char *good)
{
	const char *outcome = row_text(row, 0, 0);

	return outcome != NULL && strcmp(outcome, good) == 0
		   ? NULL
		   : oerr_by_code(outcome);
}

const struct oerr *
app_call_outcome(struct request *r, const struct db_query *q,
    struct db_args args, const char *good, struct db_rows *row)
{
	const struct oerr *e;

	if ((e = app_call_row(r, q, args, row)) != NULL)
		return e;
	return app_outcome(row, good);
}

enum {
	S_CHANGE,
	S_ISSUER,
	S_SERVICE_NAME,
	S_SESSION,
	S_CACHE,
	S_REMOTE_USER,
	S_PREPARED,
	S_OFFLINE,
	S_GUARD_AUDIT,
	S_ALGORITHM,
	S_COLUMNS
};

static const struct db_query server_read = { "server_read",
	"select change, issuer, service_name, session_absolute_seconds, "
	"cache_seconds, remote_user, prepared_statements, "
	"guard_offline_seconds, guard_audit, signing_algorithm "
	"from gatepost.server_read()",
	0, S_COLUMNS, DB_ALONE };

static void
settings_take(struct settings *s, struct arena *kept, const struct db_rows *row)
{
	const char *audit = row_text(row, 0, S_GUARD_AUDIT);

	s->change = row_int(row, 0, S_CHANGE);
	s->issuer = arena_strdup(kept, row_text(row, 0, S_ISSUER));
	s->service_name = arena_strdup(kept, row_text(row, 0, S_SERVICE_NAME));
	s->session_absolute_seconds = (int)row_int(row, 0, S_SESSION);
	s->cache_seconds = (int)row_int(row, 0, S_CACHE);
	s->remote_user = row_bool(row, 0, S_REMOTE_USER);
	s->guard_offline_seconds = (int)row_int(row, 0, S_OFFLINE);
	s->guard_synchronous = strcmp(audit, "synchronous") == 0;
	s->signing_algorithm =
	    arena_strdup(kept, row_text(row, 0, S_ALGORITHM));
}

static const struct oerr *
settings_read(struct request *r)
{
	struct app *app = r->app;
	struct settings read;
	struct db_rows row;
	const struct oerr *e;
	struct arena *kept;

	if ((e = app_call_row(r, &server_read, DB_NO_ARGS, &row)) != NULL)
		return e;
	if (row_text(&row, 0, S_ISSUER) == NULL) {
		log_event(LOG_ERROR, "no_issuer", NULL);
		return &OERR_FAULT;
	}
	kept = arena_within(r->arena, KEPT_LIMIT);
	settings_take(&read, kept, &row);
	arena_keep(kept);
	app->settings = read;
	arena_free(app->kept);
	app->kept = kept;
	app->looked_at = app->called_at;
	db_prepare(app->db, row_bool(&row, 0, S_PREPARED));
	db_prepare(app->records, row_bool(&row, 0, S_PREPARED));
	return NULL;
}

const struct oerr *
app_saw(struct request *r, int64_t change)
{
	if (r->app->settings.issuer == NULL ||
	    r->app->settings.change != change)
		return settings_read(r);
	r->app->looked_at = r->app->called_at;
	return NULL;
}

const struct oerr *
app_fresh(struct request *r)
{
	static const struct db_query look = { "server_change",
		"select counter from gatepost.server_change()", 0, 1,
		DB_ALONE };
	struct db_rows row;
	const struct oerr *e;

	if (r->app->settings.issuer == NULL)
		return settings_read(r);
	if (clock_ms() - r->app->looked_at < LOOK_MS)
		return NULL;
	if ((e = app_call_row(r, &look, DB_NO_ARGS, &row)) != NULL)
		return e;
	return app_saw(r, row_int(&row, 0, 0));
}

const struct oerr *
app_refused(struct request *r, const struct oerr *e, const char *client_id)
{
	static const struct db_query record = { "refusal_record",
		"select recorded from gatepost.refusal_record($1, $2, $3)", 3,
		1, DB_ALONE };
	const struct db_args args = DB_ARGS(e->code, client_id, r->address);
	struct db_rows row;

	/* what the database's absence made us say, it cannot record */
	if (e->status >= 500)
		return e;
	return app_record_row(r, &record, args, &row) == NULL
		   ? e
		   : &OERR_UNAVAILABLE;
}

char *
app_url(struct request *r, const char *path)
{
	return arena_printf(r->arena, "%s%s", r->app->settings.issuer, path);
}

struct page *
app_page(struct request *r)
{
	struct page *p = page_new(r);

	page_set(p, "service", r->app->settings.service_name);
	return p;
}
