/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exchange.h"
#include "fakedb.h"
#include "oauth/app.h"
#include "oauth/clientauth.h"
#include "witharena.h"

static const struct param params[] = { CLIENTAUTH_TABLE };

static const struct program program = {
	.name = "test", .params = params, .nparams = CLIENTAUTH_PARAMS
};

/* RFC 6749, 2.3.1: the client, its secret, and the header they make. */
#define ID "s6BhdRkqt3"
#define SECRET "gX1fBat3bV"
#define BASIC "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"
#define HASH                                  \
	"\\x53f5da0aaa93d64cd5772c554cbf940f" \
	"0539e689dddbeb8f923eec3f72c02ea9"

static struct clientauth client;

/* The form, with an Authorization header unless that is NULL. */
static const struct oerr *
reading(const char *header, const char *form)
{
	struct request *r;
	size_t len = strlen(form);

	r = exchange_request(arena, &program, "REQUEST_METHOD=POST",
	    "CONTENT_TYPE=application/x-www-form-urlencoded",
	    header != NULL
		? arena_printf(arena, "HTTP_AUTHORIZATION=%s", header)
		: "X=",
	    NULL);
	request_body(r, arena_strdup(arena, form), len, len);
	assert_null(request_fault(r));
	memset(&client, 0xff, sizeof(client));
	return clientauth_read(r, &client);
}

static void
assert_client(const char *id, const char *method, const char *hash)
{
	assert_string_equal(client.id, id);
	assert_string_equal(client.method, method);
	if (hash == NULL)
		assert_null(client.secret_hash);
	else
		assert_string_equal(client.secret_hash, hash);
}

static void
basic(void **state)
{
	(void)state;
	assert_null(reading(BASIC, ""));
	assert_client(ID, "client_secret_basic", HASH);
	assert_null(reading("bAsIc czZCaGRSa3F0MzpnWDFmQmF0M2JW", ""));
	assert_client(ID, "client_secret_basic", HASH);
}

/* Real clients say their name twice; RFC 6749 forbids only two methods. */
static void
basic_and_the_same_id(void **state)
{
	(void)state;
	assert_null(reading(BASIC, "client_id=" ID));
	assert_client(ID, "client_secret_basic", HASH);
}

static void
basic_and_another_id(void **state)
{
	(void)state;
	assert_ptr_equal(
	    reading(BASIC, "client_id=other"), &OERR_INVALID_CLIENT);
	assert_null(client.secret_hash);
	assert_ptr_equal(
	    reading(BASIC, "client_id=S6BHDRKQT3"), &OERR_INVALID_CLIENT);
	assert_ptr_equal(
	    reading(BASIC, "client_id=" ID "+"), &OERR_INVALID_CLIENT);
}

static void
post(void **state)
{
	(void)state;
	assert_null(reading(NULL, "client_id=" ID "&client_secret=" SECRET));
	assert_client(ID, "client_secret_post", HASH);
	/* an empty header is none */
	assert_null(reading("", "client_id=" ID "&client_secret=" SECRET));
	assert_client(ID, "client_secret_post", HASH);
}

static void public(void **state)
{
	(void)state;
	assert_null(reading(NULL, "client_id=" ID));
	assert_client(ID, "none", NULL);
	assert_null(reading(NULL, "client_id=" ID "&client_secret="));
	assert_client(ID, "none", NULL);
}

static void
nobody(void **state)
{
	(void)state;
	assert_ptr_equal(reading(NULL, ""), &OERR_INVALID_CLIENT);
	assert_ptr_equal(reading(NULL, "client_id="), &OERR_INVALID_CLIENT);
	assert_ptr_equal(
	    reading(NULL, "client_secret=" SECRET), &OERR_INVALID_CLIENT);
	assert_null(client.secret_hash);
}

static void
two_methods(void **state)
{
	(void)state;
	assert_ptr_equal(
	    reading(BASIC, "client_secret=" SECRET), &OERR_TWO_AUTH_METHODS);
	assert_ptr_equal(
	    reading(BASIC, "client_id=" ID "&client_secret=" SECRET),
	    &OERR_TWO_AUTH_METHODS);
	assert_ptr_equal(
	    reading(BASIC, "client_assertion=e.y.x"), &OERR_TWO_AUTH_METHODS);
	assert_ptr_equal(
	    reading(NULL, "client_secret=" SECRET "&client_assertion_type=x"),
	    &OERR_TWO_AUTH_METHODS);
	assert_null(client.id);
	assert_null(client.secret_hash);
}

/* {}.{"iss":"s6BhdRkqt3","sub":"s6BhdRkqt3"}.0 */
#define JWT "e30.eyJpc3MiOiJzNkJoZFJrcXQzIiwic3ViIjoiczZCaGRSa3F0MyJ9.AA"
#define JWT_BEARER                                              \
	"&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A" \
	"client-assertion-type%3Ajwt-bearer"

/* Whose it is stands in it. */
static void
assertion(void **state)
{
	(void)state;
	assert_null(reading(NULL, "client_assertion=" JWT JWT_BEARER));
	assert_client(ID, "private_key_jwt", NULL);
	assert_string_equal(client.jwt, JWT);
	assert_null(client.keys_version);
	assert_null(client.assertion.jti_hash);
	assert_null(
	    reading(NULL, "client_id=" ID "&client_assertion=" JWT JWT_BEARER));
	assert_client(ID, "private_key_jwt", NULL);
}

