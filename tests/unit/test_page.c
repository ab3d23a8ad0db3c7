/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64url.h"
#include "base/digest.h"
#include "exchange.h"
#include "http/page.h"
#include "pages.h"
#include "witharena.h"

static const struct param params[] = { { "ui_locales", 0, PARAM_ONCE, NULL } };
static const struct program program = {
	.name = "test",
	.params = params,
	.nparams = 1,
};

/* A page, and what it is after these values were set. */
static struct page *page;
static struct request *request;

static const char *
rendered(const char *template)
{
	pages_load_template("<style></style><main></main>", template);
	page_send(page, 200, "error", NULL);
	return exchange_body(request);
}

/* What became of the template alone. */
static void
assert_rendered(const char *template, const char *want)
{
	const char *got = strstr(rendered(template), "<main>");

	assert_non_null(got);
	got = arena_strndup(arena, got + 6, strlen(got) - 6 - 7);
	assert_string_equal(got, want);
}

static int
begin_page(void **state)
{
	if (begin(state) != 0)
		return -1;
	request = exchange_request(
	    arena, &program, "REQUEST_METHOD=GET", "REQUEST_URI=/", NULL);
	page = page_new(request);
	return 0;
}

static void
values(void **state)
{
	(void)state;
	page_set(page, "a", "1");
	page_set(page, "ab", "2");
	page_set(page, "none", NULL);
	assert_rendered("{{a}}{{ab}}{{none}}{{b}}", "12");
	assert_rendered("x{{a}}y", "x1y");
	assert_rendered("{ {a} } }} {", "{ {a} } }} {");
}

/* There is no way to put a value in unescaped. */
static void
escaping(void **state)
{
	(void)state;
	page_set(page, "a", "<b title='x'>&\"</b>");
	page_set(page, "script", "</style><script>alert(1)</script>");
	assert_rendered("<p title=\"{{a}}\">{{a}}",
	    "<p title=\"&lt;b title=&#39;x&#39;&gt;&amp;&quot;&lt;/b&gt;\">"
	    "&lt;b title=&#39;x&#39;&gt;&amp;&quot;&lt;/b&gt;");
	assert_null(
	    strstr(rendered("{{script}}{{{script}}}{{&script}}"), "<script"));
}

/* What a value says is not a template. */
static void
values_are_inert(void **state)
{
	(void)state;
	page_set(page, "a", "{{b}}{{#b}}<style></style><main></main>");
	page_set(page, "b", "secret");
	assert_rendered("{{a}}", "{{b}}{{#b}}&lt;style&gt;&lt;/style&gt;"
				 "&lt;main&gt;&lt;/main&gt;");
}

static void
values_are_displayable(void **state)
{
	(void)state;
	page_set(page, "a",
	    "evil\xe2\x80\xae"
	    "gnp.\xe2\x80\x8b"
	    "exe\n\x1b");
	assert_rendered("{{a}}", "evilgnp.exe");
}

static void
sections(void **state)
{
	(void)state;
	page_flag(page, "yes", true);
	page_flag(page, "no", false);
	page_set(page, "text", "t");
	assert_rendered("{{#yes}}a{{/yes}}{{#no}}b{{/no}}", "a");
	assert_rendered("{{^yes}}a{{/yes}}{{^no}}b{{/no}}", "b");
	assert_rendered("{{#text}}<{{text}}>{{/text}}", "<t>");
	assert_rendered(
	    "{{#yes}}{{#text}}c{{/text}}{{#no}}d{{/no}}{{/yes}}", "c");
	assert_rendered("{{#no}}{{#yes}}e{{/yes}}{{/no}}", "");
	assert_rendered("{{#yes}}{{/yes}}{{yes}}", "");
}

