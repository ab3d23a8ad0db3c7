/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "guard/judge.h"
#include "http/response.h"
#include "http/serve.h"

/* Requests as a web server hands them over, judged and answered. */

#define ISSUER "https://auth.example"
#define FILES "https://mcp.example/mcp/files"
#define GRANT "01890a5d-ac96-774b-bcce-b302099a8057"
#define METADATA                                               \
	"resource_metadata=\"https://mcp.example/.well-known/" \
	"oauth-protected-resource/mcp/files\""

static const struct program program = { .name = "guard",
	.flags = PROGRAM_AUTHORIZER };

static struct {
	struct arena *arena, *kept;
	struct jws_signer *signer;
	struct known known;
	struct revoked *revoked;
	struct verdict verdict;
	struct request *request;
	char *envp[32];
	int n;
} f;

static const char resources[] =
    "[{\"uri\":\"" FILES "\",\"scopes\":[\"mcp:base\",\"mcp:tools:*\"],"
    "\"default_scopes\":[\"mcp:base\"],\"origins\":[\"https://app.example\"],"
    "\"aliases\":[\"" FILES "/\"],\"rules\":[{\"scope\":\"mcp:tools:{name}\","
    "\"mcp_method\":\"tools/call\"}]},"
    "{\"uri\":\"https://mcp.example/mcp/own\",\"scopes\":[\"mcp:own\"],"
    "\"checks_scope\":true,\"rules\":[]},"
    "{\"uri\":\"https://mcp.example/mcp/odd\",\"scopes\":[],"
    "\"rules\":[{\"scope\":\"mcp:odd\",\"method\":\"PUT\"}]}]";

static const char *
print(const char *fmt, const char *value)
{
	return arena_printf(f.arena, "%s%s", fmt, value);
}

static void
env(const char *name, const char *value)
{
	f.envp[f.n++] = arena_printf(f.arena, "%s=%s", name, value);
	f.envp[f.n] = NULL;
}

static void
send_to(const char *method, const char *uri)
{
	const char *query = strchr(uri, '?');

	f.n = 0;
	env("FCGI_ROLE", "AUTHORIZER");
	env("REQUEST_METHOD", method);
	env("REQUEST_URI", uri);
	env("QUERY_STRING", query != NULL ? query + 1 : "");
	env("REMOTE_ADDR", "127.0.0.1");
}

struct says {
	const char *issuer, *audience, *scope, *client;
	int64_t issued, expires;
};

static const struct says fine = { ISSUER, FILES, "mcp:base", "c1", -5, 600 };

static void
bearer(const struct says *s)
{
	const char *claims;
	struct buf b;

	claims = arena_printf(f.arena,
	    "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"alice\",\"client_id\":"
	    "\"%s\",\"scope\":\"%s\",\"iat\":%lld,\"exp\":%lld,"
	    "\"jti\":\"" GRANT ".abc\"}",
	    s->issuer, s->audience, s->client, s->scope,
	    (long long)(time(NULL) + s->issued),
	    (long long)(time(NULL) + s->expires));
	buf_init(&b, f.arena);
	assert_int_equal(jws_sign(f.signer, claims, strlen(claims), &b), 0);
	env("HTTP_AUTHORIZATION", print("Bearer ", b.data));
}

static const struct oerr *
judged(void)
{
	const struct oerr *e;

	f.request = arena_alloc(f.arena, sizeof(*f.request));
	f.request->arena = f.arena;
	f.request->program = &program;
	request_init(f.request, f.envp);
	memset(&f.verdict, 0, sizeof(f.verdict));
	e = judge_request(f.request, &f.known, &f.verdict);
	if (e == NULL)
		verdict_pass(f.request, &f.verdict);
	else
		verdict_refuse(f.request, &f.verdict, e);
	return e;
}

static void
told(const char *text)
{
	if (strstr(f.request->response.headers.data, text) == NULL)
		fail_msg(
		    "no \"%s\" in\n%s", text, f.request->response.headers.data);
}

static void
not_told(const char *text)
{
	if (strstr(f.request->response.headers.data, text) != NULL)
		fail_msg(
		    "\"%s\" in\n%s", text, f.request->response.headers.data);
}

