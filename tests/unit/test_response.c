/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "exchange.h"
#include "http/response.h"
#include "witharena.h"

static const struct program plain = { .name = "plain" };
static const struct program cors = { .name = "cors", .flags = PROGRAM_CORS };
static const struct program authorizer = { .name = "authorizer",
	.flags = PROGRAM_AUTHORIZER };

static struct request *
asked(const struct program *p, const char *method)
{
	return exchange_request(
	    arena, p, arena_printf(arena, "REQUEST_METHOD=%s", method), NULL);
}

static void
assert_header(struct request *r, const char *name, const char *want)
{
	const char *got = exchange_header(r, name);

	if ((got == NULL) != (want == NULL) ||
	    (got != NULL && strcmp(got, want) != 0))
		fail_msg("%s is %s", name, got != NULL ? got : "not there");
}

/* What every answer carries, whatever it is. */
static void
assert_common(struct request *r)
{
	assert_header(r, "Cache-Control", "no-store");
	assert_header(r, "Referrer-Policy", "no-referrer");
	assert_header(r, "X-Content-Type-Options", "nosniff");
}

static void
json(void **state)
{
	struct request *r = asked(&plain, "GET");

	(void)state;
	response_json(r, 201, "{\"a\":1}");
	assert_header(r, "Status", "201");
	assert_header(r, "Content-Type", "application/json");
	assert_header(r, "Content-Length", "7");
	assert_common(r);
	assert_string_equal(exchange_body(r), "{\"a\":1}");
}

static void
head(void **state)
{
	struct request *r = asked(&plain, "HEAD");

	(void)state;
	response_json(r, 200, "{\"a\":1}");
	assert_header(r, "Content-Length", "7");
	assert_common(r);
	assert_string_equal(exchange_body(r), "");
}

static void
no_content(void **state)
{
	struct request *r = asked(&plain, "DELETE");

	(void)state;
	response_start(r, 204, NULL);
	assert_header(r, "Status", "204");
	assert_header(r, "Content-Type", NULL);
	assert_header(r, "Content-Length", NULL);
	assert_common(r);
	assert_string_equal(exchange_body(r), "");
}

static void
cached(void **state)
{
	struct request *r = asked(&plain, "GET");

	(void)state;
	response_json(r, 200, "{}");
	response_cache(r, 300);
	assert_header(r, "Cache-Control", "public, max-age=300");
	response_cache(r, 0);
	assert_header(r, "Cache-Control", "no-store");
	/* an error made instead is not kept */
	response_cache(r, 300);
	response_error(r, &OERR_UNAVAILABLE);
	assert_common(r);
}

static void
errors(void **state)
{
	static const struct oerr quote = { "a\"b", 418, "x\\y\n" };
	struct request *r = asked(&plain, "POST");
	struct json_object *o;

	(void)state;
	response_error(r, &OERR_INVALID_GRANT);
	assert_header(r, "Status", "400");
	assert_header(r, "Content-Type", "application/json");
	assert_header(r, "WWW-Authenticate", NULL);
	assert_header(r, "Retry-After", NULL);
	assert_common(r);
	o = json_read(arena, exchange_body(r), strlen(exchange_body(r)));
	assert_string_equal(json_str(o, "error"), "invalid_grant");
	assert_string_equal(
	    json_str(o, "error_description"), OERR_INVALID_GRANT.text);
	assert_int_equal(json_object_object_length(o), 2);
	response_error(r, &quote);
	o = json_read(arena, exchange_body(r), strlen(exchange_body(r)));
	assert_string_equal(json_str(o, "error"), quote.code);
	assert_string_equal(json_str(o, "error_description"), quote.text);
}

/* RFC 6749, 5.2: the challenge is for who used the header. */
static void
challenge(void **state)
{
	struct request *r = asked(&plain, "POST");

	(void)state;
	response_error(r, &OERR_INVALID_CLIENT);
	assert_header(r, "Status", "401");
	assert_header(r, "WWW-Authenticate", NULL);
	r = exchange_request(arena, &plain, "REQUEST_METHOD=POST",
	    "HTTP_AUTHORIZATION=Basic eDp5", NULL);
	response_error(r, &OERR_INVALID_CLIENT);
	assert_header(r, "WWW-Authenticate", "Basic realm=\"gatepost\"");
	response_error(r, &OERR_INVALID_GRANT);
	assert_header(r, "WWW-Authenticate", NULL);
	r = exchange_request(
	    arena, &plain, "REQUEST_METHOD=POST", "HTTP_AUTHORIZATION=", NULL);
	response_error(r, &OERR_INVALID_CLIENT);
	assert_header(r, "WWW-Authenticate", NULL);
}

