/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "oauth/rule.h"
#include "oauth/scope.h"
#include "witharena.h"

#define NEW "2026-07-28"
#define OLD "2025-11-25"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const fallback[] = { "mcp:all" };

/* What a rule set makes of a request: its scopes, or how it refuses. */
static const char *
judge(const struct rule *rules, size_t n, struct rule_request r)
{
	const struct rule_set set = { rules, n, fallback, 1 };
	struct rule_answer answer = rule_judge(arena, &set, &r);

	if (answer.outcome == RULE_NEEDS)
		return scope_join(
		    arena, (const char *const *)answer.scopes, answer.n);
	assert_null(answer.scopes);
	assert_int_equal(answer.n, 0);
	return answer.outcome == RULE_MALFORMED ? "malformed" : "impossible";
}

static struct rule_request
post(const char *version, const char *mcp_method, const char *mcp_name)
{
	return (struct rule_request){ "POST", "/mcp", version, mcp_method,
		mcp_name };
}

static const struct rule tools[] = {
	{ .scope = "mcp:tools:{name}", .mcp_method = "tools/call" },
	{ .scope = "mcp:admin",
	    .mcp_method = "tools/call",
	    .mcp_name = "delete" },
	{ .scope = "mcp:list", .mcp_method = "tools/list" },
};

static void
named_tool(void **state)
{
	(void)state;
	assert_string_equal(judge(tools, 3, post(NEW, "tools/call", "weather")),
	    "mcp:tools:weather");
	assert_string_equal(judge(tools, 3, post(NEW, "tools/call", "delete")),
	    "mcp:tools:delete mcp:admin");
	assert_string_equal(
	    judge(tools, 3, post(NEW, "tools/call", "=?base64?ZGVsZXRl?=")),
	    "mcp:tools:delete mcp:admin");
	assert_string_equal(
	    judge(tools, 3, post(NEW, "tools/list", NULL)), "mcp:list");
	assert_string_equal(
	    judge(tools, 3, post("2027-01-01", "tools/call", "a")),
	    "mcp:tools:a");
}

static void
fallback_applies(void **state)
{
	(void)state;
	assert_string_equal(
	    judge(tools, 3, post(NEW, "prompts/list", NULL)), "mcp:all");
	assert_string_equal(
	    judge(tools, 3, post(OLD, "tools/call", "weather")), "mcp:all");
	assert_string_equal(
	    judge(tools, 3, post(NULL, "tools/list", NULL)), "mcp:all");
	assert_string_equal(judge(tools, 3, post(NEW, NULL, NULL)), "mcp:all");
	assert_string_equal(
	    judge(tools, 3, post(NEW, NULL, "weather")), "mcp:all");
	assert_string_equal(judge(NULL, 0, post(NULL, NULL, NULL)), "mcp:all");
}

/*
 * A rule that needs no headers must not be the whole price where one that
 * does might have applied: an attacker would leave the headers out.
 */
static void
omission_never_needs_less(void **state)
{
	static const struct rule rules[] = {
		{ .scope = "mcp:use", .method = "POST" },
		{ .scope = "mcp:tools:{name}", .mcp_method = "tools/call" },
	};
	static const struct rule_request less[] = {
		{ "POST", "/mcp", NULL, NULL, NULL },
		{ "POST", "/mcp", OLD, NULL, NULL },
		{ "POST", "/mcp", OLD, "tools/call", "weather" },
		{ "POST", "/mcp", NEW, NULL, NULL },
		{ "POST", "/mcp", NEW, NULL, "weather" },
		{ "POST", "/mcp", NULL, "tools/list", NULL },
		{ "POST", "/mcp", "2026-07-27", "tools/list", NULL },
		{ "POST", "/mcp", "2026-13-28", "tools/list", NULL },
	};

	(void)state;
	assert_string_equal(judge(rules, 2, post(NEW, "tools/call", "a")),
	    "mcp:use mcp:tools:a");
	for (size_t i = 0; i < COUNT(less); i++)
		assert_string_equal(
		    judge(rules, 2, less[i]), "mcp:use mcp:all");
	/* nothing that reads headers concerns this one */
	assert_string_equal(judge(rules, 1, post(OLD, NULL, NULL)), "mcp:use");
}

/* Whatever is sent or left out, the price is never empty. */
static void
every_combination(void **state)
{
	static const char *const http[] = { "GET", "HEAD", "POST", "DELETE" };
	static const char *const versions[] = { NULL, "", OLD, NEW, "zzz" };
	static const char *const methods[] = { NULL, "", "tools/call",
		"tools/list", "tasks/get" };
	static const char *const names[] = { NULL, "", "weather", "delete",
		"=?base64?ZGVsZXRl?=", "a:b", "*" };
	static const struct rule_set set = { tools, 3, fallback, 1 };
	struct rule_answer answer;
	size_t n =
	    COUNT(http) * COUNT(versions) * COUNT(methods) * COUNT(names);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		size_t k = i;
		struct rule_request r = { .path = "/mcp" };

		r.method = http[k % COUNT(http)];
		k /= COUNT(http);
		r.version = versions[k % COUNT(versions)];
		k /= COUNT(versions);
		r.mcp_method = methods[k % COUNT(methods)];
		r.mcp_name = names[k / COUNT(methods)];
		answer = rule_judge(arena, &set, &r);
		assert_true(answer.outcome != RULE_NEEDS || answer.n > 0);
	}
}

