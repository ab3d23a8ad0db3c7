/* SPDX-License-Identifier: ISC */
#include "jose/sig.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/digest.h"
#include "base/log.h"

/*
 * ECDSA speaks DER in OpenSSL and r || s in JOSE.  Both numbers have `half`
 * bytes, 32 or 48, so every length is one byte, and the conversion is copying:
 *
 *	30 len  02 rlen r  02 slen s
 */
enum { HALF_MAX = 48, DER_MAX = 2 + 2 * (2 + HALF_MAX + 1) };

static size_t
half_of(enum jwk_alg alg)
{
	switch (alg) {
	case JWK_ES256:
		return 32;
	case JWK_ES384:
		return 48;
	default:
		return 0;
	}
}

/* One DER integer at *p, right-aligned in `half` bytes.  False if it is not. */
static bool
integer_get(const uint8_t **p, const uint8_t *end, uint8_t *out, size_t half)
{
	const uint8_t *at = *p;
	size_t len;

	if (end - at < 3 || at[0] != 0x02)
		return false;
	len = at[1];
	at += 2;
	if (len == 0 || len > (size_t)(end - at))
		return false;
	*p = at + len;
	if (at[0] == 0) {
		at++;
		len--;
	}
	if (len > half)
		return false;
	memset(out, 0, half - len);
	memcpy(out + half - len, at, len);
	return true;
}

static bool
der_to_raw(const uint8_t *der, size_t len, uint8_t *out, size_t half)
{
	const uint8_t *p = der + 2, *end = der + len;

	return len > 2 && der[0] == 0x30 && der[1] == len - 2 &&
	       integer_get(&p, end, out, half) &&
	       integer_get(&p, end, out + half, half) && p == end;
}

/* Minimal, and with a zero in front where it would look negative. */
static uint8_t *
integer_put(const uint8_t *in, size_t half, uint8_t *p)
{
	size_t skip = 0, len;

	while (skip < half - 1 && in[skip] == 0)
		skip++;
	len = half - skip;
	*p++ = 0x02;
	if (in[skip] & 0x80) {
		*p++ = (uint8_t)(len + 1);
		*p++ = 0;
	} else {
		*p++ = (uint8_t)len;
	}
	memcpy(p, in + skip, len);
	return p + len;
}

static size_t
raw_to_der(const uint8_t *raw, size_t half, uint8_t out[static DER_MAX])
{
	uint8_t *p =
	    integer_put(raw + half, half, integer_put(raw, half, out + 2));

	out[0] = 0x30;
	out[1] = (uint8_t)(p - out - 2);
	return (size_t)(p - out);
}

/* What is signed by `alg`: the message's hash.  Returns its length. */
static size_t
hash_of(enum jwk_alg alg, const void *data, size_t len,
    uint8_t out[static DIGEST_SHA384_LEN])
{
	if (alg == JWK_ES384) {
		digest_sha384(data, len, out);
		return DIGEST_SHA384_LEN;
	}
	digest_sha256(data, len, out);
	return DIGEST_LEN;
}

static ssize_t
make_ecdsa(const struct jwk *key, const uint8_t *hash, size_t n, uint8_t *out)
{
	const size_t half = half_of(key->alg);
	uint8_t der[DER_MAX];
	size_t len = sizeof(der);

	if (EVP_PKEY_sign(key->op, der, &len, hash, n) <= 0 ||
	    !der_to_raw(der, len, out, half))
		return -1;
	return (ssize_t)(2 * half);
}

static ssize_t
make_rsa(const struct jwk *key, const uint8_t *hash, size_t n, uint8_t *out)
{
	size_t len = SIG_MAX;

	if (EVP_PKEY_sign(key->op, out, &len, hash, n) <= 0)
		return -1;
	return (ssize_t)len;
}

/* Ed25519 signs the message itself, which OpenSSL offers only in one shot. */
static ssize_t
make_eddsa(const struct jwk *key, const void *data, size_t n, uint8_t *out)
{
	size_t len = SIG_MAX;

	if (EVP_DigestSignInit(key->once, NULL, NULL, NULL, key->key) <= 0 ||
	    EVP_DigestSign(key->once, out, &len, data, n) <= 0)
		len = 0;
	EVP_MD_CTX_reset(key->once);
	return len == 0 ? -1 : (ssize_t)len;
}

ssize_t
sig_make(const struct jwk *key, const void *data, size_t len,
    uint8_t out[static SIG_MAX])
{
	uint8_t hash[DIGEST_SHA384_LEN];
	size_t size;
	ssize_t n;

	if (!key->private)
		return -1;
	if (key->alg == JWK_EDDSA) {
		n = make_eddsa(key, data, len, out);
	} else {
		size = hash_of(key->alg, data, len, hash);
		n = half_of(key->alg) > 0 ? make_ecdsa(key, hash, size, out)
					  : make_rsa(key, hash, size, out);
	}
	if (n == -1) {
		ERR_clear_error();
		log_event(LOG_ERROR, "signature_failed", "alg",
		    jwk_alg_name(key->alg), NULL);
	}
	return n;
}

static int
check_eddsa(const struct jwk *key, const void *data, size_t len,
    const uint8_t *sig, size_t siglen)
{
	int result = -1;

	if (EVP_DigestVerifyInit(key->once, NULL, NULL, NULL, key->key) == 1)
		result = EVP_DigestVerify(key->once, sig, siglen, data, len);
	EVP_MD_CTX_reset(key->once);
	return result;
}

static int
check_hash(const struct jwk *key, const void *data, size_t len,
    const uint8_t *sig, size_t siglen)
{
	uint8_t hash[DIGEST_SHA384_LEN], der[DER_MAX];
	const size_t half = half_of(key->alg);
	size_t size;

	if (half > 0) {
		if (siglen != 2 * half)
			return 0;
		siglen = raw_to_der(sig, half, der);
		sig = der;
	}
	size = hash_of(key->alg, data, len, hash);
	return EVP_PKEY_verify(key->op, sig, siglen, hash, size);
}

/* Whether memory was missing when OpenSSL failed just now: then it has judged
 * nothing. */
static bool
starved(void)
{
	unsigned long e;
	bool found = false;

	while ((e = ERR_get_error()) != 0)
		found = found || ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE;
	return found;
}

int
sig_check(const struct jwk *key, const void *data, size_t len,
    const uint8_t *sig, size_t siglen)
{
	int result;

	if (key->private)
		return 0;
	result = key->alg == JWK_EDDSA
		     ? check_eddsa(key, data, len, sig, siglen)
		     : check_hash(key, data, len, sig, siglen);
	if (result == 1)
		return 1;
	/*
	 * Memory may have been short even for a reason.  A key's owner can make
	 * OpenSSL fail, which then has one.
	 */
	if (result < 0 && ERR_peek_error() == 0)
		return -1;
	return starved() ? -1 : 0;
}

bool
sig_warm(void)
{
	struct jwk *made = jwk_generate(JWK_ES256), *read = NULL;
	uint8_t der[JWK_DER_MAX], sig[SIG_MAX];
	ssize_t len = made != NULL ? jwk_export(made, der, sizeof(der)) : -1;
	bool good;

	if (len != -1)
		read = jwk_import(JWK_ES256, der, (size_t)len);
	good = read != NULL && sig_make(read, "", 0, sig) != -1;
	jwk_free(read);
	jwk_free(made);
	return good;
}
