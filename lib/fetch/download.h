/* SPDX-License-Identifier: ISC */
#ifndef FETCH_DOWNLOAD_H
#define FETCH_DOWNLOAD_H

#include <stddef.h>

#include "base/arena.h"

/*
 * One GET of a JSON document from a server that may be anybody's: https, no
 * redirect, no proxy, no cookie, no compression, a few kilobytes, 5 seconds
 * in all, and only to public addresses, which are judged when the connection
 * is made.
 */
enum { DOWNLOAD_MS = 5000 };

struct download {
	const char *url;
	size_t max; /* bytes of the document */
	/* networks that are not public and yet allowed: a JSON array; NULL:
	 * none */
	const char *addresses;
	const char *ca; /* PEM that alone is trusted; NULL: the system's */

	const char *body; /* ended by a NUL */
	size_t len;
	long max_age; /* of Cache-Control, in seconds; -1: not said */
};

/* Once for a process, before any download.  -1, logged, on a fault. */
int download_init(void) __attribute__((warn_unused_result));

/*
 * Fill the second half of `d`, in the arena.  NULL; or in a word what was
 * wrong, for the record and for nobody else: "address" (not a public one),
 * "name" (not resolved), "connection", "certificate", "timeout", "status"
 * (not 200), "type" (not JSON), "size", "fault".
 */
const char *download_get(struct arena *a, struct download *d)
    __attribute__((warn_unused_result));

#endif
