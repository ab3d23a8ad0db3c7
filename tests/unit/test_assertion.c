/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/b64url.h"
#include "base/buf.h"
#include "jose/jws.h"
#include "oauth/assertion.h"

#define ISSUER "https://auth.example/t1"
#define ENDPOINT ISSUER "/oauth2/token"
/* the SHA-256 of "abc" (FIPS 180-4), a jti */
#define ABC                                   \
	"\\xba7816bf8f01cfea414140de5dae2223" \
	"b00361a396177a9cb410ff61f20015ad"

static struct {
	struct arena *arena;
	struct jws_signer *signer[JWK_ALGS];
	struct jwks *keys;
} f;

static int
setup(void **state)
{
	struct buf set;

	(void)state;
	if ((f.arena = arena_new(4 << 20)) == NULL)
		return -1;
	buf_init(&set, f.arena);
	for (int i = 0; i < JWK_ALGS; i++) {
		f.signer[i] = jws_signer_new(
		    jwk_generate((enum jwk_alg)i), "client-authentication+jwt");
		if (f.signer[i] == NULL)
			return -1;
		buf_raw(&set, i == 0 ? "[" : ",");
		jwk_print(jws_signer_key(f.signer[i]), &set);
	}
	buf_raw(&set, "]");
	f.keys = jwks_parse(f.arena, set.data, set.len);
	return f.keys == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (int i = 0; i < JWK_ALGS; i++)
		jws_signer_free(f.signer[i]);
	jwks_free(f.keys);
	arena_free(f.arena);
	return 0;
}

static const char *
signed_by(enum jwk_alg alg, const char *claims)
{
	struct buf out;

	buf_init(&out, f.arena);
	assert_int_equal(
	    jws_sign(f.signer[alg], claims, strlen(claims), &out), 0);
	return out.data;
}

static struct assertion
verified(const char *jwt)
{
	struct assertion a;

	memset(&a, 0xff, sizeof(a));
	assertion_verify(f.arena, jwt, f.keys, ISSUER, &a);
	return a;
}

#define CLAIMS(aud, more) \
	"{\"iss\":\"c\",\"sub\":\"c\",\"jti\":\"abc\",\"aud\":" aud more "}"
#define GOOD CLAIMS("\"" ISSUER "\"", ",\"exp\":1700000060")

static void
holds(void **state)
{
	struct assertion a;

	(void)state;
	for (int i = 0; i < JWK_ALGS; i++) {
		a = verified(signed_by((enum jwk_alg)i, GOOD));
		assert_null(a.fault);
		assert_string_equal(a.alg, jwk_alg_name((enum jwk_alg)i));
		assert_string_equal(a.audience, "issuer");
		assert_string_equal(a.jti_hash, ABC);
		assert_string_equal(a.expires_at, "1700000060");
		assert_null(a.issued_at);
		assert_null(a.not_before);
	}
	a = verified(signed_by(
	    JWK_ES256, CLAIMS("[\"" ENDPOINT "\"]",
			   ",\"exp\":1700000060.9,\"iat\":0,\"nbf\":1.5e9")));
	assert_null(a.fault);
	assert_string_equal(a.audience, "token_endpoint");
	assert_string_equal(a.expires_at, "1700000060");
	assert_string_equal(a.issued_at, "0");
	assert_string_equal(a.not_before, "1500000000");
}

