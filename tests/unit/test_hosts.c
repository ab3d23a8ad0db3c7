/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "db/hosts.h"

static struct hosts hosts;

static int
begin(void **state)
{
	(void)state;
	hosts = (struct hosts){ 0 };
	return 0;
}

static int
end(void **state)
{
	(void)state;
	hosts_free(&hosts);
	return 0;
}

/* An attempt that comes to the last of the hosts, which are nowhere. */
static PGconn *
refused(struct hosts *h, size_t without, const char *dsn)
{
	PGconn *conn = hosts_connect(h, without, dsn, "test");

	assert_non_null(conn);
	while (PQstatus(conn) != CONNECTION_BAD)
		(void)PQconnectPoll(conn);
	return conn;
}

static void
read_from(const char *dsn)
{
	PQfinish(refused(&hosts, 0, dsn));
}

/* As an attempt does that has come to the one host of `dsn`. */
static bool
put_last(const char *dsn)
{
	struct hosts it = { 0 };
	PGconn *conn = refused(&it, 0, dsn);
	bool result = hosts_put_last(&hosts, conn);

	PQfinish(conn);
	hosts_free(&it);
	return result;
}

#define assert_list(k, text) assert_string_equal(hosts.list[k], text)

#define THREE "host=/no/a,/no/b,/no/c port=1,2,3 user=u dbname=d"

static void
reads(void **state)
{
	(void)state;
	read_from(THREE);
	assert_int_equal(hosts.count, 3);
	assert_list(HOSTS_NAME, "/no/a,/no/b,/no/c");
	assert_list(HOSTS_PORT, "1,2,3");
	assert_null(hosts.list[HOSTS_ADDRESS]);
	hosts_free(&hosts);
	assert_int_equal(hosts.count, 0);
	assert_null(hosts.list[HOSTS_NAME]);
}

static void
puts_last(void **state)
{
	(void)state;
	read_from(THREE);
	/* there it is already */
	assert_true(put_last("host=/no/c port=3 user=u dbname=d"));
	assert_list(HOSTS_NAME, "/no/a,/no/b,/no/c");

	assert_true(put_last("host=/no/a port=1 user=u dbname=d"));
	assert_list(HOSTS_NAME, "/no/b,/no/c,/no/a");
	assert_list(HOSTS_PORT, "2,3,1");

	assert_true(put_last("host=/no/c port=3 user=u dbname=d"));
	assert_list(HOSTS_NAME, "/no/b,/no/a,/no/c");
	assert_int_equal(hosts.count, 3);

	/* none of these */
	assert_false(put_last("host=/no/d port=1 user=u dbname=d"));
	assert_false(hosts_put_last(&hosts, NULL));
	assert_list(HOSTS_NAME, "/no/b,/no/a,/no/c");
}

/* The last of a shorter list is where an attempt ends, and the list stays. */
static void
without(void **state)
{
	static const char *const last[] = { "/no/c", "/no/b", "/no/a" };
	PGconn *conn;

	(void)state;
	read_from(THREE);
	for (size_t n = 0; n < 3; n++) {
		conn = refused(&hosts, n, THREE);
		assert_string_equal(PQhost(conn), last[n]);
		PQfinish(conn);
		assert_list(HOSTS_NAME, "/no/a,/no/b,/no/c");
		assert_list(HOSTS_PORT, "1,2,3");
	}
}

/* One port for all; the same host with another port is another. */
static void
ports(void **state)
{
	PGconn *conn;

	(void)state;
	read_from("host=/no/a,/no/b port=7 user=u dbname=d");
	assert_true(put_last("host=/no/a port=7 user=u dbname=d"));
	assert_list(HOSTS_NAME, "/no/b,/no/a");
	assert_list(HOSTS_PORT, "7");
	conn = refused(&hosts, 1, "user=u dbname=d");
	assert_string_equal(PQhost(conn), "/no/b");
	assert_string_equal(PQport(conn), "7");
	PQfinish(conn);
	hosts_free(&hosts);

	read_from("host=/no/a,/no/a,/no/a port=7,8,9 user=u dbname=d");
	assert_true(put_last("host=/no/a port=8 user=u dbname=d"));
	assert_list(HOSTS_NAME, "/no/a,/no/a,/no/a");
	assert_list(HOSTS_PORT, "7,9,8");
}

/* Addresses without names, and with them. */
static void
addresses(void **state)
{
	(void)state;
	read_from("hostaddr=127.0.0.1,127.0.0.2 port=1 user=u dbname=d");
	assert_int_equal(hosts.count, 2);
	assert_true(put_last("hostaddr=127.0.0.1 port=1 user=u dbname=d"));
	assert_list(HOSTS_ADDRESS, "127.0.0.2,127.0.0.1");
	hosts_free(&hosts);

	read_from("host=a.example,b.example port=1 user=u dbname=d "
		  "hostaddr=127.0.0.1,127.0.0.2");
	assert_true(put_last("host=a.example port=1 user=u dbname=d "
			     "hostaddr=127.0.0.1"));
	assert_list(HOSTS_NAME, "b.example,a.example");
	assert_list(HOSTS_ADDRESS, "127.0.0.2,127.0.0.1");
}

/* None was named. */
static void
standard(void **state)
{
	PGconn *conn = refused(&hosts, 0, "port=1 user=u dbname=d");

	(void)state;
	assert_int_equal(hosts.count, 1);
	assert_null(hosts.list[HOSTS_NAME]);
	PQfinish(conn);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads),
		TEST(puts_last),
		TEST(without),
		TEST(ports),
		TEST(addresses),
		TEST(standard),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hosts", tests, NULL, NULL);
}
