/* SPDX-License-Identifier: ISC */
#ifndef HTTP_CATALOG_H
#define HTTP_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The translations into one language, as msgfmt compiles them (GNU gettext
 * manual, "The Format of GNU MO Files").  They are read here, not by
 * gettext(): a server answers each request in another language, and hosts
 * need not have installed the locales.
 */
struct catalog {
	const unsigned char *data;
	size_t len;
	bool swapped; /* numbers have the most significant byte first */
	uint32_t count, originals, translations;
};

/*
 * Look at a whole file, which must outlive the catalogue.  False if it is not
 * one, or has anything that does not lie within it.
 */
bool catalog_open(struct catalog *c, const void *data, size_t len)
    __attribute__((warn_unused_result));

/* The translation of the `len` bytes at `text`; NULL if there is none. */
const char *catalog_find(const struct catalog *c, const char *text, size_t len);

#endif
