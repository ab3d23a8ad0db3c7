/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

static void
forward(void **state)
{
	int64_t before = clock_ms(), now;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		now = clock_ms();
		assert_true(now >= before);
		before = now;
	}
}

static void
milliseconds(void **state)
{
	const struct timespec wait = { 0, 20 * 1000 * 1000 };
	int64_t start = clock_ms();

	(void)state;
	assert_int_equal(nanosleep(&wait, NULL), 0);
	/* a machine may be slow, never fast */
	assert_in_range(clock_ms() - start, 20, 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forward),
		cmocka_unit_test(milliseconds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
