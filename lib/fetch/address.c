/* SPDX-License-Identifier: ISC */
#include "fetch/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct address {
	int family; /* AF_INET, AF_INET6; 0 for neither */
	uint8_t byte[16];
};

static const char *const special4[] = {
	"0.0.0.0/8",
	"10.0.0.0/8",
	"100.64.0.0/10",
	"127.0.0.0/8",
	"169.254.0.0/16",
	"172.16.0.0/12",
	"192.0.0.0/24",
	"192.0.2.0/24",
	"192.88.99.0/24",
	"192.168.0.0/16",
	"198.18.0.0/15",
	"198.51.100.0/24",
	"203.0.113.0/24",
	"224.0.0.0/3",
};

/* All that is outside 2000::/3 is special too. */
static const char *const special6[] = {
	"2001::/23",
	"2001:db8::/32",
	"2002::/16",
	"3fff::/20",
};

static const char *const carries4[] = { "::ffff:0:0/96", "64:ff9b::/96" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool
same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned rest = bits % 8;

	if (memcmp(a, b, bits / 8) != 0)
		return false;
	return rest == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0;
}

static bool
within(const struct address *a, const char *network)
{
	char text[INET6_ADDRSTRLEN];
	const char *slash = strchr(network, '/');
	uint8_t base[16];
	unsigned long bits;
	char *end;

	if (slash == NULL || slash - network >= (long)sizeof(text))
		return false;
	memcpy(text, network, (size_t)(slash - network));
	text[slash - network] = '\0';
	bits = strtoul(slash + 1, &end, 10);
	return slash[1] != '\0' && *end == '\0' &&
	       bits <= (a->family == AF_INET ? 32 : 128) &&
	       inet_pton(a->family, text, base) == 1 &&
	       same_bits(a->byte, base, (unsigned)bits);
}

static bool
within_any(const struct address *a, const char *const *networks, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (within(a, networks[i]))
			return true;
	}
	return false;
}

static struct address
address_read(const struct sockaddr *sa)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct address a = { 0 };

	/* copied: who gives a sockaddr need not have aligned it for these */
	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		a.family = AF_INET;
		memcpy(a.byte, &in.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		a.family = AF_INET6;
		memcpy(a.byte, &in6.sin6_addr, 16);
	}
	if (a.family == AF_INET6 && within_any(&a, carries4, COUNT(carries4))) {
		a.family = AF_INET;
		memmove(a.byte, a.byte + 12, 4);
	}
	return a;
}

bool
address_public(const struct sockaddr *sa)
{
	const struct address a = address_read(sa);

	if (a.family == AF_INET)
		return !within_any(&a, special4, COUNT(special4));
	return a.family == AF_INET6 && within(&a, "2000::/3") &&
	       !within_any(&a, special6, COUNT(special6));
}

bool
address_within(const struct sockaddr *sa, const char *network)
{
	const struct address a = address_read(sa);

	return a.family != 0 && within(&a, network);
}
