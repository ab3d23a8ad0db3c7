/* SPDX-License-Identifier: ISC */
#include "oauth/signing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64url.h"
#include "base/log.h"
#include "jose/kek.h"
#include "jose/refreshmac.h"
#include "jose/seal.h"
#include "jose/sig.h"
#include "oauth/app.h"

enum { SIGNERS_MAX = 8, KEYS_LIMIT = 1024 * 1024 };

static struct {
	struct kek *kek;
	struct jws_signer *signer[SIGNERS_MAX];
	int n;
	int64_t generation; /* the newest that is stored */
} signing;

enum { K_KID, K_GENERATION, K_ALG, K_SEALED, K_COLUMNS };

static const struct db_query token_keys = { "token_keys",
	"select kid, generation, alg, sealed from gatepost.token_keys() "
	"order by generation desc limit 8",
	0, K_COLUMNS, DB_ALONE };

static const struct db_query token_key_store = { "token_key_store",
	"select outcome from gatepost.token_key_store($1, $2, $3, $4, $5, $6)",
	6, 1, DB_ALONE };

int
signing_load(const struct serve_config *c)
{
	if (c->kek == NULL) {
		log_event(
		    LOG_ERROR, "no_kek", "variable", "GATEPOST_KEK", NULL);
		return -1;
	}
	if (!c->once)
		(void)sig_warm(); /* so that workers share it */
	signing.kek = kek_load(c->kek);
	return signing.kek != NULL ? 0 : -1;
}

static void
forget(void)
{
	while (signing.n > 0)
		jws_signer_free(signing.signer[--signing.n]);
}

/* Unseal one key.  One that cannot be unsealed is left out, logged. */
static void
keep_key(struct request *r, const struct db_rows *rows, int row)
{
	const char *kid = row_text(rows, row, K_KID);
	struct jws_signer *signer = NULL;
	struct jwk *key = NULL;
	enum jwk_alg alg;
	uint8_t *sealed;
	size_t len;

	sealed = row_bytes(r->arena, rows, row, K_SEALED, &len);
	if (sealed != NULL && jwk_alg_find(row_text(rows, row, K_ALG), &alg))
		key = seal_key_get(signing.kek, alg, kid, sealed, len);
	if (key != NULL)
		signer = jws_signer_new(key, "at+jwt");
	if (signer == NULL)
		log_event(LOG_ERROR, "key_not_usable", "kid", kid, NULL);
	else
		signing.signer[signing.n++] = signer;
}

static const struct oerr *
read_keys(struct request *r)
{
	const struct oerr *e;
	struct db_rows rows;
	int i;

	if ((e = app_call(r, &token_keys, DB_NO_ARGS, &rows)) != NULL)
		return e;
	forget();
	signing.generation = 0;
	for (i = 0; i < rows.count; i++) {
		if (i == 0)
			signing.generation = row_int(&rows, i, K_GENERATION);
		keep_key(r, &rows, i);
	}
	return NULL;
}

/* Seal and store a new key.  Another host may be quicker with the same
 * generation; then its key counts. */
static const struct oerr *
store_key(struct request *r, const struct jwk *key)
{
	uint8_t *sealed = arena_alloc(r->arena, SEAL_KEY_MAX);
	ssize_t len = seal_key_put(signing.kek, key, sealed);
	struct db_rows row;
	struct buf public;

	if (len == -1)
		return &OERR_FAULT;
	buf_init(&public, r->arena);
	jwk_print(key, &public);
	return app_call_row(r, &token_key_store,
	    DB_ARGS(arg_int(r->arena, signing.generation + 1), key->kid,
		jwk_alg_name(key->alg), public.data,
		arg_bytes(r->arena, sealed, (size_t)len), r->address),
	    &row);
}

static void
free_key(void *key)
{
	jwk_free(key);
}

static const struct oerr *
make_key(struct request *r)
{
	const struct oerr *e;
	struct jwk *key;
	enum jwk_alg alg;

	if (!jwk_alg_find(r->app->settings.signing_algorithm, &alg) ||
	    (key = jwk_generate(alg)) == NULL)
		return &OERR_FAULT;
	arena_defer(r->arena, free_key, key);
	if ((e = store_key(r, key)) != NULL)
		return e;
	return read_keys(r);
}

const struct oerr *
signing_ready(struct request *r)
{
	return signing.n > 0 ? NULL : signing_renew(r);
}

