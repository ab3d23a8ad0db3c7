/* SPDX-License-Identifier: ISC */
#include "jose/sig.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/digest.h"
#include "base/log.h"

/*
 * ECDSA speaks DER in OpenSSL and r || s in JOSE.  Both numbers are under 33
 * bytes, so every length is one byte, and the conversion is copying:
 *
 *	30 len  02 rlen r  02 slen s
 */
enum { HALF = 32, DER_MAX = 2 + 2 * (2 + HALF + 1) };

/* One DER integer at *p, right-aligned in 32 bytes.  False if it is not. */
static bool
integer_get(const uint8_t **p, const uint8_t *end, uint8_t out[static HALF])
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
	if (len > HALF)
		return false;
	memset(out, 0, HALF - len);
	memcpy(out + HALF - len, at, len);
	return true;
}

static bool
der_to_raw(const uint8_t *der, size_t len, uint8_t out[static 2 * HALF])
{
	const uint8_t *p = der + 2, *end = der + len;

	return len > 2 && der[0] == 0x30 && der[1] == len - 2 &&
	       integer_get(&p, end, out) && integer_get(&p, end, out + HALF) &&
	       p == end;
}

/* Minimal, and with a zero in front where it would look negative. */
static uint8_t *
integer_put(const uint8_t in[static HALF], uint8_t *p)
{
	size_t skip = 0, len;

	while (skip < HALF - 1 && in[skip] == 0)
		skip++;
	len = HALF - skip;
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
raw_to_der(const uint8_t raw[static 2 * HALF], uint8_t out[static DER_MAX])
{
	uint8_t *p = integer_put(raw + HALF, integer_put(raw, out + 2));

	out[0] = 0x30;
	out[1] = (uint8_t)(p - out - 2);
	return (size_t)(p - out);
}

static ssize_t
make_es256(EVP_PKEY_CTX *op, const uint8_t *hash, uint8_t *out)
{
	uint8_t der[DER_MAX];
	size_t len = sizeof(der);

	if (EVP_PKEY_sign(op, der, &len, hash, DIGEST_LEN) <= 0 ||
	    !der_to_raw(der, len, out))
		return -1;
	return 2 * HALF;
}

static ssize_t
make_rs256(EVP_PKEY_CTX *op, const uint8_t *hash, uint8_t *out)
{
	size_t len = SIG_MAX;

	if (EVP_PKEY_sign(op, out, &len, hash, DIGEST_LEN) <= 0)
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
	uint8_t hash[DIGEST_LEN];
	ssize_t n = -1;

	if (!key->private)
		return -1;
	if (key->alg == JWK_EDDSA) {
		n = make_eddsa(key, data, len, out);
	} else {
		digest_sha256(data, len, hash);
		n = key->alg == JWK_ES256 ? make_es256(key->op, hash, out)
					  : make_rs256(key->op, hash, out);
	}
	if (n == -1) {
		ERR_clear_error();
		log_event(LOG_ERROR, "signature_failed", "alg",
		    jwk_alg_name(key->alg), NULL);
	}
	return n;
}

static bool
check_eddsa(const struct jwk *key, const void *data, size_t len,
    const uint8_t *sig, size_t siglen)
{
	bool good;

	good =
	    EVP_DigestVerifyInit(key->once, NULL, NULL, NULL, key->key) == 1 &&
	    EVP_DigestVerify(key->once, sig, siglen, data, len) == 1;
	EVP_MD_CTX_reset(key->once);
	return good;
}

bool
sig_check(const struct jwk *key, const void *data, size_t len,
    const uint8_t *sig, size_t siglen)
{
	uint8_t hash[DIGEST_LEN], der[DER_MAX];
	bool good;

	if (key->private)
		return false;
	if (key->alg == JWK_EDDSA) {
		good = check_eddsa(key, data, len, sig, siglen);
	} else {
		if (key->alg == JWK_ES256) {
			if (siglen != 2 * HALF)
				return false;
			siglen = raw_to_der(sig, der);
			sig = der;
		}
		digest_sha256(data, len, hash);
		good = EVP_PKEY_verify(
			   key->op, sig, siglen, hash, sizeof(hash)) == 1;
	}
	if (!good)
		ERR_clear_error();
	return good;
}
