/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_CLIENTKEYS_H
#define OAUTH_CLIENTKEYS_H

#include <stdbool.h>

#include "http/request.h"
#include "jose/jwks.h"

/*
 * Public keys of clients that authenticate with their own, kept by programs
 * that verify what these sign: those of the clients that were seen last.
 * Whether they are still right is said by the statement that decides, which
 * is given their version.
 */
enum { CLIENTKEYS_MAX = 64, CLIENTKEYS_ID = 512 };

struct clientkeys {
	const struct jwks *set; /* NULL: none that can be read */
	const char *version;    /* a bytea argument; NULL: no such client */
};

/*
 * The keys of a client.  They are read when they are not kept, or with
 * `again`; NULL, or the error to answer with.  *keys lives until the next
 * call.
 */
const struct oerr *clientkeys_get(struct request *r, const char *client_id,
    bool again, struct clientkeys *keys) __attribute__((warn_unused_result));

/*
 * The same, after asking for those that are elsewhere: for an assertion signed
 * with one that is not known.  Waits for them, 2 s at most, unless they came
 * just before, or others wait.
 */
const struct oerr *clientkeys_await(struct request *r, const char *client_id,
    struct clientkeys *keys) __attribute__((warn_unused_result));

#endif
