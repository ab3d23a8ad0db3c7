/* SPDX-License-Identifier: ISC */
#ifndef DB_ARG_H
#define DB_ARG_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* Arguments of statements, as text: a bytea, a text[] of `n` strings, an
 * integer. */
const char *arg_bytes(struct arena *a, const void *data, size_t len);
const char *arg_texts(struct arena *a, const char *const *texts, size_t n);
const char *arg_int(struct arena *a, int64_t value);

/* The SHA-256 of a secret that came back, as a bytea; NULL of NULL. */
const char *arg_sha256(struct arena *a, const char *secret);

#endif
