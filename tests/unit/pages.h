/* SPDX-License-Identifier: ISC */
#ifndef UNIT_PAGES_H
#define UNIT_PAGES_H

#include <stddef.h>

/*
 * Pages to load.  lib/http/templates.c is compiled for the tests that use this
 * with PAGES_DIR "pages": what is loaded depends on where we are.
 */

/* Everything that is loaded. */
enum { PAGES_FILES = 12 };
extern const char *const pages_files[PAGES_FILES];

/* A catalogue without any translation. */
extern const unsigned char pages_catalog[28];

/* For cmocka: a folder to load from, and no more of it. */
int pages_begin(void **state);
int pages_end(void **state);

/* Put a file there; NULL: none. */
void pages_write(const char *name, const void *text, size_t len);

/* Load what is there; what templates_load says. */
int pages_load(void);

/* The same of files of which only the error page's content is of interest. */
void pages_load_template(const char *layout, const char *text);

/* Those that are shipped, with their translations. */
void pages_load_shipped(void);

#endif
