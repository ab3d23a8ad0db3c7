/* SPDX-License-Identifier: ISC */
#ifndef GUARD_REVOKED_H
#define GUARD_REVOKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oauth/accesstoken.h"

/*
 * Access tokens that are over before they expire, as the revocation feed
 * names them.  Finding one does not take longer when there are many.
 */
struct revoked;

/* An empty set.  NULL when there is no memory. */
struct revoked *revoked_new(void) __attribute__((warn_unused_result));
void revoked_free(struct revoked *set);

/*
 * Add an entry: `kind` is "grant", "client", "account" or "epoch", for which
 * `subject` is not looked at.  Of two for the same the later one counts, which
 * may say less: a client that is disabled is INT64_MAX, until it is enabled.
 * -1 when there is no memory or the kind is unknown, logged: then the set does
 * not say who is revoked.
 */
int revoked_add(struct revoked *set, const char *kind, const char *subject,
    int64_t revoked_at) __attribute__((warn_unused_result));

/*
 * Whether the token is over: its grant is, or it was issued no later than
 * the second in which its client, its account or everything was.
 */
bool revoked_has(const struct revoked *set, const struct accesstoken *t);

#endif
