/* SPDX-License-Identifier: ISC */
#include "jose/jwk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/b64url.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/log.h"
#include "jose/jwkpub.h"

static const char *const names[] = {
	[JWK_ES256] = "ES256",
	[JWK_EDDSA] = "EdDSA",
	[JWK_RS256] = "RS256",
	[JWK_ES384] = "ES384",
	[JWK_PS256] = "PS256",
};

static_assert(sizeof(names) / sizeof(names[0]) == JWK_ALGS, "one name each");

const char *
jwk_alg_name(enum jwk_alg alg)
{
	return names[alg];
}

bool
jwk_alg_find(const char *name, enum jwk_alg *alg)
{
	if (strcmp(name, "Ed25519") == 0)
		name = names[JWK_EDDSA];
	for (int i = 0; i < JWK_ALGS; i++) {
		if (strcmp(name, names[i]) == 0) {
			*alg = (enum jwk_alg)i;
			return true;
		}
	}
	return false;
}

void
jwk_thumbprint(const struct jwk *key, char out[static JWK_KID_LEN + 1])
{
	uint8_t hash[DIGEST_LEN];

	digest_sha256(key->canonical, strlen(key->canonical), hash);
	b64url_encode(hash, sizeof(hash), out);
}

void
jwk_free(struct jwk *key)
{
	if (key == NULL)
		return;
	EVP_MD_CTX_free(key->once);
	EVP_PKEY_CTX_free(key->op);
	EVP_PKEY_free(key->key);
	free(key->canonical);
	free(key->kid);
	free(key);
}

/* RFC 7518, 3.3; 3.5: PSS with a salt as long as the hash. */
static int
set_padding(struct jwk *k)
{
	if (k->alg == JWK_RS256)
		return EVP_PKEY_CTX_set_rsa_padding(k->op, RSA_PKCS1_PADDING) <=
			       0
			   ? -1
			   : 0;
	if (k->alg == JWK_PS256)
		return EVP_PKEY_CTX_set_rsa_padding(
			   k->op, RSA_PKCS1_PSS_PADDING) <= 0 ||
			       EVP_PKEY_CTX_set_rsa_pss_saltlen(
				   k->op, RSA_PSS_SALTLEN_DIGEST) <= 0
			   ? -1
			   : 0;
	return 0;
}

/*
 * Everything a signature needs that does not depend on what is signed.
 * OpenSSL looks algorithms up by name when a context is initialised; here
 * that happens once for a key, not once for a signature.
 */
static int
prepare(struct jwk *k)
{
	if (k->alg == JWK_EDDSA)
		return (k->once = EVP_MD_CTX_new()) == NULL ? -1 : 0;
	if ((k->op = EVP_PKEY_CTX_new_from_pkey(NULL, k->key, NULL)) == NULL)
		return -1;
	if ((k->private ? EVP_PKEY_sign_init(k->op)
			: EVP_PKEY_verify_init(k->op)) <= 0)
		return -1;
	if (EVP_PKEY_CTX_set_signature_md(
		k->op, k->alg == JWK_ES384 ? EVP_sha384() : EVP_sha256()) <= 0)
		return -1;
	return set_padding(k);
}

struct jwk *
jwk_adopt(enum jwk_alg alg, EVP_PKEY *pkey, bool private, const char *kid)
{
	char canonical[JWKPUB_CANONICAL_MAX], thumbprint[JWK_KID_LEN + 1];
	struct jwk *k;

	if ((k = calloc(1, sizeof(*k))) == NULL) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	*k = (struct jwk){ .alg = alg, .private = private, .key = pkey };
	if (!jwkpub_fits(alg, pkey) ||
	    jwkpub_canonical(alg, pkey, canonical) == -1 || prepare(k) == -1 ||
	    (k->canonical = strdup(canonical)) == NULL)
		goto fail;
	jwk_thumbprint(k, thumbprint);
	if ((k->kid = strdup(kid != NULL ? kid : thumbprint)) == NULL)
		goto fail;
	return k;
fail:
	jwk_free(k);
	return NULL;
}

struct jwk *
jwk_generate(enum jwk_alg alg)
{
	EVP_PKEY *pkey = NULL;
	struct jwk *key = NULL;

	switch (alg) {
	case JWK_ES256:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
		break;
	case JWK_ES384:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
		break;
	case JWK_EDDSA:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		break;
	case JWK_RS256:
	case JWK_PS256:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
		break;
	case JWK_ALGS:
		break;
	}
	if (pkey != NULL)
		key = jwk_adopt(alg, pkey, true, NULL);
	if (key == NULL) {
		ERR_clear_error();
		log_event(LOG_ERROR, "key_generation_failed", NULL);
	}
	return key;
}

ssize_t
jwk_export(const struct jwk *key, uint8_t *out, size_t cap)
{
	PKCS8_PRIV_KEY_INFO *info;
	unsigned char *der = NULL;
	ssize_t n = -1;
	int len;

	if (!key->private || (info = EVP_PKEY2PKCS8(key->key)) == NULL)
		return -1;
	len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	if (len > 0 && (size_t)len <= cap) {
		memcpy(out, der, (size_t)len);
		n = len;
	}
	if (len > 0)
		OPENSSL_clear_free(der, (size_t)len);
	PKCS8_PRIV_KEY_INFO_free(info); /* wipes the key in it */
	return n;
}

