/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard/site.h"

#define ISSUER "https://auth.example"

static struct arena *arena;

static const struct site *
read_site(const char *resources)
{
	return site_read(arena, arena, ISSUER, "[]", resources);
}

#define R(uri, rest)      \
	"{\"uri\":\"" uri \
	"\",\"scopes\":[\"mcp:a\",\"mcp:b\"],\"rules\":[]" rest "}"

static void
understands(void **state)
{
	const struct site *s;
	const struct site_resource *r;

	(void)state;
	s = read_site("[{\"uri\":\"https://mcp.example/mcp/finance\",\"path\":"
		      "\"/mcp/finance\",\"name\":\"F\",\"scopes\":[\"mcp:a\","
		      "\"mcp:b\"],\"default_scopes\":[\"mcp:a\"],\"origins\":["
		      "\"https://app.example\"],\"checks_scope\":true,"
		      "\"aliases\":[\"https://mcp.example/\"],\"rules\":[{"
		      "\"scope\":\"mcp:tools:{name}\",\"method\":null,"
		      "\"path_prefix\":null,\"mcp_method\":\"tools/call\","
		      "\"mcp_name\":null}]}," R("https://b.example/", "") "]");
	assert_non_null(s);
	assert_string_equal(s->issuer, ISSUER);
	assert_int_equal(s->n_resources, 2);
	r = &s->resources[0];
	assert_string_equal(r->path, "/mcp/finance");
	assert_string_equal(r->default_scope, "mcp:a");
	assert_string_equal(r->metadata,
	    "https://mcp.example/.well-known/oauth-protected-resource/mcp/"
	    "finance");
	assert_true(r->checks_scope);
	assert_int_equal(r->rules.n_rules, 1);
	assert_string_equal(r->rules.rules[0].scope, "mcp:tools:{name}");
	assert_string_equal(r->rules.rules[0].mcp_method, "tools/call");
	assert_null(r->rules.rules[0].mcp_name);
	assert_int_equal(r->rules.n_fallback, 1);
	r = &s->resources[1];
	assert_false(r->checks_scope);
	/* asking for nothing means everything, and so does needing it */
	assert_string_equal(r->default_scope, "mcp:a mcp:b");
	assert_int_equal(r->rules.n_fallback, 2);
	assert_string_equal(r->metadata,
	    "https://b.example/.well-known/oauth-protected-resource");
}

static void
refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		"[1]",
		"[null]",
		"[{}]",
		"[{\"uri\":\"https://a.example/\"}]",
		"[" R("nonsense", "") "]",
		"[" R("ftp://a.example/", "") "]",
		"[" R("https://a.example/", ",\"aliases\":7") "]",
		"[" R("https://a.example/", ",\"origins\":[1]") "]",
		"[" R(
		    "https://a.example/", ",\"default_scopes\":\"mcp:a\"") "]",
		"[{\"uri\":\"https://a.example/\",\"rules\":[7]}]",
		"[{\"uri\":\"https://a.example/\",\"rules\":[{}]}]",
		"[{\"uri\":\"https://a.example/\",\"rules\":[{\"scope\":null}]}"
		"]",
		"[{\"uri\":\"https://a.example/\",\"rules\":[{\"scope\":\"a\","
		"\"mcp_name\":[\"x\"]}]}]",
		"[{\"uri\":\"https://a.example/\",\"rules\":{}}]",
		"[" R("https://a.example/", "") "]x",
		"[" R("https://a.example/",
		    ",\"uri\":\"https://b.example/\"") "]",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_site(bad[i]) != NULL)
			fail_msg("understood %s", bad[i]);
	assert_null(site_read(arena, arena, ISSUER, "{", "[]"));
	assert_null(site_read(
	    arena, arena, ISSUER, "[{\"kty\":\"oct\",\"k\":\"AAAA\"}]", "[]"));
}

static void
named(void **state)
{
	const struct site *s = read_site("[" R("https://a.example/mcp",
	    ",\"aliases\":[\"https://"
	    "a.example/mcp/\"]") "," R("https://a.example/", "") "]");

	(void)state;
	assert_ptr_equal(
	    site_named(s, arena, "https://a.example/mcp"), &s->resources[0]);
	assert_ptr_equal(site_named(s, arena, "HTTPS://A.example:443/mcp"),
	    &s->resources[0]);
	assert_ptr_equal(
	    site_named(s, arena, "https://a.example/mcp/"), &s->resources[0]);
	assert_ptr_equal(
	    site_named(s, arena, "https://a.example"), &s->resources[1]);
	assert_null(site_named(s, arena, "https://a.example/MCP"));
	assert_null(site_named(s, arena, "https://a.example/mcp2"));
	assert_null(site_named(s, arena, "http://a.example/mcp"));
	assert_null(site_named(s, arena, "/mcp"));
	assert_null(site_named(s, arena, ""));
}

