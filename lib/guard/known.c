/* SPDX-License-Identifier: ISC */
#include "guard/known.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"

/*
 * Entries that have expired leave memory when all are read anew, in ms.
 * Nothing is decided by it.
 */
enum { LOOK_MS = 1000, RELOAD_MS = 10 * 60 * 1000 };

/* How many rows guard_revocations() answers with at most. */
enum { REVOCATIONS_PAGE = 10000 };
enum { SITE_LIMIT = 32 * 1024 * 1024 };

enum { G_ISSUER, G_KEYS, G_RESOURCES, G_COLUMNS };

static const struct db_query guard_read = { "guard_read",
	"select issuer, keys, resources from gatepost.guard_read()", 0,
	G_COLUMNS, DB_ALONE };

enum { R_CHANGE, R_KIND, R_SUBJECT, R_REVOKED_AT, R_COLUMNS };

static const struct db_query guard_revocations = { "guard_revocations",
	"select change, kind, subject, revoked_at "
	"from gatepost.guard_revocations($1)",
	1, R_COLUMNS, DB_ALONE };

int
known_init(struct known *k)
{
	*k = (struct known){ .site_change = -1, .revoked_change = -1 };
	return (k->cache = tokencache_new()) != NULL ? 0 : -1;
}

void
known_free(struct known *k)
{
	tokencache_free(k->cache);
	revoked_free(k->set);
	arena_free(k->kept);
}

/* Take the site over.  A key that is gone must not go on verifying. */
static void
site_take(struct known *k, struct arena *kept, const struct site *site,
    const char *keys)
{
	if (k->site == NULL || strcmp(k->keys, keys) != 0 ||
	    strcmp(k->site->issuer, site->issuer) != 0)
		tokencache_flush(k->cache);
	arena_free(k->kept);
	k->kept = kept;
	k->site = site;
	k->keys = keys;
}

static const struct oerr *
site_look(struct known *k, struct request *r)
{
	int64_t change = r->app->settings.change;
	const struct site *site;
	const struct oerr *e;
	struct db_rows row;
	struct arena *kept;
	const char *keys;

	if (k->site_change == change)
		return NULL;
	if ((e = app_call_row(r, &guard_read, DB_NO_ARGS, &row)) != NULL)
		return e;
	for (int i = 0; i < G_COLUMNS; i++)
		if (row_text(&row, 0, i) == NULL)
			return &OERR_FAULT;
	kept = arena_within(r->arena, SITE_LIMIT);
	keys = arena_strdup(kept, row_text(&row, 0, G_KEYS));
	site = site_read(kept, r->arena, row_text(&row, 0, G_ISSUER), keys,
	    row_text(&row, 0, G_RESOURCES));
	if (site == NULL)
		return &OERR_FAULT;
	arena_keep(kept);
	site_take(k, kept, site, keys);
	k->site_change = change;
	return NULL;
}

/* The newest counts only when all are in the set. */
static int
add_all(struct revoked *set, const struct db_rows *rows, int64_t *after)
{
	int64_t newest = *after;
	const char *subject;

	for (int i = 0; i < rows->count; i++) {
		subject = row_text(rows, i, R_SUBJECT);
		if (revoked_add(set, row_text(rows, i, R_KIND),
			subject != NULL ? subject : "",
			row_int(rows, i, R_REVOKED_AT)) == -1)
			return -1;
		if (row_int(rows, i, R_CHANGE) > newest)
			newest = row_int(rows, i, R_CHANGE);
	}
	*after = newest;
	return 0;
}

/*
 * Read the entries after `after` into `set`, in as many answers as they take.
 * Numbers become visible in their order, so none is missed that comes later
 * with a lower one.
 */
static const struct oerr *
revoked_read(struct request *r, struct revoked *set, int64_t *after)
{
	const struct oerr *e;
	struct db_rows rows;

	do {
		const struct db_args args = DB_ARGS(arg_int(r->arena, *after));

		if ((e = app_call(r, &guard_revocations, args, &rows)) != NULL)
			return e;
		if (add_all(set, &rows, after) == -1)
			return &OERR_FAULT;
	} while (rows.count == REVOCATIONS_PAGE);
	return NULL;
}

static void
release(void *set)
{
	revoked_free(*(struct revoked **)set);
}

/* All of them, which also forgets what has expired. */
static const struct oerr *
revoked_reload(struct known *k, struct request *r)
{
	struct revoked **set = arena_alloc(r->arena, sizeof(*set));
	const struct oerr *e;
	int64_t newest = 0;

	arena_defer(r->arena, release, set);
	if ((*set = revoked_new()) == NULL)
		return &OERR_UNAVAILABLE;
	if ((e = revoked_read(r, *set, &newest)) != NULL)
		return e;
	revoked_free(k->set);
	k->set = *set;
	k->revoked = *set;
	*set = NULL;
	k->revoked_after = newest;
	k->reloaded_at = clock_ms();
	return NULL;
}

static const struct oerr *
revoked_look(struct known *k, struct request *r)
{
	int64_t change = r->app->settings.change;
	const struct oerr *e;

	/* a lower number: another database, or one that was restored */
	if (k->set == NULL || change < k->revoked_change ||
	    clock_ms() - k->reloaded_at >= RELOAD_MS)
		e = revoked_reload(k, r);
	else if (change != k->revoked_change)
		e = revoked_read(r, k->set, &k->revoked_after);
	else
		return NULL;
	if (e == NULL)
		k->revoked_change = change;
	return e;
}

/*
 * Look at everything.  What takes long is left for the next time, so that
 * the request which happened to look has its answer in 5 s whatever comes.
 */
static const struct oerr *
look(struct request *r, void *ctx)
{
	struct known *k = ctx;
	int64_t start = clock_ms();
	const struct oerr *e;

	if ((e = app_fresh(r)) != NULL)
		return e;
	if (clock_ms() - start > PATIENCE_MS)
		return &OERR_UNAVAILABLE;
	if ((e = revoked_look(k, r)) != NULL)
		return e;
	if (clock_ms() - start > PATIENCE_MS)
		return &OERR_UNAVAILABLE;
	if ((e = site_look(k, r)) != NULL)
		return e;
	k->good_at = r->app->looked_at;
	return NULL;
}

const struct oerr *
known_fresh(struct known *k, struct patience *p)
{
	const struct oerr *e;
	int64_t age;

	if (k->site != NULL && clock_ms() - k->good_at < LOOK_MS)
		return NULL;
	e = patience_do(p, look, k);
	if (e == NULL)
		return NULL;
	if (e != &OERR_UNAVAILABLE) {
		log_event(LOG_ERROR, "site_unknown", NULL);
		return e;
	}
	age = clock_ms() - k->good_at;
	if (k->site == NULL || k->set == NULL ||
	    age > (int64_t)p->app->settings.guard_offline_seconds * 1000)
		return &OERR_UNAVAILABLE;
	return NULL;
}
