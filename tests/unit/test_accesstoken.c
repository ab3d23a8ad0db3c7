/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "oauth/accesstoken.h"

#define GRANT "01890a5d-ac96-774b-bcce-b302099a8057"
#define ISSUER "https://auth.example/t1"
#define AUDIENCE "https://mcp.example/mcp/finance"

enum { NOW = 1700000000 };

static const struct accesstoken_rule rule = { ISSUER, AUDIENCE, NOW };
static const struct accesstoken_rule any = { ISSUER, NULL, NOW };

static struct {
	struct arena *arena;
	struct jws_signer *signer, *other_type;
	struct jwks *keys, *none;
} f;

static struct jwks *
set_of(const struct jws_signer *a, const struct jws_signer *b)
{
	struct buf text;

	buf_init(&text, f.arena);
	buf_raw(&text, "[");
	jwk_print(jws_signer_key(a), &text);
	if (b != NULL) {
		buf_raw(&text, ",");
		jwk_print(jws_signer_key(b), &text);
	}
	buf_raw(&text, "]");
	return jwks_parse(f.arena, text.data, text.len);
}

static int
setup(void **state)
{
	(void)state;
	if ((f.arena = arena_new(4 * 1024 * 1024)) == NULL)
		return -1;
	f.signer = jws_signer_new(jwk_generate(JWK_ES256), "at+jwt");
	f.other_type = jws_signer_new(jwk_generate(JWK_ES256), "JWT");
	if (f.signer == NULL || f.other_type == NULL)
		return -1;
	f.keys = set_of(f.signer, f.other_type);
	f.none = jwks_parse(f.arena, "[]", 2);
	return f.keys == NULL || f.none == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	jws_signer_free(f.signer);
	jws_signer_free(f.other_type);
	jwks_free(f.keys);
	jwks_free(f.none);
	arena_free(f.arena);
	return 0;
}

/* What a good token says, one member a line, to be replaced or left out. */
static const char *const good[][2] = {
	{ "iss", "\"" ISSUER "\"" },
	{ "aud", "\"" AUDIENCE "\"" },
	{ "sub", "\"01890a5d-0000-7000-8000-000000000001\"" },
	{ "client_id", "\"c1\"" },
	{ "scope", "\"mcp:tools:a mcp:tools:b mcp:tools:a\"" },
	{ "iat", "1699999990" },
	{ "exp", "1700000590" },
	{ "jti", "\"" GRANT ".Zm9vYmFyYmF6cXV4\"" },
};

/* The claims with `name` having `value` instead, or not there for NULL. */
static const char *
but(const char *name, const char *value)
{
	bool replaced = false;
	struct buf b;
	size_t i;

	buf_init(&b, f.arena);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *v = good[i][1];

		if (name != NULL && strcmp(good[i][0], name) == 0) {
			replaced = true;
			v = value;
		}
		if (v != NULL)
			buf_rawf(&b, "%s\"%s\":%s", b.len > 0 ? "," : "{",
			    good[i][0], v);
	}
	if (name != NULL && !replaced)
		buf_rawf(&b, ",\"%s\":%s", name, value);
	buf_raw(&b, "}");
	return b.data;
}

static enum accesstoken_error
check_by(
    const struct accesstoken_rule *by, const char *text, struct accesstoken *t)
{
	struct json_object *o = json_read(f.arena, text, strlen(text));
	enum accesstoken_error e;

	assert_non_null(o);
	memset(t, 0xff, sizeof(*t));
	e = accesstoken_check(o, by, f.arena, t);
	if (e == ACCESSTOKEN_OK || e == ACCESSTOKEN_EXPIRED ||
	    e == ACCESSTOKEN_NOT_YET)
		assert_non_null(t->grant_id);
	else
		assert_null(t->grant_id);
	return e;
}

static void
says(void **state)
{
	struct accesstoken t;

	(void)state;
	assert_int_equal(check_by(&rule, but(NULL, NULL), &t), 0);
	assert_string_equal(t.grant_id, GRANT);
	assert_string_equal(t.jti, GRANT ".Zm9vYmFyYmF6cXV4");
	assert_string_equal(t.client_id, "c1");
	assert_string_equal(t.audience, AUDIENCE);
	assert_string_equal(t.subject, "01890a5d-0000-7000-8000-000000000001");
	assert_int_equal(t.n_scope, 2);
	assert_string_equal(t.scope[1], "mcp:tools:b");
	assert_int_equal(t.issued_at, 1699999990);
	assert_int_equal(t.expires_at, 1700000590);
	assert_int_equal(t.not_before, 0);
}

