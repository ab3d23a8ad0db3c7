/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "oauth/base64.h"
#include "witharena.h"

/* RFC 4648, 10, and the two characters that the URL form spells otherwise */
static void
rfc4648(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "Zg==", "f" },
		{ "Zm8=", "fo" },
		{ "Zm9v", "foo" },
		{ "Zm9vYg==", "foob" },
		{ "Zm9vYmE=", "fooba" },
		{ "Zm9vYmFy", "foobar" },
		{ "+/+/", "\xfb\xff\xbf" },
	};
	const char *got;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		got = base64_text(arena, cases[i][0], strlen(cases[i][0]), &n);
		assert_non_null(got);
		assert_string_equal(got, cases[i][1]);
		assert_int_equal(n, strlen(cases[i][1]));
	}
}

static void
refused(void **state)
{
	static const char *const bad[] = { "Z", "Zg",
		"Zg=", "Zg===", "Zg====", "=",
		"==", "====", "Z===", "Zh==", "Zm9=", "Z=g=", "=Zg=", "----",
		"____", "Zm9v\n", "Zm 9v", " Zm9v", "Zm9v ",
		"Zm9v====", "Zg==Zg==", "Zm9!" };
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(base64_text(arena, bad[i], strlen(bad[i]), &n));
	assert_null(base64_text(arena, "Zm9\0", 4, &n));
}

static void
nul_inside(void **state)
{
	size_t n;

	(void)state;
	assert_non_null(base64_text(arena, "YQBi", 4, &n));
	assert_int_equal(n, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc4648),
		cmocka_unit_test(refused),
		cmocka_unit_test(nul_inside),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("base64", tests, begin, end);
}
