/* SPDX-License-Identifier: ISC */
#include "fakedb.h"

#include <stdlib.h>
#include <string.h>

struct fakedb fakedb;

struct db {
	const char *dsn;
};

void
fakedb_rows(struct arena *a, const char *const *values, int count, int columns,
    struct db_rows *rows)
{
	const char **copy =
	    arena_alloc(a, sizeof(*copy) * (size_t)(count * columns));

	for (int i = 0; i < count * columns; i++) {
		if (values[i] != NULL)
			copy[i] = arena_strdup(a, values[i]);
	}
	*rows = (struct db_rows){ count, columns, copy };
}

enum db_status
db_call(struct db *db, struct arena *a, const struct db_query *q,
    struct db_args args, struct db_rows *rows)
{
	const char *const *values;
	int count = 1;

	fakedb.calls++;
	fakedb.asked = db != NULL ? db->dsn : NULL;
	if (fakedb.status != DB_OK)
		return fakedb.status;
	if (fakedb.away != NULL && strcmp(fakedb.away, fakedb.asked) == 0)
		return DB_UNAVAILABLE;
	if (args.count != q->args ||
	    (fakedb.fails != NULL && strcmp(fakedb.fails, q->name) == 0))
		return DB_FAULT;
	values = fakedb.answer(q, args, &count);
	fakedb_rows(a, values, count, q->columns, rows);
	return DB_OK;
}

struct db *
db_new(const char *dsn, const char *program, struct group *group)
{
	struct db *db = calloc(1, sizeof(*db));

	(void)program;
	(void)group;
	if (db != NULL)
		db->dsn = dsn;
	return db;
}

void
db_free(struct db *db)
{
	free(db);
}

void
db_prepare(struct db *db, bool prepare)
{
	(void)db;
	fakedb.prepared = prepare;
}
