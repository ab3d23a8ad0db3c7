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
check(const struct kek *k, const char *grant, int generation, const char *mac)
{
	return refreshmac_check(k, grant, generation, mac, strlen(mac));
}

/* Tokens that are out there have to be understood for ever. */
static void
issued_earlier(void **state)
{
	char want[64], got[REFRESHMAC_LEN + 1];

	(void)state;
	jose_vector("refreshmac.mac", want, sizeof(want));
	assert_int_equal(refreshmac_make(kek, GRANT, 7, got), 0);
	assert_string_equal(got, want);
	assert_true(check(kek, GRANT, 7, want));
}

static void
covers_both_parts(void **state)
{
	char mac[REFRESHMAC_LEN + 1];

	(void)state;
	assert_int_equal(refreshmac_make(kek, GRANT, 7, mac), 0);
	assert_false(check(kek, GRANT, 8, mac));
	assert_false(check(kek, GRANT, 71, mac));
	assert_false(check(kek, GRANT, 6, mac));
	assert_false(
	    check(kek, "0190b4a0-1234-7abc-8def-0123456789ac", 7, mac));
	assert_true(check(kek, GRANT, 7, mac));
	assert_int_equal(refreshmac_make(kek, GRANT, 2147483647, mac), 0);
	assert_true(check(kek, GRANT, 2147483647, mac));
}

static void
every_character_counts(void **state)
{
	char mac[REFRESHMAC_LEN + 2], was;

	(void)state;
	assert_int_equal(refreshmac_make(kek, GRANT, 7, mac), 0);
	for (size_t i = 0; i < REFRESHMAC_LEN; i++) {
		was = mac[i];
		mac[i] = was == 'A' ? 'B' : 'A';
		assert_false(check(kek, GRANT, 7, mac));
		mac[i] = was;
	}
	for (size_t n = 0; n < REFRESHMAC_LEN; n++)
		assert_false(refreshmac_check(kek, GRANT, 7, mac, n));
	mac[REFRESHMAC_LEN] = '=';
	assert_false(refreshmac_check(kek, GRANT, 7, mac, REFRESHMAC_LEN + 1));
}

static void
while_the_kek_is_changed(void **state)
{
	char old[REFRESHMAC_LEN + 1], new[REFRESHMAC_LEN + 1];

	(void)state;
	assert_int_equal(refreshmac_make(kek, GRANT, 7, old), 0);
	assert_int_equal(refreshmac_make(changed, GRANT, 7, new), 0);
	assert_string_not_equal(old, new);
	assert_true(check(changed, GRANT, 7, old));
	assert_true(check(changed, GRANT, 7, new));
	assert_true(check(another, GRANT, 7, new));
	assert_false(check(another, GRANT, 7, old));
	assert_false(check(kek, GRANT, 7, new));
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
	char mac[REFRESHMAC_LEN + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(refreshmac_make(kek, bad[i], 7, mac), -1);
		assert_false(refreshmac_check(kek, bad[i], 7,
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 43));
	}
	assert_int_equal(refreshmac_make(kek, GRANT, 0, mac), -1);
	assert_int_equal(refreshmac_make(kek, GRANT, -1, mac), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(issued_earlier),
		cmocka_unit_test(covers_both_parts),
		cmocka_unit_test(every_character_counts),
		cmocka_unit_test(while_the_kek_is_changed),
		cmocka_unit_test(one_spelling),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name(
	    "refreshmac", tests, setup, teardown);
}
