/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_SCOPE_H
#define OAUTH_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "http/oerr.h"

/*
 * Scopes (RFC 6749, 3.3): segments joined by colons.  `*` is legal only as
 * the whole last segment behind another one, and stands for one or more
 * further segments.
 */
enum { SCOPE_MAX = 100, SCOPE_LEN_MAX = 256 };

/*
 * Whether the `len` bytes at `s` are one scope: 1 to 256 characters that RFC
 * 6749 allows, no empty segment, `*` only where it may be.
 */
bool scope_valid(const char *s, size_t len);

/*
 * The parameter `scope`: scopes with exactly one space between them, in any
 * order.  Sets *set, an array in the arena, and *n; duplicates are dropped,
 * the order kept.  NULL and "" are no scopes: *n is 0.
 *
 * NULL, or INVALID_SCOPE when a scope is not valid, there are more than 100,
 * or there is a space too many; then *n is 0.
 */
const struct oerr *scope_parse(struct arena *a, const char *text,
    const char ***set, size_t *n) __attribute__((warn_unused_result));

/*
 * Whether who has `pattern` has `scope`: they are equal, or `pattern` ends
 * in `:*` and `scope` has the same segments before it and at least one more.
 * A wildcard is covered by itself and by a wider one.  Both are valid.
 */
bool scope_covers(const char *pattern, const char *scope);

/* Whether one of the `n` patterns covers `scope`. */
bool scope_set_covers(const char *const *set, size_t n, const char *scope);

/* The scopes with a space between them; "" for none. */
const char *scope_join(struct arena *a, const char *const *set, size_t n);

#endif