static void
passes(void **state)
{
	(void)state;
	send_to("GET", "/mcp/files/a?b=c");
	bearer(&fine);
	assert_null(judged());
	assert_int_equal(f.request->response.status, 200);
	told("Variable-GATEPOST_SUB: alice\r\n");
	told("Variable-GATEPOST_CLIENT_ID: c1\r\n");
	told("Variable-GATEPOST_SCOPE: mcp:base\r\n");
	told("Variable-GATEPOST_GRANT_ID: " GRANT "\r\n");
	told("Variable-GATEPOST_AUDIENCE: " FILES "\r\n");
	told("Variable-GATEPOST_RESOURCE_METADATA: https://mcp.example/"
	     ".well-known/oauth-protected-resource/mcp/files\r\n");
	not_told("ORIGIN");
	/* again: the signature is remembered, the answer the same */
	assert_null(judged());
	told("Variable-GATEPOST_SUB: alice\r\n");
}

static void
finds_resource(void **state)
{
	(void)state;
	/* what the configuration says counts, not the path */
	send_to("GET", "/elsewhere");
	env("GATEPOST_RESOURCE", "HTTPS://MCP.example:443/mcp/files/");
	bearer(&fine);
	assert_null(judged());
	send_to("GET", "/mcp/files");
	env("GATEPOST_RESOURCE", "https://mcp.example/mcp/unknown");
	bearer(&fine);
	assert_ptr_equal(judged(), &VERDICT_UNKNOWN);
	send_to("GET", "/mcp/files");
	env("GATEPOST_RESOURCE", "");
	bearer(&fine);
	assert_ptr_equal(judged(), &VERDICT_UNKNOWN);
	/* a client's header is not the configuration */
	send_to("GET", "/elsewhere");
	env("HTTP_GATEPOST_RESOURCE", FILES);
	bearer(&fine);
	assert_ptr_equal(judged(), &VERDICT_UNKNOWN);
	assert_int_equal(f.request->response.status, 403);
}

static void
refuses_paths(void **state)
{
	static const char *const bad[] = { "/mcp/fi%6ces", "/mcp/files/%2e%2e",
		"/mcp/files//", "/mcp/files/../files", "/mcp/files;x",
		"/mcp/files\\x", "", "*", "http://mcp.example/mcp/files" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		send_to("GET", bad[i]);
		env("GATEPOST_RESOURCE", FILES);
		bearer(&fine);
		if (judged() != &VERDICT_PATH)
			fail_msg("%s", bad[i]);
	}
}

static void
refuses_forged_headers(void **state)
{
	static const char *const forged[] = { "HTTP_X_GATEPOST_SUB",
		"HTTP_X_GATEPOST_CLIENT_ID", "HTTP_X_GATEPOST_ANY" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
		send_to("GET", "/mcp/files");
		env(forged[i], "admin");
		bearer(&fine);
		if (judged() != &VERDICT_FORGED)
			fail_msg("%s", forged[i]);
	}
}

static void
finds_nothing_well_known(void **state)
{
	(void)state;
	send_to("GET", "/mcp/files/.well-known/oauth-protected-resource");
	assert_ptr_equal(judged(), &OERR_NOT_FOUND);
	assert_int_equal(f.request->response.status, 404);
	not_told("WWW-Authenticate");
	env("HTTP_ORIGIN", "https://any.example");
	assert_ptr_equal(judged(), &OERR_NOT_FOUND);
	told("Access-Control-Allow-Origin: *\r\n");
}

static void
challenges(void **state)
{
	(void)state;
	send_to("POST", "/mcp/files");
	assert_ptr_equal(judged(), &VERDICT_NO_TOKEN);
	assert_int_equal(f.request->response.status, 401);
	told("WWW-Authenticate: Bearer scope=\"mcp:base\", " METADATA "\r\n");
	not_told("error");
	env("HTTP_AUTHORIZATION", "Basic YTpi");
	assert_ptr_equal(judged(), &VERDICT_NO_TOKEN);
	send_to("POST", "/mcp/files");
	env("HTTP_AUTHORIZATION", "Bearer a, Bearer b");
	assert_ptr_equal(judged(), &OERR_INVALID_TOKEN);
	told("WWW-Authenticate: Bearer error=\"invalid_token\"");
	told(METADATA);
	send_to("POST", "/mcp/files?x=1&access_token=abc");
	bearer(&fine);
	assert_ptr_equal(judged(), &OERR_TOKEN_IN_QUERY);
	assert_int_equal(f.request->response.status, 400);
	send_to("POST", "/mcp/files");
	bearer(&fine);
	env("REMOTE_ADDR", "10.0.0.1");
	assert_ptr_equal(judged(), &OERR_DUPLICATE_PARAMETER);
}

