/* SPDX-License-Identifier: ISC */
#include "jose/jwkpub.h"

#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/b64url.h"
#include "base/json.h"

enum { ED25519 = 32, COORDINATE_MAX = 48, RSA_BYTES = JWKPUB_RSA_MAX / 8 };

/* What the standards call a curve, and OpenSSL, and how wide its numbers are
 * (RFC 7518, 6.2.1.2). */
static const struct curve {
	const char *crv, *group;
	int width;
} p256 = { "P-256", "prime256v1", 32 }, p384 = { "P-384", "secp384r1", 48 };

static const struct curve *
curve_of(enum jwk_alg alg)
{
	return alg == JWK_ES384 ? &p384 : &p256;
}

bool
jwkpub_fits(enum jwk_alg alg, const EVP_PKEY *pkey)
{
	char group[32];

	switch (alg) {
	case JWK_ES256:
	case JWK_ES384:
		return EVP_PKEY_is_a(pkey, "EC") &&
		       EVP_PKEY_get_group_name(
			   pkey, group, sizeof(group), NULL) &&
		       strcmp(group, curve_of(alg)->group) == 0;
	case JWK_EDDSA:
		return EVP_PKEY_is_a(pkey, "ED25519");
	case JWK_RS256:
	case JWK_PS256:
		return EVP_PKEY_is_a(pkey, "RSA") &&
		       EVP_PKEY_get_bits(pkey) >= JWKPUB_RSA_MIN &&
		       EVP_PKEY_get_bits(pkey) <= JWKPUB_RSA_MAX;
	case JWK_ALGS:
		break;
	}
	return false;
}

/*
 * A number of the key in base64url, `width` bytes wide, or 0 for as many as
 * it needs (RFC 7518, 2: Base64urlUInt).
 */
static int
number(const EVP_PKEY *pkey, const char *name, int width,
    char out[static B64URL_LEN(RSA_BYTES) + 1])
{
	uint8_t bytes[RSA_BYTES];
	BIGNUM *bn = NULL;
	int len = -1;

	if (EVP_PKEY_get_bn_param(pkey, name, &bn) != 1)
		return -1;
	if (BN_num_bytes(bn) <= RSA_BYTES)
		len = BN_bn2binpad(
		    bn, bytes, width > 0 ? width : BN_num_bytes(bn));
	BN_free(bn);
	if (len <= 0)
		return -1;
	b64url_encode(bytes, (size_t)len, out);
	return 0;
}

int
jwkpub_canonical(enum jwk_alg alg, const EVP_PKEY *pkey,
    char out[static JWKPUB_CANONICAL_MAX])
{
	char a[B64URL_LEN(RSA_BYTES) + 1], b[B64URL_LEN(RSA_BYTES) + 1];
	const struct curve *c = curve_of(alg);
	uint8_t point[ED25519];
	size_t len = sizeof(point);
	int n = -1;

	switch (alg) {
	case JWK_ES256:
	case JWK_ES384:
		if (number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, c->width, a) == 0 &&
		    number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, c->width, b) == 0)
			n = snprintf(out, JWKPUB_CANONICAL_MAX,
			    "{\"crv\":\"%s\",\"kty\":\"EC\","
			    "\"x\":\"%s\",\"y\":\"%s\"}",
			    c->crv, a, b);
		break;
	case JWK_EDDSA:
		if (EVP_PKEY_get_raw_public_key(pkey, point, &len) != 1)
			break;
		b64url_encode(point, len, a);
		n = snprintf(out, JWKPUB_CANONICAL_MAX,
		    "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", a);
		break;
	case JWK_RS256:
	case JWK_PS256:
		if (number(pkey, OSSL_PKEY_PARAM_RSA_E, 0, a) == 0 &&
		    number(pkey, OSSL_PKEY_PARAM_RSA_N, 0, b) == 0)
			n = snprintf(out, JWKPUB_CANONICAL_MAX,
			    "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", a,
			    b);
		break;
	case JWK_ALGS:
		break;
	}
	return n > 0 && n < JWKPUB_CANONICAL_MAX ? 0 : -1;
}

/* The bytes of a member, or -1. */
static ssize_t
member(struct json_object *o, const char *name, uint8_t *out, size_t cap)
{
	const char *text = json_str(o, name);

	return text == NULL ? -1 : b64url_decode(text, strlen(text), out, cap);
}

