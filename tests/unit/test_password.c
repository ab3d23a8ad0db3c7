/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "oauth/password.h"

/* Of "correct horse", as htpasswd, passwd and mkpasswd would write it. */
static const char *const hashes[] = {
	"$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2",
	"$6$saltsalt$hRM5XZ86KXEw9UOmjigeVqFgULtFB2sgpC9lXQDfMib3"
	"Zgw7mEiUvBJI2EplzfAqxL5Vvwp2scFtv/uamSo5z0",
	"$y$j75$saltsaltsalt$zQziiNee/3jd.PJJvsNgy7GH5uO3HbsUNcQ3"
	"Jsopj2B",
};

static struct arena *arena;

static void
matches(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if (!password_matches(arena, "correct horse", hashes[i]))
			fail_msg("%s", hashes[i]);
}

static void
refuses(void **state)
{
	static const char *const wrong[] = { "", "correct hors",
		"correct horse ", "Correct horse" };
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		for (j = 0; j < sizeof(wrong) / sizeof(wrong[0]); j++)
			if (password_matches(arena, wrong[j], hashes[i]))
				fail_msg("%s %s", wrong[j], hashes[i]);
}

/* libcrypt answers what it does not know with "*0": no hash may equal it. */
static void
refuses_no_hash(void **state)
{
	static const char *const bad[] = { "", "*", "*0", "*1", "!", "x",
		"$2b$", "$y$j9T$", "correct horse" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (password_matches(arena, "correct horse", bad[i]))
			fail_msg("%s", bad[i]);
}

/* What is made is of a kind that the database takes, and never the same. */
static void
hashed(void **state)
{
	static const char password[] = "correct horse \xf0\x9f\x90\x8e";
	const char *hash = password_hash(arena, password);

	(void)state;
	assert_non_null(hash);
	assert_memory_equal(hash, "$y$j9T$", 7);
	assert_true(password_matches(arena, password, hash));
	assert_false(password_matches(arena, "correct horse", hash));
	assert_string_not_equal(hash, password_hash(arena, password));
}

/* libcrypt takes 511 bytes. */
static void
too_long_to_hash(void **state)
{
	(void)state;
	assert_non_null(password_hash(arena, arena_printf(arena, "%0511d", 0)));
	assert_null(password_hash(arena, arena_printf(arena, "%0512d", 0)));
}

static void
faults(void **state)
{
	(void)state;
	assert_string_equal(password_fault("", "", "x"), "short");
	assert_string_equal(password_fault("1234567", "1234567", "x"), "short");
	/* seven characters of two bytes */
	assert_string_equal(password_fault("\u00e4\u00e4\u00e4\u00e4\u00e4"
					   "\u00e4\u00e4",
				"", "x"),
	    "short");
	assert_string_equal(
	    password_fault("12345678", "12345679", "x"), "repeat");
	assert_string_equal(
	    password_fault("12345678", "123456789", "x"), "repeat");
	assert_string_equal(
	    password_fault("12345678", "12345678", "12345678"), "same");
	assert_null(password_fault("12345678", "12345678", "1234567"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_no_hash),
		cmocka_unit_test(hashed),
		cmocka_unit_test(too_long_to_hash),
		cmocka_unit_test(faults),
	};
	int failed;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if ((arena = arena_new(4 * 1024 * 1024)) == NULL)
		return 1;
	failed = cmocka_run_group_tests_name("password", tests, NULL, NULL);
	arena_free(arena);
	return failed;
}