static void
refuses_tokens(void **state)
{
	static const struct {
		struct says says;
		const char *why;
	} bad[] = {
		{ { ISSUER "/", FILES, "mcp:base", "c1", -5, 600 }, "issuer" },
		{ { ISSUER, FILES "/", "mcp:base", "c1", -5, 600 },
		    "audience" },
		{ { ISSUER, "https://mcp.example/mcp/own", "mcp:base", "c1", -5,
		      600 },
		    "audience" },
		{ { ISSUER, FILES, "mcp:base", "c1", -600, -1 }, "expired" },
		{ { ISSUER, FILES, "mcp:base", "c1", -600, 0 }, "expired" },
		{ { ISSUER, FILES, "mcp:base", "gone", -5, 600 }, "revoked" },
	};
	size_t i;
	int again;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		send_to("GET", "/mcp/files");
		bearer(&bad[i].says);
		for (again = 0; again < 2; again++) {
			assert_ptr_equal(judged(), &OERR_INVALID_TOKEN);
			assert_string_equal(f.verdict.why, bad[i].why);
			not_told("Variable");
		}
	}
	send_to("GET", "/mcp/files");
	env("HTTP_AUTHORIZATION", "Bearer aaa.bbb.ccc");
	assert_ptr_equal(judged(), &OERR_INVALID_TOKEN);
	assert_string_equal(f.verdict.why, "malformed");
}

/* What was remembered is checked again each time. */
static void
remembers_only_signatures(void **state)
{
	(void)state;
	send_to("GET", "/mcp/files");
	bearer(&fine);
	assert_null(judged());
	env("GATEPOST_RESOURCE", "https://mcp.example/mcp/own");
	assert_ptr_equal(judged(), &OERR_INVALID_TOKEN);
	assert_string_equal(f.verdict.why, "audience");
	f.envp[--f.n] = NULL;
	assert_null(judged());
	assert_int_equal(revoked_add(f.revoked, "grant", GRANT, 1), 0);
	assert_ptr_equal(judged(), &OERR_INVALID_TOKEN);
	assert_string_equal(f.verdict.why, "revoked");
	assert_string_equal(f.verdict.token.client_id, "c1");
}

static void
mcp(const char *version, const char *method, const char *name)
{
	env("HTTP_MCP_PROTOCOL_VERSION", version);
	env("HTTP_MCP_METHOD", method);
	env("HTTP_MCP_NAME", name);
	env("GATEPOST_MCP_HEADERS", "1");
}

static void
checks_scope(void **state)
{
	struct says s = fine;

	(void)state;
	send_to("POST", "/mcp/files");
	bearer(&s);
	mcp("2026-07-28", "tools/call", "rm");
	assert_ptr_equal(judged(), &OERR_INSUFFICIENT_SCOPE);
	assert_int_equal(f.request->response.status, 403);
	told("Bearer error=\"insufficient_scope\"");
	told("scope=\"mcp:base mcp:tools:rm\"");
	told(METADATA);
	s.scope = "mcp:tools:*";
	send_to("POST", "/mcp/files");
	bearer(&s);
	mcp("2026-07-28", "tools/call", "rm");
	assert_null(judged());
	/* what an old client's headers say does not count */
	send_to("POST", "/mcp/files");
	bearer(&s);
	mcp("2025-06-18", "tools/call", "rm");
	assert_ptr_equal(judged(), &OERR_INSUFFICIENT_SCOPE);
	told("scope=\"mcp:tools:* mcp:base\"");
	/* nor those that a server passed on though nobody sent them */
	send_to("POST", "/mcp/files");
	bearer(&s);
	mcp("2026-07-28", "", "");
	assert_ptr_equal(judged(), &OERR_INSUFFICIENT_SCOPE);
	told("scope=\"mcp:tools:* mcp:base\"");
	/* nor what was spelt so that a backend would not see it */
	send_to("POST", "/mcp/files");
	bearer(&s);
	mcp("2026-07-28", "tools/call", "rm");
	f.envp[--f.n] = NULL;
	assert_ptr_equal(judged(), &OERR_INSUFFICIENT_SCOPE);
	told("scope=\"mcp:tools:* mcp:base\"");
	send_to("POST", "/mcp/files");
	bearer(&s);
	mcp("2026-07-28", "tools/call", "");
	assert_ptr_equal(judged(), &VERDICT_MALFORMED);
	assert_int_equal(f.request->response.status, 400);
	s.audience = "https://mcp.example/mcp/odd";
	send_to("GET", "/mcp/odd");
	bearer(&s);
	assert_ptr_equal(judged(), &VERDICT_NEVER);
	/* the server checks: every valid token, with its scopes */
	s.audience = "https://mcp.example/mcp/own";
	send_to("POST", "/mcp/own");
	bearer(&s);
	assert_null(judged());
	told("Variable-GATEPOST_SCOPE: mcp:tools:*\r\n");
}

