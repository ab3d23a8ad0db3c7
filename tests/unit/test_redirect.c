/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "oauth/redirect.h"
#include "vectors.h"
#include "witharena.h"

/* What is an exception, or not, the database knows. */
static void
registration(void **state)
{
	const struct oerr *e;
	struct vectors v;
	bool refuse;

	(void)state;
	vectors_open(&v, "redirect_check.tsv");
	while (vectors_next(&v)) {
		e = redirect_check(v.column[1]);
		assert_true(e == NULL || e == &OERR_INVALID_REDIRECT_URI);
		refuse = strcmp(v.column[0], "refuse") == 0;
		if (refuse != (e != NULL))
			vectors_fail(&v, refuse ? "accepted" : "refused");
	}
	assert_ptr_equal(redirect_check(NULL), &OERR_INVALID_REDIRECT_URI);
}

static void
matching(void **state)
{
	const char *match;
	struct vectors v;

	(void)state;
	vectors_open(&v, "redirect_match.tsv");
	while (vectors_next(&v)) {
		match = redirect_match(arena, v.column[0]);
		if (strcmp(match, v.column[1]) != 0)
			vectors_fail(&v, match);
	}
}

/* What may be registered must match itself, with any port if loopback. */
static void
registered_matches_itself(void **state)
{
	const char *match;
	struct vectors v;

	(void)state;
	vectors_open(&v, "redirect_check.tsv");
	while (vectors_next(&v)) {
		if (strcmp(v.column[0], "refuse") == 0)
			continue;
		match = redirect_match(arena, v.column[1]);
		if (redirect_check(match) != NULL ||
		    strcmp(redirect_match(arena, match), match) != 0)
			vectors_fail(&v, match);
	}
}

static void
loopback(void **state)
{
	(void)state;
	assert_true(redirect_loopback("http://127.0.0.1/cb"));
	assert_true(redirect_loopback("http://[::1]:8080"));
	assert_true(redirect_loopback("http://localhost:1?x"));
	assert_false(redirect_loopback("https://127.0.0.1/cb"));
	assert_false(redirect_loopback("http://127.0.0.1.evil.example/"));
	assert_false(redirect_loopback("http://127.0.0.1:0/"));
	assert_false(redirect_loopback("http://127.0.0.1@evil.example/"));
	assert_false(redirect_loopback("com.example.app:/cb"));
	assert_false(redirect_loopback(""));
}

static void
host(void **state)
{
	static const char *const cases[][2] = {
		{ "https://client.example/cb", "client.example" },
		{ "https://client.example:8443/cb", "client.example" },
		{ "https://client.example", "client.example" },
		{ "http://127.0.0.1:8080/cb", "127.0.0.1" },
		{ "http://[::1]:8080/cb", "[::1]" },
		{ "http://localhost?x", "localhost" },
		{ "https://good.example@evil.example/", "evil.example" },
		{ "cursor://anysphere.cursor-mcp/oauth/callback", "cursor" },
		{ "com.example.app:/cb", "com.example.app" },
		{ "https:/x", "" },
		{ "no uri", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
		    redirect_host(arena, cases[i][0]), cases[i][1]);
}

static const char *
answered(const char *uri, const char *code, const char *tail)
{
	struct buf b;

	buf_init(&b, arena);
	redirect_respond(&b, uri, "code", code, "state", tail, NULL);
	return b.data;
}

static void
respond(void **state)
{
	struct buf b;

	(void)state;
	assert_string_equal(answered("https://c.example/cb", "a.b", "x y&z"),
	    "https://c.example/cb?code=a.b&state=x%20y%26z");
	assert_string_equal(answered("https://c.example/cb?q=1", "a", "b"),
	    "https://c.example/cb?q=1&code=a&state=b");
	assert_string_equal(answered("https://c.example/cb?", "a", "b"),
	    "https://c.example/cb?code=a&state=b");
	assert_string_equal(answered("https://c.example/cb?q=1&", "a", "b"),
	    "https://c.example/cb?q=1&code=a&state=b");
	assert_string_equal(answered("com.example.app:/cb", "a", NULL),
	    "com.example.app:/cb?code=a");
	assert_string_equal(answered("https://c.example", NULL, "\r\nX: #"),
	    "https://c.example?state=%0D%0AX%3A%20%23");
	buf_init(&b, arena);
	redirect_respond(&b, "https://c.example/cb", NULL);
	assert_string_equal(b.data, "https://c.example/cb");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registration),
		cmocka_unit_test(matching),
		cmocka_unit_test(registered_matches_itself),
		cmocka_unit_test(loopback),
		cmocka_unit_test(host),
		cmocka_unit_test(respond),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("redirect", tests, begin, end);
}
