/* SPDX-License-Identifier: ISC */
#ifndef DB_DB_H
#define DB_DB_H

#include <stdbool.h>

#include "base/arena.h"
#include "db/arg.h"
#include "db/row.h"

struct group;

/*
 * One connection to PostgreSQL, made when it is first needed and again when
 * it was lost.  Every wait is bounded by a deadline of our own, since a
 * stopped server answers no timeout of its own.
 */
struct db;

/*
 * One statement and how it is called.  Static data of the program.
 *
 * With `each` it may be for several calls, other workers' among them
 * (db/carry.h): that takes the place of the first `%` in `sql`, once for each
 * call, with commas between; the numbers of its arguments go on from call to
 * call.
 *
 *	"select outcome from f(array[%])", "row($1, $2)::f_call"
 *
 * Such a statement answers with one row for each call, in their order, that is
 * short; may be undone and called again; fails only by a fault, since that
 * undoes the others' calls, too; and locks only rows which few want.
 */
struct db_query {
	const char *name; /* of the prepared statement, and in the log */
	const char *sql;
	int args; /* of one call */
	int columns;
	const char *each;
};

/* In the place of `each`: never with others. */
#define DB_ALONE NULL

/*
 * The arguments of a call, as text; NULL is SQL's null.  What makes them
 * counts them, so that one forgotten is refused, not read past the end:
 *
 *	db_call(db, a, &query, DB_ARGS(id, hash, address), &rows)
 */
struct db_args {
	const char *const *value;
	int count;
};

#define DB_ARGS(...)                                             \
	((struct db_args){ (const char *const[]){ __VA_ARGS__ }, \
	    sizeof((const char *const[]){ __VA_ARGS__ }) /       \
		sizeof(const char *) })
#define DB_NO_ARGS ((struct db_args){ NULL, 0 })

enum db_status {
	DB_OK,
	/*
	 * No answer could be had, or it cannot be trusted; the statement may
	 * or may not have taken effect.  Nothing is repeated blindly.
	 */
	DB_UNAVAILABLE,
	/* The server refused the statement, or it was called with too few or
	 * too many arguments; it had no effect.  Logged. */
	DB_FAULT
};

/*
 * A connection to come.  `dsn` is a libpq connection string, with as many
 * hosts as wanted, and must outlive it, as must `group`: the workers whose
 * calls may go together, each with one of these, to the same dsn; NULL when
 * there are none.  A host that does not
 * answer, or has no room, is passed over.  NULL when there is no memory.
 */
struct db *db_new(const char *dsn, const char *program, struct group *group);
void db_free(struct db *db);

/*
 * Whether statements are prepared, which saves planning.  Off at first, and
 * for poolers in transaction mode.
 */
void db_prepare(struct db *db, bool prepare);

/*
 * Run one statement, at most 3 s; 4 s where another worker, which was stopped,
 * called for this one.  Repeated once only where the server said
 * that it had no effect (serialization failure, deadlock, read only, a
 * prepared statement that is gone).
 */
enum db_status db_call(struct db *db, struct arena *a, const struct db_query *q,
    struct db_args args, struct db_rows *rows)
    __attribute__((warn_unused_result));

#endif
