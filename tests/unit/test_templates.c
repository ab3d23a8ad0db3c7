/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/templates.h"
#include "pages.h"

enum { ENGLISH, ARABIC, GERMAN };

/* What msgfmt makes of: msgid "Yes" msgstr "Ja, {{name}}, sehr gern!" */
static const unsigned char german[] = "\xde\x12\x04\x95\0\0\0\0\1\0\0\0"
				      "\34\0\0\0\44\0\0\0\0\0\0\0\54\0\0\0"
				      "\3\0\0\0\54\0\0\0\30\0\0\0\60\0\0\0"
				      "Yes\0Ja, {{name}}, sehr gern!";

static void
load_german(const char *error)
{
	pages_load_template("layout", error);
	pages_write("de.mo", german, sizeof(german));
	assert_int_equal(pages_load(), 0);
}

static void
assert_templates(const char *text, const char *english, const char *translated)
{
	load_german(text);
	assert_string_equal(
	    templates_get(&languages[ENGLISH], "error"), english);
	assert_string_equal(
	    templates_get(&languages[ARABIC], "error"), english);
	assert_string_equal(
	    templates_get(&languages[GERMAN], "error"), translated);
}

static void
translated(void **state)
{
	(void)state;
	assert_templates("<p>{{_}}Yes{{/_}}</p>", "<p>Yes</p>",
	    "<p>Ja, {{name}}, sehr gern!</p>");
	assert_templates("{{_}}Yes{{/_}}{{_}}Yes{{/_}}", "YesYes",
	    "Ja, {{name}}, sehr gern!Ja, {{name}}, sehr gern!");
	/* byte for byte, and only between the marks */
	assert_templates("Yes {{_}}Yes {{/_}}{{_}}yes{{/_}}{{_}}Ye{{/_}}",
	    "Yes Yes yesYe", "Yes Yes yesYe");
	assert_templates("{{_}}{{/_}}x", "x", "x");
}

/* Mistakes of who edits a template. */
static void
broken_marks(void **state)
{
	(void)state;
	assert_templates("{{_}}Yes", "{{_}}Yes", "{{_}}Yes");
	assert_templates("{{/_}}{{_}}", "{{/_}}{{_}}", "{{/_}}{{_}}");
	assert_templates("{{_}}Yes{{_}}No{{/_}}", "Yes{{_}}No", "Yes{{_}}No");
	assert_templates("{{_", "{{_", "{{_");
}

static void
texts(void **state)
{
	(void)state;
	load_german("x");
	assert_string_equal(templates_text(&languages[GERMAN], "Yes"),
	    "Ja, {{name}}, sehr gern!");
	assert_string_equal(templates_text(&languages[GERMAN], "No"), "No");
	assert_string_equal(templates_text(&languages[GERMAN], ""), "");
	assert_string_equal(templates_text(&languages[ENGLISH], "Yes"), "Yes");
	assert_string_equal(templates_text(&languages[ARABIC], "Yes"), "Yes");
}

static void
missing_files(void **state)
{
	static char large[64 * 1024 + 1];
	int i;

	(void)state;
	memset(large, 'x', sizeof(large));
	for (i = 0; i < PAGES_FILES; i++) {
		pages_load_template("a", "b");
		pages_write(pages_files[i], NULL, 0);
		assert_int_equal(pages_load(), -1);
		pages_write(pages_files[i], "", 0);
		assert_int_equal(pages_load(), -1);
		pages_write(pages_files[i], large, sizeof(large));
		assert_int_equal(pages_load(), -1);
	}
	pages_load_template("a", "b");
	pages_write("error.html", large, sizeof(large) - 1);
	assert_int_equal(pages_load(), 0);
	assert_string_equal(templates_get(&languages[ENGLISH], "layout"), "a");
}

static void
spoilt_catalog(void **state)
{
	(void)state;
	load_german("x");
	pages_write("de.mo", german, sizeof(german) - 1);
	assert_int_equal(pages_load(), -1);
	pages_write("de.mo", "msgid \"Yes\"\nmsgstr \"Ja\"\n", 24);
	assert_int_equal(pages_load(), -1);
}

/* What fits until it is translated, which takes ten bytes more. */
static void
too_long(void **state)
{
	static const char marked[] = "{{_}}Yes{{/_}}";
	static char text[64 * 1024];

	(void)state;
	load_german("x");
	memset(text, 'x', sizeof(text));
	memcpy(text, marked, strlen(marked));
	pages_write("error.html", text, sizeof(text));
	assert_int_equal(pages_load(), -1);
	pages_write("error.html", text, sizeof(text) - 9);
	assert_int_equal(pages_load(), -1);
	pages_write("error.html", text, sizeof(text) - 10);
	assert_int_equal(pages_load(), 0);
	memset(text, 'x', sizeof(text));
	memcpy(text + sizeof(text) - strlen(marked), marked, strlen(marked));
	pages_write("error.html", text, sizeof(text));
	assert_int_equal(pages_load(), -1);
}

/* CSP 3, 2.3.1: either alphabet of base64, and the padding that JOSE omits. */
static void
style(void **state)
{
	(void)state;
	pages_load_template("a", "b");
	pages_write("style.css", "p { color: #060; }", 18);
	assert_int_equal(pages_load(), 0);
	assert_string_equal(templates_style(), "p { color: #060; }");
	assert_string_equal(templates_style_source(),
	    "'sha256-TJty_ugEaXkWSTRPbik_G4dbu17KBL0M8YFZ-8Kbpsc='");
}

static void
shipped(void **state)
{
	static const char *const names[] = { "layout", "login", "consent",
		"error" };
	const char *text;
	int i, j;

	(void)state;
	pages_load_shipped();
	for (i = 0; i < LANGUAGES; i++) {
		for (j = 0; j < 4; j++) {
			text = templates_get(&languages[i], names[j]);
			assert_null(strstr(text, "{{_}}"));
			assert_null(strstr(text, "{{/_}}"));
		}
		text = templates_text(&languages[i], "Sign in");
		assert_int_equal(i == ENGLISH, strcmp(text, "Sign in") == 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(translated),
		cmocka_unit_test(broken_marks),
		cmocka_unit_test(texts),
		cmocka_unit_test(missing_files),
		cmocka_unit_test(spoilt_catalog),
		cmocka_unit_test(too_long),
		cmocka_unit_test(style),
		cmocka_unit_test(shipped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name(
	    "templates", tests, pages_begin, pages_end);
}
