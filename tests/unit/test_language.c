/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "http/language.h"
#include "witharena.h"

static const struct param params[] = {
	{ "other", 0, PARAM_ONCE, NULL },
	{ "ui_locales", 0, PARAM_ONCE, NULL },
};
static const struct program program = {
	.name = "test",
	.params = params,
	.nparams = 2,
};
static const struct program without = { .name = "test" };

static struct request *
request(const struct program *p, const char *query, const char *accept)
{
	return exchange_request(arena, p, "REQUEST_METHOD=GET", "REQUEST_URI=/",
	    arena_printf(arena, "QUERY_STRING=%s", query),
	    accept != NULL
		? arena_printf(arena, "HTTP_ACCEPT_LANGUAGE=%s", accept)
		: NULL,
	    NULL);
}

static void
assert_accepted(const char *accept, const char *want)
{
	const char *got = language_of(request(&program, "", accept))->tag;

	if (strcmp(got, want) != 0)
		fail_msg("%s: %s, not %s", accept, got, want);
}

static void
assert_asked(const char *query, const char *want)
{
	const struct language *got =
	    language_asked(request(&program, query, "fr"));

	if ((got == NULL) != (want == NULL) ||
	    (got != NULL && strcmp(got->tag, want) != 0))
		fail_msg("%s: %s", query, got != NULL ? got->tag : "none");
}

static void
accept_language(void **state)
{
	(void)state;
	assert_accepted(NULL, "en");
	assert_accepted("", "en");
	assert_accepted("de", "de");
	assert_accepted("DE", "de");
	assert_accepted("ar-EG", "ar");
	assert_accepted("ja-Jpan-JP-x-private", "ja");
	assert_accepted("en-GB,en;q=0.9,de;q=0.8", "en");
	assert_accepted("de;q=0.8,en;q=0.9", "en");
	assert_accepted("it, pt-BR;q=0.9, es;q=0.1", "es");
	assert_accepted("fr;q=0.5, de;q=0.5", "fr");
	assert_accepted("fr;q=0.001,de;q=0.01", "de");
	assert_accepted("es;q=1.000,de", "es");
	assert_accepted("fr ; q=0.2\t, de\t;\tQ=0.3 ", "de");
	assert_accepted(",, ,de", "de");
	/* RFC 9110, 12.4.2: zero is not acceptable */
	assert_accepted("de;q=0, fr;q=0.0, ja;q=0.000", "en");
	assert_accepted("de;q=0, fr;q=0.1", "fr");
}

/* RFC 4647, 3.4: lookup passes over `*`. */
static void
not_ours(void **state)
{
	(void)state;
	assert_accepted("*", "en");
	assert_accepted("*, de;q=0.5", "de");
	assert_accepted("it", "en");
	assert_accepted("d", "en");
	assert_accepted("deu", "en");
	assert_accepted("x-de", "en");
	assert_accepted("i-default", "en");
}

/* What is malformed counts as not there; the rest of the list holds. */
static void
malformed(void **state)
{
	static const char *const ranges[] = { "de-", "-de", "de--AT", "de_DE",
		"de.UTF-8", "../de", "de/..", "de\\", "d\xc3\xa9",
		"de-12345678x", "de;q", "de;q=", "de;q=2", "de;q=1.1",
		"de;q=1.001", "de;q=0.1234", "de;q=.5", "de;q=0,5", "de;q=-1",
		"de;q=1e0", "de;q =1", "de;q= 1", "de;level=1", "de;q=0.5;x",
		"de x", "de;;q=1", "de;q=00.5", "\"de\"", "de\x01", "<de>", ";",
		";q=1", "=", "de;q=0.5x", "de;q=0x1" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		assert_accepted(ranges[i], "en");
		assert_accepted(
		    arena_printf(arena, "%s,fr;q=0.1", ranges[i]), "fr");
	}
}

static void
long_lists(void **state)
{
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, arena);
	for (i = 0; i < 1000; i++)
		buf_rawf(&b, "xx-%d;q=0.%d,", i, i % 10);
	buf_raw(&b, "de;q=0.001");
	assert_accepted(b.data, "de");
	buf_init(&b, arena);
	for (i = 0; i < 4000; i++)
		buf_raw(&b, "de");
	assert_accepted(b.data, "en");
	buf_raw(&b, ",fr");
	assert_accepted(b.data, "fr");
	buf_init(&b, arena);
	for (i = 0; i < 4000; i++)
		buf_raw(&b, ",");
	assert_accepted(b.data, "en");
}

static void
ui_locales(void **state)
{
	(void)state;
	assert_asked("", NULL);
	assert_asked("ui_locales=", NULL);
	assert_asked("ui_locales=de", "de");
	assert_asked("ui_locales=xx+fr-CA+de", "fr");
	assert_asked("ui_locales=%20%20JA%20", "ja");
	assert_asked("ui_locales=de,fr", NULL);
	assert_asked("ui_locales=de;q=0.1+fr", "fr");
	assert_asked("ui_locales=..%2Fde+*+de%2F..+es", "es");
	assert_asked("ui_locales=%2E%2E%2Fde", NULL);
	assert_asked("ui_locales=%22%3E%3Cscript%3E", NULL);
	assert_asked("ui_locales=de%00", NULL);
	assert_asked("ui_locales=de%0A", NULL);
	assert_asked("ui_locales=%C3", NULL);
	assert_asked("other=de", NULL);
	assert_null(language_asked(request(&without, "ui_locales=de", "")));
}

static void
what_counts_first(void **state)
{
	(void)state;
	assert_string_equal(
	    language_of(request(&program, "ui_locales=ar", "de"))->tag, "ar");
	assert_string_equal(
	    language_of(request(&program, "ui_locales=it", "de"))->tag, "de");
	assert_string_equal(
	    language_of(request(&program, "ui_locales=en", "de"))->tag, "en");
	assert_string_equal(
	    language_of(request(&without, "ui_locales=ar", "de"))->tag, "de");
}

static void
directions(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < LANGUAGES; i++)
		assert_string_equal(languages[i].dir,
		    strcmp(languages[i].tag, "ar") == 0 ? "rtl" : "ltr");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(accept_language),
		TEST(not_ours),
		TEST(malformed),
		TEST(long_lists),
		TEST(ui_locales),
		TEST(what_counts_first),
		TEST(directions),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("language", tests, NULL, NULL);
}