static void
get_has_no_headers(void **state)
{
	struct rule_request r = { "GET", "/mcp", NEW, "tools/list", NULL };

	(void)state;
	assert_string_equal(judge(tools, 3, r), "mcp:all");
}

static void
name_must_be_plain(void **state)
{
	static const char *const names[] = { "a:b", "*", "a*", "two words",
		"a\\b", "a\"b", ":", "file:///etc/passwd",
		"=?base64?dHdvIHdvcmRz?=", "=?base64?Kg==?=", "=?base64?YTpi?=",
		"=?base64?Y2Fmw6k=?=", "=?base64?IGE=?=" };
	char longest[300];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(
		    judge(tools, 3, post(NEW, "tools/call", names[i])),
		    "impossible");
	memset(longest, 'x', sizeof(longest));
	longest[247] = '\0';
	assert_string_equal(
	    judge(tools, 3, post(NEW, "tools/call", longest)), "impossible");
	assert_string_equal(judge(tools, 3, post(NEW, "tools/call", "{name}")),
	    "mcp:tools:{name}");
}

static void
malformed(void **state)
{
	static const char *const names[] = { NULL, "", "a, b", " a", "a ",
		"a\tb", "=?base64?\?=", "=?base64?YQ?=", "=?base64?YQ==",
		"=?BASE64?YQ==?=", "=?base64?AA==?=", "=?base64?/w==?=",
		"caf\xc3\xa9" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(
		    judge(tools, 3, post(NEW, "tools/call", names[i])),
		    "malformed");
	assert_string_equal(
	    judge(tools, 3, post(NEW, "tools/call, tools/list", "a")),
	    "malformed");
	assert_string_equal(
	    judge(tools, 3, post("2026-07-28, 2025-06-18", "tools/list", NULL)),
	    "malformed");
	/* also where no rule would ask */
	assert_string_equal(
	    judge(NULL, 0, post(NEW, "tools/call", NULL)), "malformed");
}

static void
method_and_path_must_be_plain(void **state)
{
	static const struct rule_request bad[] = {
		{ .method = NULL, .path = "/mcp" },
		{ .method = "", .path = "/mcp" },
		{ .method = "post", .path = "/mcp" },
		{ .method = "Post", .path = "/mcp" },
		{ .method = "POST ", .path = "/mcp" },
		{ .method = "PO\x01ST", .path = "/mcp" },
		{ .method = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		    .path = "/mcp" },
		{ .method = "POST", .path = NULL },
		{ .method = "POST", .path = "" },
		{ .method = "POST", .path = "mcp" },
		{ .method = "POST", .path = "http://h/mcp" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_string_equal(judge(NULL, 0, bad[i]), "malformed");
}

static const char *
at(const char *prefix, const char *path)
{
	const struct rule rule = { .scope = "s", .path_prefix = prefix };

	return judge(
	    &rule, 1, (struct rule_request){ .method = "GET", .path = path });
}

static void
path_prefix(void **state)
{
	(void)state;
	assert_string_equal(at("/a", "/a"), "s");
	assert_string_equal(at("/a", "/a/"), "s");
	assert_string_equal(at("/a", "/a/b"), "s");
	assert_string_equal(at("/a/", "/a"), "s");
	assert_string_equal(at("/a/", "/a/b"), "s");
	assert_string_equal(at("/a/b", "/a/b/c"), "s");
	assert_string_equal(at("/", "/x"), "s");
	assert_string_equal(at("/", "/"), "s");
	assert_string_equal(at("", "/x"), "s");
	assert_string_equal(at("/a", "/ab"), "mcp:all");
	/* a server that takes no notice of case finds the same there */
	assert_string_equal(at("/a", "/A"), "impossible");
	assert_string_equal(at("/a", "/A/b"), "impossible");
	assert_string_equal(at("/a", "/AB"), "mcp:all");
	assert_string_equal(at("/a", "/"), "mcp:all");
	assert_string_equal(at("/a", "/b/a"), "mcp:all");
	assert_string_equal(at("/a/", "/ab"), "mcp:all");
	assert_string_equal(at("/a/b", "/a"), "mcp:all");
}

static void
http_method(void **state)
{
	static const struct rule rules[] = {
		{ .scope = "mcp:read", .method = "GET" },
		{ .scope = "mcp:write", .method = "POST" },
	};

	(void)state;
	assert_string_equal(
	    judge(rules, 2, (struct rule_request){ "GET", "/", 0, 0, 0 }),
	    "mcp:read");
	assert_string_equal(
	    judge(rules, 2, (struct rule_request){ "HEAD", "/", 0, 0, 0 }),
	    "mcp:read");
	assert_string_equal(
	    judge(rules, 2, (struct rule_request){ "POST", "/", 0, 0, 0 }),
	    "mcp:write");
	assert_string_equal(
	    judge(rules, 2, (struct rule_request){ "DELETE", "/", 0, 0, 0 }),
	    "mcp:all");
}

/* A rule that reads headers but is about another path changes nothing. */
static void
rule_elsewhere(void **state)
{
	static const struct rule rules[] = {
		{ .scope = "mcp:use", .path_prefix = "/mcp" },
		{ .scope = "x:{name}", .path_prefix = "/other" },
		{ .scope = "y", .method = "PUT", .mcp_method = "tools/call" },
	};

	(void)state;
	assert_string_equal(judge(rules, 3, post(OLD, NULL, NULL)), "mcp:use");
}

static void
duplicates_are_one(void **state)
{
	static const struct rule rules[] = {
		{ .scope = "mcp:all" },
		{ .scope = "mcp:all", .method = "POST" },
		{ .scope = "mcp:{name}", .mcp_method = "tools/call" },
	};

	(void)state;
	assert_string_equal(judge(rules, 3, post(OLD, NULL, NULL)), "mcp:all");
	assert_string_equal(
	    judge(rules, 3, post(NEW, "tools/call", "all")), "mcp:all");
}

/*
 * No server has to check the name of other methods.  A rule without a method
 * does not see it; one that names the method is taken at its worst.
 */
static void
name_not_vouched_for(void **state)
{
	static const struct rule any[] = {
		{ .scope = "cheap", .mcp_name = "x" },
		{ .scope = "cheap:{name}" },
	};
	static const struct rule literal[] = {
		{ .scope = "mcp:use" },
		{ .scope = "mcp:task",
		    .mcp_method = "tasks/get",
		    .mcp_name = "x" },
	};
	static const struct rule place[] = {
		{ .scope = "mcp:{name}", .mcp_method = "tasks/get" },
	};

	(void)state;
	assert_string_equal(
	    judge(any, 2, post(NEW, "tools/list", "x")), "mcp:all");
	assert_string_equal(
	    judge(any, 2, post(NEW, "prompts/get", "x")), "cheap cheap:x");
	assert_string_equal(judge(literal, 2, post(NEW, "tasks/get", NULL)),
	    "mcp:use mcp:task");
	assert_string_equal(
	    judge(literal, 2, post(NEW, "tasks/get", "y")), "mcp:use mcp:task");
	assert_string_equal(
	    judge(place, 1, post(NEW, "tasks/get", "x")), "impossible");
}

/* The outcome without a fallback. */
static enum rule_outcome
bare(const struct rule *rules, size_t n, struct rule_request r)
{
	const struct rule_set set = { rules, n, NULL, 0 };

	return rule_judge(arena, &set, &r).outcome;
}

/* What nobody thought of is refused. */
static void
no_fallback(void **state)
{
	(void)state;
	assert_int_equal(bare(NULL, 0, post(OLD, NULL, NULL)), RULE_NEEDS);
	assert_int_equal(
	    bare(tools, 3, post(OLD, NULL, NULL)), RULE_IMPOSSIBLE);
	assert_int_equal(
	    bare(tools, 3, post(NEW, "prompts/list", NULL)), RULE_IMPOSSIBLE);
	assert_int_equal(
	    bare(tools, 3, post(NEW, "tools/list", NULL)), RULE_NEEDS);
}

static void
bad_rule(void **state)
{
	static const struct rule rules[] = {
		{ .scope = NULL },
		{ .scope = "" },
		{ .scope = "a b" },
		{ .scope = "a::b" },
		{ .scope = "*" },
		{ .scope = "mcp:*:{name}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rules); i++)
		assert_string_equal(
		    judge(&rules[i], 1, post(NEW, "tools/call", "a")),
		    "impossible");
}

static void
answer_has_name(void **state)
{
	const struct rule_set set = { tools, 3, fallback, 1 };
	struct rule_request r = post(NEW, "tools/call", "=?base64?ZGVsZXRl?=");

	(void)state;
	assert_string_equal(rule_judge(arena, &set, &r).name, "delete");
	r = post(OLD, "tools/call", "delete");
	assert_null(rule_judge(arena, &set, &r).name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(named_tool),
		cmocka_unit_test(fallback_applies),
		cmocka_unit_test(omission_never_needs_less),
		cmocka_unit_test(every_combination),
		cmocka_unit_test(get_has_no_headers),
		cmocka_unit_test(name_must_be_plain),
		cmocka_unit_test(malformed),
		cmocka_unit_test(method_and_path_must_be_plain),
		cmocka_unit_test(path_prefix),
		cmocka_unit_test(http_method),
		cmocka_unit_test(rule_elsewhere),
		cmocka_unit_test(duplicates_are_one),
		cmocka_unit_test(name_not_vouched_for),
		cmocka_unit_test(no_fallback),
		cmocka_unit_test(bad_rule),
		cmocka_unit_test(answer_has_name),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rule", tests, begin, end);
}
