/* SPDX-License-Identifier: ISC */
#ifndef UNIT_VECTORS_H
#define UNIT_VECTORS_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Cases kept as files in tests/unit/vectors, in the text format of COPY with
 * a header, so that PostgreSQL can load the same ones: one case a line,
 * columns between tabs, \N for null, and \t, \n, \r, \\ and \xHH.
 */
enum { VECTORS_COLUMNS = 6, VECTORS_LINE = 32768 };

struct vectors {
	FILE *file;
	int line;
	int cases;
	char text[VECTORS_LINE];
	const char
	    *column[VECTORS_COLUMNS]; /* NULL for \N and beyond the last */
};

/* Open a file; the test fails when it is not there. */
void vectors_open(struct vectors *v, const char *name);

/*
 * The next case, in v->column.  False at the end, after closing the file;
 * the test fails when there was no case at all.
 */
bool vectors_next(struct vectors *v);

/* Say which line did not do what it says; then the test fails. */
_Noreturn void vectors_fail(const struct vectors *v, const char *got);

#endif
