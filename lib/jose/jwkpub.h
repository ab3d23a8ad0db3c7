/* SPDX-License-Identifier: ISC */
#ifndef JOSE_JWKPUB_H
#define JOSE_JWKPUB_H

#include <openssl/types.h>

#include "jose/jwk.h"

/*
 * The public numbers of a key between JSON and OpenSSL.  For jose/ alone,
 * since it speaks of OpenSSL's types.
 */
enum { JWKPUB_RSA_MIN = 2048, JWKPUB_RSA_MAX = 4096 };

/* The longest canonical text: RSA of 4096 bits, with its NUL. */
enum { JWKPUB_CANONICAL_MAX = 1024 };

/* Whether the key is of the type and size that the algorithm takes. */
bool jwkpub_fits(enum jwk_alg alg, const EVP_PKEY *pkey);

/*
 * RFC 7638, 3.2: the required members in lexicographic order, without white
 * space.  0, or -1 on a fault.
 */
int jwkpub_canonical(enum jwk_alg alg, const EVP_PKEY *pkey,
    char out[static JWKPUB_CANONICAL_MAX]) __attribute__((warn_unused_result));

/*
 * The key that the members of a JWK of the right kty and crv describe
 * (RFC 7518, 6.2.1 and 6.3.1; RFC 8037, 2).  JWK_REFUSED when they are
 * missing, not strict base64url of the right length, or no sound key;
 * JWK_NO_MEMORY when OpenSSL could not say.  *pkey is set for JWK_OK alone; the
 * caller frees it.
 */
enum jwk_verdict jwkpub_read(enum jwk_alg alg, struct json_object *o,
    EVP_PKEY **pkey) __attribute__((warn_unused_result));

/*
 * A key from OpenSSL's, which it takes over, also when it fails.  A null `kid`
 * means the thumbprint.  NULL when the key does not fit `alg`, or on a fault.
 */
struct jwk *jwk_adopt(enum jwk_alg alg, EVP_PKEY *pkey, bool private,
    const char *kid) __attribute__((warn_unused_result));

#endif