static void
lists(void **state)
{
	struct page *row;

	(void)state;
	row = page_row(page, "rows");
	page_set(row, "name", "a<");
	page_flag(row, "first", true);
	row = page_row(page, "rows");
	page_set(row, "name", "b");
	row = page_row(page, "rows");
	assert_rendered(
	    "{{#rows}}[{{name}}{{#first}}!{{/first}}]{{/rows}}{{name}}",
	    "[a&lt;!][b][]");
	assert_rendered("{{^rows}}none{{/rows}}{{^more}}none{{/more}}", "none");
	assert_rendered("{{rows}}", "");
}

/* A row sees what is around it; its own values come first. */
static void
nested_lookups(void **state)
{
	struct page *row, *inner;

	(void)state;
	page_set(page, "outer", "o");
	page_set(page, "both", "outer");
	row = page_row(page, "rows");
	page_set(row, "both", "row");
	inner = page_row(row, "inner");
	page_set(inner, "deep", "d");
	(void)page_row(page, "rows");
	assert_rendered("{{#rows}}{{outer}}:{{both}}:"
			"{{#inner}}{{deep}}{{both}}{{outer}}{{/inner}};"
			"{{/rows}}{{deep}}",
	    "o:row:drowo;o:outer:;");
}

/* Mistakes of who edits a template: never more than what it says. */
static void
broken_templates(void **state)
{
	(void)state;
	page_set(page, "a", "1");
	assert_rendered("{{a}}{{", "1{{");
	assert_rendered("{{a}}{{#", "1{{#");
	assert_rendered("{{a}}{{a", "1{{a");
	assert_rendered("{{a}}{{a}", "1{{a}");
	assert_rendered("{{a}}{{}}", "1");
	assert_rendered("{{#a}}{{a}}", "1");
	assert_rendered("{{#none}}{{a}}", "1");
	assert_rendered("{{a}}{{/a}}", "1");
	assert_rendered("{{#a}}x{{#b}}y{{/a}}z{{/b}}", "xyz");
}

/* A mark that is not closed before the style sheet does not swallow it. */
static void
broken_layout(void **state)
{
	(void)state;
	page_set(page, "a", "1");
	pages_load_template(
	    "<title>{{a}</title><style></style>{{a}}<main></main>", "{{a}}");
	page_send(page, 200, "error", NULL);
	assert_string_equal(exchange_body(request),
	    "<title>{{a}</title><style>p { color: red; }</style>1"
	    "<main>1</main>");
}

/* Sections within sections, deeper than anybody needs. */
static void
deep_sections(void **state)
{
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, arena);
	for (i = 0; i < 1000; i++)
		buf_rawf(&b, "{{#s%d}}", i);
	buf_raw(&b, "x");
	for (i = 999; i >= 0; i--)
		buf_rawf(&b, "{{/s%d}}", i);
	assert_rendered(b.data, "");
	for (i = 0; i < 1000; i++)
		page_flag(page, arena_printf(arena, "s%d", i), true);
	assert_rendered(b.data, "x");
}

/* ---- what is shipped ---- */

/* CSP 3: the hash of exactly what is between the tags. */
static const char *
style_source(const char *html)
{
	const char *from = strstr(html, "<style>"), *to;
	char text[B64URL_LEN(DIGEST_LEN) + 1];
	uint8_t d[DIGEST_LEN];

	assert_non_null(from);
	from += strlen("<style>");
	to = strstr(from, "</style>");
	assert_non_null(to);
	assert_true(to - from > 100);
	digest_sha256(from, (size_t)(to - from), d);
	b64url_encode(d, sizeof(d), text);
	return arena_printf(arena, "'sha256-%s='", text);
}

