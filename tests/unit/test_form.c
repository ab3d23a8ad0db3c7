/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "exchange.h"
#include "http/form.h"
#include "witharena.h"

enum { ONCE, SAME, JOINED, SHORT, PARAMS };

static const struct param params[] = {
	[ONCE] = { "once", 0, PARAM_ONCE, NULL },
	[SAME] = { "same", 0, PARAM_SAME, &OERR_INVALID_TARGET },
	[JOINED] = { "joined", 0, PARAM_JOINED, NULL },
	[SHORT] = { "short", 4, PARAM_ONCE, NULL },
};

static const struct program program = {
	.name = "test", .params = params, .nparams = PARAMS
};

static struct request *
of_query(const char *query)
{
	return exchange_request(arena, &program, "REQUEST_METHOD=GET",
	    "REQUEST_URI=/", arena_printf(arena, "QUERY_STRING=%s", query),
	    NULL);
}

static struct request *
of_form(const char *form)
{
	return exchange_post(arena, &program, form);
}

static void
assert_value(struct request *r, int param, const char *want)
{
	assert_null(request_fault(r));
	if (want == NULL) {
		assert_null(r->value[param]);
	} else {
		assert_non_null(r->value[param]);
		assert_string_equal(r->value[param], want);
	}
}

static void
values(void **state)
{
	struct request *r = of_query("once=a%20b+c%2B&same=%C3%A9&short=");

	(void)state;
	assert_value(r, ONCE, "a b c+");
	assert_value(r, SAME, "\xc3\xa9");
	assert_value(r, JOINED, NULL);
	assert_value(r, SHORT, NULL);
	assert_value(of_form("once=1"), ONCE, "1");
	assert_value(of_form("&&once=a=b&"), ONCE, "a=b");
	assert_value(of_form("%6Fnce=name"), ONCE, "name");
	assert_value(of_form(""), ONCE, NULL);
}

/* RFC 6749, 3.1: sent without a value is not sent. */
static void
empty_is_absent(void **state)
{
	(void)state;
	assert_value(of_query("once="), ONCE, NULL);
	assert_value(of_query("once"), ONCE, NULL);
	assert_value(of_query("once&same=x"), SAME, "x");
	assert_value(of_form("once=&short=abcd"), SHORT, "abcd");
}

static void
unknown_is_ignored(void **state)
{
	struct request *r =
	    of_query("x=1&x=2&ONCE=3&once%20=4&onc=5&onceX=6&y=%FF&=7&same=s");

	(void)state;
	assert_value(r, ONCE, NULL);
	assert_value(r, SAME, "s");
}

static void
twice(void **state)
{
	static const char *const texts[] = { "once=a&once=b", "once=a&once=a",
		"once=&once=a", "once=a&once=", "once&once",
		"once=a&x=1&%6fnce=b" };
	struct request *r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		r = of_query(texts[i]);
		assert_ptr_equal(
		    r->value_fault[ONCE], &OERR_DUPLICATE_PARAMETER);
		assert_ptr_equal(request_fault(r), &OERR_DUPLICATE_PARAMETER);
		r = of_form(texts[i]);
		assert_ptr_equal(request_fault(r), &OERR_DUPLICATE_PARAMETER);
	}
}

/* The other parameters of a request with a fault are still to be had. */
static void
one_fault_is_one(void **state)
{
	struct request *r = of_query("once=a&once=b&same=s");

	(void)state;
	assert_null(r->fault);
	assert_null(r->value_fault[SAME]);
	assert_string_equal(r->value[SAME], "s");
}

static void
twice_the_same(void **state)
{
	(void)state;
	assert_value(of_query("same=a&same=a&same=%61"), SAME, "a");
	assert_ptr_equal(
	    request_fault(of_query("same=a&same=b")), &OERR_INVALID_TARGET);
	assert_ptr_equal(request_fault(of_query("same=a&same=a&same=A")),
	    &OERR_INVALID_TARGET);
}

static void
joined(void **state)
{
	(void)state;
	assert_value(of_form("joined=a"), JOINED, "a");
	assert_value(
	    of_form("joined=a&joined=b&x=1&joined=c+d"), JOINED, "a b c d");
	assert_value(of_form("joined=a&joined=&joined=b"), JOINED, "a  b");
}

/* As many as a body can hold must not fill the memory of the request. */
static void
joined_many(void **state)
{
	struct request *r;
	struct buf b;
	int n;

	(void)state;
	buf_init(&b, arena);
	for (n = 0; b.len < REQUEST_BODY_MAX - 16; n++)
		buf_raw(&b, "joined=a&");
	r = of_form(b.data);
	assert_null(request_fault(r));
	assert_int_equal(strlen(r->value[JOINED]), 2 * n - 1);
}

