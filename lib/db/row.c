/* SPDX-License-Identifier: ISC */
#include "db/row.h"

#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

const char **
row_values(struct arena *a, struct db_rows *rows)
{
	const char **value = arena_alloc(a,
	    sizeof(*value) * (size_t)rows->count * (size_t)rows->columns + 1);

	rows->value = value;
	return value;
}

const char *
row_text(const struct db_rows *rows, int row, int column)
{
	return rows->value[row * rows->columns + column];
}

int64_t
row_int(const struct db_rows *rows, int row, int column)
{
	const char *s = row_text(rows, row, column);

	return s != NULL ? strtoll(s, NULL, 10) : 0;
}

bool
row_bool(const struct db_rows *rows, int row, int column)
{
	const char *s = row_text(rows, row, column);

	return s != NULL && *s == 't';
}

uint8_t *
row_bytes(struct arena *a, const struct db_rows *rows, int row, int column,
    size_t *len)
{
	const char *s = row_text(rows, row, column);
	unsigned char *raw;
	uint8_t *copy;

	*len = 0;
	if (s == NULL ||
	    (raw = PQunescapeBytea((const unsigned char *)s, len)) == NULL)
		return NULL;
	arena_defer(a, PQfreemem, raw);
	copy = arena_alloc(a, *len + 1);
	memcpy(copy, raw, *len);
	return copy;
}
