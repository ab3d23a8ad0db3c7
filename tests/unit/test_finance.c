/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "finance/finance.h"

/* A source of two tickers; `away` is what it answers. */
static struct {
	enum mcp_outcome away;
	char asked[32];
	int calls;
} db;

static enum mcp_outcome
headlines(void *ctx, struct arena *a, const char *ticker,
    struct finance_headline **list, size_t *n)
{
	(void)ctx;
	db.calls++;
	snprintf(db.asked, sizeof(db.asked), "%s", ticker);
	*list = arena_alloc(a, 3 * sizeof(**list));
	(*list)[0] = (struct finance_headline){ "Alder \"A\" Systems",
		1790000000, "Wire", "Alder beats estimates" };
	(*list)[1] = (struct finance_headline){ "Alder \"A\" Systems", 0,
		"Wire", "Alder to publish results" };
	(*list)[2] = (struct finance_headline){ "Alder \"A\" Systems", -1, "",
		"Alder's profit rose\n<b>" };
	*n = strcmp(ticker, "ALDR") == 0 ? 3 : 0;
	return db.away;
}

static enum mcp_outcome
covered(void *ctx, struct arena *a, struct finance_cover **list, size_t *n)
{
	(void)ctx;
	db.calls++;
	*list = arena_alloc(a, 2 * sizeof(**list));
	(*list)[0] = (struct finance_cover){ "ALDR", "Alder", 3, 1790000000 };
	(*list)[1] = (struct finance_cover){ "B.A-R", "Bar", 0, 0 };
	*n = 2;
	return db.away;
}

static struct finance_source source = { NULL, headlines, covered };
static struct arena *arena;
static struct buf out;

