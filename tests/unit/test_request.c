/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "exchange.h"
#include "witharena.h"

enum { ONE, PARAMS };

static const struct param params[] = {
	[ONE] = { "one", 0, PARAM_ONCE, NULL },
};

static const struct program forms = {
	.name = "forms", .params = params, .nparams = PARAMS
};
static const struct program jsons = { .name = "jsons", .flags = PROGRAM_JSON };

#define REQUEST(...) exchange_request(arena, &forms, __VA_ARGS__, NULL)

static void
environment(void **state)
{
	struct request *r = REQUEST("REQUEST_METHOD=GET",
	    "REQUEST_URI=/oauth2/authorize?one=%31", "QUERY_STRING=one=%31",
	    "REMOTE_ADDR=192.0.2.1", "HTTP_AUTHORIZATION=Basic eDp5",
	    "HTTP_X=a=b", "HTTP_EMPTY=");

	(void)state;
	assert_null(request_fault(r));
	assert_int_equal(r->method, METHOD_GET);
	assert_string_equal(r->method_name, "GET");
	assert_string_equal(r->path, "/oauth2/authorize");
	assert_string_equal(r->address, "192.0.2.1");
	assert_string_equal(r->authorization, "Basic eDp5");
	assert_string_equal(r->value[ONE], "1");
	assert_string_equal(request_env(r, "HTTP_X"), "a=b");
	assert_string_equal(request_env(r, "HTTP_EMPTY"), "");
	assert_string_equal(request_header(r, "HTTP_X"), "a=b");
	assert_null(request_header(r, "HTTP_EMPTY"));
	assert_null(request_header(r, "HTTP_Y"));
	assert_null(request_env(r, "HTTP_"));
	assert_null(request_env(r, "HTTP_X=a"));
	assert_null(request_env(r, "http_x"));
	assert_null(request_env(r, ""));
}

static void
nothing_at_all(void **state)
{
	struct request *r = exchange_request(arena, &forms, NULL);

	(void)state;
	assert_null(r->fault);
	assert_int_equal(r->method, METHOD_OTHER);
	assert_string_equal(r->method_name, "");
	assert_string_equal(r->path, "");
	assert_null(r->address);
	assert_null(r->authorization);
	assert_int_equal(request_body_length(r), 0);
	assert_null(request_cookie(r, "a"));
}

/* PostgreSQL would refuse what is no address, and all that comes with it. */
static void
addresses(void **state)
{
	static const char *const none[] = { "", "unix:", "localhost",
		"127.0.0.1:80", "1.2.3.4.5", "256.1.1.1", "fe80::1%eth0" };

	(void)state;
	assert_string_equal(
	    REQUEST("REMOTE_ADDR=2001:db8::1")->address, "2001:db8::1");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		const char *env =
		    arena_printf(arena, "REMOTE_ADDR=%s", none[i]);

		assert_null(REQUEST(env)->address);
	}
}

/* Some servers pass a header that was not sent as an empty one. */
static void
empty_authorization(void **state)
{
	(void)state;
	assert_null(REQUEST("HTTP_AUTHORIZATION=")->authorization);
}

/* libfcgi hands out the first, others the last: neither is believed. */
static void
name_twice(void **state)
{
	(void)state;
	assert_ptr_equal(
	    REQUEST("REQUEST_METHOD=GET", "REQUEST_METHOD=POST")->fault,
	    &OERR_DUPLICATE_PARAMETER);
	assert_ptr_equal(
	    REQUEST("REMOTE_USER=alice", "A=1", "REMOTE_USER=alice")->fault,
	    &OERR_DUPLICATE_PARAMETER);
	assert_ptr_equal(REQUEST("REMOTE_ADDR=::1", "REMOTE_ADDR=")->fault,
	    &OERR_DUPLICATE_PARAMETER);
	assert_null(REQUEST("REMOTE_USER=a", "REMOTE_USERS=b")->fault);
}

/* But for libfcgi's own word, which Apache repeats. */
static void
role_twice(void **state)
{
	(void)state;
	assert_null(REQUEST("FCGI_ROLE=AUTHORIZER", "A=1",
	    "FCGI_ROLE=AUTHORIZER")->fault);
	assert_ptr_equal(
	    REQUEST("FCGI_ROLE=AUTHORIZER", "FCGI_ROLE=RESPONDER")->fault,
	    &OERR_DUPLICATE_PARAMETER);
	assert_ptr_equal(REQUEST("FCGI_ROLES=A", "FCGI_ROLES=A")->fault,
	    &OERR_DUPLICATE_PARAMETER);
}

static void
malformed_environment(void **state)
{
	(void)state;
	assert_ptr_equal(REQUEST("REQUEST_METHOD=GET", "NONSENSE")->fault,
	    &OERR_MALFORMED_PARAMETER);
	assert_ptr_equal(REQUEST("")->fault, &OERR_MALFORMED_PARAMETER);
}

