/* SPDX-License-Identifier: ISC */
#ifndef HTTP_ROWS_H
#define HTTP_ROWS_H

#include <stddef.h>

#include "http/page.h"

/*
 * The list `name` of a page, from `json`, an array of the database's: a row
 * for each object, which has its texts, its flags (true: there) and its arrays
 * by their own names; or a row with `text` for each text.  Returns how many
 * there are, 0 for NULL.
 */
size_t rows_set(
    struct request *r, struct page *p, const char *name, const char *json);

#endif
