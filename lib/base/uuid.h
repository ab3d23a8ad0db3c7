/* SPDX-License-Identifier: ISC */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>

/* Characters of a UUID's text, without the NUL. */
enum { UUID_LEN = 36 };

/*
 * Whether `text` begins with a UUID as PostgreSQL writes it (RFC 9562, 4, in
 * lower case): the one spelling that is taken, so that an id has one text and
 * what is signed over it one signature.  What follows is the caller's.
 */
bool uuid_begins(const char *text);

/*
 * The text of a UUIDv7 (RFC 9562, 5.7) with a NUL: of `ms` since 1970, and
 * 74 of the random bits.
 */
void uuid_v7(
    int64_t ms, const uint8_t random[static 10], char out[static UUID_LEN + 1]);

#endif
