/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "exchange.h"
#include "fakedb.h"
#include "jose/jws.h"
#include "oauth/app.h"
#include "oauth/publickeys.h"

static const struct program program = { .name = "test" };

#define ISSUER "https://as.example"
#define GRANT "01890a5d-ac96-774b-bcce-b302099a8057"

/* What the database says. */
static struct {
	const char *change, *keys, *issuer;
	int reads;
} db;

static struct {
	struct arena *arena;
	struct request *request;
	struct app app;
	struct jws_signer *signer;
	const char *keys; /* the signer's */
} f;

static const char *const *
answer(const struct db_query *q, struct db_args args, int *count)
{
	static const char *row[16];

	(void)args;
	(void)count;
	memset(row, 0, sizeof(row));
	row[0] = db.change;
	if (strcmp(q->name, "jwks_read") == 0) {
		db.reads++;
		row[1] = db.keys;
	} else {
		row[1] = db.issuer;
		row[2] = row[8] = row[9] = "x";
	}
	return row;
}

static int
setup(void **state)
{
	struct buf text;

	(void)state;
	fakedb = (struct fakedb){ .answer = answer };
	db.issuer = ISSUER;
	db.reads = 0;
	memset(&f, 0, sizeof(f));
	if ((f.arena = arena_new(4 << 20)) == NULL ||
	    (f.signer = jws_signer_new(jwk_generate(JWK_ES256), "at+jwt")) ==
		NULL)
		return -1;
	buf_init(&text, f.arena);
	buf_raw(&text, "[");
	jwk_print(jws_signer_key(f.signer), &text);
	buf_raw(&text, "]");
	f.keys = text.data;
	f.request = exchange_request(f.arena, &program, "REQUEST_URI=/", NULL);
	f.request->app = &f.app;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	jws_signer_free(f.signer);
	arena_free(f.app.kept);
	arena_free(f.arena);
	return 0;
}

/* Something changed, and a second has passed. */
static void
now(const char *change, const char *keys)
{
	db.change = change;
	db.keys = keys;
	f.app.looked_at -= 2000;
}

static const char *
token(const char *issuer)
{
	struct buf claims, out;
	long long start = (long long)time(NULL) - 10;

	buf_init(&claims, f.arena);
	buf_rawf(&claims,
	    "{\"iss\":\"%s\",\"aud\":\"https://mcp.example/\","
	    "\"sub\":\"01890a5d-0000-7000-8000-000000000001\","
	    "\"client_id\":\"c1\",\"scope\":\"mcp:a\",\"iat\":%lld,"
	    "\"exp\":%lld,\"jti\":\"" GRANT ".abc\"}",
	    issuer, start, start + 600);
	buf_init(&out, f.arena);
	assert_int_equal(jws_sign(f.signer, claims.data, claims.len, &out), 0);
	return out.data;
}

typedef const struct oerr *reader(struct request *r, const char *token,
    struct accesstoken *t, bool *valid);

static reader *read_token;

static bool
valid(const char *text)
{
	struct accesstoken t;
	bool valid;

	assert_null(read_token(f.request, text, &t, &valid));
	if (valid)
		assert_string_equal(t.grant_id, GRANT);
	return valid;
}

static void
reads(void **state)
{
	struct accesstoken t;
	bool is;

	(void)state;
	read_token = publickeys_read_token;
	/* no keys yet, and nobody to ask */
	fakedb.status = DB_UNAVAILABLE;
	assert_ptr_equal(
	    publickeys_read_token(f.request, token(ISSUER), &t, &is),
	    &OERR_UNAVAILABLE);
	fakedb.status = DB_OK;
	now("1", f.keys);
	assert_true(valid(token(ISSUER)));
	assert_false(valid(token("https://other.example")));
	assert_false(valid("no.such.token"));
	assert_false(valid(""));
	assert_int_equal(db.reads, 1);
	/* a key that is gone no longer verifies */
	now("2", "[]");
	assert_false(valid(token(ISSUER)));
	assert_int_equal(db.reads, 2);
	/* what is not understood is no set of keys; the next look is anew */
	now("3", "nonsense");
	assert_ptr_equal(
	    publickeys_read_token(f.request, token(ISSUER), &t, &is),
	    &OERR_FAULT);
	now("3", f.keys);
	assert_true(valid(token(ISSUER)));
}

/* What was verified counts as long as its key, and its issuer, and no more. */
static void
recalls(void **state)
{
	const char *text = token(ISSUER);
	struct accesstoken t;
	bool is;

	(void)state;
	read_token = publickeys_recall_token;
	now("4", f.keys);
	assert_true(valid(text));
	/* another change than one of keys */
	now("5", f.keys);
	assert_true(valid(text));
	assert_false(valid(token("https://other.example")));
	assert_false(valid("no.such.token"));
	now("6", "[]");
	assert_false(valid(text));
	now("7", f.keys);
	assert_true(valid(text));
	db.issuer = "https://other.example";
	now("8", f.keys);
	assert_false(valid(text));
	db.issuer = ISSUER;
	now("9", "nonsense");
	assert_ptr_equal(publickeys_recall_token(f.request, text, &t, &is),
	    &OERR_FAULT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads, setup, teardown),
		cmocka_unit_test_setup_teardown(recalls, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("publickeys", tests, NULL, NULL);
}