static void
does_not_hold(void **state)
{
#define EXP ",\"exp\":1"
	static const struct {
		const char *claims, *fault;
	} cases[] = {
		{ CLAIMS("\"\"", EXP), "audience" },
		{ CLAIMS("null", EXP), "audience" },
		{ CLAIMS("\"" ISSUER "/\"", EXP), "audience" },
		{ CLAIMS("\"" ENDPOINT "/\"", EXP), "audience" },
		{ CLAIMS("\"" ISSUER "/oauth2/revoke\"", EXP), "audience" },
		{ CLAIMS("[\"" ISSUER "\",\"" ENDPOINT "\"]", EXP),
		    "audience" },
		{ CLAIMS("\"" ISSUER "\"", ""), "claims" },
		{ CLAIMS("\"" ISSUER "\"", ",\"exp\":null"), "claims" },
		{ CLAIMS("\"" ISSUER "\"", ",\"exp\":\"1\""), "claims" },
		{ CLAIMS("\"" ISSUER "\"", ",\"exp\":-1"), "claims" },
		{ CLAIMS("\"" ISSUER "\"", ",\"exp\":1e300"), "claims" },
		{ CLAIMS("\"" ISSUER "\"", ",\"exp\":99999999999999999999"),
		    "claims" },
		{ CLAIMS("\"" ISSUER "\"", EXP ",\"iat\":[]"), "claims" },
		{ CLAIMS("\"" ISSUER "\"", EXP ",\"nbf\":true"), "claims" },
		{ "{\"aud\":\"" ISSUER "\"" EXP "}", "claims" },
		{ "{\"aud\":\"" ISSUER "\"" EXP ",\"jti\":\"\"}", "claims" },
		{ "{\"aud\":\"" ISSUER "\"" EXP ",\"jti\":1}", "claims" },
		{ "{\"aud\":\"" ISSUER "\"" EXP ",\"jti\":\"a\\u0000\"}",
		    "claims" },
		{ "{\"aud\":\"" ISSUER "\"" EXP EXP "}", "malformed" },
		{ "[]", "malformed" },
	};
	struct assertion a;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		a = verified(signed_by(JWK_ES256, cases[i].claims));
		if (a.fault == NULL || strcmp(a.fault, cases[i].fault) != 0)
			fail_msg("%s: %s", cases[i].claims, a.fault);
		assert_null(a.jti_hash);
		assert_null(a.expires_at);
	}
}

/* What jws_verify finds is passed on; no keys are no reason to believe. */
static void
by_no_key(void **state)
{
	const char *jwt = signed_by(JWK_ES256, GOOD);
	struct assertion a;
	char *cut, *last;

	(void)state;
	assertion_verify(f.arena, jwt, NULL, ISSUER, &a);
	assert_string_equal(a.fault, "keys");
	assert_true(assertion_key_unknown(&a));
	a = verified(jwt);
	assert_false(assertion_key_unknown(&a));
	cut = arena_strdup(f.arena, jwt);
	last = &cut[strlen(cut) - 4];
	*last = *last == 'A' ? 'B' : 'A';
	a = verified(cut);
	assert_string_equal(a.fault, "signature");
	assert_false(assertion_key_unknown(&a));
	a = (struct assertion){ .fault = "unknown_key" };
	assert_true(assertion_key_unknown(&a));
	assert_string_equal(verified("x").fault, "malformed");
	assert_string_equal(verified("").fault, "malformed");
}

/* A header and claims that nobody signed. */
static const char *
unsigned_jwt(const char *claims)
{
	char text[1024];

	b64url_encode(claims, strlen(claims), text);
	return arena_printf(f.arena, "e30.%s.AAAA", text);
}

static void
names_its_client(void **state)
{
	static const char *const nobody[] = { "{}", "[]", "x",
		"{\"iss\":\"c\"}", "{\"sub\":\"c\"}",
		"{\"iss\":\"c\",\"sub\":\"d\"}", "{\"iss\":\"\",\"sub\":\"\"}",
		"{\"iss\":1,\"sub\":1}", "{\"iss\":[\"c\"],\"sub\":[\"c\"]}",
		"{\"iss\":\"c\",\"sub\":\"c\",\"sub\":\"c\"}",
		"{\"iss\":\"c\\u0000\",\"sub\":\"c\\u0000\"}" };

	(void)state;
	assert_string_equal(assertion_client(f.arena,
				unsigned_jwt("{\"iss\":\"c\",\"sub\":\"c\"}")),
	    "c");
	for (size_t i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++)
		if (assertion_client(f.arena, unsigned_jwt(nobody[i])) != NULL)
			fail_msg("%s", nobody[i]);
	assert_null(assertion_client(f.arena, ""));
	assert_null(assertion_client(f.arena, ".."));
	assert_null(assertion_client(f.arena, "a.b"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds),
		cmocka_unit_test(does_not_hold),
		cmocka_unit_test(by_no_key),
		cmocka_unit_test(names_its_client),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("assertion", tests, setup, teardown);
}
