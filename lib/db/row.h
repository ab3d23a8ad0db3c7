/* SPDX-License-Identifier: ISC */
#ifndef DB_ROW_H
#define DB_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* The rows of an answer; they live as long as the arena of the call. */
struct db_rows {
	int count;
	int columns;
	const char *const *value; /* row by row; NULL is SQL's null */
};

/* Where its values are to be put, all NULL, for its count and columns. */
const char **row_values(struct arena *a, struct db_rows *rows);

/* A column of a row: NULL for SQL's null; 0 or false for null. */
const char *row_text(const struct db_rows *rows, int row, int column);
int64_t row_int(const struct db_rows *rows, int row, int column);
bool row_bool(const struct db_rows *rows, int row, int column);
/* A bytea column, decoded into the arena. */
uint8_t *row_bytes(struct arena *a, const struct db_rows *rows, int row,
    int column, size_t *len);

#endif
