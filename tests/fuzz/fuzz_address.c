/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "fetch/address.h"
#include "fuzz.h"

static const struct sockaddr *
four(const uint8_t *bytes)
{
	static struct sockaddr_in in;

	in.sin_family = AF_INET;
	memcpy(&in.sin_addr, bytes, 4);
	return (const struct sockaddr *)&in;
}

static const struct sockaddr *
six(const uint8_t *prefix, size_t n, const uint8_t *rest)
{
	static struct sockaddr_in6 in6;

	in6.sin6_family = AF_INET6;
	memcpy(in6.sin6_addr.s6_addr, prefix, n);
	memcpy(in6.sin6_addr.s6_addr + n, rest, 16 - n);
	return (const struct sockaddr *)&in6;
}

/* An address is judged alike however it is wrapped. */
static void
wrapped(const uint8_t *bytes)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t nat64[12] = { 0, 0x64, 0xff, 0x9b };
	bool public = address_public(four(bytes));

	HOLDS(address_public(six(mapped, 12, bytes)) == public);
	HOLDS(address_public(six(nat64, 12, bytes)) == public);
	if (bytes[0] == 10 || bytes[0] == 127 || bytes[0] == 0 ||
	    bytes[0] >= 224)
		HOLDS(!public);
}

/* Sixteen bytes of an address, and a network as text. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	const struct sockaddr *sa;
	char text[INET6_ADDRSTRLEN];
	const char *network;

	if (size < 16)
		return 0;
	f.at += 16;
	f.left -= 16;
	network = fuzz_rest(&f);
	wrapped(data);
	(void)address_within(four(data), network);
	HOLDS(inet_ntop(AF_INET, data, text, sizeof(text)) != NULL);
	HOLDS(address_within(four(data), arena_printf(f.arena, "%s/32", text)));
	HOLDS(address_within(four(data), "0.0.0.0/0"));
	sa = six(data, 16, data);
	(void)address_within(sa, network);
	/* outside 2000::/3 there is nothing but what carries an IPv4 one */
	if (address_public(sa))
		HOLDS(data[0] >> 5 == 1 || data[0] == 0);
	if (data[0] >> 5 == 1) {
		HOLDS(inet_ntop(AF_INET6, data, text, sizeof(text)) != NULL);
		HOLDS(
		    address_within(sa, arena_printf(f.arena, "%s/128", text)));
	}
	return 0;
}
