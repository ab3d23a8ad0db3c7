/* SPDX-License-Identifier: ISC */
#ifndef JOSE_JWK_H
#define JOSE_JWK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <json-c/json.h>

#include "base/buf.h"

/*
 * A key for signatures (RFC 7517), pinned to one algorithm for its life.
 *
 * A key is either private, and signs, or public, and verifies.  It is made
 * ready for that once, so that a signature pays for arithmetic alone.  It may
 * be used after fork, not by two threads at a time.
 */
enum jwk_alg {
	JWK_ES256,
	JWK_EDDSA,
	JWK_RS256,
	JWK_ES384,
	JWK_PS256,
	JWK_ALGS
};

enum {
	JWK_KID_LEN = 43,  /* of our own keys: a thumbprint */
	JWK_KID_MAX = 255, /* of other people's */
	JWK_DER_MAX = 2048 /* private key in PKCS#8 */
};

struct jwk {
	enum jwk_alg alg;
	bool private;
	char *kid;
	char *canonical;            /* RFC 7638, 3: what is hashed */
	struct evp_pkey_st *key;    /* EVP_PKEY */
	struct evp_pkey_ctx_st *op; /* EVP_PKEY_CTX that signs or verifies */
	struct evp_md_ctx_st *once; /* EVP_MD_CTX for EdDSA, which has no op */
};

/* "ES256", "EdDSA", "RS256", ... (RFC 7518, 3.1; RFC 8037, 3.1). */
const char *jwk_alg_name(enum jwk_alg alg);

/*
 * The algorithm of that exact name; EdDSA is also called Ed25519 (RFC 9864,
 * 2.2), the only one of its curves here.  False for every other, among them
 * "none" and all that use a shared secret.
 */
bool jwk_alg_find(const char *name, enum jwk_alg *alg)
    __attribute__((warn_unused_result));

/*
 * A new private key: P-256, P-384, Ed25519 or RSA of 2048 bits.  Its kid is
 * its thumbprint.  NULL on a fault, which is logged.  The caller frees it.
 */
struct jwk *jwk_generate(enum jwk_alg alg) __attribute__((warn_unused_result));

/*
 * The private key as PKCS#8 (RFC 5958) DER in at most `cap` bytes at `out`;
 * JWK_DER_MAX suffices.  Returns the length, -1 on a fault.  The caller wipes
 * `out`.
 */
ssize_t jwk_export(const struct jwk *key, uint8_t *out, size_t cap)
    __attribute__((warn_unused_result));

/*
 * The reverse.  NULL when the bytes are anything else than one private key
 * that fits `alg`.
 */
struct jwk *jwk_import(enum jwk_alg alg, const uint8_t *der, size_t len)
    __attribute__((warn_unused_result));

/*
 * Read a public key.  The key's type pins the algorithm; a member "alg" has to
 * agree with it, and tells RS256 from PS256: without it an RSA key is for
 * RS256.  Without a "kid" its thumbprint is used.
 *
 * JWK_UNUSABLE: well, but not a key we verify with: another kty, crv or alg,
 * or not for signatures.  RFC 7517, 5 has readers of a set pass over these.
 *
 * JWK_REFUSED: nothing an honest owner publishes: private or symmetric, an
 * RSA key under 2048 bits or over 4096, a point that is not on its curve, an
 * algorithm of another type of key, malformed.
 *
 * *key is set for JWK_OK alone; the caller frees it.
 */
enum jwk_verdict { JWK_OK, JWK_UNUSABLE, JWK_REFUSED, JWK_NO_MEMORY };

enum jwk_verdict jwk_parse(struct json_object *o, struct jwk **key)
    __attribute__((warn_unused_result));

/*
 * The same public RSA key for PS256: its owner, who did not say which, may sign
 * by either (RFC 7518, 3.3 and 3.5).  NULL on a fault.  The caller frees it.
 */
struct jwk *jwk_pss(const struct jwk *key) __attribute__((warn_unused_result));

/*
 * The public half as a JSON object, for publication: the members of
 * RFC 7638, 3.2 in its order, then alg, kid and use.
 */
void jwk_print(const struct jwk *key, struct buf *out);

/* RFC 7638 with SHA-256: 43 characters of base64url and a NUL. */
void jwk_thumbprint(const struct jwk *key, char out[static JWK_KID_LEN + 1]);

void jwk_free(struct jwk *key);

#endif
