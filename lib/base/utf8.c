/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/*
 * The code point at `s`, of which `len` bytes are left, and its length in
 * `n`.  -1 when it is not well formed (RFC 3629, 4).
 */
static int32_t
decode(const char *s, size_t len, size_t *n)
{
	static const int32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	const uint8_t *p = (const uint8_t *)s;
	size_t more, i;
	int32_t c;

	if (p[0] < 0x80) {
		*n = 1;
		return p[0];
	}
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return -1;
	more = p[0] >= 0xf0 ? 3 : p[0] >= 0xe0 ? 2 : 1;
	if (more >= len)
		return -1;
	c = p[0] & (0x3f >> more);
	for (i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return -1;
	*n = more + 1;
	return c;
}

static bool
control(int32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f);
}

bool
utf8_valid(const char *s, size_t len)
{
	size_t n;

	for (; len > 0; s += n, len -= n) {
		if (decode(s, len, &n) == -1)
			return false;
	}
	return true;
}

bool
utf8_clean(const char *s, size_t len)
{
	size_t n;
	int32_t c;

	for (; len > 0; s += n, len -= n) {
		if ((c = decode(s, len, &n)) == -1 || control(c))
			return false;
	}
	return true;
}

/* Unicode's Cf, line and paragraph separators, fillers, variation selectors. */
static bool
invisible(int32_t c)
{
	static const struct {
		int32_t first, last;
	} range[] = { { 0x00ad, 0x00ad }, { 0x034f, 0x034f },
		{ 0x0600, 0x0605 }, { 0x061c, 0x061c }, { 0x06dd, 0x06dd },
		{ 0x070f, 0x070f }, { 0x0890, 0x0891 }, { 0x08e2, 0x08e2 },
		{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
		{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
		{ 0x2800, 0x2800 }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f },
		{ 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb },
		{ 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
		{ 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff } };
	size_t i;

	for (i = 0; i < sizeof(range) / sizeof(range[0]); i++) {
		if (c >= range[i].first && c <= range[i].last)
			return true;
	}
	return false;
}

/* Unicode's Zs: a name of nothing else is no name. */
static bool
blank(int32_t c)
{
	return c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	       c == 0x202f || c == 0x205f || c == 0x3000;
}

char *
utf8_displayable(struct arena *a, const char *s)
{
	size_t len = strlen(s), n, out = 0;
	char *copy = arena_alloc(a, len + 1);
	int32_t c;

	for (; len > 0; s += n, len -= n) {
		if ((c = decode(s, len, &n)) == -1) {
			n = 1;
			continue;
		}
		if (control(c) || invisible(c))
			continue;
		if (blank(c)) {
			copy[out++] = ' ';
			continue;
		}
		memcpy(copy + out, s, n);
		out += n;
	}
	return copy;
}
