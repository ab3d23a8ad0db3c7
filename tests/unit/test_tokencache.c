/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/tokencache.h"

enum { NOW = 1000 };

static struct {
	struct arena *arena;
	struct tokencache *cache;
} f;

static struct accesstoken
token(const char *jti, int64_t expires_at)
{
	return (struct accesstoken){ .jti = jti,
		.grant_id = "grant",
		.subject = "alice",
		.client_id = "c1",
		.audience = "https://a.example/",
		.scope_text = "mcp:a mcp:b",
		.issued_at = 900,
		.expires_at = expires_at,
		.not_before = 800 };
}

/* Digests of one set: they differ only where the set is not chosen by. */
static const uint8_t *
digest(uint8_t which)
{
	static uint8_t d[DIGEST_LEN];

	d[DIGEST_LEN - 1] = which;
	return d;
}

static bool
knows(uint8_t which)
{
	struct accesstoken t;

	return tokencache_get(f.cache, digest(which), f.arena, &t);
}

static void
put(uint8_t which, int64_t expires_at)
{
	struct accesstoken t = token("j", expires_at);

	tokencache_put(f.cache, digest(which), &t, NOW);
}

static void
remembers(void **state)
{
	struct accesstoken t = token("grant.x", 2000), got = { 0 };

	(void)state;
	assert_false(knows(1));
	tokencache_put(f.cache, digest(1), &t, NOW);
	assert_true(tokencache_get(f.cache, digest(1), f.arena, &got));
	assert_string_equal(got.jti, "grant.x");
	assert_string_equal(got.grant_id, "grant");
	assert_string_equal(got.subject, "alice");
	assert_string_equal(got.client_id, "c1");
	assert_string_equal(got.audience, "https://a.example/");
	assert_string_equal(got.scope_text, "mcp:a mcp:b");
	assert_int_equal(got.n_scope, 2);
	assert_string_equal(got.scope[1], "mcp:b");
	assert_int_equal(got.issued_at, 900);
	assert_int_equal(got.expires_at, 2000);
	assert_int_equal(got.not_before, 800);
}

/* A digest that differs in any byte is another token's. */
static void
confuses_none(void **state)
{
	uint8_t d[DIGEST_LEN] = { 0 };
	struct accesstoken got;

	(void)state;
	put(1, 2000);
	d[DIGEST_LEN - 1] = 1;
	assert_true(tokencache_get(f.cache, d, f.arena, &got));
	for (int i = 0; i < DIGEST_LEN; i++) {
		d[i] ^= 0x80;
		assert_false(tokencache_get(f.cache, d, f.arena, &got));
		d[i] ^= 0x80;
	}
}

static void
forgets_all(void **state)
{
	(void)state;
	put(1, 2000);
	put(2, 2000);
	tokencache_flush(f.cache);
	assert_false(knows(1));
	assert_false(knows(2));
}

static void
evicts(void **state)
{
	uint8_t i;

	(void)state;
	for (i = 0; i < TOKENCACHE_WAYS; i++)
		put(i, 2000);
	assert_true(knows(0)); /* 1 is now the one not seen for longest */
	put(100, 2000);
	assert_true(knows(0));
	assert_true(knows(100));
	assert_false(knows(1));
}

static void
evicts_expired_first(void **state)
{
	uint8_t i;

	(void)state;
	for (i = 0; i < TOKENCACHE_WAYS; i++)
		put(i, i == TOKENCACHE_WAYS - 1 ? NOW : 2000);
	assert_true(knows(TOKENCACHE_WAYS - 1));
	put(100, 2000);
	assert_false(knows(TOKENCACHE_WAYS - 1));
	assert_true(knows(0));
	assert_true(knows(100));
}

/* What takes the place of another may say more than that, or less. */
static void
makes_room(void **state)
{
	static const char *const jti[] = { "j", "a-longer-one", "s" };
	struct accesstoken got;

	(void)state;
	for (uint8_t i = 0; i < 3 * TOKENCACHE_WAYS; i++) {
		struct accesstoken t = token(jti[i / TOKENCACHE_WAYS], 2000);

		tokencache_put(f.cache, digest(i), &t, NOW);
		assert_true(tokencache_get(f.cache, digest(i), f.arena, &got));
		assert_string_equal(got.jti, t.jti);
		assert_string_equal(got.scope_text, "mcp:a mcp:b");
	}
	assert_false(knows(0));
}

static void
refuses_large(void **state)
{
	char text[TOKENCACHE_TEXT + 1];
	struct accesstoken t = token("j", 2000);

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	t.subject = text;
	tokencache_put(f.cache, digest(1), &t, NOW);
	assert_false(knows(1));
}

static int
setup(void **state)
{
	(void)state;
	f.arena = arena_new(1024 * 1024);
	f.cache = tokencache_new();
	return f.arena == NULL || f.cache == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(f.arena);
	tokencache_free(f.cache);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(remembers),
		TEST(confuses_none),
		TEST(forgets_all),
		TEST(evicts),
		TEST(evicts_expired_first),
		TEST(makes_room),
		TEST(refuses_large),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tokencache", tests, NULL, NULL);
}