const struct oerr *
signing_renew(struct request *r)
{
	const struct oerr *e;

	if ((e = app_fresh(r)) != NULL || (e = read_keys(r)) != NULL)
		return e;
	/* keys that this KEK does not open are no reason to make others */
	if (signing.n == 0 && signing.generation > 0)
		return &OERR_FAULT;
	return signing.n == 0 ? make_key(r) : NULL;
}

void
signing_rotate(struct request *r)
{
	if (make_key(r) != NULL)
		log_event(LOG_ERROR, "rotation_failed", NULL);
}

struct app *
signing_start(const struct program *p, const struct serve_config *c)
{
	struct request r = { .program = p };
	jmp_buf exhausted;

	if ((r.app = app_start(p, c)) == NULL ||
	    (r.arena = arena_new(KEYS_LIMIT)) == NULL)
		return NULL;
	arena_catch(r.arena, &exhausted);
	if (setjmp(exhausted) == 0 && signing_ready(&r) != NULL)
		log_event(LOG_WARN, "no_key_yet", NULL);
	arena_free(r.arena);
	return r.app;
}

static const struct jws_signer *
signer_of(const char *kid)
{
	int i;

	for (i = 0; i < signing.n; i++) {
		if (strcmp(jws_signer_key(signing.signer[i])->kid, kid) == 0)
			return signing.signer[i];
	}
	return NULL;
}

static const struct oerr *
random_text(struct request *r, const char **text)
{
	uint8_t bytes[12];
	char *out = arena_alloc(r->arena, B64URL_LEN(sizeof(bytes)) + 1);

	if (digest_random(bytes, sizeof(bytes)) == -1)
		return &OERR_FAULT;
	b64url_encode(bytes, sizeof(bytes), out);
	*text = out;
	return NULL;
}

/* jti names the grant, so that one entry of the revocation feed covers all
 * of its tokens. */
static void
claims_print(struct request *r, const struct signing_claims *c,
    const char *random, struct buf *b)
{
	buf_raw(b, "{\"iss\":");
	buf_json(b, r->app->settings.issuer);
	buf_raw(b, ",\"aud\":");
	buf_json(b, c->audience);
	buf_raw(b, ",\"sub\":");
	buf_json(b, c->subject);
	buf_raw(b, ",\"client_id\":");
	buf_json(b, c->client_id);
	buf_raw(b, ",\"scope\":");
	buf_json(b, c->scope);
	buf_rawf(b, ",\"iat\":%lld,\"exp\":%lld,\"jti\":\"%s.%s\"}",
	    (long long)c->issued_at, (long long)(c->issued_at + c->expires_in),
	    c->grant_id, random);
}

const struct oerr *
signing_access_token(
    struct request *r, const struct signing_claims *c, struct buf *out)
{
	const struct jws_signer *signer;
	const struct oerr *e;
	const char *random;
	struct buf claims;

	if (c->kid == NULL)
		return &OERR_FAULT;
	if ((signer = signer_of(c->kid)) == NULL) {
		if ((e = read_keys(r)) != NULL)
			return e;
		if ((signer = signer_of(c->kid)) == NULL)
			return &OERR_FAULT;
	}
	if ((e = random_text(r, &random)) != NULL)
		return e;
	buf_init(&claims, r->arena);
	claims_print(r, c, random, &claims);
	return jws_sign(signer, claims.data, claims.len, out) == 0
		   ? NULL
		   : &OERR_FAULT;
}

const struct oerr *
signing_refresh_hash(struct request *r, const char *grant, const char **hash)
{
	struct refreshmac code;

	if (refreshmac_make(signing.kek, grant, 1, &code) == -1)
		return &OERR_FAULT;
	*hash = arg_sha256(r->arena, code.secret);
	return NULL;
}

const struct oerr *
signing_refresh_token(struct request *r, const char *grant, int32_t generation,
    const char **token)
{
	struct refreshmac code;

	if (refreshmac_make(signing.kek, grant, generation, &code) == -1)
		return &OERR_FAULT;
	*token = arena_printf(r->arena, "%s.%s.%d.%s", grant, code.secret,
	    (int)generation, code.mac);
	return NULL;
}

const struct oerr *
signing_refresh_check(const struct handle_refresh *t)
{
	switch (
	    refreshmac_check(signing.kek, t->uuid, t->generation, &t->code)) {
	case 1:
		return t->generation < INT32_MAX ? NULL : &OERR_INVALID_GRANT;
	case 0:
		return &OERR_INVALID_GRANT;
	default:
		return &OERR_FAULT;
	}
}
