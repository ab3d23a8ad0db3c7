/* SPDX-License-Identifier: ISC */
#ifndef DB_ROOM_H
#define DB_ROOM_H

#include <stdbool.h>

#include "base/arena.h"
#include "db/db.h"

struct pg_result;

/*
 * What workers leave for each other in a room of GROUP_ROOM bytes: the
 * arguments of a call, and where they were the rows of its answer.  How far it
 * was ever written to is kept at its front, so that all of it can be wiped.
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

/* False when there is not enough room. */
bool room_put_rows(char *room, const struct pg_result *result)
    __attribute__((warn_unused_result));

/* Copies, in the arena. */
void room_get_rows(const char *room, struct arena *a, struct db_rows *rows);

void room_wipe(char *room);

#endif
