/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/uuid.h"

#define GOOD "0192f0c1-2345-7abc-8def-0123456789ab"

static void
spelling(void **state)
{
	(void)state;
	assert_true(uuid_begins(GOOD));
	assert_true(uuid_begins("00000000-0000-0000-0000-000000000000"));
	assert_true(uuid_begins(GOOD ".rest"));
	assert_true(uuid_begins(GOOD "f"));
}

/* Any other character in any place, and any text that ends early. */
static void
refusals(void **state)
{
	static const char wrong[] = "gA-.{ \n\xff";
	char text[] = GOOD;
	size_t i, j;

	(void)state;
	for (i = 0; i < UUID_LEN; i++) {
		for (j = 0; j < sizeof(wrong); j++) {
			if (wrong[j] == GOOD[i])
				continue;
			text[i] = wrong[j];
			assert_false(uuid_begins(text));
		}
		text[i] = GOOD[i] == '-' ? '0' : '-';
		assert_false(uuid_begins(text));
		text[i] = GOOD[i];
	}
	assert_false(uuid_begins(""));
	assert_false(uuid_begins("{" GOOD "}"));
	assert_false(uuid_begins("0192F0C1-2345-7ABC-8DEF-0123456789AB"));
	assert_false(uuid_begins("0192f0c123457abc8def0123456789ab"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spelling),
		cmocka_unit_test(refusals),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}
