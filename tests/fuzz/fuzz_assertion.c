/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/json.h"
#include "fuzz.h"
#include "jose/jws.h"
#include "oauth/assertion.h"

#define ISSUER "https://as.example"

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
	HOLDS((s = jws_signer_new(key, "JWT")) != NULL);
	return s;
}

static bool
number(const char *s)
{
	return s == NULL ||
	       (*s != '\0' && strspn(s, "0123456789") == strlen(s));
}

static void
checked(const struct assertion *as, const char *client)
{
	if (as->fault != NULL) {
		HOLDS(as->alg == NULL && as->audience == NULL);
		HOLDS(as->jti_hash == NULL && as->expires_at == NULL);
		return;
	}
	(void)client;
	HOLDS(fuzz_same(as->audience, "issuer") ||
	      fuzz_same(as->audience, "token_endpoint"));
	HOLDS(fuzz_same(as->alg, "EdDSA"));
	HOLDS(as->jti_hash != NULL && as->expires_at != NULL);
	HOLDS(number(as->expires_at) && number(as->issued_at) &&
	      number(as->not_before));
}

/* The claims of an assertion, which a client's key has signed. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct jws_signer *s;
	static struct jwks *set;
	struct fuzz f = fuzz_begin(data, size);
	struct assertion as;
	const char *client, *raw;
	struct buf b;

	HOLDS(digest_init() == 0);
	if (s == NULL)
		s = signer(f.arena, &set);
	buf_init(&b, f.arena);
	if (f.left <= JWS_MAX / 2 && jws_sign(s, f.at, f.left, &b) == 0) {
		client = assertion_client(f.arena, b.data);
		HOLDS(client == NULL || *client != '\0');
		assertion_verify(f.arena, b.data, set, ISSUER, &as);
		checked(&as, client);
		assertion_verify(f.arena, b.data, NULL, ISSUER, &as);
		HOLDS(assertion_key_unknown(&as));
	}
	/* and the same bytes as if they were a whole token */
	raw = fuzz_rest(&f);
	(void)assertion_client(f.arena, raw);
	assertion_verify(f.arena, raw, set, ISSUER, &as);
	HOLDS(as.fault != NULL);
	return 0;
}
