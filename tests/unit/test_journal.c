/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/uuid.h"
#include "guard/journal.h"

static struct {
	struct arena *arena;
	struct journal *journal;
} f;

static const struct journal_event passed = { .outcome = "passed",
	.client_id = "c1",
	.account_id = "01890a5d-ac96-774b-bcce-b302099a8058",
	.grant_id = "01890a5d-ac96-774b-bcce-b302099a8057",
	.resource = "https://a.example/",
	.method = "POST",
	.path = "/mcp",
	.address = "127.0.0.1" };

/* The oldest batch as parsed JSON. */
static struct json_object *
batch(size_t *len)
{
	const char *text = journal_batch(f.journal, f.arena, len);
	struct json_object *o;

	assert_non_null(text);
	o = json_read(f.arena, text, strlen(text));
	assert_true(json_object_is_type(o, json_type_array));
	return o;
}

/* What the event's record or its detail says. */
static const char *
said(const struct journal_event *e, const char *name)
{
	struct json_object *o, *detail;
	size_t len;

	journal_drop(f.journal, journal_add(f.journal, f.arena, e));
	assert_null(journal_batch(f.journal, f.arena, &len));
	(void)journal_add(f.journal, f.arena, e);
	o = json_object_array_get_idx(batch(&len), 0);
	journal_written(f.journal, len);
	detail = json_member(o, "detail", json_type_object);
	assert_non_null(detail);
	return json_str(json_str(o, name) != NULL ? o : detail, name);
}

static void
says(void **state)
{
	const char *id = said(&passed, "id");

	(void)state;
	assert_int_equal(strlen(id), UUID_LEN);
	assert_true(uuid_begins(id));
	assert_string_not_equal(id, said(&passed, "id"));
	assert_string_equal(said(&passed, "outcome"), "passed");
	assert_string_equal(said(&passed, "path"), "/mcp");
	assert_string_equal(said(&passed, "grant_id"), passed.grant_id);
	assert_string_equal(said(&passed, "account_id"), passed.account_id);
	assert_string_equal(said(&passed, "address"), "127.0.0.1");
	assert_null(said(&passed, "error"));
	assert_null(said(&passed, "mcp_name"));
}

/* Whatever a client sends is one event, and text that a database takes. */
static void
contains(void **state)
{
	struct journal_event e = passed;
	char text[3000];

	(void)state;
	e.path = "/a\",\"outcome\":\"refused\"}\n{";
	assert_string_equal(
	    said(&e, "path"), "/a\",\"outcome\":\"refused\"}?{");
	assert_string_equal(said(&e, "outcome"), "passed");
	e.mcp_name = "\xff\xfe\x01z";
	assert_string_equal(said(&e, "mcp_name"), "???z");
	e.mcp_name = "gr\xc3\xbc\xc3\x9f";
	assert_string_equal(said(&e, "mcp_name"), "gr\xc3\xbc\xc3\x9f");
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text + 1023, "\xc3\xbc", 2);
	e.path = text;
	assert_int_equal(strlen(said(&e, "path")), 1023);
}

static const char *
path_of(struct json_object *events, size_t i)
{
	return json_str(json_member(json_object_array_get_idx(events, i),
			    "detail", json_type_object),
	    "path");
}

static void
keeps_order(void **state)
{
	struct journal_event e = passed;
	struct json_object *o;
	size_t len, dropped;

	(void)state;
	e.path = "/1";
	(void)journal_add(f.journal, f.arena, &e);
	e.path = "/2";
	(void)journal_add(f.journal, f.arena, &e);
	e.path = "/3";
	dropped = journal_add(f.journal, f.arena, &e);
	journal_drop(f.journal, dropped);
	o = batch(&len);
	assert_int_equal(json_object_array_length(o), 2);
	assert_string_equal(path_of(o, 1), "/2");
	/* what comes while the batch is written is not lost */
	e.path = "/4";
	(void)journal_add(f.journal, f.arena, &e);
	journal_written(f.journal, len);
	o = batch(&len);
	assert_int_equal(json_object_array_length(o), 1);
	assert_string_equal(path_of(o, 0), "/4");
	journal_written(f.journal, len);
	assert_null(journal_batch(f.journal, f.arena, &len));
}

/* Full means no room for the longest there may be, never less. */
static void
bounded(void **state)
{
	struct journal_event e;
	const char **field = (const char **)&e;
	size_t i, n = 0, len, total = 0;
	char text[4096];

	(void)state;
	memset(text, '"', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < sizeof(e) / sizeof(*field); i++)
		field[i] = text;
	while (journal_room(f.journal)) {
		len = journal_add(f.journal, f.arena, &e);
		assert_in_range(len, JOURNAL_EVENT_MAX / 2, JOURNAL_EVENT_MAX);
		n++;
	}
	assert_in_range(n, 30, 128);
	while (journal_batch(f.journal, f.arena, &len) != NULL) {
		total += json_object_array_length(batch(&len));
		assert_in_range(len, 1, JOURNAL_BATCH);
		journal_written(f.journal, len);
	}
	assert_int_equal(total, n);
	assert_true(journal_room(f.journal));
}

static void
due(void **state)
{
	int64_t start;

	(void)state;
	assert_false(journal_due(f.journal));
	start = clock_ms();
	(void)journal_add(f.journal, f.arena, &passed);
	assert_false(journal_due(f.journal));
	while (clock_ms() - start <= JOURNAL_WAIT_MS)
		continue;
	assert_true(journal_due(f.journal));
}

static int
setup(void **state)
{
	(void)state;
	f.arena = arena_new(16 * 1024 * 1024);
	f.journal = journal_new(1024 * 1024);
	return f.arena == NULL || f.journal == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(f.arena);
	journal_free(f.journal);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(says),
		TEST(contains),
		TEST(keeps_order),
		TEST(bounded),
		TEST(due),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
