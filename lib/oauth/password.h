/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_PASSWORD_H
#define OAUTH_PASSWORD_H

#include <stdbool.h>

#include "base/arena.h"

/*
 * Whether `password` has this crypt(3) hash, of whatever kind libcrypt knows.
 * A hash that it does not know matches nothing.  What it works with is in the
 * arena, and wiped with it.
 */
bool password_matches(struct arena *a, const char *password, const char *hash);

/*
 * What is kept of a new password: a crypt(3) string of the kind and cost that
 * libcrypt takes by default, with a new salt.  NULL when it cannot be made: the
 * password is longer than libcrypt takes, or the system has no randomness.
 */
const char *password_hash(struct arena *a, const char *password);

/*
 * What is wrong with a new password: "short", "repeat" (the second time was
 * another) or "same" (as the present one); NULL when it is good.
 */
const char *password_fault(
    const char *password, const char *repeated, const char *present);

#endif