static void
policy(void **state)
{
	const char *csp;

	(void)state;
	pages_load_shipped();
	page_send(page, 200, "login", NULL);
	csp = exchange_header(request, "Content-Security-Policy");
	assert_non_null(csp);
	assert_string_equal(csp,
	    arena_printf(arena,
		"default-src 'none'; style-src %s; form-action 'self' https: "
		"http://localhost:* http://127.0.0.1:*; base-uri 'none'; "
		"frame-ancestors 'none'",
		style_source(exchange_body(request))));
	assert_string_equal(
	    exchange_header(request, "X-Frame-Options"), "DENY");
	assert_string_equal(exchange_header(request, "Content-Type"),
	    "text/html; charset=utf-8");
	assert_string_equal(
	    exchange_header(request, "Cache-Control"), "no-store");
	assert_null(exchange_header(request, "Access-Control-Allow-Origin"));
}

/* Chromium applies form-action to the redirects behind a form too. */
static void
policy_of_a_custom_scheme(void **state)
{
	const char *csp;

	(void)state;
	pages_load_shipped();
	page_send(page, 200, "consent", "cursor:");
	csp = exchange_header(request, "Content-Security-Policy");
	assert_non_null(
	    strstr(csp, " http://127.0.0.1:* cursor:; base-uri 'none'"));
}

/* No page may need what the policy forbids. */
static void
nothing_inline(void **state)
{
	static const char *const names[] = { "login", "consent", "account",
		"error" };
	static const char *const never[] = { "<script", " style=", " onclick",
		" onload", " onsubmit", "javascript:", "<link", "<img",
		"<iframe", "<base", "http://", "https://" };
	const char *html;
	size_t i, j;

	(void)state;
	pages_load_shipped();
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		page_send(page, 200, names[i], NULL);
		html = exchange_body(request);
		assert_memory_equal(html, "<!DOCTYPE html>", 15);
		assert_null(strstr(html, "{{"));
		assert_null(strstr(html, "}}"));
		assert_non_null(strstr(html, "<h1>"));
		assert_non_null(strstr(html, "</html>"));
		for (j = 0; j < sizeof(never) / sizeof(never[0]); j++) {
			if (strstr(html, never[j]) != NULL)
				fail_msg("%s has %s", names[i], never[j]);
		}
	}
}

static int
occurrences(const char *html, const char *of)
{
	int n = 0;

	for (; (html = strstr(html, of)) != NULL; html++)
		n++;
	return n;
}

static void
consent_page(void **state)
{
	struct page *row;
	const char *html;

	(void)state;
	pages_load_shipped();
	page_set(page, "client_name", "<Evil>");
	page_set(page, "redirect_host", "client.example");
	page_set(page, "request", "\"><script>");
	page_set(page, "csrf", "c");
	page_flag(page, "self_registered", true);
	row = page_row(page, "scopes");
	page_set(row, "scope", "mcp:a");
	page_set(row, "description", "Read & write");
	row = page_row(page, "scopes");
	page_set(row, "scope", "mcp:b");
	page_send(page, 200, "consent", NULL);
	html = exchange_body(request);
	assert_non_null(strstr(html, "&lt;Evil&gt;"));
	assert_non_null(strstr(html, "value=\"&quot;&gt;&lt;script&gt;\""));
	assert_int_equal(occurrences(html, "class=\"warn\""), 1);
	assert_non_null(strstr(html, "client.example"));
	assert_non_null(strstr(html, "Read &amp; write"));
	assert_non_null(strstr(html, "name=\"scope\" value=\"mcp:b\""));
	assert_null(strstr(html, "<script"));
	page_flag(page, "loopback", true);
	page_send(page, 200, "consent", NULL);
	assert_int_equal(
	    occurrences(exchange_body(request), "class=\"warn\""), 2);
}

