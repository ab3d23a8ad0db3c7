/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_no_hash),
	};
	int failed;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if ((arena = arena_new(4 * 1024 * 1024)) == NULL)
		return 1;
	failed = cmocka_run_group_tests_name("password", tests, NULL, NULL);
	arena_free(arena);
	return failed;
}
