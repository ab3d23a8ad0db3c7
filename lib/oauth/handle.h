/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_HANDLE_H
#define OAUTH_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "http/oerr.h"
#include "jose/refreshmac.h"

/*
 * What is handed out: `<uuid>.<secret>`.  The id finds the row by its primary
 * key; the secret is the base64url text of 256 random bits, and only the
 * SHA-256 of those 43 ASCII characters is stored.
 */

/* A handle that came back, as two arguments of a statement: a UUID and a
 * bytea.  Both are NULL when it was missing or malformed. */
struct handle {
	const char *id;
	const char *hash;
};

/*
 * Read a handle: lower-case canonical UUID, dot, 43 characters of base64url in
 * their one spelling, and nothing else.  NULL is none.
 */
struct handle handle_read(struct arena *a, const char *text);

/* A new secret for a handle, a form or a client, and its hash as an
 * argument. */
struct handle_secret {
	const char *text;
	const char *hash;
};

/* Make one, in the arena.  NULL; or FAULT when the system has no randomness. */
const struct oerr *handle_new(struct arena *a, struct handle_secret *s)
    __attribute__((warn_unused_result));

/* The text handed out, for the id that the database chose. */
const char *handle_text(struct arena *a, const char *uuid, const char *secret);

/*
 * A refresh token: a handle whose secret all of a grant's tokens share, and
 * behind it which of them it is, `<grant>.<secret>.<generation>.<MAC>`.
 */
enum { HANDLE_UUID_SIZE = 37 };

struct handle_refresh {
	char uuid[HANDLE_UUID_SIZE];
	int32_t generation;
	struct refreshmac code;   /* not yet verified */
	uint8_t hash[DIGEST_LEN]; /* of the secret */
};

/*
 * Read a refresh token.  The generation is decimal, 1 to 2147483647, without
 * leading zeros; the rest is as strict as above.  False when it is anything
 * else or NULL; then `r` is all zeros.
 */
bool handle_parse_refresh(const char *text, struct handle_refresh *r)
    __attribute__((warn_unused_result));

#endif
