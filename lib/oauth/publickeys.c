/* SPDX-License-Identifier: ISC */
#include "oauth/publickeys.h"

#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/digest.h"
#include "oauth/app.h"
#include "oauth/tokencache.h"

enum { C_CHANGE, C_KEYS, COLUMNS };

static const struct db_query jwks_read = { "jwks_read",
	"select change, keys from gatepost.jwks_read()", 0, COLUMNS, DB_ALONE };

static struct {
	struct jwks *set;
	uint8_t digest[DIGEST_LEN]; /* of their text and the issuer's */
	int64_t change;
	struct tokencache *cache; /* NULL until a token is to be remembered */
} keys;

/* A key that is gone must not go on verifying, nor what it has verified. */
static const struct oerr *
keys_take(struct request *r, const char *text)
{
	uint8_t digest[DIGEST_LEN];
	struct jwks *set;
	struct buf both;

	buf_init(&both, r->arena);
	buf_rawf(&both, "%s\n%s", r->app->settings.issuer, text);
	digest_sha256(both.data, both.len, digest);
	if (keys.set != NULL && memcmp(keys.digest, digest, DIGEST_LEN) == 0)
		return NULL;
	if ((set = jwks_parse(r->arena, text, strlen(text))) == NULL)
		return &OERR_FAULT;
	jwks_free(keys.set);
	keys.set = set;
	memcpy(keys.digest, digest, DIGEST_LEN);
	if (keys.cache != NULL)
		tokencache_flush(keys.cache);
	return NULL;
}

static const struct oerr *
keys_fresh(struct request *r)
{
	const struct oerr *e;
	struct db_rows row;

	if ((e = app_fresh(r)) != NULL)
		return e;
	if (keys.set != NULL && keys.change == r->app->settings.change)
		return NULL;
	if ((e = app_call_row(r, &jwks_read, DB_NO_ARGS, &row)) != NULL ||
	    (e = keys_take(r, row_text(&row, 0, C_KEYS))) != NULL)
		return e;
	keys.change = row_int(&row, 0, C_CHANGE);
	return NULL;
}

static struct accesstoken_rule
rule_now(const struct request *r)
{
	return (struct accesstoken_rule){
		.issuer = r->app->settings.issuer,
		.now = (int64_t)time(NULL),
	};
}

const struct oerr *
publickeys_read_token(
    struct request *r, const char *token, struct accesstoken *t, bool *valid)
{
	struct accesstoken_rule rule;
	const struct oerr *e;

	if ((e = keys_fresh(r)) != NULL)
		return e;
	rule = rule_now(r);
	*valid = accesstoken_read(keys.set, token, strlen(token), &rule,
		     r->arena, t) == ACCESSTOKEN_OK;
	return NULL;
}

const struct oerr *
publickeys_recall_token(
    struct request *r, const char *token, struct accesstoken *t, bool *valid)
{
	struct accesstoken_rule rule;
	const struct oerr *e;

	if (keys.cache == NULL && (keys.cache = tokencache_new()) == NULL)
		return &OERR_UNAVAILABLE;
	if ((e = keys_fresh(r)) != NULL)
		return e;
	rule = rule_now(r);
	*valid = tokencache_read(keys.cache, keys.set, token, &rule, r->arena,
		     t) == ACCESSTOKEN_OK;
	return NULL;
}