static EVP_PKEY *
build(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* Whether the point is on the curve (SP 800-56A, 5.6.2.3.4). */
static bool
on_curve(EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool good = ctx != NULL && EVP_PKEY_public_check_quick(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return good;
}

/*
 * What OpenSSL's failure with a point says of it.  Unless it says that the
 * point is none, it has judged nothing: where memory was missing it does not
 * always say so.  And where that was, it may say both.
 */
static enum jwk_verdict
point_verdict(void)
{
	bool starved = false, none = false;
	unsigned long e;

	while ((e = ERR_get_error()) != 0) {
		if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
			starved = true;
		else if (ERR_GET_LIB(e) == ERR_LIB_EC)
			none = none ||
			       ERR_GET_REASON(e) == EC_R_INVALID_ENCODING ||
			       ERR_GET_REASON(e) == EC_R_POINT_IS_NOT_ON_CURVE;
	}
	return none && !starved ? JWK_REFUSED : JWK_NO_MEMORY;
}

static enum jwk_verdict
read_ec(const struct curve *c, struct json_object *o, EVP_PKEY **pkey)
{
	uint8_t point[1 + 2 * COORDINATE_MAX] = {
		POINT_CONVERSION_UNCOMPRESSED
	};
	const size_t width = (size_t)c->width;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)c->group, 0),
		OSSL_PARAM_construct_octet_string(
		    OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * width),
		OSSL_PARAM_construct_end(),
	};

	if (member(o, "x", point + 1, width) != c->width ||
	    member(o, "y", point + 1 + width, width) != c->width)
		return JWK_REFUSED;
	ERR_clear_error();
	if ((*pkey = build("EC", params)) != NULL && on_curve(*pkey))
		return JWK_OK;
	EVP_PKEY_free(*pkey);
	*pkey = NULL;
	return point_verdict();
}

/* RFC 8037, 2: any 32 bytes are a point. */
static enum jwk_verdict
read_okp(struct json_object *o, EVP_PKEY **pkey)
{
	uint8_t point[ED25519];

	if (member(o, "x", point, sizeof(point)) != ED25519)
		return JWK_REFUSED;
	*pkey = EVP_PKEY_new_raw_public_key_ex(
	    NULL, "ED25519", NULL, point, sizeof(point));
	return *pkey != NULL ? JWK_OK : JWK_NO_MEMORY;
}

/*
 * Leading zeros are refused (RFC 7518, 6.3.1.1), so that a key has one
 * thumbprint; so are exponents under 65537 or over 32 bits, which make
 * forgery or our own work easy to buy (SP 800-56B, 6.2).  Whether
 * the modulus is well made is its owner's affair: OpenSSL's check of that
 * takes 6 to 40 ms, which anyone who registers a key could spend for us.
 */
static enum jwk_verdict
read_rsa(struct json_object *o, EVP_PKEY **pkey)
{
	uint8_t n[RSA_BYTES], e[4];
	ssize_t nlen = member(o, "n", n, sizeof(n));
	ssize_t elen = member(o, "e", e, sizeof(e));
	OSSL_PARAM_BLD *bld = NULL;
	OSSL_PARAM *params = NULL;
	BIGNUM *bn_n = NULL, *bn_e = NULL;

	if (nlen < JWKPUB_RSA_MIN / 8 || elen < 3 || n[0] == 0 || e[0] == 0)
		return JWK_REFUSED;
	if (!(n[nlen - 1] & 1) || !(e[elen - 1] & 1))
		return JWK_REFUSED;
	*pkey = NULL;
	if ((bld = OSSL_PARAM_BLD_new()) != NULL &&
	    (bn_n = BN_bin2bn(n, (int)nlen, NULL)) != NULL &&
	    (bn_e = BN_bin2bn(e, (int)elen, NULL)) != NULL &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn_n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, bn_e) == 1 &&
	    (params = OSSL_PARAM_BLD_to_param(bld)) != NULL)
		*pkey = build("RSA", params);
	OSSL_PARAM_free(params);
	BN_free(bn_e);
	BN_free(bn_n);
	OSSL_PARAM_BLD_free(bld);
	if (*pkey == NULL)
		return JWK_NO_MEMORY;
	if (jwkpub_fits(JWK_RS256, *pkey))
		return JWK_OK;
	EVP_PKEY_free(*pkey);
	return JWK_REFUSED;
}

enum jwk_verdict
jwkpub_read(enum jwk_alg alg, struct json_object *o, EVP_PKEY **pkey)
{
	switch (alg) {
	case JWK_ES256:
	case JWK_ES384:
		return read_ec(curve_of(alg), o, pkey);
	case JWK_EDDSA:
		return read_okp(o, pkey);
	case JWK_RS256:
	case JWK_PS256:
		return read_rsa(o, pkey);
	case JWK_ALGS:
		break;
	}
	return JWK_REFUSED;
}
