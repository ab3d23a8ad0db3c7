/* SPDX-License-Identifier: ISC */
#ifndef DB_CARRY_H
#define DB_CARRY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/group.h"
#include "db/conn.h"
#include "db/db.h"

struct pg_result;

/*
 * The calls of several workers (base/group.h), carried by one of them: sent
 * together, in one transaction, which is one round trip and one commit.  Each
 * is the same statement as ever and sees what those before it did.  One that
 * fails undoes all: then each is called alone.  So is each that would have to
 * wait for somebody's lock, so that the others need not.
 *
 * In a place are the arguments of a call, then the answer, as texts; what it
 * asks is its struct db_query.
 */

/* Put the arguments into a room.  False when there is not enough. */
bool carry_put(char *room, struct db_args args);

/*
 * Call what was taken.  GROUP_ANSWERED: all was committed, and each has its
 * result, which is the caller's to clear.  GROUP_ALONE: nothing was done.
 * GROUP_LOST: nobody knows; then the connection is of no more use.
 */
enum group_part carry(struct conn *c, const struct group *g,
    const struct group_taken *taken, int64_t deadline,
    struct pg_result *result[GROUP_MOST]);

/* Put an answer into a place.  False when it is too long. */
bool carry_answer(
    const struct group *g, int place, const struct pg_result *result);

/* Take it out; what is left there is wiped. */
void carry_take(char *room, struct arena *a, struct db_rows *rows);

#endif
