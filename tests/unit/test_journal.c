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

enum {
	ID,
	OUTCOME,
	ERROR,
	CLIENT_ID,
	ACCOUNT_ID,
	GRANT_ID,
	RESOURCE,
	ADDRESS,
	DETAIL,
	FIELDS
};

/* The parts of a text, of which there are `n`. */
static char **
split(const char *text, char separator, size_t n)
{
	char **part = arena_alloc(f.arena, n * sizeof(*part));
	char *rest = arena_strndup(f.arena, text, strlen(text));
	size_t i;

	for (i = 0; i < n; i++) {
		assert_non_null(rest);
		part[i] = rest;
		if ((rest = strchr(rest, separator)) != NULL)
			*rest++ = '\0';
	}
	assert_null(rest);
	return part;
}

/* The oldest batch; returns how many lines it has. */
static size_t
batch(size_t *len, const char **text)
{
	const char *p;
	size_t n = 1;

	*text = journal_batch(f.journal, f.arena, len);
	assert_non_null(*text);
	assert_int_equal(strlen(*text), *len - 1);
	for (p = *text; (p = strchr(p, '\n')) != NULL; p++)
		n++;
	return n;
}

/* What the event's line has there; NULL is an empty field. */
static const char *
said(const struct journal_event *e, int which)
{
	const char *text;
	char **value;
	size_t len;

	journal_drop(f.journal, journal_add(f.journal, f.arena, e));
	assert_null(journal_batch(f.journal, f.arena, &len));
	(void)journal_add(f.journal, f.arena, e);
	assert_int_equal(batch(&len, &text), 1);
	journal_written(f.journal, len);
	value = split(text, '\t', FIELDS);
	return *value[which] != '\0' ? value[which] : NULL;
}

/* What the event's detail has by that name. */
static const char *
detail(const struct journal_event *e, const char *name)
{
	const char *text = said(e, DETAIL);
	struct json_object *o = json_read(f.arena, text, strlen(text));

	assert_true(json_object_is_type(o, json_type_object));
	return json_str(o, name);
}

static void
says(void **state)
{
	const char *const wanted[FIELDS] = { [OUTCOME] = "passed",
		[CLIENT_ID] = "c1",
		[ACCOUNT_ID] = "01890a5d-ac96-774b-bcce-b302099a8058",
		[GRANT_ID] = "01890a5d-ac96-774b-bcce-b302099a8057",
		[RESOURCE] = "https://a.example/",
		[ADDRESS] = "127.0.0.1",
		[DETAIL] = "{\"method\":\"POST\",\"path\":\"/mcp\"}" };
	const char *id = said(&passed, ID), *text;
	int i;

	(void)state;
	assert_int_equal(strlen(id), UUID_LEN);
	assert_true(uuid_begins(id));
	assert_string_not_equal(id, said(&passed, ID));
	for (i = OUTCOME; i < FIELDS; i++) {
		text = said(&passed, i);
		if (wanted[i] == NULL)
			assert_null(text);
		else
			assert_string_equal(text, wanted[i]);
	}
}

/* Each has random bits of its own, whatever is had for how many at once. */
static void
differs(void **state)
{
	enum { MANY = 200, RANDOM_AT = UUID_LEN - 12 };
	char *line[MANY], *id[MANY];
	const char *text;
	size_t len;
	int i, k;

	(void)state;
	for (i = 0; i < MANY; i++)
		(void)journal_add(f.journal, f.arena, &passed);
	assert_int_equal(batch(&len, &text), MANY);
	memcpy(line, split(text, '\n', MANY), sizeof(line));
	for (i = 0; i < MANY; i++) {
		id[i] = split(line[i], '\t', FIELDS)[ID];
		for (k = 0; k < i; k++)
			assert_string_not_equal(
			    id[i] + RANDOM_AT, id[k] + RANDOM_AT);
	}
}

/* Whatever a client sends is one event, and text that a database takes. */
static void
contains(void **state)
{
	struct journal_event e = passed;
	char text[3000];

	(void)state;
	e.path = "/a\"}\n\trefused\t{";
	assert_string_equal(detail(&e, "path"), "/a\"}??refused?{");
	e.client_id = e.resource = e.error = "a\tb\nc";
	assert_string_equal(said(&e, CLIENT_ID), "a?b?c");
	assert_string_equal(said(&e, RESOURCE), "a?b?c");
	assert_string_equal(said(&e, ERROR), "a?b?c");
	assert_string_equal(said(&e, OUTCOME), "passed");
	e.mcp_name = "\xff\xfe\x01z";
	assert_string_equal(detail(&e, "mcp_name"), "???z");
	e.mcp_name = "gr\xc3\xbc\xc3\x9f";
	assert_string_equal(detail(&e, "mcp_name"), "gr\xc3\xbc\xc3\x9f");
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text + 1023, "\xc3\xbc", 2);
	e.path = text;
	assert_int_equal(strlen(detail(&e, "path")), 1023);
}

static const char *
path_of(const char *line)
{
	const char *text = split(line, '\t', FIELDS)[DETAIL];

	return json_str(json_read(f.arena, text, strlen(text)), "path");
}

static void
keeps_order(void **state)
{
	struct journal_event e = passed;
	const char *text;
	size_t len, dropped;

	(void)state;
	e.path = "/1";
	(void)journal_add(f.journal, f.arena, &e);
	e.path = "/2";
	(void)journal_add(f.journal, f.arena, &e);
	e.path = "/3";
	dropped = journal_add(f.journal, f.arena, &e);
	journal_drop(f.journal, dropped);
	assert_int_equal(batch(&len, &text), 2);
	assert_string_equal(path_of(split(text, '\n', 2)[1]), "/2");
	/* what comes while the batch is written is not lost */
	e.path = "/4";
	(void)journal_add(f.journal, f.arena, &e);
	journal_written(f.journal, len);
	assert_int_equal(batch(&len, &text), 1);
	assert_string_equal(path_of(text), "/4");
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
	const char *lines;
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
	assert_in_range(n, 128, 256);
	while (journal_batch(f.journal, f.arena, &len) != NULL) {
		total += batch(&len, &lines);
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
		TEST(differs),
		TEST(contains),
		TEST(keeps_order),
		TEST(bounded),
		TEST(due),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
