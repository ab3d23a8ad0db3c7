/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "exchange.h"
#include "http/rows.h"
#include "pages.h"

static const struct program program = { .name = "test" };

static struct arena *arena;
static struct request *request;

static int
begin_all(void **state)
{
	if (pages_begin(state) != 0)
		return -1;
	pages_load_shipped();
	return 0;
}

static int
begin(void **state)
{
	(void)state;
	if ((arena = arena_new(1 << 20)) == NULL)
		return -1;
	request = exchange_request(arena, &program, "REQUEST_URI=/", NULL);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* The account page with these clients; `n` is how many there are. */
static const char *
shown(const char *json, size_t n)
{
	struct page *p = page_new(request);

	assert_int_equal(rows_set(request, p, "clients", json), n);
	page_send(p, 200, "account", NULL);
	return exchange_body(request);
}

static void
lists_in_lists(void **state)
{
	const char *html =
	    shown("[{\"client\": \"a\", \"name\": \"A\", \"grants\": ["
		  "{\"grant\": \"g1\", \"scopes\": [\"one\", \"two\"]},"
		  "{\"grant\": \"g2\", \"address\": \"192.0.2.1\"}]},"
		  "{\"client\": \"b\", \"name\": \"B\", \"grants\": null}]",
		2);

	(void)state;
	assert_non_null(strstr(html, "<h3 id=\"of-a\"><bdi>A</bdi></h3>"));
	assert_non_null(
	    strstr(html, "<li><bdi>one</bdi></li><li><bdi>two</bdi></li>"));
	assert_non_null(strstr(html, "value=\"g2\""));
	assert_non_null(strstr(html, "192.0.2.1"));
	assert_non_null(strstr(html, "Remove <bdi>B</bdi>"));
	assert_non_null(strstr(html, "It has no access now"));
}

static void
flags(void **state)
{
	static const char words[] = "The application gave itself the name";

	(void)state;
	assert_non_null(
	    strstr(shown("[{\"client\": \"a\", \"self_registered\": true}]", 1),
		words));
	assert_null(strstr(
	    shown("[{\"client\": \"a\", \"self_registered\": false}]", 1),
	    words));
}

static void
escapes(void **state)
{
	const char *html =
	    shown("[{\"client\": \"\\\"><b>\", \"name\": \"<script>x\"}]", 1);

	(void)state;
	assert_null(strstr(html, "<script"));
	assert_null(strstr(html, "<b>"));
	assert_non_null(strstr(html, "&lt;script&gt;x"));
}

/* Nothing, and what the database never answers. */
static void
no_list(void **state)
{
	static const char *const json[] = { NULL, "[]", "null", "{}", "\"x\"",
		"", "[{", "[{\"client\": \"a\", \"client\": \"b\"}]" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(json) / sizeof(json[0]); i++)
		assert_null(strstr(shown(json[i], 0), "<h3"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lists_in_lists, begin, end),
		cmocka_unit_test_setup_teardown(flags, begin, end),
		cmocka_unit_test_setup_teardown(escapes, begin, end),
		cmocka_unit_test_setup_teardown(no_list, begin, end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rows", tests, begin_all, pages_end);
}
