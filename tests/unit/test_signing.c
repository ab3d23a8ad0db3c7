/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "exchange.h"
#include "fakedb.h"
#include "oauth/accesstoken.h"
#include "oauth/app.h"
#include "oauth/signing.h"

static const struct program program = { .name = "test" };

#define ISSUER "https://as.example"
#define AUDIENCE "https://mcp.example/"
#define GRANT "01890a5d-ac96-774b-bcce-b302099a8057"
#define KEY "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"

enum { KEYS_MAX = 4 };

/* The keys that were stored, the newest first: columns of token_keys. */
static struct {
	const char *keys[KEYS_MAX][4];
	const char *public;
	int n, reads;
} db;

static struct {
	struct arena *arena;
	struct request *request;
} f;

static void
store(struct db_args args)
{
	assert_true(db.n < KEYS_MAX);
	memmove(db.keys[1], db.keys[0], sizeof(db.keys[0]) * (size_t)db.n);
	db.keys[0][0] = arena_strdup(f.arena, args.value[1]);
	db.keys[0][1] = arena_strdup(f.arena, args.value[0]);
	db.keys[0][2] = arena_strdup(f.arena, args.value[2]);
	db.keys[0][3] = arena_strdup(f.arena, args.value[4]);
	db.public = arena_strdup(f.arena, args.value[3]);
	db.n++;
}

static const char *const *
answer(const struct db_query *q, struct db_args args, int *count)
{
	static const char *const settings[16] = { "1", ISSUER, "x", NULL, NULL,
		NULL, NULL, NULL, "x", "ES256" };
	static const char *const stored[] = { "stored" };

	if (strcmp(q->name, "token_keys") == 0) {
		db.reads++;
		*count = db.n;
		return db.keys[0];
	}
	if (strcmp(q->name, "token_key_store") != 0)
		return settings;
	store(args);
	return stored;
}

/* Start as token does, with the KEK in a file that only we can read. */
static int
begin(void **state)
{
	static char path[] = "test_signing.XXXXXX";
	struct serve_config config = { .dsn = "" };
	int fd = mkstemp(path);

	(void)state;
	fakedb = (struct fakedb){ .answer = answer };
	if (fd == -1 || dprintf(fd, "%s\n", KEY) < 0 || close(fd) != 0 ||
	    (f.arena = arena_new(4 << 20)) == NULL)
		return -1;
	assert_int_equal(signing_load(&config), -1);
	config.kek = path;
	assert_int_equal(signing_load(&config), 0);
	unlink(path);
	f.request = exchange_request(f.arena, &program, "REQUEST_URI=/", NULL);
	f.request->app = signing_start(&program, &config);
	return f.request->app == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	app_stop(f.request->app);
	arena_free(f.arena);
	return 0;
}

/* The first key of an installation is made at the start, and only then. */
static void
first_key(void **state)
{
	(void)state;
	assert_int_equal(db.n, 1);
	assert_string_equal(db.keys[0][1], "1");
	assert_string_equal(db.keys[0][2], "ES256");
	assert_non_null(strstr(db.public, db.keys[0][0]));
	/* what is published and what is stored are no private key */
	assert_null(strstr(db.public, "\"d\""));
	assert_int_equal(strncmp(db.keys[0][3], "\\x", 2), 0);
	assert_null(signing_ready(f.request));
	assert_int_equal(db.n, 1);
}

static struct signing_claims
claims(const char *kid)
{
	return (struct signing_claims){
		.kid = kid,
		.audience = AUDIENCE,
		.subject = "01890a5d-0000-7000-8000-000000000001",
		.client_id = "c\"1",
		.grant_id = GRANT,
		.scope = "mcp:a mcp:b",
		.issued_at = (int64_t)time(NULL),
		.expires_in = 600,
	};
}

/* RFC 9068, 2: verified with what was published. */
static void
access_token(void **state)
{
	const struct signing_claims c = claims(db.keys[0][0]);
	const struct accesstoken_rule rule = { ISSUER, AUDIENCE, c.issued_at };
	const char *set = arena_printf(f.arena, "[%s]", db.public);
	struct jwks *keys = jwks_parse(f.arena, set, strlen(set));
	struct accesstoken t;
	struct buf out;

	(void)state;
	buf_init(&out, f.arena);
	assert_null(signing_access_token(f.request, &c, &out));
	assert_int_equal(
	    accesstoken_read(keys, out.data, out.len, &rule, f.arena, &t),
	    ACCESSTOKEN_OK);
	assert_string_equal(t.client_id, c.client_id);
	assert_string_equal(t.grant_id, GRANT);
	assert_string_equal(t.scope_text, c.scope);
	assert_true(t.expires_at == c.issued_at + 600);
	jwks_free(keys);
}

/* A key of another host is looked for; one that nobody has is a fault. */
static void
unknown_key(void **state)
{
	struct signing_claims c = claims("nobody's");
	struct buf out;
	int reads = db.reads;

	(void)state;
	buf_init(&out, f.arena);
	assert_ptr_equal(
	    signing_access_token(f.request, &c, &out), &OERR_FAULT);
	assert_int_equal(db.reads, reads + 1);
	c.kid = NULL;
	assert_ptr_equal(
	    signing_access_token(f.request, &c, &out), &OERR_FAULT);
}

static void
rotation(void **state)
{
	struct signing_claims c;
	struct buf out;

	(void)state;
	signing_rotate(f.request);
	assert_int_equal(db.n, 2);
	assert_string_equal(db.keys[0][1], "2");
	buf_init(&out, f.arena);
	for (int i = 0; i < 2; i++) {
		c = claims(db.keys[i][0]);
		assert_null(signing_access_token(f.request, &c, &out));
	}
}

static void
refresh_tokens(void **state)
{
	struct handle_refresh *t = arena_alloc(f.arena, sizeof(*t));
	const char *hash, *token;

	(void)state;
	assert_null(signing_refresh_token(f.request, GRANT, 7, &token));
	assert_true(handle_parse_refresh(token, t));
	assert_string_equal(t->uuid, GRANT);
	assert_int_equal(t->generation, 7);
	assert_null(signing_refresh_check(t));
	assert_null(signing_refresh_hash(f.request, GRANT, &hash));
	assert_string_equal(hash, arg_bytes(f.arena, t->hash, sizeof(t->hash)));
	t->generation = 8;
	assert_ptr_equal(signing_refresh_check(t), &OERR_INVALID_GRANT);
}

/* Keys under another KEK are no reason to make new ones. */
static void
foreign_key(void **state)
{
	struct signing_claims c = claims(db.keys[0][0]);
	struct buf out;
	int i, n = db.n;

	(void)state;
	for (i = 0; i < n; i++)
		db.keys[i][3] = "\\x00";
	c.kid = "nobody's";
	buf_init(&out, f.arena);
	assert_ptr_equal(
	    signing_access_token(f.request, &c, &out), &OERR_FAULT);
	assert_ptr_equal(signing_ready(f.request), &OERR_FAULT);
	assert_int_equal(db.n, n);
}

int
main(void)
{
	/* in this order: each goes on with the keys that there are */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_key),
		cmocka_unit_test(access_token),
		cmocka_unit_test(unknown_key),
		cmocka_unit_test(rotation),
		cmocka_unit_test(refresh_tokens),
		cmocka_unit_test(foreign_key),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (digest_init() == -1)
		return 99;
	return cmocka_run_group_tests_name("signing", tests, begin, end);
}
