/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "exchange.h"
#include "oauth/app.h"
#include "oauth/session.h"

static const struct param params[] = { { "ui_locales", 0, PARAM_ONCE, NULL } };
static const struct program program = {
	.name = "test",
	.params = params,
	.nparams = 1,
};

#define UUID "0198c5f0-7e1a-7b3c-8d2e-0123456789ab"
#define SECRET "Nd-5HOFCaS1qjuHNK1J3CIg4drlVHbKgSa_0dmwzRcA"

static struct arena *arena;
static struct app app;

static int
begin(void **state)
{
	(void)state;
	app = (struct app){ .settings.session_absolute_seconds = 43200 };
	arena = arena_new(1 << 20);
	return arena == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* A request to the server of this issuer. */
#define REQUEST(of, ...)               \
	with_app(of, exchange_request( \
			 arena, &program, "REQUEST_URI=/", __VA_ARGS__, NULL))

static struct request *
with_app(const char *issuer, struct request *r)
{
	app.settings.issuer = issuer;
	r->app = &app;
	return r;
}

/* How a cookie of this name is read by the server of this issuer. */
static struct handle
cookie(const char *issuer, const char *header)
{
	return session_read(
	    REQUEST(issuer, arena_printf(arena, "HTTP_COOKIE=%s", header)));
}

/* Another name for each kind of issuer, and no other name will do. */
static void
cookie_names(void **state)
{
	static const char *const issuer[] = { "https://as.example",
		"https://as.example/tenant", "http://localhost:8080",
		"http://localhost:8080/tenant" };
	static const char *const name[] = { "__Host-gatepost-session",
		"__Secure-gatepost-session", "gatepost-session",
		"gatepost-session" };
	struct handle h;
	int i, j;

	(void)state;
	for (i = 0; i < 4; i++) {
		for (j = 0; j < 4; j++) {
			h = cookie(issuer[i],
			    arena_printf(
				arena, "a=b; %s=" UUID "." SECRET, name[j]));
			assert_int_equal(
			    h.id != NULL, strcmp(name[i], name[j]) == 0);
			assert_int_equal(h.id != NULL, h.hash != NULL);
		}
	}
}

static void
no_session(void **state)
{
	struct handle h;

	(void)state;
	h = session_read(REQUEST("https://as.example", "X="));
	assert_null(h.id);
	h = cookie("http://localhost", "gatepost-session=");
	assert_null(h.id);
	h = cookie("http://localhost", "gatepost-session=" UUID);
	assert_null(h.id);
	h = cookie("http://localhost", "gatepost-session=" UUID "." SECRET
				       "; gatepost-session=" UUID "." SECRET);
	assert_null(h.id);
	assert_null(h.hash);
}

static void
assert_set(const char *issuer, const char *want)
{
	struct request *r = REQUEST(issuer, "REQUEST_METHOD=POST");

	response_start(r, 303, NULL);
	session_set(r, "id", "secret");
	assert_string_equal(exchange_header(r, "Set-Cookie"), want);
}

/* RFC 6265bis, 4.1.3: __Host- wants Path=/ and Secure, and no Domain. */
static void
setting(void **state)
{
	(void)state;
	assert_set("https://as.example",
	    "__Host-gatepost-session=id.secret; Path=/; Max-Age=43200; "
	    "HttpOnly; SameSite=Lax; Secure");
	assert_set("https://as.example:8443",
	    "__Host-gatepost-session=id.secret; Path=/; Max-Age=43200; "
	    "HttpOnly; SameSite=Lax; Secure");
	assert_set("https://as.example/t/x",
	    "__Secure-gatepost-session=id.secret; Path=/t/x; Max-Age=43200; "
	    "HttpOnly; SameSite=Lax; Secure");
	assert_set("http://localhost:8080",
	    "gatepost-session=id.secret; Path=/; Max-Age=43200; "
	    "HttpOnly; SameSite=Lax");
}

static void
taken_away(void **state)
{
	struct request *r = REQUEST("https://as.example/t", "X=");

	(void)state;
	response_start(r, 303, NULL);
	session_unset(r);
	assert_string_equal(exchange_header(r, "Set-Cookie"),
	    "__Secure-gatepost-session=; Path=/t; Max-Age=0; HttpOnly; "
	    "SameSite=Lax; Secure");
}

#define HTTP "http://localhost:8080"

static struct request *
in_session(const char *cookie)
{
	return REQUEST(HTTP,
	    arena_printf(arena, "HTTP_COOKIE=gatepost-session=%s", cookie));
}

/* Each session has one, of which its secret cannot be told. */
static void
form_values(void **state)
{
	static const char other[] =
	    UUID ".Od-5HOFCaS1qjuHNK1J3CIg4drlVHbKgSa_0dmwzRcA";
	const char *csrf = session_csrf(in_session(UUID "." SECRET));

	(void)state;
	assert_int_equal(strlen(csrf), 43);
	assert_null(strstr(csrf, "Nd-5HO"));
	assert_string_equal(csrf, session_csrf(in_session(UUID "." SECRET)));
	assert_true(session_csrf_matches(in_session(UUID "." SECRET), csrf));
	assert_string_not_equal(csrf, session_csrf(in_session(other)));
	assert_false(session_csrf_matches(in_session(other), csrf));
}

static void
no_form_values(void **state)
{
	static const char *const cookies[] = { "", UUID, UUID "." SECRET "x",
		"x" };
	static const char *const values[] = { "", "x", SECRET,
		UUID "." SECRET };
	struct request *r = in_session(UUID "." SECRET);
	const char *csrf = session_csrf(r);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cookies) / sizeof(cookies[0]); i++) {
		assert_null(session_csrf(in_session(cookies[i])));
		assert_false(
		    session_csrf_matches(in_session(cookies[i]), csrf));
	}
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		assert_false(session_csrf_matches(r, values[i]));
	assert_false(session_csrf_matches(r, NULL));
	assert_false(session_csrf_matches(r, arena_strndup(arena, csrf, 42)));
	assert_false(session_csrf_matches(r, arena_printf(arena, "%sA", csrf)));
}

