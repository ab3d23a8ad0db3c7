/* SPDX-License-Identifier: ISC */
#include "jose/seal.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/digest.h"
#include "base/log.h"

/* Only key, nonce and associated data: what both directions have alike. */
static EVP_CIPHER_CTX *
begin(const uint8_t *key, const uint8_t *nonce, const char *id, int encrypt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	if (ctx != NULL &&
	    EVP_CipherInit_ex(
		ctx, EVP_aes_256_gcm(), NULL, key, nonce, encrypt) == 1 &&
	    EVP_CipherUpdate(
		ctx, NULL, &n, (const unsigned char *)id, (int)strlen(id)) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

int
seal_put(const struct kek *kek, const char *id, const void *plain, size_t len,
    uint8_t *out)
{
	uint8_t *text = out + SEAL_NONCE, *tag = text + len;
	EVP_CIPHER_CTX *ctx = NULL;
	int n, good;

	good =
	    len <= INT_MAX && digest_random(out, SEAL_NONCE) == 0 &&
	    (ctx = begin(kek_key(kek, KEK_SEAL, KEK_CURRENT), out, id, 1)) !=
		NULL &&
	    EVP_EncryptUpdate(ctx, text, &n, plain, (int)len) == 1 &&
	    EVP_EncryptFinal_ex(ctx, tag, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG, tag) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (good)
		return 0;
	ERR_clear_error();
	log_event(LOG_ERROR, "seal_failed", "id", id, NULL);
	return -1;
}

static bool
open_with(const uint8_t *key, const char *id, const uint8_t *sealed, size_t len,
    uint8_t *out)
{
	const uint8_t *text = sealed + SEAL_NONCE, *tag = text + len;
	EVP_CIPHER_CTX *ctx;
	bool good;
	int n;

	if ((ctx = begin(key, sealed, id, 0)) == NULL)
		return false;
	good = EVP_DecryptUpdate(ctx, out, &n, text, (int)len) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG,
		   (void *)(uintptr_t)tag) == 1 &&
	       EVP_DecryptFinal_ex(ctx, out + len, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	/* What did not authenticate is nobody's to look at. */
	if (!good)
		digest_wipe(out, len);
	return good;
}

ssize_t
seal_get(const struct kek *kek, const char *id, const uint8_t *sealed,
    size_t len, uint8_t *out)
{
	const uint8_t *key;

	if (len < SEAL_OVERHEAD || len > INT_MAX)
		return -1;
	len -= SEAL_OVERHEAD;
	for (int age = KEK_CURRENT; age < KEK_AGES; age++) {
		key = kek_key(kek, KEK_SEAL, (enum kek_age)age);
		if (key != NULL && open_with(key, id, sealed, len, out))
			return (ssize_t)len;
	}
	ERR_clear_error();
	return -1;
}

ssize_t
seal_key_put(const struct kek *kek, const struct jwk *key,
    uint8_t out[static SEAL_KEY_MAX])
{
	uint8_t der[JWK_DER_MAX];
	ssize_t n;

	n = jwk_export(key, der, sizeof(der));
	if (n != -1 && seal_put(kek, key->kid, der, (size_t)n, out) == -1)
		n = -1;
	digest_wipe(der, sizeof(der));
	return n == -1 ? -1 : n + SEAL_OVERHEAD;
}

struct jwk *
seal_key_get(const struct kek *kek, enum jwk_alg alg, const char *kid,
    const uint8_t *sealed, size_t len)
{
	uint8_t der[JWK_DER_MAX];
	struct jwk *key = NULL;
	ssize_t n;

	if (len > SEAL_KEY_MAX ||
	    (n = seal_get(kek, kid, sealed, len, der)) == -1) {
		log_event(LOG_ERROR, "key_not_opened", "kid", kid, NULL);
		return NULL;
	}
	key = jwk_import(alg, der, (size_t)n);
	digest_wipe(der, sizeof(der));
	if (key == NULL || strcmp(key->kid, kid) != 0) {
		log_event(LOG_ERROR, "key_is_another", "kid", kid, NULL);
		jwk_free(key);
		return NULL;
	}
	return key;
}
