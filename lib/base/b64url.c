/* SPDX-License-Identifier: ISC */
#include "base/b64url.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789-_";

void
b64url_encode(const void *data, size_t len, char *out)
{
	const uint8_t *p = data;
	uint32_t bits = 0;
	int held = 0;

	for (; len > 0; len--, p++) {
		bits = (bits << 8 | *p) & 0xffff;
		for (held += 8; held >= 6; held -= 6)
			*out++ = alphabet[bits >> (held - 6) & 63];
	}
	if (held > 0)
		*out++ = alphabet[bits << (6 - held) & 63];
	*out = '\0';
}

static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	if (c == '_')
		return 63;
	return -1;
}

ssize_t
b64url_decode(const char *text, size_t len, uint8_t *out, size_t cap)
{
	uint32_t bits = 0;
	size_t n = 0, i;
	int held = 0, v;

	if (len % 4 == 1 || len / 4 * 3 + len % 4 * 3 / 4 > cap)
		return -1;
	for (i = 0; i < len; i++) {
		if ((v = value_of(text[i])) == -1)
			return -1;
		bits = (bits << 6 | (uint32_t)v) & 0xffff;
		if ((held += 6) >= 8) {
			held -= 8;
			out[n++] = (uint8_t)(bits >> held);
		}
	}
	if ((bits & ((1u << held) - 1)) != 0)
		return -1;
	return (ssize_t)n;
}
