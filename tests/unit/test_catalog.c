/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/catalog.h"

/*
 * A catalogue of three, made by hand: "" (the header), "No" and "Yes".  What
 * is tried is a copy of just its size, so that a sanitizer sees what is read
 * beyond it.
 */
enum { COUNT = 3, ORIGINALS = 28, TRANSLATIONS = 52, STRINGS = 76 };
static const char strings[] = "\0No\0Yes\0Charset\0Nein\0Ja";
static const uint32_t lengths[] = { 0, 2, 3, 7, 4, 2 };
static const uint32_t places[] = { 0, 1, 4, 8, 16, 21 };
enum { SIZE = STRINGS + sizeof(strings) };

static unsigned char *data;
static bool big_endian;
static struct catalog catalog;

static void
put(size_t at, uint32_t n)
{
	int i;

	for (i = 0; i < 4; i++)
		data[at + (size_t)(big_endian ? 3 - i : i)] =
		    (unsigned char)(n >> (8 * i));
}

static int
make(void **state)
{
	size_t i;

	(void)state;
	free(data);
	if ((data = calloc(1, SIZE)) == NULL)
		return -1;
	put(0, 0x950412de);
	put(8, COUNT);
	put(12, ORIGINALS);
	put(16, TRANSLATIONS);
	for (i = 0; i < 2 * (size_t)COUNT; i++) {
		put(ORIGINALS + i * 8, lengths[i]);
		put(ORIGINALS + i * 8 + 4, STRINGS + places[i]);
	}
	memcpy(data + STRINGS, strings, sizeof(strings));
	return 0;
}

static int
end(void **state)
{
	(void)state;
	free(data);
	data = NULL;
	big_endian = false;
	return 0;
}

static void
assert_found(const char *text, size_t len, const char *want)
{
	const char *got = catalog_find(&catalog, text, len);

	if (want == NULL)
		assert_null(got);
	else
		assert_string_equal(got, want);
}

static void
found(void **state)
{
	(void)state;
	assert_true(catalog_open(&catalog, data, SIZE));
	assert_found("No", 2, "Nein");
	assert_found("Yes", 3, "Ja");
	assert_found("Yes and more", 3, "Ja");
	assert_found("Yes", 2, NULL);
	assert_found("Yes!", 4, NULL);
	assert_found("A", 1, NULL);
	assert_found("O", 1, NULL);
	assert_found("Z", 1, NULL);
	/* the header is no text */
	assert_found("", 0, NULL);
	assert_found("x", 0, NULL);
}

static void
of_the_other_byte_order(void **state)
{
	(void)state;
	big_endian = true;
	assert_int_equal(make(NULL), 0);
	assert_true(catalog_open(&catalog, data, SIZE));
	assert_found("Yes", 3, "Ja");
}

static void
empty(void **state)
{
	(void)state;
	put(8, 0);
	assert_true(catalog_open(&catalog, data, 28 + 48));
	assert_found("Yes", 3, NULL);
}

/* However much of it is there, less than all of it is none. */
static void
truncated(void **state)
{
	unsigned char *part;
	size_t len;

	(void)state;
	for (len = 0; len < SIZE; len++) {
		part = malloc(len > 0 ? len : 1);
		assert_non_null(part);
		memcpy(part, data, len);
		if (catalog_open(&catalog, part, len))
			fail_msg("%zu bytes", len);
		free(part);
	}
}

static void
wrong_numbers(void **state)
{
	static const struct {
		size_t at;
		uint32_t n;
	} wrong[] = {
		{ 0, 0x950412df },
		{ 0, 0 },
		{ 4, 1 << 16 }, /* revision */
		{ 8, COUNT + 10 },
		{ 8, UINT32_MAX },
		{ 8, UINT32_MAX / 8 + 1 },
		{ 12, SIZE },
		{ 12, SIZE - 8 },
		{ 12, UINT32_MAX },
		{ 16, SIZE + 1 },
		{ 16, UINT32_MAX - 7 },
		{ ORIGINALS + 8, SIZE },
		{ ORIGINALS + 8, UINT32_MAX },
		{ ORIGINALS + 8, 1 }, /* no NUL behind it */
		{ ORIGINALS + 12, SIZE },
		{ ORIGINALS + 12, UINT32_MAX },
		{ TRANSLATIONS + 16, 3 },
		{ TRANSLATIONS + 16, SIZE - 1 },
		{ TRANSLATIONS + 20, SIZE - 2 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(make(NULL), 0);
		put(wrong[i].at, wrong[i].n);
		if (catalog_open(&catalog, data, SIZE))
			fail_msg("%u at %zu", wrong[i].n, wrong[i].at);
	}
}

/* Whatever one byte says, what is looked up is in the file. */
static void
any_byte(void **state)
{
	static const unsigned char values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	const char *got;
	size_t i, j;

	(void)state;
	for (i = 0; i < SIZE; i++) {
		for (j = 0; j < sizeof(values); j++) {
			assert_int_equal(make(NULL), 0);
			data[i] = values[j];
			if (!catalog_open(&catalog, data, SIZE))
				continue;
			got = catalog_find(&catalog, "Yes", 3);
			assert_true(got == NULL || strlen(got) < SIZE);
		}
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(found),
		TEST(of_the_other_byte_order),
		TEST(empty),
		TEST(truncated),
		TEST(wrong_numbers),
		TEST(any_byte),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("catalog", tests, NULL, NULL);
}