static bool
posted(const char *issuer, const char *origin, const char *site)
{
	return session_same_origin(REQUEST(issuer,
	    origin != NULL ? arena_printf(arena, "HTTP_ORIGIN=%s", origin)
			   : "X=",
	    site != NULL ? arena_printf(arena, "HTTP_SEC_FETCH_SITE=%s", site)
			 : "Y="));
}

static void
same_origin(void **state)
{
	static const char as[] = "https://as.example";
	static const char tenant[] = "https://as.example:8443/tenant";

	(void)state;
	assert_true(posted(as, as, "same-origin"));
	assert_true(posted(as, as, NULL));
	assert_true(posted(as, NULL, NULL));
	assert_true(posted(as, NULL, "same-origin"));
	/* our pages are no-referrer: browsers then say null */
	assert_true(posted(as, "null", "same-origin"));
	assert_true(posted(as, "null", NULL));
	assert_true(posted(tenant, "https://as.example:8443", "same-origin"));
	assert_true(posted(
	    "http://localhost:8080", "http://localhost:8080", "same-origin"));
}

static void
other_origins(void **state)
{
	static const char as[] = "https://as.example";
	static const char *const origins[] = { "https://evil.example", "",
		"http://as.example", "https://as.example:8443",
		"https://as.example/", "https://as.example.evil.example",
		"https://as.exampl", "https://as.examplf", "as.example",
		"https://as.example, https://evil.example", "NULL", "null " };
	static const char *const sites[] = { "cross-site", "same-site", "none",
		"", "Same-Origin", "same-origin, cross-site" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
		if (posted(as, origins[i], "same-origin") ||
		    posted(as, origins[i], NULL))
			fail_msg("Origin: %s was taken", origins[i]);
	}
	for (i = 0; i < sizeof(sites) / sizeof(sites[0]); i++) {
		if (posted(as, as, sites[i]) || posted(as, NULL, sites[i]) ||
		    posted(as, "null", sites[i]))
			fail_msg("Sec-Fetch-Site: %s was taken", sites[i]);
	}
	/* a path is no part of an origin, and a port is */
	assert_false(posted(
	    "https://as.example/t", "https://as.example/t", "same-origin"));
	assert_false(
	    posted("http://localhost:8080", "http://localhost", "same-origin"));
}

static void
urls(void **state)
{
	(void)state;
	assert_string_equal(session_url(REQUEST("https://as.example/t", "X="),
				"/oauth2/login", UUID "." SECRET),
	    "https://as.example/t/oauth2/login?request=" UUID "." SECRET);
	/* a language goes on if it is one of ours, as we write it */
	assert_string_equal(
	    session_url(REQUEST("https://as.example", "REQUEST_METHOD=GET",
			    "QUERY_STRING=ui_locales=it+DE-at"),
		"/oauth2/login", "h"),
	    "https://as.example/oauth2/login?request=h&ui_locales=de");
	assert_string_equal(
	    session_url(REQUEST("https://as.example", "REQUEST_METHOD=GET",
			    "QUERY_STRING=ui_locales=../de+%26x%3Dy",
			    "HTTP_ACCEPT_LANGUAGE=de"),
		"/oauth2/login", "h"),
	    "https://as.example/oauth2/login?request=h");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cookie_names),
		TEST(no_session),
		TEST(setting),
		TEST(taken_away),
		TEST(form_values),
		TEST(no_form_values),
		TEST(same_origin),
		TEST(other_origins),
		TEST(urls),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