static void
allows(void **state)
{
	struct accesstoken t;

	(void)state;
	assert_int_equal(
	    check_by(&rule, but("aud", "[\"" AUDIENCE "\"]"), &t), 0);
	assert_string_equal(t.audience, AUDIENCE);
	assert_int_equal(
	    check_by(&any, but("aud", "\"https://other.example/\""), &t), 0);
	assert_string_equal(t.audience, "https://other.example/");
	assert_int_equal(check_by(&rule, but("scope", NULL), &t), 0);
	assert_int_equal(t.n_scope, 0);
	assert_string_equal(t.scope_text, "");
	assert_int_equal(check_by(&rule, but("nbf", "1700000000"), &t), 0);
	assert_int_equal(check_by(&rule, but("exp", "1700000001"), &t), 0);
	assert_int_equal(
	    check_by(
		&rule, but("client_id", "\"https://a.example/c.json\""), &t),
	    0);
}

static void
refuses(void **state)
{
	static const struct {
		const char *name, *value;
		enum accesstoken_error error;
	} cases[] = {
		{ "iss", NULL, ACCESSTOKEN_ISSUER },
		{ "iss", "\"https://auth.example\"", ACCESSTOKEN_ISSUER },
		{ "iss", "\"" ISSUER "/\"", ACCESSTOKEN_ISSUER },
		{ "iss", "\"HTTPS://auth.example/t1\"", ACCESSTOKEN_ISSUER },
		{ "iss", "\"" ISSUER "\\u0000x\"", ACCESSTOKEN_ISSUER },
		{ "iss", "[\"" ISSUER "\"]", ACCESSTOKEN_ISSUER },
		{ "iss", "null", ACCESSTOKEN_ISSUER },
		{ "aud", NULL, ACCESSTOKEN_AUDIENCE },
		{ "aud", "\"\"", ACCESSTOKEN_AUDIENCE },
		{ "aud", "[]", ACCESSTOKEN_AUDIENCE },
		{ "aud", "\"" AUDIENCE "/\"", ACCESSTOKEN_AUDIENCE },
		{ "aud", "\"https://mcp.example/\"", ACCESSTOKEN_AUDIENCE },
		{ "aud", "[\"" AUDIENCE "\",\"https://b.example/\"]",
		    ACCESSTOKEN_AUDIENCE },
		{ "aud", "[\"" AUDIENCE "\",\"" AUDIENCE "\"]",
		    ACCESSTOKEN_AUDIENCE },
		{ "aud", "[[\"" AUDIENCE "\"]]", ACCESSTOKEN_AUDIENCE },
		{ "aud", "[\"" AUDIENCE "\\u0000\"]", ACCESSTOKEN_AUDIENCE },
		{ "aud", "{\"" AUDIENCE "\":1}", ACCESSTOKEN_AUDIENCE },
		{ "exp", NULL, ACCESSTOKEN_EXPIRED },
		{ "exp", "1700000000", ACCESSTOKEN_EXPIRED },
		{ "exp", "1", ACCESSTOKEN_EXPIRED },
		{ "exp", "\"1700000590\"", ACCESSTOKEN_EXPIRED },
		{ "exp", "1700000590.5", ACCESSTOKEN_EXPIRED },
		{ "exp", "true", ACCESSTOKEN_EXPIRED },
		{ "exp", "99999999999999999999999999", ACCESSTOKEN_EXPIRED },
		{ "exp", "-1", ACCESSTOKEN_EXPIRED },
		{ "nbf", "1700000001", ACCESSTOKEN_NOT_YET },
		{ "nbf", "\"1\"", ACCESSTOKEN_CLAIMS },
		{ "nbf", "null", ACCESSTOKEN_CLAIMS },
		{ "iat", NULL, ACCESSTOKEN_CLAIMS },
		{ "iat", "0", ACCESSTOKEN_CLAIMS },
		{ "iat", "\"x\"", ACCESSTOKEN_CLAIMS },
		{ "sub", NULL, ACCESSTOKEN_CLAIMS },
		{ "sub", "\"\"", ACCESSTOKEN_CLAIMS },
		{ "sub", "\"a\\r\\nX: y\"", ACCESSTOKEN_CLAIMS },
		{ "sub", "\"\\u00e4\"", ACCESSTOKEN_CLAIMS },
		{ "sub", "7", ACCESSTOKEN_CLAIMS },
		{ "client_id", NULL, ACCESSTOKEN_CLAIMS },
		{ "client_id", "\"a\\u0000b\"", ACCESSTOKEN_CLAIMS },
		{ "jti", NULL, ACCESSTOKEN_CLAIMS },
		{ "jti", "\"" GRANT "\"", ACCESSTOKEN_CLAIMS },
		{ "jti", "\"" GRANT ".\"", ACCESSTOKEN_CLAIMS },
		{ "jti", "\"" GRANT "-abc\"", ACCESSTOKEN_CLAIMS },
		{ "jti", "\"" GRANT ".a.b\"", ACCESSTOKEN_CLAIMS },
		{ "jti", "\"" GRANT ".a b\"", ACCESSTOKEN_CLAIMS },
		{ "jti", "\"01890A5D-ac96-774b-bcce-b302099a8057.a\"",
		    ACCESSTOKEN_CLAIMS },
		{ "jti", "\"01890a5d-ac96\"", ACCESSTOKEN_CLAIMS },
		{ "jti", "\"abc\"", ACCESSTOKEN_CLAIMS },
		{ "scope", "null", ACCESSTOKEN_CLAIMS },
		{ "scope", "[\"mcp:a\"]", ACCESSTOKEN_CLAIMS },
		{ "scope", "\"mcp:a  mcp:b\"", ACCESSTOKEN_CLAIMS },
		{ "scope", "\"mcp:*:a\"", ACCESSTOKEN_CLAIMS },
	};
	struct accesstoken t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (check_by(&rule, but(cases[i].name, cases[i].value), &t) !=
		    cases[i].error)
			fail_msg("%s %s", cases[i].name,
			    cases[i].value ? cases[i].value : "missing");
	}
}

