/* SPDX-License-Identifier: ISC */

#include <stdio.h>
#include <string.h>

#include "db/query.h"
#include "witharena.h"

static char name[QUERY_NAME], text[QUERY_TEXT];

static void
for_many(void **state)
{
	static const struct db_query q = { "ask", "select a from f(array[%])",
		12, 1, "row($1, row($2), $12)::call" };
	static const struct db_query none = { "none", "select %", 0, 1, "1" };

	(void)state;
	query_name(name, &q, 1);
	assert_string_equal(name, "ask");
	assert_true(query_text(text, &q, 1));
	assert_string_equal(
	    text, "select a from f(array[row($1, row($2), $12)::call])");

	query_name(name, &q, 3);
	assert_string_equal(name, "ask_3");
	assert_true(query_text(text, &q, 3));
	assert_string_equal(text,
	    "select a from f(array[row($1, row($2), $12)::call,"
	    "row($13, row($14), $24)::call,row($25, row($26), $36)::call])");

	assert_true(query_text(text, &none, 2));
	assert_string_equal(text, "select 1,1");
}

/* What is always alone is sent as it is. */
static void
for_one(void **state)
{
	static const struct db_query q = { "like",
		"select $1 like 'a%' or $2 like '%$1'", 2, 1, DB_ALONE };

	(void)state;
	assert_true(query_text(text, &q, 1));
	assert_string_equal(text, q.sql);
}

/* Nothing is cut. */
static void
too_long(void **state)
{
	static char each[QUERY_TEXT];
	const struct db_query q = { "long", "select %", 0, 1, each };
	const size_t longest = QUERY_TEXT - 1 - strlen("select ");

	(void)state;
	memset(each, 'x', longest);
	assert_true(query_text(text, &q, 1));
	assert_int_equal(strlen(text), QUERY_TEXT - 1);
	assert_false(query_text(text, &q, 2));
	each[longest] = 'x';
	assert_false(query_text(text, &q, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(for_many),
		cmocka_unit_test(for_one),
		cmocka_unit_test(too_long),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
