/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/arena.h"
#include "base/b64url.h"
#include "base/buf.h"
#include "base/json.h"
#include "jose/jwk.h"
#include "jose.h"
#include "witharena.h"

static enum jwk_verdict
parse(const char *text, struct jwk **key)
{
	struct json_object *o = json_read(arena, text, strlen(text));

	assert_non_null(o);
	return jwk_parse(o, key);
}

static const char *
print(const struct jwk *key)
{
	struct buf out;

	buf_init(&out, arena);
	jwk_print(key, &out);
	return out.data;
}

#define X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "\""
#define ED "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"

static void
names(void **state)
{
	static const char *const unknown[] = { "", "none", "None", "HS256",
		"HS384", "HS512", "es256", "ES256 ", "ES512", "PS384",
		"RS512" };
	enum jwk_alg alg;

	(void)state;
	for (int i = 0; i < JWK_ALGS; i++) {
		assert_true(jwk_alg_find(jwk_alg_name((enum jwk_alg)i), &alg));
		assert_int_equal(alg, i);
	}
	assert_true(jwk_alg_find("Ed25519", &alg));
	assert_int_equal(alg, JWK_EDDSA);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_false(jwk_alg_find(unknown[i], &alg));
}

static void
thumbprint_rfc7638(void **state)
{
	char json[2048], want[64], got[JWK_KID_LEN + 1];
	struct jwk *key;

	(void)state;
	jose_vector("rfc7638_3.kid", want, sizeof(want));
	assert_int_equal(
	    parse(jose_vector("rfc7638_3.jwk", json, sizeof(json)), &key),
	    JWK_OK);
	jwk_thumbprint(key, got);
	assert_string_equal(got, want);
	assert_string_equal(key->kid, "2011-04-29");
	assert_int_equal(key->alg, JWK_RS256);
	assert_false(key->private);
	jwk_free(key);
}

static void
thumbprint_rfc8037(void **state)
{
	char want[64];
	struct jwk *key;

	(void)state;
	assert_int_equal(
	    parse(
		"{\"crv\":\"Ed25519\",\"x\":\"" ED "\",\"kty\":\"OKP\"}", &key),
	    JWK_OK);
	/* without a kid of its own, the thumbprint is it */
	assert_string_equal(
	    key->kid, jose_vector("rfc8037_a.kid", want, sizeof(want)));
	assert_int_equal(key->alg, JWK_EDDSA);
	jwk_free(key);
}

static void
printed_in_canonical_order(void **state)
{
	struct jwk *key;

	(void)state;
	assert_int_equal(parse("{" EC ",\"kid\":\"a\\\"b\"}", &key), JWK_OK);
	assert_string_equal(print(key),
	    "{\"crv\":\"P-256\",\"kty\":\"EC\","
	    "\"x\":\"" X "\",\"y\":\"" Y "\",\"alg\":\"ES256\","
	    "\"kid\":\"a\\\"b\",\"use\":\"sig\"}");
	jwk_free(key);
}

static void
generated_and_published(void **state)
{
	struct jwk *key, *public;

	(void)state;
	for (int alg = 0; alg < JWK_ALGS; alg++) {
		key = jwk_generate((enum jwk_alg)alg);
		assert_non_null(key);
		assert_true(key->private);
		assert_int_equal(strlen(key->kid), JWK_KID_LEN);
		/* no private member is printed: parsing would refuse it */
		assert_int_equal(parse(print(key), &public), JWK_OK);
		assert_string_equal(public->kid, key->kid);
		assert_string_equal(public->canonical, key->canonical);
		assert_int_equal(public->alg, alg);
		assert_int_equal(EVP_PKEY_eq(public->key, key->key), 1);
		jwk_free(public);
		jwk_free(key);
	}
}

static void
generated_keys_differ(void **state)
{
	struct jwk *a = jwk_generate(JWK_ES256), *b = jwk_generate(JWK_ES256);

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_string_not_equal(a->kid, b->kid);
	jwk_free(a);
	jwk_free(b);
}

/* RS256 and PS256 are for keys of one type. */
static bool
same_type(int a, int b)
{
	const bool rsa = (a == JWK_RS256 || a == JWK_PS256) &&
			 (b == JWK_RS256 || b == JWK_PS256);

	return rsa || a == b;
}

static void
exported_and_imported(void **state)
{
	uint8_t der[JWK_DER_MAX];
	struct jwk *key, *again;
	ssize_t n;

	(void)state;
	for (int alg = 0; alg < JWK_ALGS; alg++) {
		key = jwk_generate((enum jwk_alg)alg);
		assert_non_null(key);
		n = jwk_export(key, der, sizeof(der));
		assert_true(n > 0);
		assert_int_equal(jwk_export(key, der, (size_t)n - 1), -1);
		again = jwk_import((enum jwk_alg)alg, der, (size_t)n);
		assert_non_null(again);
		assert_true(again->private);
		assert_string_equal(again->kid, key->kid);
		for (int other = 0; other < JWK_ALGS; other++)
			if (!same_type(other, alg))
				assert_null(jwk_import(
				    (enum jwk_alg)other, der, (size_t)n));
		for (ssize_t cut = 0; cut < n; cut += 7)
			assert_null(
			    jwk_import((enum jwk_alg)alg, der, (size_t)cut));
		der[n] = 0;
		assert_null(jwk_import((enum jwk_alg)alg, der, (size_t)n + 1));
		jwk_free(again);
		jwk_free(key);
	}
}

