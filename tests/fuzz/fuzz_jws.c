/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/json.h"
#include "fuzz.h"
#include "jose/jws.h"

/* The keys of RFC 7515, A.2 and A.3, and RFC 8037, A, which sign the seeds. */
static const char keys[] =
#include "keys.def"
    ;

/* Token and claims of a verdict, under the loosest rule there is. */
static bool
verified(struct arena *a, const struct jwks *set, const char *token, size_t len,
    struct json_object **claims)
{
	static const struct jws_rule lax = { .lax = true };
	enum jws_error e = jws_verify(set, &lax, token, len, a, claims);

	HOLDS((e == JWS_OK) == (*claims != NULL));
	HOLDS(*jws_error_name(e) != '\0');
	return e == JWS_OK;
}

/* Verified is what was signed, and what was signed has one spelling. */
static void
token(struct arena *a, const char *text, size_t len)
{
	static struct jwks *set;
	struct json_object *header, *claims, *peeked;
	char *other;

	if (set == NULL)
		set = jwks_parse(a, keys, strlen(keys));
	HOLDS(set != NULL);
	if (!verified(a, set, text, len, &claims)) {
		HOLDS(!jws_peek(text, len, a, &header, &claims) ||
		      json_object_is_type(claims, json_type_object));
		return;
	}
	HOLDS(jws_peek(text, len, a, &header, &peeked));
	HOLDS(json_object_equal(claims, peeked));
	other = arena_printf(a, "%.*sA", (int)len, text);
	HOLDS(!verified(a, set, other, len + 1, &claims));
	HOLDS(!verified(a, set, text, len - 1, &claims));
	other[len / 3] = other[len / 3] == 'B' ? 'C' : 'B';
	HOLDS(fuzz_same(other, text) || !verified(a, set, other, len, &claims));
}

static struct jws_signer *
signer(struct arena *a, struct jwks **set)
{
	struct jwk *key = jwk_generate(JWK_EDDSA);
	struct jws_signer *s;
	struct buf b;

	HOLDS(key != NULL);
	buf_init(&b, a);
	buf_raw(&b, "[");
	jwk_print(key, &b);
	buf_raw(&b, "]");
	HOLDS((*set = jwks_parse(a, b.data, b.len)) != NULL);
	HOLDS((s = jws_signer_new(key, "at+jwt")) != NULL);
	return s;
}

/* What we sign we verify, if it is an object; and nothing near it. */
static void
signed_by_us(struct arena *a, const char *text, size_t len)
{
	static const struct jws_rule rule = { .typ = "AT+JWT" };
	static struct jws_signer *s;
	static struct jwks *set;
	struct json_object *claims, *o = json_read(a, text, len);
	enum jws_error e;
	struct buf b;

	if (s == NULL)
		s = signer(a, &set);
	buf_init(&b, a);
	if (len > JWS_MAX / 2 || jws_sign(s, text, len, &b) == -1)
		return;
	e = jws_verify(set, &rule, b.data, b.len, a, &claims);
	HOLDS((e == JWS_OK) == json_object_is_type(o, json_type_object));
	HOLDS(e != JWS_OK || json_object_equal(o, claims));
	if (len == 0)
		return;
	b.data[(unsigned char)text[0] * b.len / 256] ^= 1;
	HOLDS(jws_verify(set, &rule, b.data, b.len, a, &claims) != JWS_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);

	HOLDS(digest_init() == 0);
	token(f.arena, f.at, f.left);
	signed_by_us(f.arena, f.at, f.left);
	return 0;
}
