/* SPDX-License-Identifier: ISC */
#ifndef UNIT_FAKEDB_H
#define UNIT_FAKEDB_H

#include "db/db.h"

/*
 * A database of a test's own, in place of lib/db/db.c, which a test that uses
 * this does not link.  What it answers is set by each test.
 */
struct fakedb {
	enum db_status status; /* of every statement */
	const char *fails;     /* the name of one that is refused */
	const char *away;      /* a connection string that leads nowhere */
	/*
	 * The answer to a statement: values by row and column, NULL for SQL's
	 * null, of as many columns as it has.  *count rows; 1 if it is left.
	 */
	const char *const *(*answer)(
	    const struct db_query *q, struct db_args args, int *count);
	int calls;         /* that were made since the test set it */
	const char *asked; /* the connection string of the last one */
	bool prepared;
};

extern struct fakedb fakedb;

/* Rows as a server would have sent them; they live as long as the arena. */
void fakedb_rows(struct arena *a, const char *const *values, int count,
    int columns, struct db_rows *rows);

#endif
