/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/authorization.h"

static void
split(void **state)
{
	const char *header = "sChEmE  a b ", *rest;

	(void)state;
	assert_int_equal(
	    authorization_split(header, "Scheme", &rest), AUTHORIZATION_FOUND);
	assert_ptr_equal(rest, header + 8);
}

static void
refused(void **state)
{
	char longest[AUTHORIZATION_MAX + 2];
	const char *rest = "";

	(void)state;
	assert_int_equal(
	    authorization_split(NULL, "Scheme", &rest), AUTHORIZATION_ABSENT);
	assert_null(rest);
	assert_int_equal(
	    authorization_split("", "Scheme", &rest), AUTHORIZATION_ABSENT);
	assert_int_equal(authorization_split("Schem x", "Scheme", &rest),
	    AUTHORIZATION_OTHER);
	assert_int_equal(authorization_split("Schemes x", "Scheme", &rest),
	    AUTHORIZATION_OTHER);
	assert_int_equal(authorization_split("Scheme", "Scheme", &rest),
	    AUTHORIZATION_MALFORMED);
	assert_int_equal(authorization_split("Scheme ", "Scheme", &rest),
	    AUTHORIZATION_MALFORMED);
	memset(longest, 'x', sizeof(longest));
	longest[AUTHORIZATION_MAX + 1] = '\0';
	assert_int_equal(authorization_split(longest, "Scheme", &rest),
	    AUTHORIZATION_MALFORMED);
	longest[AUTHORIZATION_MAX] = '\0';
	assert_int_equal(
	    authorization_split(longest, "Scheme", &rest), AUTHORIZATION_OTHER);
	assert_null(rest);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split),
		cmocka_unit_test(refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("authorization", tests, NULL, NULL);
}
