/* SPDX-License-Identifier: ISC */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "base/arena.h"

/*
 * Parse the `len` bytes at `text`, which must be exactly one JSON value
 * (RFC 8259), at most 16 deep, valid UTF-8, without NUL, and without two
 * members of one name in an object: json-c would keep the last of them, and
 * whoever checks must not see another value than whoever uses it.
 *
 * NULL when it is anything else.  The object belongs to the arena.  What could
 * not be held whole leaves by arena_exhausted.
 */
struct json_object *json_read(struct arena *a, const char *text, size_t len);

/* The object as text, which it owns, or arena_exhausted. */
const char *json_text(struct arena *a, struct json_object *o)
    __attribute__((returns_nonnull));

/* The member `key` if it is there and a string, else NULL. */
const char *json_str(struct json_object *o, const char *key);

/* The member `key` if it is there and has `type`, else NULL. */
struct json_object *json_member(
    struct json_object *o, const char *key, enum json_type type);

#endif
