/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "finance/sentiment.h"

/*
 * What a direction is worth depends on what it is about: seen in whole
 * sentences, whose label it decides.
 */
static const char *
label(const char *text)
{
	struct sentiment s;

	sentiment_score(text, strlen(text), &s);
	return sentiment_name(s.label);
}

static void
pairs(void **state)
{
	/* the first is good news, the second bad */
	static const char *const cases[][2] = {
		{ "Profit rose", "Profit fell" },
		{ "Costs fell", "Costs rose" },
		{ "Losses narrowed", "Losses widened" },
		{ "Margins widened", "Margins narrowed" },
		{ "Debt fell", "Debt rose" },
		{ "Unemployment fell", "Unemployment rose" },
		{ "It raised its guidance", "It cut its guidance" },
		{ "It cut costs", "It cut jobs" },
		{ "Fears of a recession faded", "Fears of a recession grew" },
		{ "A fall in defaults", "A rise in defaults" },
		{ "Falling costs", "Falling sales" },
		{ "The dividend was raised", "The dividend was cut" },
		{ "Revenue rose on lower costs",
		    "Revenue fell on lower demand" },
		{ "Sales growth accelerated", "Sales growth slowed" },
		{ "Losses were smaller than feared",
		    "Gains were smaller than hoped" },
		{ "Costs rose less than expected",
		    "Profit rose less than expected" },
		{ "Costs were less than forecast",
		    "Revenue was less than forecast" },
		{ "The probe was dropped", "The probe widened" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(label(cases[i][0]), "positive") != 0 ||
		    strcmp(label(cases[i][1]), "negative") != 0)
			fail_msg("%s: %s; %s: %s", cases[i][0],
			    label(cases[i][0]), cases[i][1],
			    label(cases[i][1]));
	}
}

static void
says_nothing(void **state)
{
	static const char *const cases[] = { "The tax rate rose",
		"Interest rates fell", "Crude rose", "It raised capital",
		"The liability increased", "Depreciation increased",
		"Taxes were cut" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(label(cases[i]), "neutral") != 0)
			fail_msg("%s: %s", cases[i], label(cases[i]));
}

/* Who cuts is not what is cut; the next clause has its own subject. */
static void
not_about(void **state)
{
	(void)state;
	assert_string_equal(label("Debt, sales rose"), "positive");
	assert_string_equal(
	    label("The job agency, which cut costs"), "positive");
	assert_string_equal(label("Rose"), "positive");
}

/* The shown word covers what it is about, if that is near enough. */
static void
shown(void **state)
{
	static const char text[] = "Net losses at the firm narrowed again";
	struct sentiment s;

	(void)state;
	sentiment_score(text, strlen(text), &s);
	assert_int_equal(s.nwords, 1);
	assert_ptr_equal(s.words[0].at, text);
	assert_int_equal(s.words[0].len, strlen("Net losses at the firm "
						"narrowed"));
}

static void
not_shown(void **state)
{
	char text[400] = "Losses ";
	struct sentiment s;

	(void)state;
	memset(text + 7, 'x', 300);
	strcpy(text + 307, " narrowed");
	sentiment_score(text, strlen(text), &s);
	assert_int_equal(s.nwords, 1);
	assert_int_equal(s.words[0].len, strlen("narrowed"));
	assert_true(s.words[0].weight > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs),
		cmocka_unit_test(says_nothing),
		cmocka_unit_test(not_about),
		cmocka_unit_test(shown),
		cmocka_unit_test(not_shown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("direction", tests, NULL, NULL);
}
