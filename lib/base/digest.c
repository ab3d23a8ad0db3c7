/* SPDX-License-Identifier: ISC */
#include "base/digest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/log.h"

/*
 * Fetched once: EVP_sha256() would look the algorithm up by name again for
 * every digest.
 */
static struct {
	EVP_MD *sha256, *sha384;
	EVP_MD_CTX *ctx;
} digest;

int
digest_init(void)
{
	if (digest.ctx != NULL)
		return 0;
	/* The texts of its errors would be 55 kB that nobody reads. */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, NULL);
	/* without memory there is no context, which fetching would follow */
	if (OSSL_LIB_CTX_get0_global_default() != NULL) {
		digest.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
		digest.sha384 = EVP_MD_fetch(NULL, "SHA384", NULL);
		digest.ctx = EVP_MD_CTX_new();
	}
	if (digest.sha256 != NULL && digest.sha384 != NULL &&
	    digest.ctx != NULL)
		return 0;
	log_event(LOG_ERROR, "no_sha2", NULL);
	return -1;
}

static void
sha2(EVP_MD *const *md, const void *data, size_t len, uint8_t *out)
{
	/*
	 * A digest that silently stayed unset would compare equal to another
	 * one: nothing may go on after this.  Each takes memory.
	 */
	if (digest_init() == -1 ||
	    EVP_DigestInit_ex2(digest.ctx, *md, NULL) != 1 ||
	    EVP_DigestUpdate(digest.ctx, data, len) != 1 ||
	    EVP_DigestFinal_ex(digest.ctx, out, NULL) != 1) {
		log_event(LOG_ERROR, "sha2_failed", NULL);
		_exit(EXIT_FAILURE);
	}
}

void
digest_sha256(const void *data, size_t len, uint8_t out[static DIGEST_LEN])
{
	sha2(&digest.sha256, data, len, out);
}

void
digest_sha384(
    const void *data, size_t len, uint8_t out[static DIGEST_SHA384_LEN])
{
	sha2(&digest.sha384, data, len, out);
}

int
digest_hmac_sha256(const void *key, size_t keylen, const void *data, size_t len,
    uint8_t out[static DIGEST_LEN])
{
	unsigned int outlen = DIGEST_LEN;

	if (digest_init() == -1 ||
	    HMAC(digest.sha256, key, (int)keylen, data, len, out, &outlen) ==
		NULL ||
	    outlen != DIGEST_LEN) {
		log_event(LOG_ERROR, "hmac_failed", NULL);
		return -1;
	}
	return 0;
}

bool
digest_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void
digest_wipe(void *p, size_t len)
{
	explicit_bzero(p, len);
}

int
digest_random(void *out, size_t len)
{
	uint8_t *p = out;
	ssize_t n;

	while (len > 0) {
		if ((n = getrandom(p, len, 0)) <= 0) {
			log_event(LOG_ERROR, "no_randomness", NULL);
			return -1;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}