/* And never is one that is odd passed over for a public client. */
static void
no_assertion(void **state)
{
	static const char *const odd[] = {
		"client_id=other&client_assertion=" JWT JWT_BEARER,
		"client_id=" ID "&client_assertion=e.y.x" JWT_BEARER,
		"client_id=" ID "&client_assertion=" JWT,
		"client_id=" ID "&client_assertion_type=x",
		"client_id=" ID JWT_BEARER,
		"client_assertion=" JWT "&client_assertion_type=urn%3Aietf%3A"
		"params%3Aoauth%3Aclient-assertion-type%3Asaml2-bearer",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		if (reading("", odd[i]) != &OERR_INVALID_CLIENT)
			fail_msg("%s was passed over", odd[i]);
}

static const char *const *
answer(const struct db_query *q, struct db_args args, int *count)
{
	static const char *row[16];

	(void)args;
	(void)count;
	memset(row, 0, sizeof(row));
	if (strcmp(q->name, "client_keys_read") == 0) {
		row[0] = "\\x01";
		row[1] = "{\"keys\":[]}";
	} else {
		row[0] = "1";
		row[1] = row[2] = row[8] = row[9] = "x";
	}
	return row;
}

/* What does not hold is no error here: the statement refuses it. */
static void
proving(void **state)
{
	struct app app = { 0 };
	struct request *r;

	(void)state;
	fakedb = (struct fakedb){ .answer = answer };
	r = exchange_request(arena, &program, "REQUEST_URI=/", NULL);
	r->app = &app;
	assert_null(reading(NULL, "client_id=" ID));
	assert_null(clientauth_prove(r, false, &client));
	assert_int_equal(fakedb.calls, 0);
	assert_null(reading(NULL, "client_assertion=" JWT JWT_BEARER));
	assert_null(clientauth_prove(r, false, &client));
	assert_int_equal(fakedb.calls, 2); /* settings, and the client's keys */
	assert_null(clientauth_prove(r, false, &client));
	assert_int_equal(fakedb.calls, 2);
	assert_null(clientauth_prove(r, true, &client));
	assert_int_equal(fakedb.calls, 3);
	assert_string_equal(client.keys_version, "\\x01");
	assert_string_equal(client.assertion.fault, "algorithm");
	fakedb.status = DB_UNAVAILABLE;
	assert_ptr_equal(clientauth_prove(r, true, &client), &OERR_UNAVAILABLE);
	arena_free(app.kept);
}

/* A header that is not understood is not passed over. */
static void
other_schemes(void **state)
{
	static const char *const headers[] = { "Bearer abc", "Basic", "Basic ",
		"Basic !!!", "Digest username=x", "Basicx czZCaGRSa3F0Mzpn",
		BASIC ", " BASIC, "Basic czZCaGRSa3F0Mw==", /* no colon */
		"Basic OnNlY3JldA==", /* no id */ "Negotiate", "x" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (reading(headers[i], "client_id=" ID) !=
		    &OERR_INVALID_CLIENT)
			fail_msg("%s was passed over", headers[i]);
		assert_null(client.id);
	}
}

/* An empty secret is one that no client has, not a public client. */
static void
empty_secret(void **state)
{
	(void)state;
	assert_null(reading("Basic czZCaGRSa3F0Mzo=", ""));
	assert_string_equal(client.method, "client_secret_basic");
	assert_non_null(client.secret_hash);
	assert_string_not_equal(client.secret_hash, HASH);
}

/* What clientauth_refused logs of an error, in `line`. */
static void
logging(const struct oerr *e, char line[static 256])
{
	const struct request r = { .address = "192.0.2.7" };
	int ends[2], real = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
	assert_ptr_equal(clientauth_refused(&r, &client, e), e);
	assert_int_equal(dup2(real, STDERR_FILENO), STDERR_FILENO);
	close(real);
	n = read(ends[0], line, 255);
	close(ends[0]);
	assert_in_range(n, 0, 255);
	line[n] = '\0';
}

/* Whoever guesses secrets can be found, and whoever does not is not. */
static void
refused(void **state)
{
	char line[256];

	(void)state;
	assert_null(reading(BASIC, ""));
	logging(&OERR_INVALID_CLIENT, line);
	assert_non_null(strstr(line, " event=client_refused "
				     "address=192.0.2.7\n"));
	logging(&OERR_INVALID_GRANT, line);
	assert_string_equal(line, "");
	logging(NULL, line);
	assert_string_equal(line, "");
	assert_null(reading(NULL, "client_id=" ID));
	logging(&OERR_INVALID_CLIENT, line);
	assert_string_equal(line, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(basic),
		TEST(basic_and_the_same_id),
		TEST(basic_and_another_id),
		TEST(post),
		TEST(public),
		TEST(nobody),
		TEST(two_methods),
		TEST(assertion),
		TEST(no_assertion),
		TEST(proving),
		TEST(other_schemes),
		TEST(empty_secret),
		TEST(refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("clientauth", tests, NULL, NULL);
}
