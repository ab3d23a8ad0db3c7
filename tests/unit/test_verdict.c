/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard/verdict.h"
#include "http/response.h"
#include "http/serve.h"

/* The answers as bytes; when they are given is in test_judge. */

static const struct program program = { .name = "guard",
	.flags = PROGRAM_AUTHORIZER };
static const char *scopes[] = { "mcp:a", "mcp:b" };
static const struct site_resource resource = {
	.uri = "https://mcp.example/",
	.path = "/",
	.metadata = "https://mcp.example/.well-known/oauth-protected-resource",
	.default_scope = "",
};

static struct {
	struct arena *arena;
	struct request r;
	struct verdict v;
} f;

/* A request by that role, or with that variable. */
static void
ask(const char *role, const char *method)
{
	char *envp[] = { arena_strdup(f.arena, role),
		arena_printf(f.arena, "REQUEST_METHOD=%s", method), NULL };

	memset(&f.r, 0, sizeof(f.r));
	f.r.arena = f.arena;
	f.r.program = &program;
	request_init(&f.r, envp);
}

static int
setup(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	if ((f.arena = arena_new(1024 * 1024)) == NULL)
		return -1;
	ask("FCGI_ROLE=AUTHORIZER", "GET");
	f.v.resource = &resource;
	f.v.token = (struct accesstoken){ .subject = "alice",
		.client_id = "c1",
		.grant_id = "g1",
		.scope_text = "mcp:a",
		.scope = scopes,
		.n_scope = 1 };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(f.arena);
	return 0;
}

static const char *
answer(void)
{
	struct buf out;

	buf_init(&out, f.arena);
	response_write(&f.r, &out);
	return out.data;
}

static void
pass(void **state)
{
	(void)state;
	verdict_pass(&f.r, &f.v);
	assert_string_equal(answer(),
	    "Status: 200\r\n"
	    "Variable-GATEPOST_SUB: alice\r\n"
	    "Variable-GATEPOST_CLIENT_ID: c1\r\n"
	    "Variable-GATEPOST_SCOPE: mcp:a\r\n"
	    "Variable-GATEPOST_GRANT_ID: g1\r\n"
	    "Variable-GATEPOST_AUDIENCE: https://mcp.example/\r\n"
	    "Variable-GATEPOST_RESOURCE_METADATA: https://mcp.example/"
	    ".well-known/oauth-protected-resource\r\n\r\n");
}

/* A line that would break is left out, not the ones around it. */
static void
pass_stays_whole(void **state)
{
	(void)state;
	f.v.token.subject = "alice\r\nVariable-GATEPOST_SCOPE: mcp:all";
	verdict_pass(&f.r, &f.v);
	assert_null(strstr(answer(), "alice"));
	assert_null(strstr(answer(), "mcp:all"));
	assert_non_null(strstr(answer(), "Variable-GATEPOST_CLIENT_ID: c1"));
}

static void
refuse(void **state)
{
	(void)state;
	verdict_refuse(&f.r, &f.v, &VERDICT_NO_TOKEN);
	assert_non_null(strstr(answer(),
	    "\r\nWWW-Authenticate: Bearer resource_metadata=\"https://"
	    "mcp.example/.well-known/oauth-protected-resource\"\r\n"));
	assert_non_null(strstr(answer(), "Status: 401\r\n"));
	assert_non_null(strstr(answer(), "Cache-Control: no-store\r\n"));
	assert_non_null(
	    strstr(answer(), "\r\n\r\n{\"error\":\"invalid_token\""));
	assert_null(strstr(answer(), "Variable-"));
}

static void
refuse_for_scope(void **state)
{
	(void)state;
	f.v.needs = (struct rule_answer){ .scopes = scopes, .n = 2 };
	verdict_refuse(&f.r, &f.v, &OERR_INSUFFICIENT_SCOPE);
	assert_non_null(strstr(answer(), "Status: 403\r\n"));
	assert_non_null(strstr(answer(), "scope=\"mcp:a mcp:b\""));
	verdict_refuse(&f.r, &f.v, &VERDICT_NEVER);
	assert_null(strstr(answer(), "WWW-Authenticate"));
}

/* Nothing is known: the answer has no challenge, and is none that passes. */
static void
refuse_unknown(void **state)
{
	static const struct oerr *const all[] = { &OERR_UNAVAILABLE,
		&OERR_FAULT, &VERDICT_UNKNOWN, &VERDICT_PATH,
		&OERR_DUPLICATE_PARAMETER, &OERR_NOT_FOUND };
	size_t i;

	(void)state;
	f.v.resource = NULL;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		verdict_refuse(&f.r, &f.v, all[i]);
		assert_int_equal(f.r.response.status, all[i]->status);
		assert_int_not_equal(f.r.response.status / 100, 2);
		assert_null(strstr(answer(), "WWW-Authenticate"));
	}
}

/* In a subrequest: the same in other headers, or the refusal as it is. */
static void
subrequest(void **state)
{
	(void)state;
	ask("FCGI_ROLE=RESPONDER", "GET");
	verdict_pass(&f.r, &f.v);
	assert_non_null(strstr(answer(), "\r\nX-Gatepost-Sub: alice\r\n"));
	assert_null(strstr(answer(), "Variable-"));
	verdict_refuse(&f.r, &f.v, &VERDICT_NO_TOKEN);
	assert_non_null(strstr(answer(), "Status: 401\r\n"));
	assert_non_null(strstr(answer(), "WWW-Authenticate: Bearer"));
	verdict_refuse(&f.r, &f.v, &VERDICT_PREFLIGHT);
	assert_int_equal(f.r.response.status, 403);
	assert_false(verdict_is_answer(&f.r));
}

/* Who asks twice hears only yes or no at first, and then no yes. */
static void
asked_twice(void **state)
{
	static const struct oerr *const all[] = { &VERDICT_NO_TOKEN,
		&OERR_INVALID_TOKEN, &OERR_UNAVAILABLE, &OERR_FAULT,
		&VERDICT_PATH, &VERDICT_PREFLIGHT, &OERR_NOT_FOUND };

	(void)state;
	f.v.origin = "https://app.example";
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		ask("GATEPOST_ANSWER=later", "OPTIONS");
		assert_false(verdict_is_answer(&f.r));
		verdict_refuse(&f.r, &f.v, all[i]);
		assert_string_equal(answer(),
		    "Status: 403\r\n"
		    "Cache-Control: no-store\r\n"
		    "Referrer-Policy: no-referrer\r\n"
		    "X-Content-Type-Options: nosniff\r\n"
		    "Content-Length: 0\r\n\r\n");
		ask("GATEPOST_ANSWER=now", "OPTIONS");
		assert_true(verdict_is_answer(&f.r));
		verdict_refuse(&f.r, &f.v, all[i]);
		assert_int_equal(f.r.response.status, all[i]->status);
		assert_non_null(strstr(
		    answer(), "Access-Control-Allow-Origin: https://app"));
	}
	ask("GATEPOST_ANSWER=later", "GET");
	verdict_pass(&f.r, &f.v);
	assert_int_equal(f.r.response.status, 200);
	ask("GATEPOST_ANSWER=", "GET");
	verdict_pass(&f.r, &f.v);
	assert_int_equal(f.r.response.status, 503);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pass),
		TEST(pass_stays_whole),
		TEST(refuse),
		TEST(refuse_for_scope),
		TEST(refuse_unknown),
		TEST(subrequest),
		TEST(asked_twice),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
