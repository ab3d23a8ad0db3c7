/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "exchange.h"
#include "fakedb.h"
#include "oauth/app.h"
#include "oauth/clientkeys.h"

static const struct program program = { .name = "test" };

#define SET                                                   \
	"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\","    \
	"\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" \
	"\",\"kid\":\"k\"}]}"

static struct {
	struct arena *arena;
	struct request *request;
	struct app app;
	const char *version, *jwks; /* NULL: no such client */
	const char *asked;          /* what asking for them answers */
	int reads;                  /* that still have the old ones */
} f;

static const char *const *
answer(const struct db_query *q, struct db_args args, int *count)
{
	static const char *row[2];

	(void)args;
	if (strcmp(q->name, "client_keys_ask") == 0)
		return &f.asked;
	assert_string_equal(q->name, "client_keys_read");
	if (f.reads > 0 && --f.reads == 0)
		f.version = "\\x06";
	*count = f.version != NULL;
	row[0] = f.version;
	row[1] = f.jwks;
	return row;
}

static int
setup(void **state)
{
	(void)state;
	fakedb = (struct fakedb){ .answer = answer };
	if ((f.arena = arena_new(4 << 20)) == NULL)
		return -1;
	f.request = exchange_request(f.arena, &program, "REQUEST_URI=/", NULL);
	f.request->app = &f.app;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(f.arena);
	return 0;
}

/* The version of the keys that are had after so many statements. */
static const char *
had(const char *id, bool again, int calls)
{
	struct clientkeys keys;

	fakedb.calls = 0;
	assert_null(clientkeys_get(f.request, id, again, &keys));
	assert_int_equal(fakedb.calls, calls);
	if (keys.set != NULL)
		assert_non_null(jwks_find(keys.set, "k"));
	return keys.version;
}

static void
kept(void **state)
{
	(void)state;
	f.version = "\\x01";
	f.jwks = SET;
	assert_string_equal(had("a", false, 1), "\\x01");
	assert_string_equal(had("a", false, 0), "\\x01");
	f.version = "\\x02";
	assert_string_equal(had("b", false, 1), "\\x02");
	assert_string_equal(had("a", false, 0), "\\x01");
	assert_string_equal(had("a", true, 1), "\\x02");
	assert_string_equal(had("a", false, 0), "\\x02");
}

static void
nobody(void **state)
{
	char id[CLIENTKEYS_ID + 2];

	(void)state;
	f.version = NULL;
	assert_null(had("nobody", false, 1));
	assert_null(had("nobody", false, 1)); /* that is not kept */
	memset(id, 'x', sizeof(id));
	id[CLIENTKEYS_ID + 1] = '\0';
	assert_null(had(id, false, 0));
}

static void
unreadable(void **state)
{
	struct clientkeys keys;

	(void)state;
	f.version = "\\x03";
	f.jwks = "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}";
	assert_null(clientkeys_get(f.request, "odd", false, &keys));
	assert_null(keys.set);
	assert_string_equal(keys.version, "\\x03");
}

static void
away(void **state)
{
	struct clientkeys keys;

	(void)state;
	fakedb.status = DB_UNAVAILABLE;
	assert_ptr_equal(
	    clientkeys_get(f.request, "away", false, &keys), &OERR_UNAVAILABLE);
	assert_null(keys.set);
	assert_null(keys.version);
	fakedb.status = DB_OK;
}

/* The one not seen for longest gives way. */
static void
bounded(void **state)
{
	(void)state;
	f.version = "\\x04";
	f.jwks = SET;
	assert_string_equal(had("first", false, 1), "\\x04");
	assert_string_equal(had("second", false, 1), "\\x04");
	for (int i = 0; i < CLIENTKEYS_MAX - 1; i++) {
		had(arena_printf(f.arena, "client %d", i), false, 1);
		had("first", false, 0);
	}
	had("second", false, 1);
}

/* What is had of a client that signed with a key which is not known, after so
 * many statements. */
static const char *
awaited(const char *asked, int reads, int calls)
{
	struct clientkeys keys;

	f.version = "\\x05";
	f.jwks = SET;
	f.asked = asked;
	f.reads = 0;
	assert_null(clientkeys_get(f.request, "elsewhere", true, &keys));
	fakedb.calls = 0;
	f.reads = reads;
	assert_null(clientkeys_await(f.request, "elsewhere", &keys));
	assert_int_equal(fakedb.calls, calls);
	return keys.version;
}

static void
elsewhere(void **state)
{
	(void)state;
	assert_string_equal(awaited("f", 1, 1), "\\x05");
	assert_string_equal(awaited("t", 1, 2), "\\x06");
	assert_string_equal(awaited("t", 3, 4), "\\x06");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept),
		cmocka_unit_test(nobody),
		cmocka_unit_test(unreadable),
		cmocka_unit_test(away),
		cmocka_unit_test(bounded),
		cmocka_unit_test(elsewhere),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name(
	    "clientkeys", tests, setup, teardown);
}
