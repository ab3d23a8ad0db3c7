/* SPDX-License-Identifier: ISC */
#ifndef DB_QUERY_H
#define DB_QUERY_H

#include <stdbool.h>

#include "db/db.h"

/*
 * The name and the text of a statement for that many calls.  With more than
 * eight little more would be saved, each number is prepared by itself, and the
 * functions take no more (sql/base.sql).
 */
enum {
	QUERY_MOST = 8,
	QUERY_NAME = 64,  /* bytes, with the NUL */
	QUERY_TEXT = 4096 /* the same */
};

/* The query's own for one call, else with their number: "f_8". */
void query_name(char name[QUERY_NAME], const struct db_query *q, int calls);

/* False when it does not fit: then `text` is no string. */
bool query_text(char text[QUERY_TEXT], const struct db_query *q, int calls)
    __attribute__((warn_unused_result));

#endif
