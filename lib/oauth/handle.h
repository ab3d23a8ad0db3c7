/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_HANDLE_H
#define OAUTH_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "jose/refreshmac.h"

/*
 * What is handed out: `<uuid>.<secret>`.  The id finds the row by its primary
 * key; the secret is the base64url text of 256 random bits, and only the
 * SHA-256 of those 43 ASCII characters is stored.
 */
enum { HANDLE_UUID_SIZE = 37, HANDLE_SECRET_SIZE = 44 };

struct handle {
	char secret[HANDLE_SECRET_SIZE];
	uint8_t hash[DIGEST_LEN];
};

/*
 * A new secret and its hash.  0, or -1 on a fault of the generator, when
 * `h` is all zeros.  The caller wipes `h`, or has it in an arena.
 */
int handle_make(struct handle *h) __attribute__((warn_unused_result));

/* The text handed out, for the id that the database chose. */
const char *handle_text(struct arena *a, const char *uuid, const char *secret);

/*
 * Read a handle that came back: lower-case canonical UUID, dot, 43 characters
 * of base64url in their one spelling, and nothing else.  Sets the UUID's text
 * and the hash of the secret.  False when it is anything else or NULL; then
 * both are zeros.
 */
bool handle_parse(const char *text, char uuid[static HANDLE_UUID_SIZE],
    uint8_t hash[static DIGEST_LEN]) __attribute__((warn_unused_result));

/*
 * A refresh token: a handle whose secret all of a grant's tokens share, and
 * behind it which of them it is, `<grant>.<secret>.<generation>.<MAC>`.
 */
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
