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

static const struct program program = { .name = "test" };
static const struct serve_config config = { .dsn = "here" };
static const struct serve_config apart = { .dsn = "here",
	.audit_dsn = "there" };
static const struct db_query query = { "q", "select $1", 1, 1, DB_ALONE };

/* What the database says. */
static struct {
	const char *change;
	const char *issuer;
	const char *outcome;
	int rows;
	int looks, reads, records;
	const char *recorded[3];
} db;

static struct arena *arena;
static struct request *request;

static const char *const *
answer(const struct db_query *q, struct db_args args, int *count)
{
	static const char *row[16];

	memset(row, 0, sizeof(row));
	row[0] = db.change;
	if (strcmp(q->name, "server_change") == 0) {
		db.looks++;
	} else if (strcmp(q->name, "server_read") == 0) {
		db.reads++;
		row[1] = db.issuer;
		row[2] = "Gatepost";
		row[3] = "43200";
		row[4] = "300";
		row[5] = "t";
		row[6] = "t";
		row[7] = "60";
		row[8] = "synchronous";
		row[9] = "ES256";
	} else if (strcmp(q->name, "refusal_record") == 0) {
		db.records++;
		memcpy(db.recorded, args.value, sizeof(db.recorded));
	} else {
		*count = db.rows;
		row[0] = db.outcome;
	}
	return row;
}

static int
begin(void **state)
{
	(void)state;
	memset(&db, 0, sizeof(db));
	db.change = "1";
	db.issuer = "https://as.example";
	db.outcome = "done";
	db.rows = 1;
	fakedb = (struct fakedb){ .answer = answer };
	if ((arena = arena_new(1 << 20)) == NULL)
		return -1;
	request = exchange_request(
	    arena, &program, "REQUEST_URI=/", "REMOTE_ADDR=192.0.2.1", NULL);
	request->app = app_start(&program, &config);
	return request->app == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	app_stop(request->app);
	arena_free(arena);
	return 0;
}

static void
calling(void **state)
{
	struct db_rows rows;

	(void)state;
	assert_null(app_call(request, &query, DB_ARGS("a"), &rows));
	assert_int_equal(rows.count, 1);
	assert_ptr_equal(
	    app_call(request, &query, DB_NO_ARGS, &rows), &OERR_FAULT);
	fakedb.status = DB_FAULT;
	assert_ptr_equal(
	    app_call(request, &query, DB_ARGS("a"), &rows), &OERR_FAULT);
	fakedb.status = DB_UNAVAILABLE;
	assert_ptr_equal(
	    app_call(request, &query, DB_ARGS("a"), &rows), &OERR_UNAVAILABLE);
}

static void
one_row(void **state)
{
	struct db_rows row;

	(void)state;
	assert_null(app_call_row(request, &query, DB_ARGS("a"), &row));
	db.rows = 0;
	assert_ptr_equal(
	    app_call_row(request, &query, DB_ARGS("a"), &row), &OERR_FAULT);
}

static const struct oerr *
decided(const char *outcome)
{
	struct db_rows row;

	db.outcome = outcome;
	return app_call_outcome(request, &query, DB_ARGS("a"), "done", &row);
}

static void
outcomes(void **state)
{
	(void)state;
	assert_null(decided("done"));
	assert_ptr_equal(decided("invalid_client"), &OERR_INVALID_CLIENT);
	assert_ptr_equal(decided("invalid_grant"), &OERR_INVALID_GRANT);
	assert_ptr_equal(decided("done "), &OERR_FAULT);
	assert_ptr_equal(decided(""), &OERR_FAULT);
	assert_ptr_equal(decided(NULL), &OERR_FAULT);
	fakedb.status = DB_UNAVAILABLE;
	assert_ptr_equal(decided("done"), &OERR_UNAVAILABLE);
}

static void
settings(void **state)
{
	const struct settings *s = &request->app->settings;

	(void)state;
	assert_null(app_fresh(request));
	assert_int_equal(s->change, 1);
	assert_string_equal(s->issuer, "https://as.example");
	assert_string_equal(s->service_name, "Gatepost");
	assert_int_equal(s->session_absolute_seconds, 43200);
	assert_int_equal(s->cache_seconds, 300);
	assert_true(s->remote_user);
	assert_true(fakedb.prepared);
	assert_int_equal(s->guard_offline_seconds, 60);
	assert_true(s->guard_synchronous);
	assert_string_equal(s->signing_algorithm, "ES256");
	assert_string_equal(app_url(request, "/x"), "https://as.example/x");
}

/* Looked at once a second, and read only when something changed. */
static void
fresh(void **state)
{
	(void)state;
	assert_null(app_fresh(request));
	assert_null(app_fresh(request));
	assert_int_equal(fakedb.calls, 1);
	request->app->looked_at -= 2000;
	assert_null(app_fresh(request));
	assert_int_equal(db.looks, 1);
	assert_int_equal(db.reads, 1);
	db.change = "2";
	db.issuer = "https://other.example";
	assert_null(app_fresh(request));
	request->app->looked_at -= 2000;
	assert_null(app_fresh(request));
	assert_int_equal(db.reads, 2);
	assert_string_equal(
	    request->app->settings.issuer, "https://other.example");
}

