/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include <stdlib.h>

#include "oauth/handle.h"
#include "vectors.h"
#include "witharena.h"

static const char uuid[] = "01977a2e-5c1a-7def-8abc-0123456789ab";

static void
hex(const uint8_t *bytes, char out[static 2 * DIGEST_LEN + 1])
{
	for (int i = 0; i < DIGEST_LEN; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static bool
zeros(const void *p, size_t len)
{
	for (const char *c = p; len > 0; len--)
		if (*c++ != 0)
			return false;
	return true;
}

static void
reading(void **state)
{
	struct vectors v;
	struct handle h;

	(void)state;
	vectors_open(&v, "handle_read.tsv");
	while (vectors_next(&v)) {
		h = handle_read(arena, v.column[0]);
		if (v.column[1] == NULL) {
			if (h.id != NULL || h.hash != NULL)
				vectors_fail(&v, "not refused");
		} else if (h.id == NULL || h.hash == NULL)
			vectors_fail(&v, "refused");
		else if (strcmp(h.id, v.column[1]) != 0 ||
			 strncmp(h.hash, "\\x", 2) != 0 ||
			 strcmp(h.hash + 2, v.column[2]) != 0)
			vectors_fail(&v, "another value");
	}
}

static void
parsing_refresh(void **state)
{
	char text[2 * DIGEST_LEN + 1];
	struct handle_refresh r;
	struct vectors v;

	(void)state;
	vectors_open(&v, "handle_refresh.tsv");
	while (vectors_next(&v)) {
		memset(&r, 'x', sizeof(r));
		if (handle_parse_refresh(v.column[0], &r)) {
			hex(r.hash, text);
			if (v.column[1] == NULL ||
			    strcmp(r.uuid, v.column[1]) != 0 ||
			    r.generation != atol(v.column[2]) ||
			    strcmp(text, v.column[3]) != 0)
				vectors_fail(&v, "another value");
		} else if (v.column[1] != NULL)
			vectors_fail(&v, "refused");
		else if (!zeros(&r, sizeof(r)))
			vectors_fail(&v, "something left behind");
	}
}

/* Both parts are kept as they came. */
static void
refresh_code(void **state)
{
	static const char secret[] =
	    "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg";
	static const char mac[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
	struct handle_refresh r;

	(void)state;
	assert_true(handle_parse_refresh(
	    arena_printf(arena, "%s.%s.5.%s", uuid, secret, mac), &r));
	assert_int_equal(r.generation, 5);
	assert_string_equal(r.code.secret, secret);
	assert_string_equal(r.code.mac, mac);
}

static void
making(void **state)
{
	struct handle_secret one, two;
	struct handle h;
	const char *text;

	(void)state;
	assert_null(handle_new(arena, &one));
	assert_null(handle_new(arena, &two));
	assert_string_not_equal(one.text, two.text);
	text = handle_text(arena, uuid, one.text);
	assert_int_equal(strlen(text), 80);
	h = handle_read(arena, text);
	assert_string_equal(h.id, uuid);
	assert_string_equal(h.hash, one.hash);
	assert_string_not_equal(h.hash, two.hash);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading),
		cmocka_unit_test(parsing_refresh),
		cmocka_unit_test(refresh_code),
		cmocka_unit_test(making),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (digest_init() == -1)
		return 99;
	return cmocka_run_group_tests_name("handle", tests, begin, end);
}
