/* SPDX-License-Identifier: ISC */
#include "http/catalog.h"

#include <string.h>

/* Bytes of the header, and of an entry in a table: a length and an offset. */
enum { HEADER = 28, ENTRY = 8 };

static const uint32_t magic = 0x950412de, magic_swapped = 0xde120495;

/* The number at an offset that lies in the file. */
static uint32_t
number(const struct catalog *c, size_t at)
{
	const unsigned char *p = c->data + at;
	uint32_t n = 0;
	int i;

	for (i = 0; i < 4; i++)
		n = n << 8 | p[c->swapped ? i : 3 - i];
	return n;
}

static const char *
string(const struct catalog *c, uint32_t table, uint32_t i)
{
	return (const char *)c->data + number(c, table + (size_t)i * ENTRY + 4);
}

/* Whether a table, its strings and their ends lie in the file. */
static bool
table_fits(const struct catalog *c, uint32_t table)
{
	size_t at, len;
	uint32_t i;

	if (table > c->len || c->count > (c->len - table) / ENTRY)
		return false;
	for (i = 0; i < c->count; i++) {
		len = number(c, table + (size_t)i * ENTRY);
		at = number(c, table + (size_t)i * ENTRY + 4);
		if (at >= c->len || len >= c->len - at ||
		    c->data[at + len] != '\0')
			return false;
	}
	return true;
}

bool
catalog_open(struct catalog *c, const void *data, size_t len)
{
	*c = (struct catalog){ .data = data, .len = len };
	if (len < HEADER)
		return false;
	c->swapped = number(c, 0) == magic_swapped;
	/* a revision that differs in its upper half has another format */
	if (number(c, 0) != magic || number(c, 4) >> 16 != 0)
		return false;
	c->count = number(c, 8);
	c->originals = number(c, 12);
	c->translations = number(c, 16);
	return table_fits(c, c->originals) && table_fits(c, c->translations);
}

/* The originals are in the order of strcmp; "" is the file's own header. */
const char *
catalog_find(const struct catalog *c, const char *text, size_t len)
{
	uint32_t low = 0, high = len > 0 ? c->count : 0, middle;
	const char *one;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		one = string(c, c->originals, middle);
		if ((order = strncmp(text, one, len)) == 0) {
			if (one[len] == '\0')
				return string(c, c->translations, middle);
			order = -1;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
