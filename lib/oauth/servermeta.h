/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_SERVERMETA_H
#define OAUTH_SERVERMETA_H

/* What this server says of itself, and of its resources, to clients. */

#include <stdbool.h>

#include "base/arena.h"

struct json_object;

struct servermeta {
	const char *issuer;
	const char *scopes;    /* scopes_supported, a JSON array */
	bool registration;     /* clients may register themselves */
	bool client_documents; /* a client_id may be a document's URL */
};

/* Authorization server metadata (RFC 8414, 2); JSON of the arena's. */
const char *servermeta_server(struct arena *a, const struct servermeta *m);

/*
 * Protected resource metadata (RFC 9728, 2) of a resource that is an object
 * with uri, name and scopes; JSON of the arena's.
 */
const char *servermeta_resource(
    struct arena *a, struct json_object *resource, const char *issuer);

#endif
