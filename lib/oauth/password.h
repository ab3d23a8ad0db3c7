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

#endif