static void
placed(void **state)
{
	const struct site *s =
	    read_site("[" R("https://a.example/mcp", "") "," R(
		"https://a.example/mcp/f/", "") "," R("https://a.example/two",
		"") "," R("https://b.example/two", "") "]");

	(void)state;
	assert_ptr_equal(site_at(s, "/mcp"), &s->resources[0]);
	assert_ptr_equal(site_at(s, "/mcp/"), &s->resources[0]);
	assert_ptr_equal(site_at(s, "/mcp/x/y"), &s->resources[0]);
	assert_ptr_equal(site_at(s, "/mcp/f"), &s->resources[1]);
	assert_ptr_equal(site_at(s, "/mcp/f/x"), &s->resources[1]);
	assert_ptr_equal(site_at(s, "/mcp/ff"), &s->resources[0]);
	/* a server that takes no notice of case finds another */
	assert_null(site_at(s, "/mcp/F"));
	assert_null(site_at(s, "/mcp/F/x"));
	assert_null(site_at(s, "/MCP"));
	assert_ptr_equal(site_at(s, "/mcp/X"), &s->resources[0]);
	assert_null(site_at(s, "/mcpx"));
	assert_null(site_at(s, "/"));
	assert_null(site_at(s, ""));
	/* two hosts: only the configuration can tell */
	assert_null(site_at(s, "/two"));
	assert_null(site_at(s, "/two/x"));
	s = read_site("[" R("https://a.example/", "") "]");
	assert_ptr_equal(site_at(s, "/any/thing"), &s->resources[0]);
	assert_null(site_at(s, ""));
	assert_null(site_at(read_site("[]"), "/"));
}

static void
paths(void **state)
{
	static const char *const plain[] = { "/", "/mcp", "/mcp/", "/a.b/c..d",
		"/a/b-c_d~e", "/a:b@c!$&'()*+,=" };
	static const char *const not [] = { "", "mcp", "*", "http://a/b", "//",
		"/a//b", "/a/.", "/a/..", "/../a", "/a/./b", "/.hidden",
		"/a%2fb", "/%2e%2e/a", "/%", "/a;b", "/a\\b", "\\a", "/a#",
		"/a#b", "/#", "/a?b", "/a b", "/a\tb", "/\x01", "/a\x7f",
		"/a\"", "/a<b>", "/[a]", "/a^", "/a`", "/{a}", "/a|b",
		"/\xc3\xa4" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (!site_path_plain(plain[i]))
			fail_msg("refused %s", plain[i]);
	for (i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
		if (site_path_plain(not [i]))
			fail_msg("allowed %s", not [i]);
	assert_true(
	    site_well_known("/mcp/.well-known/oauth-protected-resource"));
	assert_true(site_well_known("/.well-known"));
	assert_false(site_well_known("/mcp/.well-knownx/a"));
	assert_false(site_well_known("/mcp/well-known"));
	assert_false(site_well_known("/mcp/a.well-known/x"));
}

static void
origins(void **state)
{
	const struct site *s = read_site("[" R("https://a.example/",
	    ",\"origins\":[\"https://app.example\",\"http://"
	    "localhost:6274\"]") "," R("https://b.example/",
	    ",\"origins\":null") "]");
	const struct site_resource *r = &s->resources[0];

	(void)state;
	assert_true(site_origin(r, "https://app.example"));
	assert_true(site_origin(r, "http://localhost:6274"));
	assert_false(site_origin(r, "https://app.example/"));
	assert_false(site_origin(r, "https://app.example.evil.example"));
	assert_false(site_origin(r, "http://app.example"));
	assert_false(site_origin(r, "http://localhost:6275"));
	assert_false(site_origin(r, "null"));
	assert_false(site_origin(r, ""));
	assert_false(site_origin(r, "https://a.example"));
	assert_false(site_origin(&s->resources[1], "https://app.example"));
}

static int
setup(void **state)
{
	(void)state;
	return (arena = arena_new(4 * 1024 * 1024)) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(understands),
		cmocka_unit_test(refuses),
		cmocka_unit_test(named),
		cmocka_unit_test(placed),
		cmocka_unit_test(paths),
		cmocka_unit_test(origins),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("site", tests, setup, teardown);
}
