/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fakedb.h"
#include "guard/known.h"
#include "jose/jwk.h"

/* What the database says. */
static struct {
	const char *change;        /* the counter */
	const char *issuer, *keys; /* of guard_read */
	const char *resources;
	const char *kind, *subject; /* of a revocation; NULL: there is none */
	const char *at;
	int reads, feeds;
} db;

static const char *const *
answer(const struct db_query *q, struct db_args args, int *count)
{
	static const char *row[16];

	(void)args;
	memset(row, 0, sizeof(row));
	if (strcmp(q->name, "server_change") == 0) {
		row[0] = db.change;
	} else if (strcmp(q->name, "server_read") == 0) {
		row[0] = db.change;
		row[1] = db.issuer;
		row[2] = row[9] = "x";
		row[7] = "5";
		row[8] = "batched";
	} else if (strcmp(q->name, "guard_read") == 0) {
		db.reads++;
		row[0] = db.issuer;
		row[1] = db.keys;
		row[2] = db.resources;
	} else {
		db.feeds++;
		*count = db.kind != NULL;
		row[0] = db.change;
		row[1] = db.kind;
		row[2] = db.subject;
		row[3] = db.at;
	}
	return row;
}

static struct {
	struct app app;
	struct known known;
	struct patience patience;
} f;

static const struct accesstoken token = { .jti = "j",
	.grant_id = "g1",
	.client_id = "c1",
	.subject = "s1",
	.audience = "https://a.example/",
	.scope_text = "mcp:a",
	.issued_at = 1000,
	.expires_at = 2000 };
static const uint8_t digest[DIGEST_LEN];

static int
setup(void **state)
{
	(void)state;
	fakedb = (struct fakedb){ .answer = answer };
	memset(&db, 0, sizeof(db));
	memset(&f, 0, sizeof(f));
	db.change = "1";
	db.issuer = "https://auth.example";
	db.keys = "[]";
	db.resources = "[]";
	if (known_init(&f.known) == -1)
		return -1;
	return patience_init(&f.patience, &f.app, 8 * 1024 * 1024);
}

static int
teardown(void **state)
{
	(void)state;
	known_free(&f.known);
	patience_free(&f.patience);
	arena_free(f.app.kept);
	return 0;
}

/* As if a second had passed and the database were not left alone. */
static const struct oerr *
look(void)
{
	f.app.looked_at -= 2000;
	f.known.good_at -= 2000;
	f.patience.not_before = 0;
	return known_fresh(&f.known, &f.patience);
}

static bool
cached(void)
{
	struct accesstoken t;

	return tokencache_get(f.known.cache, digest, f.patience.scratch, &t);
}

static void
learns(void **state)
{
	(void)state;
	assert_null(known_fresh(&f.known, &f.patience));
	assert_string_equal(f.known.site->issuer, "https://auth.example");
	assert_false(revoked_has(f.known.revoked, &token));
	assert_int_equal(db.reads, 1);
	/* nothing changed: nothing is read */
	assert_null(look());
	assert_int_equal(db.reads, 1);
	assert_int_equal(db.feeds, 1);
	db.change = "2";
	db.kind = "grant";
	db.subject = "g1";
	db.at = "1";
	/* within the second nobody looks */
	assert_null(known_fresh(&f.known, &f.patience));
	assert_false(revoked_has(f.known.revoked, &token));
	assert_null(look());
	assert_true(revoked_has(f.known.revoked, &token));
	assert_int_equal(db.reads, 2);
	/* what was learnt stays when the feed tells of others */
	db.change = "3";
	db.subject = "g2";
	assert_null(look());
	assert_true(revoked_has(f.known.revoked, &token));
	assert_int_equal(f.known.revoked_after, 3);
}

/* A restored database counts anew: all that is known is asked for again. */
static void
starts_over(void **state)
{
	(void)state;
	db.change = "9";
	db.kind = "client";
	db.subject = "c1";
	db.at = "1000";
	assert_null(known_fresh(&f.known, &f.patience));
	assert_true(revoked_has(f.known.revoked, &token));
	db.change = "4";
	db.subject = "c2";
	assert_null(look());
	assert_false(revoked_has(f.known.revoked, &token));
	assert_int_equal(f.known.revoked_after, 4);
}

static void
goes_on_for_a_while(void **state)
{
	(void)state;
	assert_null(known_fresh(&f.known, &f.patience));
	fakedb.status = DB_UNAVAILABLE;
	assert_null(look()); /* 2 s */
	assert_null(look()); /* 4 s of 5 */
	assert_ptr_equal(look(), &OERR_UNAVAILABLE);
	assert_ptr_equal(known_fresh(&f.known, &f.patience), &OERR_UNAVAILABLE);
	fakedb.status = DB_OK;
	assert_null(look());
}

static void
refuses_when_ignorant(void **state)
{
	(void)state;
	fakedb.status = DB_UNAVAILABLE;
	assert_ptr_equal(known_fresh(&f.known, &f.patience), &OERR_UNAVAILABLE);
	fakedb.status = DB_FAULT;
	assert_ptr_equal(look(), &OERR_FAULT);
}

/* It is there, and says what cannot be understood: no time of grace. */
static void
refuses_faults(void **state)
{
	(void)state;
	assert_null(known_fresh(&f.known, &f.patience));
	db.change = "2";
	fakedb.fails = "guard_revocations";
	assert_ptr_equal(look(), &OERR_FAULT);
	fakedb.fails = "guard_read";
	assert_ptr_equal(look(), &OERR_FAULT);
	fakedb.fails = NULL;
	db.resources = "[{}]";
	assert_ptr_equal(look(), &OERR_FAULT);
	db.resources = NULL;
	assert_ptr_equal(look(), &OERR_FAULT);
	db.resources = "[]";
	db.change = "3";
	db.kind = "something";
	assert_ptr_equal(look(), &OERR_FAULT);
	db.kind = NULL;
	assert_null(look());
}

static void
forgets_signatures(void **state)
{
	struct arena *a = arena_new(100000);
	struct jwk *key = jwk_generate(JWK_ES256);
	struct buf keys;

	(void)state;
	buf_init(&keys, a);
	buf_raw(&keys, "[");
	jwk_print(key, &keys);
	buf_raw(&keys, "]");
	db.keys = keys.data;
	assert_null(known_fresh(&f.known, &f.patience));
	assert_non_null(jwks_find(f.known.site->keys, key->kid));
	tokencache_put(f.known.cache, digest, &token, 1000);
	assert_true(cached());
	db.change = "2"; /* of something else */
	assert_null(look());
	assert_true(cached());
	db.change = "3";
	db.keys = "[]";
	assert_null(look());
	assert_false(cached());
	tokencache_put(f.known.cache, digest, &token, 1000);
	db.change = "4";
	db.issuer = "https://other.example";
	assert_null(look());
	assert_false(cached());
	jwk_free(key);
	arena_free(a);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(learns),
		TEST(starts_over),
		TEST(goes_on_for_a_while),
		TEST(refuses_when_ignorant),
		TEST(refuses_faults),
		TEST(forgets_signatures),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("known", tests, NULL, NULL);
}