static void
error_pages(void **state)
{
	const char *html;

	(void)state;
	pages_load_shipped();
	page_error(request, &OERR_UNKNOWN_CLIENT);
	assert_string_equal(exchange_header(request, "Status"), "400");
	html = exchange_body(request);
	assert_non_null(strstr(html, OERR_UNKNOWN_CLIENT.text));
	assert_int_equal(occurrences(html, "class=\"host\""), 0);
	assert_null(exchange_header(request, "Location"));
	assert_null(exchange_header(request, "Set-Cookie"));
	assert_null(exchange_header(request, "Retry-After"));
	page_error_from(request, &OERR_INVALID_SCOPE, "client<.example");
	html = exchange_body(request);
	assert_non_null(strstr(html, "client&lt;.example"));
	assert_int_equal(occurrences(html, "class=\"host\""), 1);
	/* the host is named, not linked to */
	assert_null(strstr(html, "href"));
	page_error(request, &OERR_UNAVAILABLE);
	assert_string_equal(exchange_header(request, "Status"), "503");
	assert_string_equal(exchange_header(request, "Retry-After"), "2");
	assert_non_null(strstr(exchange_body(request), "Something is wrong"));
}

/* ---- languages ---- */

static const char *
error_in(const char *query, const char *accept)
{
	request = exchange_request(arena, &program, "REQUEST_METHOD=GET",
	    "REQUEST_URI=/", arena_printf(arena, "QUERY_STRING=%s", query),
	    arena_printf(arena, "HTTP_ACCEPT_LANGUAGE=%s", accept), NULL);
	page_error_from(request, &OERR_UNKNOWN_CLIENT, "client.example");
	return exchange_body(request);
}

static void
in_languages(void **state)
{
	const char *html;

	(void)state;
	pages_load_shipped();
	html = error_in("", "");
	assert_non_null(strstr(html, "<html lang=\"en\" dir=\"ltr\">"));
	assert_non_null(strstr(html, "is not known to this server.</p>"));
	assert_string_equal(exchange_header(request, "Content-Language"), "en");
	assert_string_equal(
	    exchange_header(request, "Vary"), "Accept-Language");
	html = error_in("", "de-AT, en;q=0.5");
	assert_non_null(strstr(html, "<html lang=\"de\" dir=\"ltr\">"));
	assert_non_null(strstr(html, "ist diesem Server nicht bekannt.</p>"));
	assert_non_null(strstr(html, "<title>Das hat nicht funktioniert<"));
	assert_non_null(strstr(html, "client.example"));
	assert_string_equal(exchange_header(request, "Content-Language"), "de");
	html = error_in("ui_locales=ar", "de");
	assert_non_null(strstr(html, "<html lang=\"ar\" dir=\"rtl\">"));
	assert_null(strstr(html, "server"));
	html = error_in("ui_locales=xx+..%2Fde+%22%3Ede", "fr");
	assert_non_null(strstr(html, "<html lang=\"fr\" dir=\"ltr\">"));
}

/* What was asked for goes on with a form, as a tag of ours, or not at all. */
static void
language_of_a_form(void **state)
{
	(void)state;
	pages_load_shipped();
	(void)error_in("ui_locales=JA-jp", "de");
	page_send(page_new(request), 200, "login", NULL);
	assert_non_null(strstr(
	    exchange_body(request), "name=\"ui_locales\" value=\"ja\">"));
	(void)error_in("ui_locales=xx", "de");
	page_send(page_new(request), 200, "login", NULL);
	assert_null(strstr(exchange_body(request), "ui_locales"));
}

#define ON_PAGE(f) cmocka_unit_test_setup_teardown(f, begin_page, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_PAGE(values),
		ON_PAGE(escaping),
		ON_PAGE(values_are_inert),
		ON_PAGE(values_are_displayable),
		ON_PAGE(sections),
		ON_PAGE(lists),
		ON_PAGE(nested_lookups),
		ON_PAGE(broken_templates),
		ON_PAGE(broken_layout),
		ON_PAGE(deep_sections),
		ON_PAGE(policy),
		ON_PAGE(policy_of_a_custom_scheme),
		ON_PAGE(nothing_inline),
		ON_PAGE(consent_page),
		ON_PAGE(error_pages),
		ON_PAGE(in_languages),
		ON_PAGE(language_of_a_form),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name(
	    "page", tests, pages_begin, pages_end);
}