static int
begin(void **state)
{
	(void)state;
	memset(&db, 0, sizeof(db));
	if ((arena = arena_new(2 << 20)) == NULL)
		return -1;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static enum mcp_outcome
call(size_t tool, const char *args)
{
	buf_init(&out, arena);
	return finance_server.tools[tool].call(&source, arena,
	    args == NULL ? NULL : json_read(arena, args, strlen(args)), &out);
}

static struct json_object *
result(void)
{
	struct json_object *o = json_read(arena, out.data, out.len);

	assert_non_null(o);
	return o;
}

enum { ANALYZE, TICKER };

static void
definitions(void **state)
{
	const struct mcp_server *s = &finance_server;
	struct json_object *o;
	size_t i;

	(void)state;
	assert_non_null(json_read(arena, s->info, strlen(s->info)));
	assert_int_equal(s->ntools, 2);
	for (i = 0; i < s->ntools; i++) {
		o = json_read(arena, s->tools[i].definition,
		    strlen(s->tools[i].definition));
		assert_non_null(o);
		assert_string_equal(json_str(o, "name"), s->tools[i].name);
		assert_non_null(
		    json_member(o, "inputSchema", json_type_object));
		assert_string_equal(s->tools[i].scope,
		    arena_printf(arena, "mcp:tools:%s", s->tools[i].name));
	}
	o = json_read(arena, s->resources[0].definition,
	    strlen(s->resources[0].definition));
	assert_string_equal(json_str(o, "uri"), s->resources[0].uri);
	assert_string_equal(
	    s->resources[0].scope, "mcp:resources:coverage:read");
}

static void
analyze(void **state)
{
	struct json_object *o, *words;

	(void)state;
	assert_int_equal(call(ANALYZE, "{\"text\":\"The \\\"results\\\" were "
				       "not good.\"}"),
	    MCP_DONE);
	o = result();
	assert_string_equal(json_str(o, "label"), "negative");
	words = json_member(o, "words", json_type_array);
	assert_int_equal(json_object_array_length(words), 1);
	assert_string_equal(
	    json_str(json_object_array_get_idx(words, 0), "word"), "good");
	assert_true(json_object_get_boolean(
	    json_member(json_object_array_get_idx(words, 0), "negated",
		json_type_boolean)));
	assert_int_equal(call(ANALYZE, "{\"text\":\"x\"}"), MCP_DONE);
	assert_string_equal(
	    out.data, "{\"score\":0.000,\"label\":\"neutral\",\"words\":[]}");
	assert_int_equal(db.calls, 0);
}

static void
analyze_length(void **state)
{
	static char args[3 * 20001 + 16];
	size_t n;

	(void)state;
	for (n = 20000; n <= 20001; n++) {
		size_t i, len = (size_t)sprintf(args, "{\"text\":\"");

		for (i = 0; i < n; i++)
			len += (size_t)sprintf(args + len, "\xe2\x82\xac");
		sprintf(args + len, "\"}");
		assert_int_equal(
		    call(ANALYZE, args), n == 20000 ? MCP_DONE : MCP_ARGUMENTS);
	}
	assert_non_null(strstr(out.data, "20000"));
}

static void
bad_arguments(void **state)
{
	static const char *const args[][2] = {
		{ NULL, NULL },
		{ "{}", "{}" },
		{ "{\"text\":\"\"}", "{\"ticker\":\"\"}" },
		{ "{\"text\":7}", "{\"ticker\":7}" },
		{ "{\"text\":null}", "{\"ticker\":null}" },
		{ "{\"text\":\"a\\u0000b\"}", "{\"ticker\":\"A\\u0000\"}" },
		{ "{\"text\":\"a\",\"x\":1}", "{\"ticker\":\"A\",\"x\":1}" },
		{ "{\"Text\":\"a\"}", "{\"Ticker\":\"A\"}" },
		{ "{\"text\":[\"a\"]}", "{\"ticker\":\"A B\"}" },
		{ "{\"text\":{}}", "{\"ticker\":\"ABCDEFGHIJK\"}" },
		{ "{\"ticker\":\"A\"}", "{\"ticker\":\"A';--\"}" },
		{ "[]", "{\"ticker\":\".A\"}" },
		{ "\"text\"", "{\"ticker\":\"-\"}" },
		{ "{\"\":\"a\"}", "{\"ticker\":\"\xc3\x84\"}" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(args) / sizeof(args[0]); i++) {
		assert_int_equal(call(ANALYZE, args[i][0]), MCP_ARGUMENTS);
		assert_true(out.len > 0);
		assert_int_equal(call(TICKER, args[i][1]), MCP_ARGUMENTS);
	}
	assert_int_equal(db.calls, 0);
}

static void
ticker(void **state)
{
	struct json_object *o, *list, *h;

	(void)state;
	assert_int_equal(call(TICKER, "{\"ticker\":\"aldr\"}"), MCP_DONE);
	assert_string_equal(db.asked, "ALDR");
	assert_int_equal(db.calls, 1);
	o = result();
	assert_string_equal(json_str(o, "ticker"), "ALDR");
	assert_string_equal(json_str(o, "company"), "Alder \"A\" Systems");
	assert_string_equal(json_str(o, "label"), "positive");
	assert_string_equal(json_str(o, "summary"),
	    "The news of Alder \"A\" Systems (ALDR) is positive. Recent "
	    "headlines: 3; good: 2, neutral: 1, bad: 0.");
	list = json_member(o, "headlines", json_type_array);
	assert_int_equal(json_object_array_length(list), 3);
	h = json_object_array_get_idx(list, 0);
	assert_string_equal(json_str(h, "published"), "2026-09-21T14:13:20Z");
	assert_string_equal(json_str(h, "label"), "positive");
	h = json_object_array_get_idx(list, 2);
	assert_string_equal(
	    json_str(h, "headline"), "Alder's profit rose\n<b>");
}

static void
ticker_unknown(void **state)
{
	(void)state;
	assert_int_equal(call(TICKER, "{\"ticker\":\"NONE\"}"), MCP_REFUSED);
	assert_null(strstr(out.data, "NONE"));
	assert_non_null(strstr(out.data, "finance://coverage"));
}

static void
coverage(void **state)
{
	(void)state;
	buf_init(&out, arena);
	assert_int_equal(
	    finance_server.resources[0].read(&source, arena, &out), MCP_DONE);
	assert_string_equal(out.data,
	    "{\"tickers\":[{\"ticker\":\"ALDR\",\"company\":\"Alder\","
	    "\"headlines\":3,\"newest\":\"2026-09-21T14:13:20Z\"},"
	    "{\"ticker\":\"B.A-R\",\"company\":\"Bar\",\"headlines\":0,"
	    "\"newest\":null}]}");
}

static void
away(void **state)
{
	static const enum mcp_outcome outcomes[] = { MCP_UNAVAILABLE,
		MCP_FAULT };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		db.away = outcomes[i];
		assert_int_equal(
		    call(TICKER, "{\"ticker\":\"ALDR\"}"), outcomes[i]);
		assert_int_equal(out.len, 0);
		assert_int_equal(
		    finance_server.resources[0].read(&source, arena, &out),
		    outcomes[i]);
		assert_int_equal(out.len, 0);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(definitions),
		T(analyze),
		T(analyze_length),
		T(bad_arguments),
		T(ticker),
		T(ticker_unknown),
		T(coverage),
		T(away),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("finance", tests, NULL, NULL);
}
