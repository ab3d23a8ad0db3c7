/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fetch/download.h"

/* What servers do that answer is in tests/e2e/fetch.test.mjs; here, that
 * nothing is connected to where nothing must be. */

static struct arena *arena;
static int listener;
static unsigned port;

/* On every address of this machine; of both families if it has both. */
static int
listening(int family)
{
	struct sockaddr_in6 any = { .sin6_family = (sa_family_t)family };
	socklen_t len = family == AF_INET6 ? sizeof(struct sockaddr_in6)
					   : sizeof(struct sockaddr_in);
	const int off = 0;
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd == -1)
		return -1;
	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (struct sockaddr *)&any, len) == -1 ||
	    listen(fd, 16) == -1 ||
	    getsockname(fd, (struct sockaddr *)&any, &len) == -1) {
		close(fd);
		return -1;
	}
	port = ntohs(any.sin6_port);
	return fd;
}

static int
begin(void **state)
{
	(void)state;
	if ((listener = listening(AF_INET6)) == -1)
		listener = listening(AF_INET);
	arena = arena_new(1024 * 1024);
	return listener == -1 || arena == NULL ? -1 : download_init();
}

static int
end(void **state)
{
	(void)state;
	close(listener);
	arena_free(arena);
	return 0;
}

static bool
somebody_came(void)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	int connection;

	if (poll(&p, 1, 20) != 1)
		return false;
	connection = accept(listener, NULL, NULL);
	close(connection);
	return true;
}

static const char *
getting(const char *host, const char *networks)
{
	struct download d = { .max = 100, .addresses = networks };

	d.url = arena_printf(arena, "https://%s:%u/", host, port);
	return download_get(arena, &d);
}

static void
private_in_every_notation(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost", "127.1",
		"2130706433", "0x7f000001", "0177.0.0.1", "0x7f.0.0.1", "0",
		"0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]",
		"[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]",
		"169.254.169.254", "10.0.0.1", "[fe80::1]", "[fd00::1]",
		"192.168.0.1", "172.16.0.1", "100.64.0.1" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		if (strcmp(getting(hosts[i], NULL), "address") != 0)
			fail_msg("%s", hosts[i]);
		if (somebody_came())
			fail_msg("%s was connected to", hosts[i]);
	}
}

/* A proxy that is named in the environment is none of ours. */
static void
no_proxy(void **state)
{
	char *proxy = arena_printf(arena, "http://127.0.0.1:%u", port);

	(void)state;
	(void)setenv("https_proxy", proxy, 1);
	(void)setenv("ALL_PROXY", proxy, 1);
	assert_string_equal(getting("10.0.0.1", NULL), "address");
	assert_false(somebody_came());
	(void)unsetenv("https_proxy");
	(void)unsetenv("ALL_PROXY");
}

static void
allowed_by_a_network(void **state)
{
	static const char loopback[] = "[\"10.0.0.0/8\",\"127.0.0.0/8\"]";
	static const char other[] = "[\"10.0.0.0/8\",\"::1/128\"]";

	(void)state;
	assert_string_equal(getting("127.0.0.1", other), "address");
	assert_false(somebody_came());
	/* it is connected to, and says nothing */
	assert_string_equal(getting("127.0.0.1", loopback), "timeout");
	assert_true(somebody_came());
}

static void
https_alone(void **state)
{
	static const char loopback[] = "[\"127.0.0.0/8\"]";
	static const char *const urls[] = { "http://127.0.0.1:%u/",
		"ftp://127.0.0.1:%u/", "gopher://127.0.0.1:%u/",
		"telnet://127.0.0.1:%u/", "ldap://127.0.0.1:%u/",
		"dict://127.0.0.1:%u/", "smb://127.0.0.1:%u/",
		"file:///etc/passwd" };
	struct download d = { .max = 4096, .addresses = loopback };
	char url[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		const char *colon = strstr(urls[i], "%u");

		(void)snprintf(url, sizeof(url), "%.*s%u/",
		    colon != NULL ? (int)(colon - urls[i])
				  : (int)strlen(urls[i]),
		    urls[i], port);
		d.url = url;
		assert_non_null(download_get(arena, &d));
		assert_int_equal(d.len, 0);
		assert_false(somebody_came());
	}
}

static void
no_such_name(void **state)
{
	(void)state;
	assert_string_equal(getting("nobody.invalid", NULL), "name");
	assert_false(somebody_came());
}

static void
trust_that_is_none(void **state)
{
	static const char loopback[] = "[\"127.0.0.0/8\"]";
	struct download d = { .max = 100,
		.addresses = loopback,
		.ca = "-----BEGIN CERTIFICATE-----\nnone\n" };

	(void)state;
	d.url = arena_printf(arena, "https://127.0.0.1:%u/", port);
	assert_string_equal(download_get(arena, &d), "fault");
	(void)somebody_came();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_in_every_notation),
		cmocka_unit_test(no_proxy),
		cmocka_unit_test(allowed_by_a_network),
		cmocka_unit_test(https_alone),
		cmocka_unit_test(no_such_name),
		cmocka_unit_test(trust_that_is_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, begin, end);
}
