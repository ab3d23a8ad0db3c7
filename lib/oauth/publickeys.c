/* SPDX-License-Identifier: ISC */
#include "oauth/publickeys.h"

#include <string.h>
#include <time.h>

#include "oauth/app.h"

enum { C_CHANGE, C_KEYS, COLUMNS };

static const struct db_query jwks_read = { "jwks_read",
	"select change, keys from gatepost.jwks_read()", 0, COLUMNS };

static struct {
	struct jwks *set;
	int64_t change;
} keys;

static const struct oerr *
keys_fresh(struct request *r)
{
	const struct oerr *e;
	struct db_rows row;
	struct jwks *set;
	const char *text;

	if ((e = app_fresh(r)) != NULL)
		return e;
	if (keys.set != NULL && keys.change == r->app->settings.change)
		return NULL;
	if ((e = app_call_row(r, &jwks_read, DB_NO_ARGS, &row)) != NULL)
		return e;
	text = row_text(&row, 0, C_KEYS);
	if ((set = jwks_parse(r->arena, text, strlen(text))) == NULL)
		return &OERR_FAULT;
	jwks_free(keys.set);
	keys.set = set;
	keys.change = row_int(&row, 0, C_CHANGE);
	return NULL;
}

const struct oerr *
publickeys_read_token(
    struct request *r, const char *token, struct accesstoken *t, bool *valid)
{
	const struct oerr *e;

	if ((e = keys_fresh(r)) != NULL)
		return e;
	const struct accesstoken_rule rule = {
		.issuer = r->app->settings.issuer,
		.now = (int64_t)time(NULL),
	};
	*valid = accesstoken_read(keys.set, token, strlen(token), &rule,
		     r->arena, t) == ACCESSTOKEN_OK;
	return NULL;
}
