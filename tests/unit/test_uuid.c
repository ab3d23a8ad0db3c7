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

/* RFC 9562, A.6 */
static void
version_7(void **state)
{
	static const uint8_t random[10] = { 0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c,
		0x0c, 0x07, 0x39, 0x8f };
	static const uint8_t ones[10] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff };
	static const uint8_t zeros[10] = { 0 };
	char text[UUID_LEN + 1];

	(void)state;
	uuid_v7(0x017f22e279b0, random, text);
	assert_string_equal(text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
	uuid_v7(0, ones, text);
	assert_string_equal(text, "00000000-0000-7fff-bfff-ffffffffffff");
	uuid_v7(0xffffffffffff, zeros, text);
	assert_string_equal(text, "ffffffff-ffff-7000-8000-000000000000");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spelling),
		cmocka_unit_test(refusals),
		cmocka_unit_test(version_7),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}
