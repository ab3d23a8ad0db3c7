/* SPDX-License-Identifier: ISC */
#include "oauth/uri.h"

#include <arpa/inet.h>
#include <string.h>

#define ALPHA "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGIT "0123456789"
#define HEX DIGIT "ABCDEFabcdef"

enum { HOST_MAX = 253, LABEL_MAX = 63, PORT_DIGITS = 5, PORT_MAX = 65535 };

/* Whether all `len` bytes at `s` are of the set; true for none. */
static bool
all_of(const char *s, size_t len, const char *set)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] == '\0' || strchr(set, s[i]) == NULL)
			return false;
	return true;
}

/* RFC 3986, 2: unreserved, gen-delims, sub-delims and whole %XX. */
static bool
characters_good(const char *s)
{
	static const char known[] = ALPHA DIGIT "-._~"
						":/?#[]@"
						"!$&'()*+,;="
						"%";

	if (s[strspn(s, known)] != '\0')
		return false;
	for (s = strchr(s, '%'); s != NULL; s = strchr(s + 1, '%'))
		if (strspn(s + 1, HEX) < 2)
			return false;
	return true;
}

/* The bytes from *at to before the first of `stop`; *at moves there. */
static struct uri_part
take(const char **at, const char *stop)
{
	struct uri_part p = { *at, strcspn(*at, stop) };

	*at += p.len;
	return p;
}

/* RFC 3986, 3.2.  The last @ ends the userinfo, so that none hides in it. */
static void
split_authority(struct uri_part all, struct uri *u)
{
	const char *end = all.at + all.len, *host = all.at, *p;

	for (p = all.at; p < end; p++)
		if (*p == '@')
			host = p + 1;
	if (host != all.at)
		u->userinfo =
		    (struct uri_part){ all.at, (size_t)(host - all.at) - 1 };
	p = host;
	if (p < end && *p == '[')
		while (p < end && *p != ']')
			p++;
	while (p < end && *p != ':')
		p++;
	u->host = (struct uri_part){ host, (size_t)(p - host) };
	if (p < end)
		u->port = (struct uri_part){ p + 1, (size_t)(end - p) - 1 };
}

bool
uri_split(const char *text, struct uri *u)
{
	*u = (struct uri){ 0 };
	if (text == NULL || strnlen(text, URI_MAX + 1) > URI_MAX ||
	    !characters_good(text))
		return false;
	u->scheme = take(&text, ":/?#");
	if (*text != ':' || u->scheme.len == 0 ||
	    !all_of(u->scheme.at, 1, ALPHA) ||
	    !all_of(u->scheme.at, u->scheme.len, ALPHA DIGIT "+-."))
		return false;
	text++;
	if (text[0] == '/' && text[1] == '/') {
		text += 2;
		split_authority(take(&text, "/?#"), u);
	}
	u->path = take(&text, "?#");
	if (*text == '?') {
		text++;
		u->query = take(&text, "#");
	}
	if (*text == '#')
		u->fragment = (struct uri_part){ text + 1, strlen(text + 1) };
	return true;
}

bool
uri_part_is(struct uri_part part, const char *s)
{
	return part.at != NULL && part.len == strlen(s) &&
	       memcmp(part.at, s, part.len) == 0;
}

/* Whether browsers would take a name for IPv4: its last label is a number. */
static bool
ends_in_number(const char *host)
{
	const char *last = strrchr(host, '.');
	size_t len;

	last = last == NULL ? host : last + 1;
	len = strlen(last);
	if (len >= 2 && last[0] == '0' && (last[1] == 'x' || last[1] == 'X'))
		return all_of(last + 2, len - 2, HEX);
	return all_of(last, len, DIGIT);
}

static bool
name_plain(const char *host)
{
	size_t len;

	for (;; host++) {
		len = strspn(host, ALPHA DIGIT "-_");
		if (len == 0 || len > LABEL_MAX)
			return false;
		host += len;
		if (*host == '\0')
			return true;
		if (*host != '.')
			return false;
	}
}

bool
uri_host_plain(struct uri_part host)
{
	struct in6_addr six;
	struct in_addr four;
	char text[HOST_MAX + 1];

	if (host.at == NULL || host.len == 0 || host.len > HOST_MAX)
		return false;
	memcpy(text, host.at, host.len);
	text[host.len] = '\0';
	if (text[0] == '[') {
		if (text[host.len - 1] != ']')
			return false;
		text[host.len - 1] = '\0';
		return inet_pton(AF_INET6, text + 1, &six) == 1;
	}
	if (!name_plain(text))
		return false;
	return !ends_in_number(text) || inet_pton(AF_INET, text, &four) == 1;
}

unsigned
uri_port(struct uri_part port)
{
	unsigned n = 0;

	if (port.at == NULL || port.len == 0 || port.len > PORT_DIGITS ||
	    port.at[0] == '0' || !all_of(port.at, port.len, DIGIT))
		return 0;
	for (size_t i = 0; i < port.len; i++)
		n = n * 10 + (unsigned)(port.at[i] - '0');
	return n <= PORT_MAX ? n : 0;
}
