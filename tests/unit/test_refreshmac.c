/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jose/refreshmac.h"
#include "jose.h"

#define HEX2 "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define GRANT "0190b4a0-1234-7abc-8def-0123456789ab"
#define OTHER "0190b4a0-1234-7abc-8def-0123456789ac"

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

static bool
check(const struct kek *k, const char *grant, int generation,
    const struct refreshmac *code)
{
	int result = refreshmac_check(k, grant, generation, code);

	assert_int_not_equal(result, -1);
	return result == 1;
}

static struct refreshmac
made(const struct kek *k, const char *grant, int generation)
{
	struct refreshmac code;

	assert_int_equal(refreshmac_make(k, grant, generation, &code), 0);
	return code;
}

/* Tokens that are out there have to be understood for ever. */
static void
issued_earlier(void **state)
{
	struct refreshmac want, got = made(kek, GRANT, 7);

	(void)state;
	jose_vector("refreshmac.secret", want.secret, sizeof(want.secret));
	jose_vector("refreshmac.mac", want.mac, sizeof(want.mac));
	assert_string_equal(got.secret, want.secret);
	assert_string_equal(got.mac, want.mac);
	assert_true(check(kek, GRANT, 7, &want));
}

static void
covers_both_parts(void **state)
{
	struct refreshmac code = made(kek, GRANT, 7);

	(void)state;
	assert_false(check(kek, GRANT, 8, &code));
	assert_false(check(kek, GRANT, 71, &code));
	assert_false(check(kek, GRANT, 6, &code));
	assert_false(check(kek, OTHER, 7, &code));
	assert_true(check(kek, GRANT, 7, &code));
	code = made(kek, GRANT, 2147483647);
	assert_true(check(kek, GRANT, 2147483647, &code));
}

/* A grant's tokens share the secret, and nothing else does. */
static void
one_secret(void **state)
{
	struct refreshmac one = made(kek, GRANT, 1), two = made(kek, GRANT, 2),
			  other = made(kek, OTHER, 1);

	(void)state;
	assert_string_equal(one.secret, two.secret);
	assert_string_not_equal(one.mac, two.mac);
	assert_string_not_equal(one.secret, one.mac);
	assert_string_not_equal(one.secret, other.secret);
	memcpy(one.secret, other.secret, sizeof(one.secret));
	assert_false(check(kek, GRANT, 1, &one));
}

static void
every_character_counts(void **state)
{
	struct refreshmac code = made(kek, GRANT, 7);
	char *const part[] = { code.secret, code.mac };
	char was;

	(void)state;
	for (size_t i = 0; i < 2 * REFRESHMAC_LEN; i++) {
		char *c = &part[i % 2][i / 2];

		was = *c;
		*c = was == 'A' ? 'B' : 'A';
		assert_false(check(kek, GRANT, 7, &code));
		*c = '\0';
		assert_false(check(kek, GRANT, 7, &code));
		*c = was;
	}
	assert_true(check(kek, GRANT, 7, &code));
}

static void
while_the_kek_is_changed(void **state)
{
	struct refreshmac old = made(kek, GRANT, 7),
			  new = made(changed, GRANT, 7), mixed = new;

	(void)state;
	assert_string_not_equal(old.mac, new.mac);
	assert_string_not_equal(old.secret, new.secret);
	assert_true(check(changed, GRANT, 7, &old));
	assert_true(check(changed, GRANT, 7, &new));
	assert_true(check(another, GRANT, 7, &new));
	assert_false(check(another, GRANT, 7, &old));
	assert_false(check(kek, GRANT, 7, &new));
	memcpy(mixed.secret, old.secret, sizeof(mixed.secret));
	assert_false(check(changed, GRANT, 7, &mixed));
}

/* One grant has one spelling, or it would have several tokens. */
static void
one_spelling(void **state)
{
	static const char *const bad[] = { "", "0190b4a0",
		"0190B4A0-1234-7abc-8def-0123456789ab",
		"0190b4a012347abc8def0123456789ab",
		"{0190b4a0-1234-7abc-8def-0123456789a}",
		"0190b4a0-1234-7abc-8def-0123456789ab0",
		"0190b4a0-1234-7abc-8def-0123456789ag",
		"0190b4a0-1234-7abc-8def00123456789ab",
		"0190b4a0-1234-7abc-8def-0123456789a\n" };
	struct refreshmac code = made(kek, GRANT, 7);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(check(kek, bad[i], 7, &code));
		assert_int_equal(refreshmac_make(kek, bad[i], 7, &code), -1);
	}
	assert_int_equal(refreshmac_make(kek, GRANT, 0, &code), -1);
	assert_int_equal(refreshmac_make(kek, GRANT, -1, &code), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(issued_earlier),
		cmocka_unit_test(covers_both_parts),
		cmocka_unit_test(one_secret),
		cmocka_unit_test(every_character_counts),
		cmocka_unit_test(while_the_kek_is_changed),
		cmocka_unit_test(one_spelling),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name(
	    "refreshmac", tests, setup, teardown);
}