struct jwk *
jwk_import(enum jwk_alg alg, const uint8_t *der, size_t len)
{
	PKCS8_PRIV_KEY_INFO *info = NULL;
	const unsigned char *p = der;
	EVP_PKEY *pkey = NULL;
	struct jwk *key = NULL;

	if (len > 0 && len <= JWK_DER_MAX)
		info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)len);
	if (info != NULL && p == der + len)
		pkey = EVP_PKCS82PKEY(info);
	PKCS8_PRIV_KEY_INFO_free(info);
	if (pkey != NULL)
		key = jwk_adopt(alg, pkey, true, NULL);
	ERR_clear_error();
	return key;
}

/* The algorithm that a key of this kty, crv and alg (or NULL) is for. */
static bool
pinned(
    struct json_object *o, const char *kty, const char *name, enum jwk_alg *alg)
{
	const char *crv = json_str(o, "crv");

	if (strcmp(kty, "RSA") == 0) {
		*alg = name != NULL && strcmp(name, names[JWK_PS256]) == 0
			   ? JWK_PS256
			   : JWK_RS256;
		return true;
	}
	if (crv == NULL)
		return false;
	if (strcmp(kty, "EC") == 0 && strcmp(crv, "P-256") == 0) {
		*alg = JWK_ES256;
		return true;
	}
	if (strcmp(kty, "EC") == 0 && strcmp(crv, "P-384") == 0) {
		*alg = JWK_ES384;
		return true;
	}
	*alg = JWK_EDDSA;
	return strcmp(kty, "OKP") == 0 && strcmp(crv, "Ed25519") == 0;
}

/* RFC 7518, 6.2.2, 6.3.2, 6.4.1: what may never be in a public key. */
static bool
has_secret(struct json_object *o)
{
	static const char *const secret[] = { "d", "p", "q", "dp", "dq", "qi",
		"oth", "k" };

	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		if (json_object_object_get_ex(o, secret[i], NULL))
			return true;
	return false;
}

/* RFC 7517, 4.2 and 4.3: absent, or for verifying signatures. */
static bool
for_signatures(struct json_object *o)
{
	struct json_object *ops;
	const char *use, *op;

	if (json_object_object_get_ex(o, "use", NULL) &&
	    ((use = json_str(o, "use")) == NULL || strcmp(use, "sig") != 0))
		return false;
	if (!json_object_object_get_ex(o, "key_ops", &ops))
		return true;
	if (!json_object_is_type(ops, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(ops); i++) {
		op = json_object_get_string(json_object_array_get_idx(ops, i));
		if (op != NULL && strcmp(op, "verify") == 0)
			return true;
	}
	return false;
}

/*
 * A member that may be absent.  False when it is there and is not a string,
 * or a string that is empty or too long.
 */
static bool
optional(struct json_object *o, const char *name, const char **value)
{
	*value = json_str(o, name);
	if (*value == NULL)
		return !json_object_object_get_ex(o, name, NULL);
	return **value != '\0' && strlen(*value) <= JWK_KID_MAX;
}

enum jwk_verdict
jwk_parse(struct json_object *o, struct jwk **key)
{
	const char *kty, *name, *kid;
	enum jwk_alg alg, named;
	enum jwk_verdict verdict;
	EVP_PKEY *pkey;

	if (!json_object_is_type(o, json_type_object) || has_secret(o) ||
	    (kty = json_str(o, "kty")) == NULL || strcmp(kty, "oct") == 0 ||
	    !optional(o, "alg", &name) || !optional(o, "kid", &kid))
		return JWK_REFUSED;
	if (!pinned(o, kty, name, &alg) || !for_signatures(o))
		return JWK_UNUSABLE;
	if (name != NULL && !jwk_alg_find(name, &named))
		return JWK_UNUSABLE;
	if (name != NULL && named != alg)
		return JWK_REFUSED;
	if ((verdict = jwkpub_read(alg, o, &pkey)) != JWK_OK)
		return verdict;
	/* it fits: what fails now is no fault of its own */
	*key = jwk_adopt(alg, pkey, false, kid);
	ERR_clear_error();
	return *key != NULL ? JWK_OK : JWK_NO_MEMORY;
}

struct jwk *
jwk_pss(const struct jwk *key)
{
	if (key->private || EVP_PKEY_up_ref(key->key) != 1)
		return NULL;
	return jwk_adopt(JWK_PS256, key->key, false, key->kid);
}

void
jwk_print(const struct jwk *key, struct buf *out)
{
	buf_raw_n(out, key->canonical, strlen(key->canonical) - 1);
	buf_rawf(out, ",\"alg\":\"%s\",\"kid\":", names[key->alg]);
	buf_json(out, key->kid);
	buf_raw(out, ",\"use\":\"sig\"}");
}
