/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "oauth/patience.h"

static struct patience patience;
static struct app app;
static int calls;

static const struct oerr *
answer(struct request *r, void *ctx)
{
	calls++;
	assert_ptr_equal(r->app, &app);
	assert_non_null(arena_alloc(r->arena, 100));
	return ctx;
}

static const struct oerr *
swallow(struct request *r, void *ctx)
{
	(void)ctx;
	calls++;
	while (arena_alloc(r->arena, 10000) != NULL)
		continue; /* it leaves when there is no more */
	return NULL;
}

static int
setup(void **state)
{
	(void)state;
	calls = 0;
	return patience_init(&patience, &app, 100000);
}

static int
teardown(void **state)
{
	(void)state;
	patience_free(&patience);
	return 0;
}

static void
works(void **state)
{
	(void)state;
	assert_null(patience_do(&patience, answer, NULL));
	assert_null(patience_do(&patience, answer, NULL));
	assert_int_equal(calls, 2);
}

/* What the database refused may be asked again at once; it is there. */
static void
fault(void **state)
{
	void *e = (void *)(uintptr_t)&OERR_FAULT;

	(void)state;
	assert_ptr_equal(patience_do(&patience, answer, e), &OERR_FAULT);
	assert_ptr_equal(patience_do(&patience, answer, e), &OERR_FAULT);
	assert_int_equal(calls, 2);
}

static void
away(void **state)
{
	void *e = (void *)(uintptr_t)&OERR_UNAVAILABLE;

	(void)state;
	assert_ptr_equal(patience_do(&patience, answer, e), &OERR_UNAVAILABLE);
	assert_in_range(
	    patience.not_before, clock_ms() + 900, clock_ms() + 1100);
	/* left alone: not even a success is looked for */
	assert_ptr_equal(
	    patience_do(&patience, answer, NULL), &OERR_UNAVAILABLE);
	assert_int_equal(calls, 1);
	patience.not_before = clock_ms();
	assert_null(patience_do(&patience, answer, NULL));
	assert_int_equal(calls, 2);
}

static void
exhausted(void **state)
{
	(void)state;
	assert_ptr_equal(
	    patience_do(&patience, swallow, NULL), &OERR_UNAVAILABLE);
	assert_int_equal(calls, 1);
	patience.not_before = 0;
	assert_null(patience_do(&patience, answer, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(works),
		TEST(fault),
		TEST(away),
		TEST(exhausted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("patience", tests, NULL, NULL);
}
