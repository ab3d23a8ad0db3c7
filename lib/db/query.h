/* SPDX-License-Identifier: ISC */
#ifndef DB_QUERY_H
#define DB_QUERY_H

#include <stdbool.h>

#include "db/db.h"

/*
 * What a statement is called and what it says when it is for as many calls,
 * from 1 to QUERY_MOST.
 */
enum { QUERY_MOST = 8, QUERY_NAME = 64, QUERY_TEXT = 4096 };

/* As the query's, for one call. */
void query_name(char name[QUERY_NAME], const struct db_query *q, int calls);

/* False when it is too long. */
bool query_text(char text[QUERY_TEXT], const struct db_query *q, int calls)
    __attribute__((warn_unused_result));

#endif
