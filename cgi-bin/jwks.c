/* SPDX-License-Identifier: ISC */

/*
 * The JWK set (RFC 7517, 5): the public keys that verify access tokens.  A
 * new key is here for longer than caches keep this answer before it signs.
 */

#include <string.h>

#include "oauth/app.h"

enum { COLUMN_CHANGE, COLUMN_KEYS, COLUMNS };

static struct {
	struct arena *kept;
	int64_t change;
	const char *body; /* NULL before the first reading */
	bool any;
} jwks;

static const struct db_query jwks_read = { "jwks_read",
	"select change, keys from gatepost.jwks_read()", 0, COLUMNS, DB_ALONE };

static const struct oerr *
read_keys(struct request *r)
{
	const struct oerr *e;
	struct db_rows row;
	struct arena *kept;
	const char *body;

	if (jwks.body != NULL && jwks.change == r->app->settings.change)
		return NULL;
	if ((e = app_call_row(r, &jwks_read, DB_NO_ARGS, &row)) != NULL)
		return e;
	kept = arena_within(r->arena, 256 * 1024);
	body =
	    arena_printf(kept, "{\"keys\":%s}", row_text(&row, 0, COLUMN_KEYS));
	arena_keep(kept);
	arena_free(jwks.kept);
	jwks.change = row_int(&row, 0, COLUMN_CHANGE);
	jwks.body = body;
	jwks.any = strcmp(row_text(&row, 0, COLUMN_KEYS), "[]") != 0;
	jwks.kept = kept;
	return NULL;
}

static void
get(struct request *r)
{
	const struct oerr *e;

	if ((e = request_fault(r)) != NULL || (e = app_fresh(r)) != NULL ||
	    (e = read_keys(r)) != NULL) {
		response_error(r, e);
		return;
	}
	response_json(r, 200, jwks.body);
	/* before the first key there is nothing to be kept */
	if (jwks.any)
		response_cache(r, (unsigned)r->app->settings.cache_seconds);
}

int
main(int argc, char **argv)
{
	static const struct program p = {
		.name = "jwks",
		.flags = PROGRAM_CORS,
		.get = get,
		.start = app_start,
		.stop = app_stop,
	};

	return serve_main(argc, argv, &p);
}