static void
timely(void **state)
{
	struct accesstoken t;

	(void)state;
	assert_int_equal(
	    check_by(&rule, but("nbf", "1699999000"), &t), ACCESSTOKEN_OK);
	assert_int_equal(accesstoken_timely(&t, NOW), ACCESSTOKEN_OK);
	assert_int_equal(accesstoken_timely(&t, NOW + 589), ACCESSTOKEN_OK);
	assert_int_equal(
	    accesstoken_timely(&t, NOW + 590), ACCESSTOKEN_EXPIRED);
	assert_int_equal(
	    accesstoken_timely(&t, 1699998999), ACCESSTOKEN_NOT_YET);
}

static enum accesstoken_error
read_with(const struct jwks *keys, const struct jws_signer *signer,
    const char *claims)
{
	struct accesstoken t;
	struct buf b;

	buf_init(&b, f.arena);
	assert_int_equal(jws_sign(signer, claims, strlen(claims), &b), 0);
	return accesstoken_read(keys, b.data, b.len, &rule, f.arena, &t);
}

static void
reading(void **state)
{
	struct accesstoken t;

	(void)state;
	assert_int_equal(
	    read_with(f.keys, f.signer, but(NULL, NULL)), ACCESSTOKEN_OK);
	assert_int_equal(
	    read_with(f.keys, f.signer, but("exp", "1")), ACCESSTOKEN_EXPIRED);
	/* an ID token, or an assertion: not an access token */
	assert_int_equal(
	    read_with(f.keys, f.other_type, but(NULL, NULL)), JWS_TYPE);
	assert_int_equal(
	    read_with(f.none, f.signer, but(NULL, NULL)), JWS_UNKNOWN_KEY);
	assert_int_equal(
	    accesstoken_read(f.keys, "a.b.c", 5, &rule, f.arena, &t),
	    JWS_MALFORMED);
	assert_null(t.grant_id);
}

static void
names(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < ACCESSTOKEN_ERRORS; i++) {
		const char *name = accesstoken_error_name(i);

		assert_true(name != NULL && *name != '\0');
		for (j = 0; j < i; j++)
			assert_string_not_equal(
			    name, accesstoken_error_name(j));
	}
	assert_string_equal(accesstoken_error_name(ACCESSTOKEN_OK), "ok");
	assert_string_equal(
	    accesstoken_error_name((enum accesstoken_error)JWS_SIGNATURE),
	    "signature");
}

static void
account(void **state)
{
	static const char id[] = "01890a5d-ac96-774b-bcce-b302099a8058";
	struct accesstoken t = { .subject = id, .client_id = "app" };

	(void)state;
	assert_string_equal(accesstoken_account(&t), id);
	t.client_id = id; /* a client for itself */
	assert_null(accesstoken_account(&t));
	t.client_id = "app";
	t.subject = "01890a5d-ac96-774b-bcce-b302099a8058x";
	assert_null(accesstoken_account(&t));
	t.subject = "app";
	assert_null(accesstoken_account(&t));
	t = (struct accesstoken){ 0 };
	assert_null(accesstoken_account(&t));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says),
		cmocka_unit_test(allows),
		cmocka_unit_test(refuses),
		cmocka_unit_test(timely),
		cmocka_unit_test(account),
		cmocka_unit_test(reading),
		cmocka_unit_test(names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name(
	    "accesstoken", tests, setup, teardown);
}
