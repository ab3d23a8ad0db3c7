/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/uri.h"

static void
parts(void **state)
{
	struct uri u;

	(void)state;
	assert_true(uri_split("s+1://u:p@h.example:80/p/q?a?b#f", &u));
	assert_true(uri_part_is(u.scheme, "s+1"));
	assert_true(uri_part_is(u.userinfo, "u:p"));
	assert_true(uri_part_is(u.host, "h.example"));
	assert_true(uri_part_is(u.port, "80"));
	assert_true(uri_part_is(u.path, "/p/q"));
	assert_true(uri_part_is(u.query, "a?b"));
	assert_true(uri_part_is(u.fragment, "f"));
	/* the host is what follows the last @ */
	assert_true(uri_split("s://a@b@c", &u));
	assert_true(uri_part_is(u.userinfo, "a@b"));
	assert_true(uri_part_is(u.host, "c"));
}

/* Absent and empty are two things. */
static void
absent(void **state)
{
	struct uri u;

	(void)state;
	assert_true(uri_split("s:", &u));
	assert_null(u.userinfo.at);
	assert_null(u.host.at);
	assert_null(u.port.at);
	assert_null(u.query.at);
	assert_null(u.fragment.at);
	assert_true(uri_part_is(u.path, ""));
	assert_true(uri_split("s://@:?#", &u));
	assert_true(uri_part_is(u.userinfo, ""));
	assert_true(uri_part_is(u.host, ""));
	assert_true(uri_part_is(u.port, ""));
	assert_true(uri_part_is(u.query, ""));
	assert_true(uri_part_is(u.fragment, ""));
	assert_false(uri_part_is((struct uri_part){ 0 }, ""));
}

static void
refused(void **state)
{
	static const char *const bad[] = { "", ":", "x", "/x",
		"1s:", "s s:", "s/x:y", "s:\\", "s: ", "s:\x01", "s:\x7f",
		"s:%", "s:%1", "s:%1g", "s:\"", "s:<", "s:\xc3\xa9" };
	char longest[URI_MAX + 2];
	struct uri u;

	(void)state;
	assert_false(uri_split(NULL, &u));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(uri_split(bad[i], &u));
	memset(longest, 'a', sizeof(longest));
	longest[1] = ':';
	longest[URI_MAX] = '\0';
	assert_true(uri_split(longest, &u));
	longest[URI_MAX] = 'a';
	longest[URI_MAX + 1] = '\0';
	assert_false(uri_split(longest, &u));
}

static bool
plain(const char *host)
{
	return uri_host_plain((struct uri_part){ host, strlen(host) });
}

static void
hosts(void **state)
{
	static const char *const good[] = { "a", "a.b", "A-1.b_c", "1.2.3.4",
		"[::1]", "[2001:DB8::1]", "0x.example", "1.example", "xn--a" };
	static const char *const bad[] = { "", ".", "a.", ".a", "a..b", "a%41",
		"a b", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1",
		"0x1", "a.0x", "a.0X1f", "a.7", "[", "[]", "[::1", "::1]",
		"[::1%lo]", "[1.2.3.4]", "[::1]a", "a:b", "[:::1]" };
	char label[64], name[300];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(plain(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(plain(bad[i]));
	assert_false(uri_host_plain((struct uri_part){ NULL, 0 }));
	memset(label, 'a', sizeof(label) - 1);
	label[63] = '\0';
	assert_true(plain(label));
	snprintf(name, sizeof(name), "%sa.b", label);
	assert_false(plain(name));
	snprintf(name, sizeof(name), "%s.%s.%s.%s", label, label, label, label);
	assert_false(plain(name));
	name[253] = '\0';
	assert_true(plain(name));
}

static unsigned
port(const char *text)
{
	return uri_port((struct uri_part){ text, strlen(text) });
}

static void
ports(void **state)
{
	static const char *const bad[] = { "", "0", "00", "01", "65536",
		"99999", "100000", "4294967297", "-1", "+1", " 1", "1 ", "1a",
		"0x1" };

	(void)state;
	assert_int_equal(port("1"), 1);
	assert_int_equal(port("443"), 443);
	assert_int_equal(port("65535"), 65535);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(port(bad[i]), 0);
	assert_int_equal(uri_port((struct uri_part){ NULL, 0 }), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),
		cmocka_unit_test(absent),
		cmocka_unit_test(refused),
		cmocka_unit_test(hosts),
		cmocka_unit_test(ports),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("uri", tests, NULL, NULL);
}
