/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "exchange.h"
#include "oauth/app.h"
#include "oauth/authresponse.h"

static const struct program program = { .name = "test" };
static struct app app = { .settings.issuer = "https://as.example" };

#define ISS "iss=https%3A%2F%2Fas.example"

static struct arena *arena;
static struct request *request;

static int
begin(void **state)
{
	(void)state;
	if ((arena = arena_new(1 << 20)) == NULL)
		return -1;
	request = exchange_request(arena, &program, "REQUEST_URI=/", NULL);
	request->app = &app;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void
assert_sent_to(const char *uri)
{
	assert_int_equal(request->response.status, 303);
	assert_string_equal(exchange_header(request, "Location"), uri);
	assert_string_equal(exchange_body(request), "");
}

/* RFC 6749, 4.1.2; RFC 9207, 2 */
static void
code(void **state)
{
	(void)state;
	authresponse_code(request, "https://c.example/cb", "a.b", "x y&z");
	assert_sent_to("https://c.example/cb?code=a.b&state=x%20y%26z&" ISS);
	authresponse_code(request, "https://c.example/cb?q=1", "a.b", NULL);
	assert_sent_to("https://c.example/cb?q=1&code=a.b&" ISS);
	authresponse_code(request, "cursor://x/cb", "a.b", "s");
	assert_sent_to("cursor://x/cb?code=a.b&state=s&" ISS);
}

/* RFC 6749, 4.1.2.1: errors carry state and iss too. */
static void
error(void **state)
{
	static const struct oerr e = { "access_denied", 400, "no & never" };

	(void)state;
	authresponse_error(request, "https://c.example/cb", &e, "s");
	assert_sent_to("https://c.example/cb?error=access_denied&"
		       "error_description=no%20%26%20never&state=s&" ISS);
	authresponse_error(request, "https://c.example/cb", &e, NULL);
	assert_sent_to("https://c.example/cb?error=access_denied&"
		       "error_description=no%20%26%20never&" ISS);
}

/* What a client sent as its state adds no header. */
static void
hostile_state(void **state)
{
	(void)state;
	authresponse_code(request, "https://c.example/cb", "a.b",
	    "s\r\nSet-Cookie: x=y#&code=mine");
	assert_sent_to("https://c.example/cb?code=a.b&state="
		       "s%0D%0ASet-Cookie%3A%20x%3Dy%23%26code%3Dmine&" ISS);
	assert_null(exchange_header(request, "Set-Cookie"));
}

static void
beyond(void **state)
{
	(void)state;
	assert_null(authresponse_beyond(request, "https://c.example/cb"));
	assert_null(authresponse_beyond(request, "http://127.0.0.1:8080/cb"));
	assert_null(authresponse_beyond(request, "http://localhost/cb"));
	assert_string_equal(
	    authresponse_beyond(request, "http://[::1]:8080/cb"), "http:");
	assert_string_equal(
	    authresponse_beyond(request, "cursor://anysphere/cb"), "cursor:");
	assert_string_equal(
	    authresponse_beyond(request, "com.example.app:/cb:x"),
	    "com.example.app:");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(code),
		TEST(error),
		TEST(hostile_state),
		TEST(beyond),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("authresponse", tests, NULL, NULL);
}
