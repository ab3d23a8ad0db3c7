/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "jose/jwks.h"

#define POINT                                                    \
	"\"kty\":\"EC\",\"crv\":\"P-256\","                      \
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define EDWARDS                                \
	"\"kty\":\"OKP\",\"crv\":\"Ed25519\"," \
	"\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""

static struct arena *arena;

static int
setup(void **state)
{
	(void)state;
	return (arena = arena_new(1024 * 1024)) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

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
	assert_null(jwks_only(set, JWK_ES256));
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

static void
the_only_key(void **state)
{
	struct jwks *set = parse("[{" POINT ",\"kid\":\"1\"},{" POINT
				 ",\"kid\":\"2\"},{" EDWARDS "}]");

	(void)state;
	assert_non_null(set);
	assert_null(jwks_only(set, JWK_ES256)); /* two of them */
	assert_null(jwks_only(set, JWK_RS256));
	assert_non_null(jwks_only(set, JWK_EDDSA));
	jwks_free(set);
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
		cmocka_unit_test(the_only_key),
		cmocka_unit_test(refused),
		cmocka_unit_test(too_many_keys),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("jwks", tests, setup, teardown);
}
