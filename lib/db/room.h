/* SPDX-License-Identifier: ISC */
#ifndef DB_ROOM_H
#define DB_ROOM_H

#include <stdbool.h>

#include "base/arena.h"
#include "db/db.h"

struct pg_result;

/*
 * What workers leave for each other in a room of GROUP_ROOM bytes: the
 * arguments of a call, and where they were the row that is its answer.  How far
 * it was ever written to is kept at its front, so that all of it can be wiped.
 */
enum { ROOM_ARGS = 64 };

/* How large a message they are, some 150 bytes aside; -1 when there is not
 * enough room, or are more than ROOM_ARGS. */
int room_put_args(char *room, struct db_args args)
    __attribute__((warn_unused_result));

/* The first `count`, which last as long as they are in the room. */
void room_get_args(const char *room, int count, const char *value[ROOM_ARGS]);

/* The order of two rooms' arguments, as of memcmp(). */
int room_compare_args(const char *a, const char *b);

/* Row `row` of it, from 0, in the place of the arguments.  Where there is not
 * enough room for it room_get_row says so. */
void room_put_row(char *room, const struct pg_result *result, int row);

/* That row, copied into the arena.  False when there was not enough room. */
bool room_get_row(const char *room, struct arena *a, struct db_rows *rows)
    __attribute__((warn_unused_result));

void room_wipe(char *room);

#endif