/* So many that they fill the table; names that all have to be found again. */
static void
large_environment(void **state)
{
	char *envp[258] = { NULL }, name[16], value[16];
	struct request *r;
	int n;

	(void)state;
	for (n = 0; n < 256; n++)
		envp[n] = arena_printf(arena, "HTTP_N%d=%d", n, n);
	r = arena_alloc(arena, sizeof(*r));
	r->arena = arena;
	r->program = &forms;
	request_init(r, envp);
	assert_null(r->fault);
	for (n = 0; n < 256; n++) {
		snprintf(name, sizeof(name), "HTTP_N%d", n);
		snprintf(value, sizeof(value), "%d", n);
		assert_string_equal(request_env(r, name), value);
	}
	assert_null(request_env(r, "HTTP_N256"));
	envp[256] = arena_strdup(arena, "ONE=more");
	request_init(r, envp);
	assert_ptr_equal(r->fault, &OERR_TOO_LARGE);
}

static void
methods(void **state)
{
	static const struct {
		const char *name;
		enum method method;
	} cases[] = { { "GET", METHOD_GET }, { "HEAD", METHOD_GET },
		{ "POST", METHOD_POST }, { "PUT", METHOD_PUT },
		{ "DELETE", METHOD_DELETE }, { "OPTIONS", METHOD_OPTIONS },
		{ "get", METHOD_OTHER }, { "Post", METHOD_OTHER },
		{ "PATCH", METHOD_OTHER }, { "", METHOD_OTHER },
		{ "GET ", METHOD_OTHER }, { "GETX", METHOD_OTHER },
		{ "CONNECT", METHOD_OTHER } };
	struct request *r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r = REQUEST(
		    arena_printf(arena, "REQUEST_METHOD=%s", cases[i].name));
		assert_int_equal(r->method, cases[i].method);
		assert_string_equal(r->method_name, cases[i].name);
	}
}

/* The path is what was sent, and never a host of the client's choice. */
static void
paths(void **state)
{
	static const char *const cases[][2] = {
		{ "/a/b?c", "/a/b" },
		{ "/a%2Fb/../c", "/a%2Fb/../c" },
		{ "/", "/" },
		{ "/?", "/" },
		{ "//evil.example/oauth2/token",
		    "//evil.example/oauth2/token" },
		{ "http://evil.example/oauth2/token", "" },
		{ "HTTPS://evil.example/", "" },
		{ "evil.example:443", "" },
		{ "*", "" },
		{ "", "" },
		{ "?one=1", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
		    REQUEST("REQUEST_METHOD=GET",
			arena_printf(arena, "REQUEST_URI=%s", cases[i][0]))
			->path,
		    cases[i][1]);
}

static void
query_too_long(void **state)
{
	char *query = arena_alloc(arena, 64 * 1024);

	(void)state;
	strcpy(query, "QUERY_STRING=x=");
	memset(query + 13, 'a', REQUEST_QUERY_MAX);
	assert_null(REQUEST("REQUEST_METHOD=GET", query)->fault);
	query[13 + REQUEST_QUERY_MAX] = 'a';
	assert_ptr_equal(
	    REQUEST("REQUEST_METHOD=GET", query)->fault, &OERR_TOO_LARGE);
	assert_ptr_equal(
	    REQUEST("REQUEST_METHOD=POST", query)->fault, &OERR_TOO_LARGE);
}

static size_t
length_of(const char *text, const struct oerr **fault)
{
	struct request *r =
	    REQUEST(arena_printf(arena, "CONTENT_LENGTH=%s", text));
	size_t len = request_body_length(r);

	*fault = r->fault;
	return len;
}

static void
body_length(void **state)
{
	static const char *const malformed[] = { "-1", "+1", " 1", "1 ", "1,1",
		"0x10", "1e3", "ten", "1.0", "\xd9\xa1" };
	static const char *const huge[] = { "65537", "000065537", "4294967297",
		"18446744073709551617",
		"99999999999999999999999999999999999999" };
	const struct oerr *fault;
	size_t i;

	(void)state;
	assert_int_equal(length_of("", &fault), 0);
	assert_null(fault);
	assert_int_equal(length_of("0", &fault), 0);
	assert_null(fault);
	assert_int_equal(length_of("65536", &fault), 65536);
	assert_null(fault);
	assert_int_equal(length_of("0012", &fault), 12);
	assert_null(fault);
	for (i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		assert_int_equal(length_of(malformed[i], &fault), 0);
		assert_ptr_equal(fault, &OERR_UNREADABLE_BODY);
	}
	for (i = 0; i < sizeof(huge) / sizeof(huge[0]); i++) {
		assert_int_equal(length_of(huge[i], &fault), 0);
		assert_ptr_equal(fault, &OERR_TOO_LARGE);
	}
}

/* A body of so many bytes, of which so many came. */
static struct request *
with_body(
    const struct program *p, const char *type, const char *body, size_t want)
{
	struct request *r =
	    exchange_request(arena, p, "REQUEST_METHOD=POST", "REQUEST_URI=/",
		arena_printf(arena, "CONTENT_TYPE=%s", type), NULL);

	request_body(r, arena_strdup(arena, body), strlen(body), want);
	return r;
}

#define FORM "application/x-www-form-urlencoded"

static void
short_body(void **state)
{
	struct request *r = with_body(&forms, FORM, "one=1", 6);

	(void)state;
	assert_ptr_equal(r->fault, &OERR_UNREADABLE_BODY);
	assert_null(r->value[ONE]);
	r = with_body(&forms, FORM, "", 5);
	assert_ptr_equal(r->fault, &OERR_UNREADABLE_BODY);
	r = with_body(&jsons, "application/json", "{}", 3);
	assert_ptr_equal(r->fault, &OERR_UNREADABLE_BODY);
}

static void
content_types(void **state)
{
	static const char *const good[] = { FORM, FORM ";charset=UTF-8",
		FORM "; charset=utf-8; x=y", FORM " ; charset=UTF-8",
		"Application/X-WWW-Form-URLencoded", FORM ";", FORM " " };
	static const char *const bad[] = { "", "application/json", "text/plain",
		"multipart/form-data; boundary=x", FORM "x", FORM ",text/plain",
		FORM "/x", " " FORM, "application/x-www-form",
		"text/plain;" FORM };
	struct request *r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		r = with_body(&forms, good[i], "one=1", 5);
		assert_null(r->fault);
		assert_string_equal(r->value[ONE], "1");
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = with_body(&forms, bad[i], "one=1", 5);
		assert_ptr_equal(r->fault, &OERR_CONTENT_TYPE);
		assert_null(r->value[ONE]);
	}
}

