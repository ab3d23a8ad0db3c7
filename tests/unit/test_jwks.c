/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "jose.h"
#include "jose/jwks.h"
#include "witharena.h"

#define POINT                                                    \
	"\"kty\":\"EC\",\"crv\":\"P-256\","                      \
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define EDWARDS                                \
	"\"kty\":\"OKP\",\"crv\":\"Ed25519\"," \
	"\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""

static struct jwks *
parse(const char *text)
{
	return jwks_parse(arena, text, strlen(text));
}

static void
found_by_kid(void **state)
{
	struct jwks *set = parse("[{" POINT ",\"kid\":\"one\"},"
				 "{" EDWARDS ",\"kid\":\"two\"}]");

	(void)state;
	assert_non_null(set);
	assert_int_equal(jwks_find(set, "one")->alg, JWK_ES256);
	assert_int_equal(jwks_find(set, "two")->alg, JWK_EDDSA);
	assert_null(jwks_find(set, "tw"));
	assert_null(jwks_find(set, "two "));
	assert_null(jwks_find(set, "TWO"));
	assert_null(jwks_find(set, ""));
	jwks_free(set);
}

static void
outlives_its_scratch(void **state)
{
	struct arena *scratch = arena_new(64 * 1024);
	const char text[] = "[{" POINT ",\"kid\":\"one\"}]";
	struct jwks *set = jwks_parse(scratch, text, strlen(text));

	(void)state;
	arena_free(scratch);
	assert_non_null(set);
	assert_string_equal(jwks_find(set, "one")->kid, "one");
	jwks_free(set);
}

static void
a_jwk_set(void **state)
{
	struct jwks *set =
	    parse("{\"keys\":[{" POINT ",\"kid\":\"one\"}],\"more\":1}");

	(void)state;
	assert_non_null(set);
	assert_non_null(jwks_find(set, "one"));
	jwks_free(set);
}

static void
an_empty_set(void **state)
{
	struct jwks *set = parse("[]");

	(void)state;
	assert_non_null(set);
	assert_null(jwks_find(set, ""));
	jwks_free(set);
	jwks_free(NULL);
}

static void
unusable_is_passed_over(void **state)
{
	struct jwks *set = parse(
	    "[{\"kty\":\"AKP\"},{" POINT
	    ",\"use\":\"enc\",\"kid\":\"e\"},{" EDWARDS ",\"kid\":\"s\"}]");

	(void)state;
	assert_non_null(set);
	assert_null(jwks_find(set, "e"));
	assert_non_null(jwks_find(set, "s"));
	jwks_free(set);
}

/* How many keys there are for an algorithm, of a kid if that is not NULL. */
static int
keys_for(const struct jwks *set, const char *kid, enum jwk_alg alg)
{
	const struct jwk *key;
	size_t at = 0;
	int n = 0;

	while ((key = jwks_next(set, kid, alg, &at)) != NULL) {
		assert_int_equal(key->alg, alg);
		n++;
	}
	return n;
}

static void
walked(void **state)
{
	struct jwks *set = parse("[{" POINT ",\"kid\":\"1\"},{" POINT
				 ",\"kid\":\"2\"},{" EDWARDS "}]");

	(void)state;
	assert_non_null(set);
	assert_int_equal(keys_for(set, NULL, JWK_ES256), 2);
	assert_int_equal(keys_for(set, "2", JWK_ES256), 1);
	assert_int_equal(keys_for(set, "2", JWK_EDDSA), 0);
	assert_int_equal(keys_for(set, NULL, JWK_EDDSA), 1);
	assert_int_equal(keys_for(set, NULL, JWK_RS256), 0);
	jwks_free(set);
}

/* An RSA key is for both of its algorithms, unless it says for which. */
static void
rsa_for_both(void **state)
{
	char json[2048], *more;
	struct jwks *set;

	(void)state;
	jose_vector("rfc7515_a2.jwk", json, sizeof(json));
	json[strlen(json) - 1] = '\0';
	set = parse(arena_printf(arena, "[%s,\"kid\":\"r\"}]", json));
	assert_non_null(set);
	assert_int_equal(keys_for(set, "r", JWK_RS256), 1);
	assert_int_equal(keys_for(set, "r", JWK_PS256), 1);
	jwks_free(set);
	for (int i = 0; i < 2; i++) {
		more = arena_printf(arena, "[%s,\"alg\":\"%s\"}]", json,
		    i == 0 ? "RS256" : "PS256");
		set = parse(more);
		assert_non_null(set);
		assert_int_equal(keys_for(set, NULL, JWK_RS256), i == 0);
		assert_int_equal(keys_for(set, NULL, JWK_PS256), i == 1);
		jwks_free(set);
	}
}

static void
refused(void **state)
{
	static const char *const bad[] = {
		"",
		"[",
		"null",
		"\"keys\"",
		"{}",
		"{\"keys\":{}}",
		"{\"keys\":[],\"keys\":[]}",
		"[null]",
		"[[]]",
		/* two of one kid, the second by its thumbprint */
		"[{" POINT ",\"kid\":\"k\"},{" EDWARDS ",\"kid\":\"k\"}]",
		"[{" EDWARDS
		",\"kid\":\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\"},"
		"{" EDWARDS "}]",
		/* a member twice */
		"[{" POINT ",\"kid\":\"a\",\"kid\":\"b\"}]",
		/* one bad key spoils the set */
		"[{" POINT "},{" EDWARDS ",\"d\":\"AAAA\"}]",
		"[{" POINT "},{\"kty\":\"oct\",\"k\":\"AAAA\"}]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(bad[i]) != NULL)
			fail_msg("not refused: %s", bad[i]);
}

static void
too_many_keys(void **state)
{
	struct jwks *set;
	struct buf text;

	(void)state;
	buf_init(&text, arena);
	for (int i = 0; i < JWKS_MAX; i++)
		buf_rawf(&text, "%s{" EDWARDS ",\"kid\":\"%d\"}",
		    i == 0 ? "[" : ",", i);
	set = parse(arena_printf(arena, "%s]", text.data));
	assert_non_null(set);
	assert_non_null(jwks_find(set, "0"));
	assert_non_null(
	    jwks_find(set, arena_printf(arena, "%d", JWKS_MAX - 1)));
	jwks_free(set);
	assert_null(
	    parse(arena_printf(arena, "%s,{\"kty\":\"AKP\"}]", text.data)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_by_kid),
		cmocka_unit_test(outlives_its_scratch),
		cmocka_unit_test(a_jwk_set),
		cmocka_unit_test(an_empty_set),
		cmocka_unit_test(unusable_is_passed_over),
		cmocka_unit_test(walked),
		cmocka_unit_test(rsa_for_both),
		cmocka_unit_test(refused),
		cmocka_unit_test(too_many_keys),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("jwks", tests, begin, end);
}
