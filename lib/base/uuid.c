/* SPDX-License-Identifier: ISC */
#include "base/uuid.h"

#include <assert.h>
#include <string.h>

static const char shape[] = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
static_assert(sizeof(shape) == UUID_LEN + 1, "one for each character");

bool
uuid_begins(const char *text)
{
	const char *p, *set;

	/* strchr would find the NUL: a text that ends early ends here */
	for (p = shape; *p != '\0'; p++, text++) {
		set = *p == '-' ? "-" : "0123456789abcdef";
		if (*text == '\0' || strchr(set, *text) == NULL)
			return false;
	}
	return true;
}

void
uuid_v7(
    int64_t ms, const uint8_t random[static 10], char out[static UUID_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t bytes[16], *b = bytes;

	for (int shift = 40; shift >= 0; shift -= 8)
		*b++ = (uint8_t)(ms >> shift);
	memcpy(b, random, 10);
	bytes[6] = 0x70 | (bytes[6] & 0x0f);
	bytes[8] = 0x80 | (bytes[8] & 0x3f);
	b = bytes;
	for (int i = 0, high = 1; i < UUID_LEN; i++) {
		if (shape[i] == '-') {
			out[i] = '-';
			continue;
		}
		out[i] = digits[high ? *b >> 4 : *b & 0x0f];
		b += !high;
		high = !high;
	}
	out[UUID_LEN] = '\0';
}