static void
json_bodies(void **state)
{
	struct request *r =
	    with_body(&jsons, "application/json; charset=utf-8", "{}", 2);

	(void)state;
	assert_null(r->fault);
	assert_string_equal(r->body, "{}");
	assert_int_equal(r->body_len, 2);
	assert_ptr_equal(
	    with_body(&jsons, FORM, "{}", 2)->fault, &OERR_CONTENT_TYPE);
	assert_ptr_equal(with_body(&jsons, "application/jsonp", "{}", 2)->fault,
	    &OERR_CONTENT_TYPE);
	assert_ptr_equal(
	    with_body(&jsons, "text/json", "{}", 2)->fault, &OERR_CONTENT_TYPE);
}

/* What was wrong before the body is still what is wrong. */
static void
body_after_a_fault(void **state)
{
	struct request *r = REQUEST(
	    "REQUEST_METHOD=POST", "CONTENT_TYPE=" FORM, "CONTENT_LENGTH=no");

	(void)state;
	assert_int_equal(request_body_length(r), 0);
	request_body(r, arena_strdup(arena, "one=1"), 5, 5);
	assert_ptr_equal(r->fault, &OERR_UNREADABLE_BODY);
	assert_null(r->value[ONE]);
}

static void
first_fault(void **state)
{
	struct request *r = REQUEST(
	    "REQUEST_METHOD=GET", "QUERY_STRING=one=1&one=2&access_token=x");

	(void)state;
	assert_ptr_equal(request_fault(r), &OERR_TOKEN_IN_QUERY);
	r->fault = NULL;
	assert_ptr_equal(request_fault(r), &OERR_DUPLICATE_PARAMETER);
}

static void
assert_cookie(const char *header, const char *want)
{
	struct request *r =
	    REQUEST(arena_printf(arena, "HTTP_COOKIE=%s", header));
	const char *got = request_cookie(r, "sid");

	if ((got == NULL) != (want == NULL) ||
	    (got != NULL && strcmp(got, want) != 0))
		fail_msg("%s gives %s", header, got != NULL ? got : "none");
}

static void
cookies(void **state)
{
	(void)state;
	assert_cookie("sid=1", "1");
	assert_cookie("a=b; sid=1.2-3_; c=d", "1.2-3_");
	assert_cookie("a=b;sid=1", "1");
	assert_cookie("sid=", "");
	assert_cookie("sid=a=b", "a=b");
	assert_cookie("x; sid=1", "1");
	assert_cookie("", NULL);
	assert_cookie("sid", NULL);
	assert_cookie("SID=1", NULL);
	assert_cookie("xsid=1; sidx=1; a=sid=1", NULL);
	assert_cookie("a=\"; sid=1", "1");
}

/* A second one may be another site's: no session then. */
static void
cookie_twice(void **state)
{
	(void)state;
	assert_cookie("sid=1; sid=2", NULL);
	assert_cookie("sid=1; sid=1", NULL);
	assert_cookie("sid=; a=b; sid=2", NULL);
	assert_cookie("sid=1; sid=2; sid=3", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(environment),
		TEST(nothing_at_all),
		TEST(addresses),
		TEST(empty_authorization),
		TEST(name_twice),
		TEST(role_twice),
		TEST(malformed_environment),
		TEST(large_environment),
		TEST(methods),
		TEST(paths),
		TEST(query_too_long),
		TEST(body_length),
		TEST(short_body),
		TEST(content_types),
		TEST(json_bodies),
		TEST(body_after_a_fault),
		TEST(first_fault),
		TEST(cookies),
		TEST(cookie_twice),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