/* A statement that told the counter saves the look. */
static void
saw(void **state)
{
	struct db_rows row;

	(void)state;
	assert_null(app_saw(request, 1));
	assert_int_equal(db.reads, 1);
	request->app->looked_at -= 2000;
	assert_null(app_call_row(request, &query, DB_ARGS("a"), &row));
	assert_null(app_saw(request, 1));
	assert_null(app_fresh(request));
	assert_int_equal(db.looks, 0);
	db.change = "2";
	assert_null(app_saw(request, 2));
	assert_int_equal(db.reads, 2);
}

static void
not_fresh(void **state)
{
	(void)state;
	db.issuer = NULL;
	assert_ptr_equal(app_fresh(request), &OERR_FAULT);
	db.issuer = "https://as.example";
	assert_null(app_fresh(request));
	request->app->looked_at -= 2000;
	fakedb.status = DB_UNAVAILABLE;
	assert_ptr_equal(app_fresh(request), &OERR_UNAVAILABLE);
	assert_string_equal(
	    request->app->settings.issuer, "https://as.example");
}

/* What cannot be recorded is not refused either. */
static void
refused(void **state)
{
	(void)state;
	assert_ptr_equal(app_refused(request, &OERR_INVALID_CLIENT, "c1"),
	    &OERR_INVALID_CLIENT);
	assert_int_equal(db.records, 1);
	assert_string_equal(db.recorded[0], "invalid_client");
	assert_string_equal(db.recorded[1], "c1");
	assert_string_equal(db.recorded[2], "192.0.2.1");
	assert_ptr_equal(app_refused(request, &OERR_INVALID_SCOPE, NULL),
	    &OERR_INVALID_SCOPE);
	assert_null(db.recorded[1]);
	/* ours: nothing was decided */
	assert_ptr_equal(
	    app_refused(request, &OERR_UNAVAILABLE, "c1"), &OERR_UNAVAILABLE);
	assert_ptr_equal(app_refused(request, &OERR_FAULT, "c1"), &OERR_FAULT);
	assert_int_equal(db.records, 2);
	fakedb.status = DB_UNAVAILABLE;
	assert_ptr_equal(app_refused(request, &OERR_INVALID_CLIENT, "c1"),
	    &OERR_UNAVAILABLE);
	fakedb.status = DB_FAULT;
	assert_ptr_equal(app_refused(request, &OERR_INVALID_CLIENT, "c1"),
	    &OERR_UNAVAILABLE);
}

/* Where a program that reads a standby has what it reads and writes. */
static void
records(void **state)
{
	struct db_rows row;

	(void)state;
	assert_false(app_apart(request->app));
	assert_null(app_record_row(request, &query, DB_ARGS("a"), &row));
	assert_string_equal(fakedb.asked, "here");

	app_stop(request->app);
	request->app = app_start_apart(&program, &config);
	assert_non_null(request->app);
	assert_false(app_apart(request->app));

	app_stop(request->app);
	request->app = app_start_apart(&program, &apart);
	assert_non_null(request->app);
	assert_true(app_apart(request->app));
	assert_null(app_fresh(request));
	assert_string_equal(fakedb.asked, "here");
	assert_null(app_record_row(request, &query, DB_ARGS("a"), &row));
	assert_string_equal(fakedb.asked, "there");
	assert_ptr_equal(app_refused(request, &OERR_INVALID_CLIENT, "c1"),
	    &OERR_INVALID_CLIENT);
	assert_string_equal(fakedb.asked, "there");
	assert_int_equal(db.records, 1);
}

/* A decision that is not recorded is not made, whatever the reason. */
static void
not_recorded(void **state)
{
	struct db_rows row;

	(void)state;
	fakedb.fails = "q";
	assert_ptr_equal(app_record_row(request, &query, DB_ARGS("a"), &row),
	    &OERR_UNAVAILABLE);
	fakedb.fails = NULL;
	db.rows = 0;
	assert_ptr_equal(app_record_row(request, &query, DB_ARGS("a"), &row),
	    &OERR_UNAVAILABLE);
	db.rows = 1;
	app_stop(request->app);
	request->app = app_start_apart(&program, &apart);
	fakedb.away = "there";
	assert_null(app_call_row(request, &query, DB_ARGS("a"), &row));
	assert_ptr_equal(app_record_row(request, &query, DB_ARGS("a"), &row),
	    &OERR_UNAVAILABLE);
	assert_ptr_equal(app_refused(request, &OERR_INVALID_CLIENT, "c1"),
	    &OERR_UNAVAILABLE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(calling),
		TEST(one_row),
		TEST(outcomes),
		TEST(settings),
		TEST(fresh),
		TEST(saw),
		TEST(not_fresh),
		TEST(refused),
		TEST(records),
		TEST(not_recorded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("app", tests, NULL, NULL);
}
