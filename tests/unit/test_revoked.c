/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "guard/revoked.h"

static const struct accesstoken token = {
	.grant_id = "01890a5d-ac96-774b-bcce-b302099a8057",
	.client_id = "c1",
	.subject = "01890a5d-0000-7000-8000-000000000001",
	.issued_at = 1000,
};

static struct revoked *
with(const char *kind, const char *subject, int64_t at)
{
	struct revoked *set = revoked_new();

	assert_non_null(set);
	assert_int_equal(revoked_add(set, kind, subject, at), 0);
	return set;
}

static bool
has(const char *kind, const char *subject, int64_t at)
{
	struct revoked *set = with(kind, subject, at);
	bool found = revoked_has(set, &token);

	revoked_free(set);
	return found;
}

static void
finds(void **state)
{
	(void)state;
	/* a grant is over whenever the token was issued */
	assert_true(has("grant", token.grant_id, 1));
	assert_true(has("grant", token.grant_id, 2000));
	assert_true(has("client", "c1", 1000));
	assert_true(has("client", "c1", 1001));
	assert_true(has("account", token.subject, 1000));
	assert_true(has("epoch", "", 1000));
	assert_true(has("epoch", "whatever", 5000));
}

static void
leaves_alone(void **state)
{
	struct revoked *set = revoked_new();

	(void)state;
	assert_false(revoked_has(set, &token));
	revoked_free(set);
	assert_false(has("client", "c1", 999));
	assert_false(has("account", token.subject, 999));
	assert_false(has("epoch", "", 999));
	assert_false(
	    has("grant", "01890a5d-ac96-774b-bcce-b302099a8058", 2000));
	/* one kind's name is not another's */
	assert_false(has("client", token.grant_id, 2000));
	assert_false(has("grant", "c1", 2000));
	assert_false(has("account", "c1", 2000));
	assert_false(has("client", token.subject, 2000));
	assert_false(has("client", "", 2000));
}

static void
latest_counts(void **state)
{
	struct revoked *set = with("client", "c1", 900);

	(void)state;
	assert_int_equal(revoked_add(set, "client", "c1", INT64_MAX), 0);
	assert_true(revoked_has(set, &token));
	assert_int_equal(revoked_add(set, "client", "c1", 950), 0);
	assert_false(revoked_has(set, &token));
	assert_int_equal(revoked_add(set, "client", "c1", 1000), 0);
	assert_true(revoked_has(set, &token));
	assert_int_equal(revoked_add(set, "epoch", "", 100), 0);
	assert_true(revoked_has(set, &token));
	revoked_free(set);
	set = with("epoch", "", 1000);
	assert_int_equal(revoked_add(set, "epoch", "", 100), 0);
	assert_true(revoked_has(set, &token));
	revoked_free(set);
}

static void
refuses(void **state)
{
	struct revoked *set = revoked_new();

	(void)state;
	assert_int_equal(revoked_add(set, "scope", "x", 1), -1);
	assert_int_equal(revoked_add(set, "", "x", 1), -1);
	assert_int_equal(revoked_add(set, "Grant", "x", 1), -1);
	assert_false(revoked_has(set, &token));
	revoked_free(set);
	revoked_free(NULL);
}

static void
many(void **state)
{
	struct revoked *set = with("grant", token.grant_id, 1);
	struct accesstoken t = token;
	char id[40];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		snprintf(id, sizeof(id), "%08d-0000-7000-8000-000000000000", i);
		assert_int_equal(revoked_add(set, "grant", id, 1), 0);
	}
	assert_true(revoked_has(set, &token));
	t.grant_id = id;
	for (int i = 0; i < 20000; i++) {
		snprintf(id, sizeof(id), "%08d-0000-7000-8000-000000000000", i);
		assert_true(revoked_has(set, &t));
	}
	snprintf(id, sizeof(id), "%08d-0000-7000-8000-000000000000", 20000);
	assert_false(revoked_has(set, &t));
	revoked_free(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds),
		cmocka_unit_test(leaves_alone),
		cmocka_unit_test(latest_counts),
		cmocka_unit_test(refuses),
		cmocka_unit_test(many),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("revoked", tests, NULL, NULL);
}
