/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "exchange.h"
#include "fakedb.h"
#include "jose/jws.h"
#include "oauth/app.h"
#include "oauth/statement.h"

#define ISSUER "https://as.example"
#define SIGNER "https://vouch.example"

static const struct program program = { .name = "test" };

static struct {
	struct arena *arena;
	struct request *request;
	struct app app;
	struct jws_signer *signer, *stranger, *access;
	const char *keys; /* the signer's; NULL: it is nobody's */
	struct statement taken;
	struct json_object *metadata;
} f;

static const char *const *
answer(const struct db_query *q, struct db_args args, int *count)
{
	static const char *row[2];

	assert_string_equal(q->name, "register_signer");
	assert_string_equal(args.value[0], SIGNER);
	row[0] = f.keys;
	row[1] = "1700000000";
	*count = f.keys != NULL ? 1 : 0;
	return row;
}

static int
setup(void **state)
{
	struct jwk *key = jwk_generate(JWK_ES256);
	struct buf text;

	(void)state;
	memset(&f, 0, sizeof(f));
	fakedb = (struct fakedb){ .answer = answer };
	if ((f.arena = arena_new(4 << 20)) == NULL || key == NULL ||
	    (f.signer = jws_signer_new(key, "JWT")) == NULL ||
	    (f.stranger = jws_signer_new(jwk_generate(JWK_ES256), "JWT")) ==
		NULL ||
	    (f.access = jws_signer_new(jwk_generate(JWK_ES256), "at+jwt")) ==
		NULL)
		return -1;
	buf_init(&text, f.arena);
	buf_raw(&text, "{\"keys\":[");
	jwk_print(jws_signer_key(f.signer), &text);
	buf_raw(&text, ",");
	jwk_print(jws_signer_key(f.access), &text);
	buf_raw(&text, "]}");
	f.keys = text.data;
	f.app.settings.issuer = ISSUER;
	f.request = exchange_request(f.arena, &program, "REQUEST_URI=/", NULL);
	f.request->app = &f.app;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	jws_signer_free(f.signer);
	jws_signer_free(f.stranger);
	jws_signer_free(f.access);
	arena_free(f.arena);
	return 0;
}

#define CLAIMS(more) "{\"iss\":\"" SIGNER "\"" more "}"

static const char *
jwt(const struct jws_signer *s, const char *claims)
{
	struct buf out;

	buf_init(&out, f.arena);
	assert_int_equal(jws_sign(s, claims, strlen(claims), &out), 0);
	return out.data;
}

/* What becomes of a client that sends this as its statement. */
static const struct oerr *
taken(const char *json)
{
	const char *text = arena_printf(f.arena,
	    "{\"client_name\":\"Mine\",\"scope\":\"s\","
	    "\"software_statement\":%s}",
	    json);

	f.metadata = json_read(f.arena, text, strlen(text));
	assert_non_null(f.metadata);
	return statement_take(f.request, f.metadata, &f.taken);
}

static const struct oerr *
taken_jwt(const struct jws_signer *s, const char *claims)
{
	return taken(arena_printf(f.arena, "\"%s\"", jwt(s, claims)));
}

static void
without_one_nothing_is_asked(void **state)
{
	(void)state;
	assert_null(taken("null"));
	assert_null(f.taken.jwt);
	assert_null(statement_take(f.request, NULL, &f.taken));
	assert_null(f.taken.jwt);
	assert_int_equal(fakedb.calls, 0);
	assert_string_equal(statement_keep(f.arena, "{}", &f.taken), "{}");
}

static void
what_it_says_counts(void **state)
{
	(void)state;
	assert_null(taken_jwt(f.signer,
	    CLAIMS(",\"client_name\":\"Theirs\",\"client_id\":\"x\","
		   "\"client_secret\":\"x\",\"jti\":\"1\",\"aud\":[\"" ISSUER
		   "\"],\"exp\":1700000001,\"nbf\":1700000000.5")));
	assert_string_equal(json_str(f.metadata, "client_name"), "Theirs");
	assert_string_equal(json_str(f.metadata, "scope"), "s");
	assert_string_equal(f.taken.signer, SIGNER);
	for (const char *const *name = (const char *const[]){ "client_id",
		 "client_secret", "iss", "jti", "aud", "exp", "nbf", NULL };
	     *name != NULL; name++)
		assert_false(
		    json_object_object_get_ex(f.metadata, *name, NULL));
}

static void
it_is_given_back(void **state)
{
	(void)state;
	f.taken.jwt = "a.b.c";
	assert_string_equal(statement_keep(f.arena, "{}", &f.taken),
	    "{\"software_statement\":\"a.b.c\"}");
	assert_string_equal(statement_keep(f.arena, "{\"a\":1}", &f.taken),
	    "{\"a\":1,\"software_statement\":\"a.b.c\"}");
}

static void
nobody_trusted(void **state)
{
	(void)state;
	f.keys = NULL;
	assert_ptr_equal(taken_jwt(f.signer, CLAIMS("")),
	    &OERR_UNAPPROVED_SOFTWARE_STATEMENT);
}

static void
not_a_statement(void **state)
{
	static const char *const bad[] = { "1", "[]", "\"\"", "\"x\"",
		"\"a.b.c\"", "\"e30.e30.\"", "\"eyJhbGciOiJub25lIn0.e30.\"" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_ptr_equal(
		    taken(bad[i]), &OERR_INVALID_SOFTWARE_STATEMENT);
	assert_int_equal(fakedb.calls, 0);
}

static void
refused(void **state)
{
	static const char *const claims[] = { CLAIMS(",\"exp\":1700000000"),
		CLAIMS(",\"exp\":\"1800000000\""), CLAIMS(",\"exp\":null"),
		CLAIMS(",\"nbf\":1700000001"),
		CLAIMS(",\"aud\":\"https://other.example\""),
		CLAIMS(",\"aud\":[]"), CLAIMS(",\"aud\":null"),
		CLAIMS(",\"aud\":[\"" ISSUER "\",\"https://x.example\"]") };

	(void)state;
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		assert_ptr_equal(taken_jwt(f.signer, claims[i]),
		    &OERR_INVALID_SOFTWARE_STATEMENT);
	assert_ptr_equal(taken_jwt(f.stranger, CLAIMS("")),
	    &OERR_INVALID_SOFTWARE_STATEMENT);
	/* a token of another kind by the same hand */
	assert_ptr_equal(
	    taken_jwt(f.access, CLAIMS("")), &OERR_INVALID_SOFTWARE_STATEMENT);
	assert_string_equal(json_str(f.metadata, "client_name"), "Mine");
}

static void
the_database_is_away(void **state)
{
	(void)state;
	fakedb.status = DB_UNAVAILABLE;
	assert_ptr_equal(taken_jwt(f.signer, CLAIMS("")), &OERR_UNAVAILABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_one_nothing_is_asked),
		TEST(what_it_says_counts),
		TEST(it_is_given_back),
		TEST(nobody_trusted),
		TEST(not_a_statement),
		TEST(refused),
		TEST(the_database_is_away),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("statement", tests, NULL, NULL);
}
