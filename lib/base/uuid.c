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