static void
many_pairs(void **state)
{
	char *form = arena_alloc(arena, REQUEST_BODY_MAX + 1);

	(void)state;
	memset(form, '&', REQUEST_BODY_MAX);
	assert_null(request_fault(of_form(form)));
	memset(form, 'a', REQUEST_BODY_MAX);
	assert_null(request_fault(of_form(form)));
	for (size_t i = 0; i < REQUEST_BODY_MAX; i += 2)
		form[i] = '&';
	assert_null(request_fault(of_form(form)));
}

static void
malformed_values(void **state)
{
	static const char *const texts[] = { "once=%00", "once=a%00b", "once=%",
		"once=%4", "once=%zz", "once=%4g", "once=a%", "once=%-1",
		"once=% 4", "once=%FF", "once=%C0%AF", "once=%ED%A0%80",
		"once=%0A", "once=a%0D%0Ab", "once=%1B", "once=%7F",
		"once=%C2%85", "once=%09", "once=\xff" };
	struct request *r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		r = of_query(texts[i]);
		if (request_fault(r) != &OERR_MALFORMED_PARAMETER ||
		    r->value_fault[ONCE] == NULL)
			fail_msg("%s was taken", texts[i]);
		assert_null(r->value[ONCE]);
	}
}

static void
malformed_names(void **state)
{
	static const char *const texts[] = { "%=1", "%zz=1", "once%00=1", "%00",
		"a%4=1&once=1" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_ptr_equal(
		    of_query(texts[i])->fault, &OERR_MALFORMED_PARAMETER);
}

/* The limit is of bytes as they are meant, not as they were sent. */
static void
too_long(void **state)
{
	char text[2049 + sizeof("once=")] = "once=";

	(void)state;
	assert_value(of_query("short=%61%62%63%64"), SHORT, "abcd");
	assert_ptr_equal(
	    request_fault(of_query("short=abcde")), &OERR_MALFORMED_PARAMETER);
	assert_ptr_equal(request_fault(of_query("short=%C3%A9%C3%A9%C3%A9")),
	    &OERR_MALFORMED_PARAMETER);
	memset(text + 5, 'a', 2048);
	assert_null(request_fault(of_query(text)));
	text[5 + 2048] = 'a';
	assert_ptr_equal(
	    request_fault(of_query(text)), &OERR_MALFORMED_PARAMETER);
}

/* RFC 6750, 2.2 and 2.3: in any spelling, wherever it is. */
static void
token_refused(void **state)
{
	static const char *const texts[] = { "access_token=x",
		"access_token=", "access_token", "once=1&access_token=x",
		"access%5Ftoken=x", "%61ccess_token=x&once=1" };
	struct request *r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_ptr_equal(
		    of_query(texts[i])->fault, &OERR_TOKEN_IN_QUERY);
		assert_ptr_equal(
		    of_form(texts[i])->fault, &OERR_TOKEN_IN_QUERY);
		r = exchange_request(arena, &program, "REQUEST_METHOD=POST",
		    "REQUEST_URI=/",
		    arena_printf(arena, "QUERY_STRING=%s", texts[i]), NULL);
		assert_ptr_equal(r->fault, &OERR_TOKEN_IN_QUERY);
	}
	assert_null(of_query("access_tokens=x")->fault);
	assert_null(of_query("once=access_token")->fault);
}

/* The query of a POST gives no parameters. */
static void
query_of_a_post(void **state)
{
	struct request *r =
	    exchange_request(arena, &program, "REQUEST_METHOD=POST",
		"REQUEST_URI=/?once=1", "QUERY_STRING=once=1&same=2", NULL);

	(void)state;
	assert_value(r, ONCE, NULL);
	assert_value(r, SAME, NULL);
}

static void
decode(void **state)
{
	(void)state;
	assert_string_equal(form_decode(arena, "a+b%2bc", 7), "a b+c");
	assert_string_equal(form_decode(arena, "%41%4a%4A", 9), "AJJ");
	assert_string_equal(form_decode(arena, "abc", 2), "ab");
	assert_string_equal(form_decode(arena, "", 0), "");
	assert_null(form_decode(arena, "%41", 2));
	assert_null(form_decode(arena, "a\0b", 3));
	assert_null(form_decode(arena, "%00", 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values),
		TEST(empty_is_absent),
		TEST(unknown_is_ignored),
		TEST(twice),
		TEST(one_fault_is_one),
		TEST(twice_the_same),
		TEST(joined),
		TEST(joined_many),
		TEST(many_pairs),
		TEST(malformed_values),
		TEST(malformed_names),
		TEST(too_long),
		TEST(token_refused),
		TEST(query_of_a_post),
		TEST(decode),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