static void
preflight(const char *origin)
{
	send_to("OPTIONS", "/mcp/files");
	env("HTTP_ORIGIN", origin);
	env("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "POST");
}

static void
serves_browsers(void **state)
{
	(void)state;
	preflight("https://app.example");
	assert_ptr_equal(judged(), &VERDICT_PREFLIGHT);
	assert_int_equal(f.request->response.status, 204);
	told("Access-Control-Allow-Origin: https://app.example\r\n");
	told("Access-Control-Allow-Headers: Authorization, ");
	told("Vary: Origin\r\n");
	send_to("GET", "/mcp/files");
	env("HTTP_ORIGIN", "https://app.example");
	assert_ptr_equal(judged(), &VERDICT_NO_TOKEN);
	told("Access-Control-Allow-Origin: https://app.example\r\n");
	told("Access-Control-Expose-Headers: WWW-Authenticate");
	bearer(&fine);
	assert_null(judged());
	told("Variable-GATEPOST_ORIGIN: https://app.example\r\n");
}

static void
refuses_origins(void **state)
{
	(void)state;
	preflight("https://evil.example");
	assert_ptr_equal(judged(), &VERDICT_ORIGIN);
	assert_int_equal(f.request->response.status, 403);
	not_told("Access-Control");
	preflight("null");
	assert_ptr_equal(judged(), &VERDICT_ORIGIN);
	send_to("GET", "/mcp/files");
	env("HTTP_ORIGIN", "https://evil.example");
	bearer(&fine);
	assert_ptr_equal(judged(), &VERDICT_ORIGIN);
	not_told("Access-Control");
	/* none are listed */
	send_to("GET", "/mcp/own");
	env("HTTP_ORIGIN", "https://app.example");
	assert_ptr_equal(judged(), &VERDICT_ORIGIN);
	/* OPTIONS that no browser sent is a request like others */
	send_to("OPTIONS", "/mcp/files");
	assert_ptr_equal(judged(), &VERDICT_NO_TOKEN);
	env("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "POST");
	assert_ptr_equal(judged(), &VERDICT_NO_TOKEN);
}

/* For a server that takes every 2xx for leave. */
static void
responds(void **state)
{
	static char responder[] = "FCGI_ROLE=RESPONDER";

	(void)state;
	send_to("GET", "/mcp/files");
	f.envp[0] = responder;
	bearer(&fine);
	assert_null(judged());
	assert_int_equal(f.request->response.status, 200);
	told("X-Gatepost-Sub: alice\r\n");
	not_told("Variable-");
	/* the client is to see this very answer: never 200 */
	env("GATEPOST_ANSWER", "1");
	assert_null(judged());
	assert_int_equal(f.request->response.status, 503);
	not_told("Gatepost");
	preflight("https://app.example");
	f.envp[0] = responder;
	assert_ptr_equal(judged(), &VERDICT_PREFLIGHT);
	assert_int_equal(f.request->response.status, 403);
	env("GATEPOST_ANSWER", "1");
	assert_ptr_equal(judged(), &VERDICT_PREFLIGHT);
	assert_int_equal(f.request->response.status, 204);
}

static int
setup(void **state)
{
	struct buf keys;

	(void)state;
	memset(&f, 0, sizeof(f));
	f.arena = arena_new(16 * 1024 * 1024);
	f.kept = arena_new(1024 * 1024);
	f.signer = jws_signer_new(jwk_generate(JWK_ES256), "at+jwt");
	if (f.arena == NULL || f.kept == NULL || f.signer == NULL)
		return -1;
	buf_init(&keys, f.arena);
	buf_raw(&keys, "[");
	jwk_print(jws_signer_key(f.signer), &keys);
	buf_raw(&keys, "]");
	f.known.site = site_read(f.kept, f.arena, ISSUER, keys.data, resources);
	f.known.revoked = f.revoked = revoked_new();
	f.known.cache = tokencache_new();
	return f.known.site == NULL || revoked_add(f.revoked, "client", "gone",
					   time(NULL)) == -1
		   ? -1
		   : 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(f.arena);
	arena_free(f.kept);
	jws_signer_free(f.signer);
	revoked_free(f.revoked);
	tokencache_free(f.known.cache);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(passes),
		TEST(finds_resource),
		TEST(refuses_paths),
		TEST(refuses_forged_headers),
		TEST(finds_nothing_well_known),
		TEST(challenges),
		TEST(refuses_tokens),
		TEST(remembers_only_signatures),
		TEST(checks_scope),
		TEST(serves_browsers),
		TEST(refuses_origins),
		TEST(responds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
