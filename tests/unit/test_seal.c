/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jose/seal.h"
#include "jose.h"

#define HEX2 "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define TEXT "attack at dawn"

enum { LEN = sizeof(TEXT) - 1 };

/* The file's key; another; another with the file's as the previous one. */
static struct kek *kek, *another, *changed;

static int
setup(void **state)
{
	char hex[128], lines[256];

	(void)state;
	jose_vector("kek.key", hex, sizeof(hex));
	snprintf(lines, sizeof(lines), "%s\n", hex);
	kek = jose_kek(lines);
	another = jose_kek(HEX2 "\n");
	snprintf(lines, sizeof(lines), HEX2 "\n%s\n", hex);
	changed = jose_kek(lines);
	return kek == NULL || another == NULL || changed == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	kek_free(kek);
	kek_free(another);
	kek_free(changed);
	return 0;
}

static void
round_trip(void **state)
{
	uint8_t sealed[LEN + SEAL_OVERHEAD], out[LEN];

	(void)state;
	assert_int_equal(seal_put(kek, "kid-1", TEXT, LEN, sealed), 0);
	assert_memory_not_equal(sealed + SEAL_NONCE, TEXT, LEN);
	assert_int_equal(
	    seal_get(kek, "kid-1", sealed, sizeof(sealed), out), LEN);
	assert_memory_equal(out, TEXT, LEN);
}

static void
empty_round_trip(void **state)
{
	uint8_t sealed[SEAL_OVERHEAD], out[1];

	(void)state;
	assert_int_equal(seal_put(kek, "k", "", 0, sealed), 0);
	assert_int_equal(seal_get(kek, "k", sealed, sizeof(sealed), out), 0);
}

/* What an earlier version stored has to open for ever. */
static void
stored_earlier(void **state)
{
	uint8_t sealed[128], out[128];
	char hex[512];
	size_t n = 0;
	unsigned byte;

	(void)state;
	jose_vector("sealed.hex", hex, sizeof(hex));
	for (; sscanf(hex + 2 * n, "%2x", &byte) == 1; n++)
		sealed[n] = (uint8_t)byte;
	assert_int_equal(n, LEN + SEAL_OVERHEAD);
	assert_int_equal(seal_get(kek, "kid-1", sealed, n, out), LEN);
	assert_memory_equal(out, TEXT, LEN);
	assert_int_equal(seal_get(changed, "kid-1", sealed, n, out), LEN);
	assert_int_equal(seal_get(another, "kid-1", sealed, n, out), -1);
}

static void
nonces_differ(void **state)
{
	uint8_t a[LEN + SEAL_OVERHEAD], b[LEN + SEAL_OVERHEAD];

	(void)state;
	assert_int_equal(seal_put(kek, "kid-1", TEXT, LEN, a), 0);
	assert_int_equal(seal_put(kek, "kid-1", TEXT, LEN, b), 0);
	assert_memory_not_equal(a, b, SEAL_NONCE);
	assert_memory_not_equal(a + SEAL_NONCE, b + SEAL_NONCE, LEN);
}

static void
every_bit_counts(void **state)
{
	static const uint8_t nothing[LEN];
	uint8_t sealed[LEN + SEAL_OVERHEAD], out[LEN];

	(void)state;
	assert_int_equal(seal_put(kek, "kid-1", TEXT, LEN, sealed), 0);
	for (size_t i = 0; i < 8 * sizeof(sealed); i++) {
		sealed[i / 8] ^= (uint8_t)(1 << i % 8);
		memset(out, 'x', sizeof(out));
		assert_int_equal(
		    seal_get(kek, "kid-1", sealed, sizeof(sealed), out), -1);
		assert_memory_equal(out, nothing, sizeof(out)); /* wiped */
		sealed[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t n = 0; n < sizeof(sealed); n++)
		assert_int_equal(seal_get(kek, "kid-1", sealed, n, out), -1);
}

static void
another_id(void **state)
{
	static const char *const ids[] = { "", "kid-", "kid-2", "kid-11",
		"KID-1" };
	uint8_t sealed[LEN + SEAL_OVERHEAD], out[LEN];

	(void)state;
	assert_int_equal(seal_put(kek, "kid-1", TEXT, LEN, sealed), 0);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_int_equal(
		    seal_get(kek, ids[i], sealed, sizeof(sealed), out), -1);
}

static void
while_the_kek_is_changed(void **state)
{
	uint8_t sealed[LEN + SEAL_OVERHEAD], out[LEN];

	(void)state;
	assert_int_equal(seal_put(changed, "k", TEXT, LEN, sealed), 0);
	assert_int_equal(seal_get(another, "k", sealed, sizeof(sealed), out),
	    LEN); /* it sealed with its first line */
	assert_int_equal(seal_get(kek, "k", sealed, sizeof(sealed), out), -1);
}

static void
signing_keys(void **state)
{
	uint8_t sealed[SEAL_KEY_MAX];
	struct jwk *key, *again;
	size_t len;
	ssize_t n;

	(void)state;
	for (int alg = 0; alg < JWK_ALGS; alg++) {
		key = jwk_generate((enum jwk_alg)alg);
		assert_non_null(key);
		n = seal_key_put(kek, key, sealed);
		assert_true(n > SEAL_OVERHEAD);
		len = (size_t)n;
		again = seal_key_get(
		    changed, (enum jwk_alg)alg, key->kid, sealed, len);
		assert_non_null(again);
		assert_true(again->private);
		assert_string_equal(again->canonical, key->canonical);
		jwk_free(again);
		assert_null(seal_key_get(
		    another, (enum jwk_alg)alg, key->kid, sealed, len));
		assert_null(
		    seal_key_get(kek, (enum jwk_alg)alg, "kid", sealed, len));
		assert_null(
		    seal_key_get(kek, (enum jwk_alg)((alg + 1) % JWK_ALGS),
			key->kid, sealed, len));
		assert_null(seal_key_get(
		    kek, (enum jwk_alg)alg, key->kid, sealed, len - 1));
		jwk_free(key);
	}
}

/* Sealed well, but under a name that is not its thumbprint. */
static void
a_key_by_another_name(void **state)
{
	struct jwk *key = jwk_generate(JWK_ES256);
	uint8_t sealed[SEAL_KEY_MAX], der[JWK_DER_MAX];
	ssize_t n;

	(void)state;
	assert_non_null(key);
	n = jwk_export(key, der, sizeof(der));
	assert_true(n > 0);
	assert_int_equal(seal_put(kek, "kid-1", der, (size_t)n, sealed), 0);
	assert_null(seal_key_get(
	    kek, JWK_ES256, "kid-1", sealed, (size_t)n + SEAL_OVERHEAD));
	jwk_free(key);
}

static void
too_long(void **state)
{
	static const uint8_t sealed[SEAL_KEY_MAX + 64 * 1024];

	(void)state;
	assert_null(seal_key_get(kek, JWK_ES256, "k", sealed, sizeof(sealed)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(empty_round_trip),
		cmocka_unit_test(stored_earlier),
		cmocka_unit_test(nonces_differ),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(another_id),
		cmocka_unit_test(while_the_kek_is_changed),
		cmocka_unit_test(signing_keys),
		cmocka_unit_test(a_key_by_another_name),
		cmocka_unit_test(too_long),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("seal", tests, setup, teardown);
}
