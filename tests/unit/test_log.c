/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

enum { LINE_MOST = 1024 };

static int reader, real_stderr;
static char written[8192];

/* From here on, stderr is ours to read. */
static int
begin(void **state)
{
	int ends[2];

	(void)state;
	if (pipe(ends) == -1 || (real_stderr = dup(STDERR_FILENO)) == -1 ||
	    dup2(ends[1], STDERR_FILENO) == -1)
		return -1;
	close(ends[1]);
	reader = ends[0];
	log_init("test");
	return 0;
}

static int
end(void **state)
{
	(void)state;
	close(reader);
	return dup2(real_stderr, STDERR_FILENO) == -1 || close(real_stderr);
}

/* What was logged since: exactly one line, which is returned without it. */
static const char *
line(void)
{
	ssize_t n = read(reader, written, sizeof(written) - 1);
	char *newline;

	assert_in_range(n, 1, LINE_MOST);
	written[n] = '\0';
	assert_int_equal(strlen(written), n);
	newline = strchr(written, '\n');
	assert_non_null(newline);
	assert_string_equal(newline, "\n");
	*newline = '\0';
	return written;
}

/* What is logged for one value. */
static const char *
line_of(const char *value)
{
	log_event(LOG_WARN, "e", "k", value, NULL);
	return line();
}

#define START "level=warn program=test event=e k="

static void
plain(void **state)
{
	(void)state;
	log_event(LOG_ERROR, "db_lost", NULL);
	assert_string_equal(line(), "level=error program=test event=db_lost");
	log_event(LOG_WARN, "db_lost", "sqlstate", "57P01", "n", "3", NULL);
	assert_string_equal(line(), "level=warn program=test event=db_lost "
				    "sqlstate=57P01 n=3");
	assert_string_equal(
	    line_of("/a-b_c.d:e@f+g*1"), START "/a-b_c.d:e@f+g*1");
}

static void
two_lines(void **state)
{
	char *first;

	(void)state;
	log_event(LOG_WARN, "a", NULL);
	log_event(LOG_WARN, "b", NULL);
	assert_true(read(reader, written, sizeof(written)) > 0);
	first = strchr(written, '\n');
	assert_non_null(first);
	assert_memory_equal(first + 1, "level=warn program=test event=b\n", 32);
}

static void
nothing_to_say(void **state)
{
	(void)state;
	assert_string_equal(line_of(NULL), START "-");
	assert_string_equal(line_of(""), START "\"\"");
}

/* A value can neither end its line nor look like another pair. */
static void
inside_the_line(void **state)
{
	(void)state;
	assert_string_equal(line_of("a\nlevel=error event=fake"),
	    START "\"a?level=error event=fake\"");
	assert_string_equal(line_of("a\r\nb"), START "\"a??b\"");
	assert_string_equal(line_of("a b"), START "\"a b\"");
	assert_string_equal(line_of("a=b"), START "\"a=b\"");
	assert_string_equal(line_of("\" x=\"y"), START "\"\\\" x=\\\"y\"");
	assert_string_equal(line_of("a\\"), START "\"a\\\\\"");
	assert_string_equal(line_of("\x1b[31m\x7f\t"), START "\"?[31m??\"");
	assert_string_equal(line_of("\n"), START "\"?\"");
}

/* Any one byte, alone and in between. */
static void
any_byte(void **state)
{
	char text[4] = "a.b";
	const char *s;
	int c;

	(void)state;
	for (c = 1; c < 256; c++) {
		text[1] = (char)c;
		for (s = line_of(text); *s != '\0'; s++)
			assert_true((unsigned char)*s >= 0x20 && *s != 0x7f);
	}
}

static void
too_long(void **state)
{
	char text[5000];
	int c;

	(void)state;
	for (c = 0; c < 3; c++) {
		memset(text, "a\n\""[c], sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		assert_int_equal(strlen(line_of(text)), LINE_MOST - 1);
		log_event(LOG_WARN, "e", "k", text, "k", text, NULL);
		assert_int_equal(strlen(line()), LINE_MOST - 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(two_lines),
		cmocka_unit_test(nothing_to_say),
		cmocka_unit_test(inside_the_line),
		cmocka_unit_test(any_byte),
		cmocka_unit_test(too_long),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("log", tests, begin, end);
}
