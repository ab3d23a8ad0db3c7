/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "fetch/address.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The address that a connection to this host would go to, as getaddrinfo
 * reads it: in every notation that it knows. */
static struct sockaddr_storage
reading(const char *host)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST,
		.ai_socktype = SOCK_STREAM };
	struct sockaddr_storage sa = { 0 };
	struct addrinfo *found;

	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		fail_msg("no address: %s", host);
	memcpy(&sa, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return sa;
}

static bool public(const char *host)
{
	const struct sockaddr_storage sa = reading(host);

	return address_public((const struct sockaddr *)&sa);
}

static bool
inside(const char *host, const char *network)
{
	const struct sockaddr_storage sa = reading(host);

	return address_within((const struct sockaddr *)&sa, network);
}

/* First and last of each special-purpose block (IANA, RFC 6890). */
static const char *const special[] = {
	"0.0.0.0",
	"0.255.255.255",
	"10.0.0.0",
	"10.255.255.255",
	"100.64.0.0",
	"100.127.255.255",
	"127.0.0.0",
	"127.0.0.1",
	"127.255.255.255",
	"169.254.0.0",
	"169.254.169.254",
	"169.254.255.255",
	"172.16.0.0",
	"172.31.255.255",
	"192.0.0.0",
	"192.0.0.255",
	"192.0.2.0",
	"192.0.2.255",
	"192.88.99.0",
	"192.88.99.255",
	"192.168.0.0",
	"192.168.255.255",
	"198.18.0.0",
	"198.19.255.255",
	"198.51.100.0",
	"198.51.100.255",
	"203.0.113.0",
	"203.0.113.255",
	"224.0.0.0",
	"239.255.255.255",
	"240.0.0.0",
	"255.255.255.255",
	/* loopback and others, as people write them to be overlooked */
	"127.1",
	"127.0.1",
	"2130706433",
	"0x7f000001",
	"0x7f.1",
	"0177.0.0.1",
	"017700000001",
	"0",
	"10.1",
	"0xa9fea9fe",
	"2852039166",
	"0251.0376.0251.0376",
	/* IPv6: what is not global unicast, and what is and is special */
	"::",
	"::1",
	"0:0:0:0:0:0:0:1",
	"::127.0.0.1",
	"64:ff9b:1::1",
	"100::1",
	"100:0:0:1::1",
	"1fff:ffff::1",
	"2001::1",
	"2001:0:1::1",
	"2001:1ff:ffff::1",
	"2001:20::1",
	"2001:db8::1",
	"2001:db8:ffff::1",
	"2002::1",
	"2002:7f00:1::1",
	"2002:808:808::1",
	"3fff::1",
	"3fff:fff:ffff::1",
	"4000::1",
	"5f00::1",
	"fc00::1",
	"fd00::1",
	"fdff:ffff::1",
	"fe80::1",
	"febf::1",
	"fec0::1",
	"ff00::1",
	"ff02::1",
	/* an IPv4 address inside */
	"::ffff:127.0.0.1",
	"::ffff:7f00:1",
	"::FFFF:10.0.0.1",
	"::ffff:169.254.169.254",
	"::ffff:0:127.0.0.1",
	"64:ff9b::127.0.0.1",
	"64:ff9b::a00:1",
	"64:ff9b::a9fe:a9fe",
	"64:ff9b::192.168.1.1",
};

static const char *const general[] = {
	"1.0.0.0",
	"8.8.8.8",
	"9.255.255.255",
	"11.0.0.0",
	"100.63.255.255",
	"100.128.0.0",
	"126.255.255.255",
	"128.0.0.0",
	"169.253.255.255",
	"169.255.0.0",
	"172.15.255.255",
	"172.32.0.0",
	"192.0.1.0",
	"192.0.3.0",
	"192.88.98.255",
	"192.88.100.0",
	"192.167.255.255",
	"192.169.0.0",
	"198.17.255.255",
	"198.20.0.0",
	"198.51.99.255",
	"198.51.101.0",
	"203.0.112.255",
	"203.0.114.0",
	"223.255.255.255",
	"0x08080808",
	"134744072",
	"2000::1",
	"2001:200::1",
	"2001:db7::1",
	"2001:db9::1",
	"2001:4860:4860::8888",
	"2003::1",
	"2606:4700::1111",
	"3ffe::1",
	"3fff:1000::1",
	"3fff:ffff::1",
	"::ffff:8.8.8.8",
	"64:ff9b::8.8.8.8",
};

static void
table(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(special); i++) {
		if (public(special[i]))
			fail_msg("%s is taken for public", special[i]);
	}
	for (i = 0; i < COUNT(general); i++) {
		if (!public(general[i]))
			fail_msg("%s is not taken for public", general[i]);
	}
}

static void
other_families(void **state)
{
	const struct sockaddr_un local = { .sun_family = AF_UNIX };
	const struct sockaddr none = { .sa_family = AF_UNSPEC };

	(void)state;
	assert_false(address_public((const struct sockaddr *)&local));
	assert_false(address_public(&none));
	assert_false(
	    address_within((const struct sockaddr *)&local, "0.0.0.0/0"));
	assert_false(address_within(&none, "::/0"));
}

static void
networks(void **state)
{
	(void)state;
	assert_true(inside("127.0.0.1", "127.0.0.0/8"));
	assert_true(inside("127.255.1.2", "127.0.0.0/8"));
	assert_true(inside("10.1.2.3", "10.1.2.3/32"));
	assert_true(inside("10.1.2.3", "0.0.0.0/0"));
	assert_true(inside("172.31.0.1", "172.16.0.0/12"));
	assert_true(inside("::1", "::1/128"));
	assert_true(inside("fd12:3456::1", "fd12:3456::/32"));
	assert_true(inside("::ffff:127.0.0.1", "127.0.0.0/8"));
	assert_true(inside("64:ff9b::10.0.0.1", "10.0.0.0/8"));

	assert_false(inside("128.0.0.1", "127.0.0.0/8"));
	assert_false(inside("10.1.2.4", "10.1.2.3/32"));
	assert_false(inside("172.32.0.1", "172.16.0.0/12"));
	assert_false(inside("::2", "::1/128"));
	assert_false(inside("::1", "0.0.0.0/0"));
	assert_false(inside("127.0.0.1", "::/0"));
	assert_false(inside("::ffff:127.0.0.1", "::/0"));
}

static void
no_networks(void **state)
{
	(void)state;
	assert_false(inside("127.0.0.1", ""));
	assert_false(inside("127.0.0.1", "127.0.0.1"));
	assert_false(inside("127.0.0.1", "127.0.0.0/"));
	assert_false(inside("127.0.0.1", "127.0.0.0/8x"));
	assert_false(inside("127.0.0.1", "127.0.0.0/33"));
	assert_false(inside("127.0.0.1", "127.0.0.0/-1"));
	assert_false(inside("127.0.0.1", "127/8"));
	assert_false(inside("127.0.0.1", "localhost/8"));
	assert_false(inside("::1", "::1/129"));
	assert_false(inside("127.0.0.1",
	    "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/0"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(other_families),
		cmocka_unit_test(networks),
		cmocka_unit_test(no_networks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
