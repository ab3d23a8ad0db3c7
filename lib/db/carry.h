/* SPDX-License-Identifier: ISC */
#ifndef DB_CARRY_H
#define DB_CARRY_H

#include "base/group.h"
#include "db/conn.h"

/*
 * The calls of several workers (base/group.h), carried by the one that leads:
 * sent together and in one transaction, which is one round trip and one commit,
 * up to QUERY_MOST of the same struct db_query by one statement.  What is asked
 * in a place is that, with the arguments in its room (db/room.h), where the
 * answer is put.
 *
 * All had asked before the transaction began, so that its now() is no earlier
 * than what any of them has seen.  One call that fails undoes all: then each
 * is called alone; as where one would wait for a lock for longer than 100 ms,
 * or a statement takes more than 150 ms.
 */

/*
 * GROUP_ANSWERED: all was committed, and each answer is in its room.
 * GROUP_ALONE: nothing was done, as is logged.  GROUP_LOST: nobody knows, the
 * rooms hold anything, and the connection is of no more use.
 */
enum group_outcome carry(struct conn *c, const struct group *g,
    const struct group_taken *taken, int64_t deadline)
    __attribute__((warn_unused_result));

#endif