static void
unavailable(void **state)
{
	struct request *r = asked(&plain, "POST");

	(void)state;
	response_error(r, &OERR_UNAVAILABLE);
	assert_header(r, "Status", "503");
	assert_header(r, "Retry-After", "2");
	response_error(r, &OERR_FAULT);
	assert_header(r, "Status", "500");
	assert_header(r, "Retry-After", NULL);
}

/* A header that would end early or begin another is not sent at all. */
static void
header_injection(void **state)
{
	static const char *const bad[] = { "a\r\nSet-Cookie: x=y", "a\nb",
		"a\rb", "\r\n", "a\tb", "a\x7f", "a\x01", "a\x1b[0m", "a\n" };
	struct request *r = asked(&plain, "GET");
	size_t i;

	(void)state;
	response_start(r, 200, "text/plain");
	response_header(r, "X-Good", "a b; \xc3\xa9\"c\"");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		response_header(r, "X-Bad", bad[i]);
	assert_header(r, "X-Good", "a b; \xc3\xa9\"c\"");
	assert_null(strstr(exchange_sent(r), "X-Bad"));
	assert_null(strstr(exchange_sent(r), "Set-Cookie"));
	response_header(r, "X-Empty", "");
	assert_header(r, "X-Empty", "");
}

static void
redirect(void **state)
{
	struct request *r = asked(&plain, "POST");

	(void)state;
	response_redirect(r, "https://client.example/cb?code=1");
	assert_header(r, "Status", "303");
	assert_header(r, "Location", "https://client.example/cb?code=1");
	assert_header(r, "Content-Length", "0");
	assert_common(r);
	response_redirect(r, "https://client.example/\r\nSet-Cookie: a=b");
	assert_header(r, "Location", NULL);
	assert_header(r, "Set-Cookie", NULL);
}

/* Nothing of an answer that was thought better of is left. */
static void
replaced(void **state)
{
	struct request *r = asked(&plain, "POST");

	(void)state;
	response_start(r, 200, "text/html");
	response_header(r, "Set-Cookie", "a=b");
	buf_raw(&r->response.body, "secret");
	response_error(r, &OERR_FAULT);
	assert_header(r, "Set-Cookie", NULL);
	assert_header(r, "Content-Type", "application/json");
	assert_null(strstr(exchange_sent(r), "secret"));
	response_redirect(r, "/");
	assert_header(r, "Content-Type", NULL);
	assert_string_equal(exchange_body(r), "");
}

static void
cross_origin(void **state)
{
	struct request *r = asked(&cors, "GET");

	(void)state;
	response_json(r, 200, "{}");
	assert_header(r, "Access-Control-Allow-Origin", "*");
	assert_header(r, "Access-Control-Expose-Headers",
	    "WWW-Authenticate, Retry-After");
	assert_header(r, "Access-Control-Allow-Credentials", NULL);
	response_error(r, &OERR_FAULT);
	assert_header(r, "Access-Control-Allow-Origin", "*");
	r = exchange_request(arena, &plain, "REQUEST_METHOD=GET",
	    "HTTP_ORIGIN=https://evil.example", NULL);
	response_json(r, 200, "{}");
	assert_null(strstr(exchange_sent(r), "Access-Control"));
}

/* Leave to answer is not an answer: the backend's headers count. */
static void
authorizer_allows(void **state)
{
	struct request *r = asked(&authorizer, "GET");

	(void)state;
	response_start(r, 200, NULL);
	response_header(r, "Variable-GATEPOST_SUB", "alice");
	assert_string_equal(exchange_sent(r),
	    "Status: 200\r\nVariable-GATEPOST_SUB: alice\r\n\r\n");
}

static void
authorizer_refuses(void **state)
{
	struct request *r = asked(&authorizer, "GET");

	(void)state;
	response_error(r, &OERR_INVALID_TOKEN);
	assert_header(r, "Status", "401");
	assert_header(r, "Content-Type", "application/json");
	assert_common(r);
	assert_non_null(strstr(exchange_body(r), "invalid_token"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(json),
		TEST(head),
		TEST(no_content),
		TEST(cached),
		TEST(errors),
		TEST(challenge),
		TEST(unavailable),
		TEST(header_injection),
		TEST(redirect),
		TEST(replaced),
		TEST(cross_origin),
		TEST(authorizer_allows),
		TEST(authorizer_refuses),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("response", tests, NULL, NULL);
}