static void
import_refuses_other_keys(void **state)
{
	static const char *const curves[] = { "P-384", "secp256k1" };
	PKCS8_PRIV_KEY_INFO *info;
	unsigned char *der;
	EVP_PKEY *pkey;
	int n;

	(void)state;
	for (int i = 0; i < 3; i++) {
		pkey = i < 2
			   ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", curves[i])
			   : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
		assert_non_null(pkey);
		info = EVP_PKEY2PKCS8(pkey);
		der = NULL;
		n = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
		assert_true(n > 0);
		assert_null(
		    jwk_import(i < 2 ? JWK_ES256 : JWK_RS256, der, (size_t)n));
		OPENSSL_free(der);
		PKCS8_PRIV_KEY_INFO_free(info);
		EVP_PKEY_free(pkey);
	}
}

static void
public_key_is_not_exported(void **state)
{
	uint8_t der[JWK_DER_MAX];
	struct jwk *key;

	(void)state;
	assert_int_equal(parse("{" EC "}", &key), JWK_OK);
	assert_int_equal(jwk_export(key, der, sizeof(der)), -1);
	jwk_free(key);
}

static void
refused(void **state)
{
	static const char *const bad[] = {
		"[]",
		"\"key\"",
		"{}",
		"{\"kty\":1}",
		/* private and symmetric */
		"{" EC
		",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}",
		"{" EC ",\"d\":null}",
		"{" EC ",\"k\":\"AAAA\"}",
		"{" EC ",\"p\":\"AAAA\"}",
		"{\"kty\":\"oct\"}",
		"{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMko\"}",
		"{\"kty\":\"OKP\",\"crv\":\"X448\",\"d\":\"AAAA\"}",
		/* an algorithm of another type of key */
		"{" EC ",\"alg\":\"RS256\"}",
		"{" EC ",\"alg\":\"EdDSA\"}",
		"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED
		"\",\"alg\":\"ES256\"}",
		/* members of the wrong form */
		"{" EC ",\"alg\":256}",
		"{" EC ",\"alg\":null}",
		"{" EC ",\"kid\":7}",
		"{" EC ",\"kid\":\"\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":1}",
		/* short, long, padded, not base64url, loose last bits */
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"g83OJ3D2\",\"y\":"
		"\"" Y "\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA" X "\",\"y\":\"" Y
		"\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "=\",\"y\":\"" Y
		"\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X
		"\",\"y\":\"x/FEzRu9m36HLN+tue659LNpXW6pCyStikYjKIWI5a0\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X
		"\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1\"}",
		/* not on the curve */
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" Y "\",\"y\":\"" X
		"\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}",
		"{\"kty\":\"RSA\"}",
		"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
	};
	struct jwk *key;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(bad[i], &key) != JWK_REFUSED)
			fail_msg("not refused: %s", bad[i]);
}

static void
private_vector_is_refused(void **state)
{
	char json[1024];
	struct jwk *key;

	(void)state;
	assert_int_equal(
	    parse(jose_vector("rfc8037_a.jwk", json, sizeof(json)), &key),
	    JWK_REFUSED);
}

static void
long_kid_is_refused(void **state)
{
	char kid[JWK_KID_MAX + 2];
	struct jwk *key;

	(void)state;
	memset(kid, 'k', sizeof(kid));
	kid[JWK_KID_MAX] = '\0';
	assert_int_equal(
	    parse(arena_printf(arena, "{" EC ",\"kid\":\"%s\"}", kid), &key),
	    JWK_OK);
	jwk_free(key);
	kid[JWK_KID_MAX] = 'k';
	kid[JWK_KID_MAX + 1] = '\0';
	assert_int_equal(
	    parse(arena_printf(arena, "{" EC ",\"kid\":\"%s\"}", kid), &key),
	    JWK_REFUSED);
}

/* The verdict on an RSA key with the modulus of `len` bytes at `n`. */
static enum jwk_verdict
rsa(const uint8_t *n, size_t len, const char *e)
{
	char text[B64URL_LEN(1024) + 1];
	struct jwk *key;
	enum jwk_verdict v;

	b64url_encode(n, len, text);
	v = parse(arena_printf(arena,
		      "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"}", text, e),
	    &key);
	if (v == JWK_OK)
		jwk_free(key);
	return v;
}

