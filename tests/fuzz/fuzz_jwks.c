/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "fuzz.h"
#include "jose/jwks.h"

/* What is published of a key is the key. */
static void
again(struct arena *a, const struct jwk *key)
{
	char thumb[JWK_KID_LEN + 1], back_thumb[JWK_KID_LEN + 1];
	const struct jwk *back;
	struct jwks *set;
	struct buf b;
	size_t at = 0;

	HOLDS(!key->private && *key->kid != '\0');
	HOLDS(strlen(key->kid) <= JWK_KID_MAX);
	buf_init(&b, a);
	buf_raw(&b, "[");
	jwk_print(key, &b);
	buf_raw(&b, "]");
	HOLDS((set = jwks_parse(a, b.data, b.len)) != NULL);
	HOLDS((back = jwks_next(set, key->kid, key->alg, &at)) != NULL);
	HOLDS(jwks_next(set, NULL, key->alg, &at) == NULL);
	jwk_thumbprint(key, thumb);
	jwk_thumbprint(back, back_thumb);
	HOLDS(fuzz_same(thumb, back_thumb));
	HOLDS(fuzz_same(key->canonical, back->canonical));
	jwks_free(set);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	const struct jwk *key;
	struct jwks *set;
	size_t at;

	HOLDS(digest_init() == 0);
	if ((set = jwks_parse(f.arena, f.at, f.left)) == NULL)
		return 0;
	for (int alg = 0; alg < JWK_ALGS; alg++) {
		at = 0;
		while ((key = jwks_next(set, NULL, (enum jwk_alg)alg, &at)) !=
		       NULL) {
			HOLDS(jwks_find(set, key->kid) != NULL);
			again(f.arena, key);
		}
	}
	jwks_free(set);
	return 0;
}
