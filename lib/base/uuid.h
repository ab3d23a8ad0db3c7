/* SPDX-License-Identifier: ISC */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include <stdbool.h>

/* Characters of a UUID's text, without the NUL. */
enum { UUID_LEN = 36 };

/*
 * Whether `text` begins with a UUID as PostgreSQL writes it (RFC 9562, 4, in
 * lower case): the one spelling that is taken, so that an id has one text and
 * what is signed over it one signature.  What follows is the caller's.
 */
bool uuid_begins(const char *text);

#endif