/* The modulus in a vector: 2048 bits. */
static void
modulus(const char *name, uint8_t out[static 256])
{
	char json[2048];
	struct json_object *o;

	jose_vector(name, json, sizeof(json));
	o = json_read(arena, json, strlen(json));
	assert_int_equal(
	    b64url_decode(json_str(o, "n"), strlen(json_str(o, "n")), out, 256),
	    256);
}

static void
rsa_exponents(void **state)
{
	static const char *const bad[] = { "", "AQ", "Aw", "AQAA", "AAEAAQ",
		"AQAAAAE", "AQAB=" };
	uint8_t n[256];

	(void)state;
	modulus("rfc7515_a2.jwk", n);
	assert_int_equal(rsa(n, 256, "AQAB"), JWK_OK);
	assert_int_equal(rsa(n, 256, "_____w"), JWK_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(rsa(n, 256, bad[i]), JWK_REFUSED);
}

/* The product of two moduli stands for one of twice their length. */
static void
rsa_sizes(void **state)
{
	uint8_t a[257] = { 0 }, b[256], product[513];
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *x, *y;

	(void)state;
	modulus("rfc7515_a2.jwk", a + 1);
	modulus("rfc7638_3.jwk", b);
	x = BN_bin2bn(a, 257, NULL);
	y = BN_bin2bn(b, 256, NULL);
	assert_int_equal(BN_mul(x, x, y, ctx), 1);
	assert_int_equal(BN_num_bits(x), 4096);
	BN_bn2bin(x, product);
	assert_int_equal(rsa(product, 512, "AQAB"), JWK_OK);
	assert_int_equal(rsa(a, 257, "AQAB"), JWK_REFUSED); /* leading zero */
	assert_int_equal(rsa(a + 1, 255, "AQAB"), JWK_REFUSED);
	assert_int_equal(rsa(a + 1, 128, "AQAB"), JWK_REFUSED);
	a[1] = 0x7f; /* 2047 bits */
	assert_int_equal(rsa(a + 1, 256, "AQAB"), JWK_REFUSED);
	b[255] ^= 1; /* even */
	assert_int_equal(rsa(b, 256, "AQAB"), JWK_REFUSED);
	BN_add(x, x, x);
	BN_add_word(x, 1); /* 4097 bits */
	BN_bn2bin(x, product);
	assert_int_equal(rsa(product, 513, "AQAB"), JWK_REFUSED);
	BN_free(x);
	BN_free(y);
	BN_CTX_free(ctx);
}

static void
unusable(void **state)
{
	static const char *const other[] = {
		"{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"AAAA\"}",
		"{\"kty\":\"EC\"}",
		"{\"kty\":\"ec\",\"crv\":\"P-256\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AA\",\"y\":\"AA\"}",
		"{\"kty\":\"EC\",\"crv\":\"secp256k1\"}",
		"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AA\"}",
		"{\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"" X "\"}",
		"{\"kty\":\"EC\",\"crv\":\"Ed25519\",\"x\":\"" ED "\"}",
		"{" EC ",\"alg\":\"none\"}",
		"{" EC ",\"alg\":\"HS256\"}",
		"{" EC ",\"alg\":\"ECDH-ES\"}",
		"{" EC ",\"use\":\"enc\"}",
		"{" EC ",\"use\":\"SIG\"}",
		"{" EC ",\"use\":null}",
		"{" EC ",\"key_ops\":\"verify\"}",
		"{" EC ",\"key_ops\":[]}",
		"{" EC ",\"key_ops\":[\"sign\",null,1]}",
	};
	struct jwk *key;

	(void)state;
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (parse(other[i], &key) != JWK_UNUSABLE)
			fail_msg("not unusable: %s", other[i]);
}

static void
optional_members(void **state)
{
	static const char *const good[] = {
		"{" EC "}",
		"{" EC ",\"use\":\"sig\",\"alg\":\"ES256\",\"kid\":\"1\"}",
		"{" EC ",\"key_ops\":[\"encrypt\",\"verify\"]}",
		"{" EC ",\"x5c\":[\"MII\"],\"x5u\":\"https://evil.example/\"}",
	};
	struct jwk *key;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse(good[i], &key), JWK_OK);
		jwk_free(key);
	}
	jwk_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(thumbprint_rfc7638),
		cmocka_unit_test(thumbprint_rfc8037),
		cmocka_unit_test(printed_in_canonical_order),
		cmocka_unit_test(generated_and_published),
		cmocka_unit_test(generated_keys_differ),
		cmocka_unit_test(exported_and_imported),
		cmocka_unit_test(import_refuses_other_keys),
		cmocka_unit_test(public_key_is_not_exported),
		cmocka_unit_test(refused),
		cmocka_unit_test(private_vector_is_refused),
		cmocka_unit_test(long_kid_is_refused),
		cmocka_unit_test(rsa_exponents),
		cmocka_unit_test(rsa_sizes),
		cmocka_unit_test(unusable),
		cmocka_unit_test(optional_members),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("jwk", tests, begin, end);
}
