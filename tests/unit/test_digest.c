/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"

static void
assert_hex(const uint8_t d[static DIGEST_LEN], const char *want)
{
	char hex[2 * DIGEST_LEN + 1];
	int i;

	for (i = 0; i < DIGEST_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", d[i]);
	assert_string_equal(hex, want);
}

/* The examples that NIST publishes for FIPS 180-4. */
static void
sha256(void **state)
{
	static const struct {
		const char *text, *digest;
	} cases[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb924"
		      "27ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223"
			 "b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    "248d6a61d20638b8e5c026930c3e6039"
		    "a33ce45964ff2167f6ecedd419db06c1" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
		  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		    "cf5b16a778af8380036ce59e7b049237"
		    "0b249b11e8f07a51afac45037afee9d1" },
	};
	uint8_t d[DIGEST_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		digest_sha256(cases[i].text, strlen(cases[i].text), d);
		assert_hex(d, cases[i].digest);
	}
}

static void
sha256_of_a_million(void **state)
{
	enum { MILLION = 1000000 };
	uint8_t d[DIGEST_LEN];
	char *text = malloc(MILLION);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', MILLION);
	digest_sha256(text, MILLION, d);
	free(text);
	assert_hex(d, "cdc76e5c9914fb9281a1c7e284d73e67"
		      "f1809a48a497200e046d39ccc7112cd0");
}

/* The length counts, not a NUL. */
static void
sha256_of_bytes(void **state)
{
	uint8_t a[DIGEST_LEN], b[DIGEST_LEN];

	(void)state;
	digest_sha256("a\0b", 3, a);
	digest_sha256("a\0c", 3, b);
	assert_memory_not_equal(a, b, DIGEST_LEN);
	digest_sha256("a", 1, b);
	assert_memory_not_equal(a, b, DIGEST_LEN);
}

static void
hmac_is(const void *key, size_t keylen, const void *data, size_t len,
    const char *want)
{
	uint8_t d[DIGEST_LEN];

	assert_int_equal(digest_hmac_sha256(key, keylen, data, len, d), 0);
	assert_hex(d, want);
}

/* RFC 4231, 4.2 to 4.8; 4.6 is a truncation, which is not offered. */
static void
hmac(void **state)
{
	static const char jefe[] = "what do ya want for nothing?";
	static const char large[] = "Test Using Larger Than Block-Size Key - "
				    "Hash Key First";
	static const char larger[] =
	    "This is a test using a larger than block-size key and a larger "
	    "than block-size data. The key needs to be hashed before being "
	    "used by the HMAC algorithm.";
	uint8_t key[131], data[50], i;

	(void)state;
	memset(key, 0x0b, 20);
	hmac_is(key, 20, "Hi There", 8,
	    "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7");
	hmac_is("Jefe", 4, jefe, strlen(jefe),
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	memset(data, 0xdd, sizeof(data));
	hmac_is(key, 20, data, sizeof(data),
	    "773ea91e36800e46854db8ebd09181a7"
	    "2959098b3ef8c122d9635514ced565fe");
	hmac_is(key, sizeof(key), large, strlen(large),
	    "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54");
	hmac_is(key, sizeof(key), larger, strlen(larger),
	    "9b09ffa71b942fcb27635fbcd5b0e944"
	    "bfdc63644f0713938a7f51535c3a35e2");
	for (i = 0; i < 25; i++)
		key[i] = i + 1;
	memset(data, 0xcd, sizeof(data));
	hmac_is(key, 25, data, sizeof(data),
	    "82558a389a443c0ea4cc819899f2083a"
	    "85f0faa3e578f8077a2e3ff46729665b");
}

/* One bit anywhere is enough. */
static void
equal(void **state)
{
	uint8_t a[DIGEST_LEN], b[DIGEST_LEN];
	int i, bit;

	(void)state;
	memset(a, 0x5a, sizeof(a));
	memcpy(b, a, sizeof(b));
	assert_true(digest_equal(a, b, sizeof(a)));
	for (i = 0; i < DIGEST_LEN; i++) {
		for (bit = 0; bit < 8; bit++) {
			b[i] ^= (uint8_t)(1 << bit);
			assert_false(digest_equal(a, b, sizeof(a)));
			b[i] = a[i];
		}
	}
	b[31] = 0;
	assert_true(digest_equal(a, b, 31));
}

static void
wipe(void **state)
{
	static const char want[] = "a\0\0\0\0f";
	char text[] = "abcdef";

	(void)state;
	digest_wipe(text + 1, 4);
	assert_memory_equal(text, want, sizeof(want));
	digest_wipe(text, 0);
	assert_int_equal(text[0], 'a');
}

/* Not a test of the generator: that all of the bytes come from it. */
static void
randomness(void **state)
{
	uint8_t a[1024], b[1024], seen[256] = { 0 };
	size_t i, different = 0;

	(void)state;
	memset(a, 0, sizeof(a));
	assert_int_equal(digest_random(a, sizeof(a)), 0);
	assert_int_equal(digest_random(b, sizeof(b)), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_memory_not_equal(a + 1008, b + 1008, 16);
	for (i = 0; i < sizeof(a); i++)
		different += seen[a[i]]++ == 0;
	assert_true(different > 200);
	memset(a, 0, 4);
	assert_int_equal(digest_random(a, 0), 0);
	assert_memory_equal(a, "\0\0\0\0", 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256),
		cmocka_unit_test(sha256_of_a_million),
		cmocka_unit_test(sha256_of_bytes),
		cmocka_unit_test(hmac),
		cmocka_unit_test(equal),
		cmocka_unit_test(wipe),
		cmocka_unit_test(randomness),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (digest_init() == -1)
		return 1;
	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
