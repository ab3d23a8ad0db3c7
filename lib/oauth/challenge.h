/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_CHALLENGE_H
#define OAUTH_CHALLENGE_H

#include <stddef.h>

#include "base/arena.h"

/*
 * What who presents a bearer token, or none, is told in WWW-Authenticate (RFC
 * 6750, 3; RFC 9728, 5.1).  NULL or "" for what is not said: who sent no
 * token is told no error.
 */
struct challenge {
	const char *error;
	const char *description;
	const char *scope;
	const char *resource_metadata; /* its URL */
};

/* The header's value. */
const char *challenge_text(struct arena *a, const struct challenge *c);

/*
 * The scope for who has too little (MCP, "Scope Challenge Handling"): what the
 * token has, and what is needed besides.  Old clients ask for just what they
 * are told, and would lose the rest.
 */
const char *challenge_scope(struct arena *a, const char *const *has,
    size_t n_has, const char *const *needs, size_t n_needs);

#endif
