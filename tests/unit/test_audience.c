/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "oauth/audience.h"

static void
only(void **state)
{
	static const struct {
		const char *claims, *audience;
	} cases[] = {
		{ "{\"aud\":\"a\"}", "a" },
		{ "{\"aud\":[\"a\"]}", "a" },
		{ "{\"aud\":\"\"}", "" },
		{ "{}", NULL },
		{ "[]", NULL },
		{ "{\"aud\":[]}", NULL },
		{ "{\"aud\":null}", NULL },
		{ "{\"aud\":[null]}", NULL },
		{ "{\"aud\":1}", NULL },
		{ "{\"aud\":[\"a\",\"b\"]}", NULL },
		{ "{\"aud\":[\"a\",\"a\"]}", NULL },
		{ "{\"aud\":[[\"a\"]]}", NULL },
		{ "{\"aud\":{\"a\":1}}", NULL },
		{ "{\"aud\":\"a\\u0000b\"}", NULL },
		{ "{\"aud\":[\"a\\u0000b\"]}", NULL },
	};
	struct arena *a = arena_new(64 * 1024);
	const char *got;

	(void)state;
	assert_non_null(a);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		got = audience_only(
		    json_read(a, cases[i].claims, strlen(cases[i].claims)));
		if (cases[i].audience == NULL
			? got != NULL
			: got == NULL || strcmp(got, cases[i].audience) != 0)
			fail_msg("%s", cases[i].claims);
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(only) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("audience", tests, NULL, NULL);
}
