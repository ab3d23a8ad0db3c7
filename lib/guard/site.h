/* SPDX-License-Identifier: ISC */
#ifndef GUARD_SITE_H
#define GUARD_SITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "jose/jwks.h"
#include "oauth/rule.h"

/* What is guarded: resources with their rules, and the keys of tokens. */

struct site_resource {
	const char *uri;  /* canonical: what a token's audience must be */
	const char *path; /* its path, at least "/" */
	/* where its metadata is (RFC 9728, 3.1) */
	const char *metadata;
	/* what asking for nothing means; told to who has no token */
	const char *default_scope;
	const char *const *aliases;
	size_t n_aliases;
	const char *const *origins; /* that a browser may call it from */
	size_t n_origins;
	bool checks_scope; /* the server does, so the guard does not */
	struct rule_set rules;
};

struct site {
	const char *issuer;
	struct jwks *keys;
	const struct site_resource *resources;
	size_t n_resources;
};

/*
 * Read what guard_read answered: `keys` is a JSON array of public keys,
 * `resources` one of objects.  The site and all in it belong to `kept`;
 * `scratch` holds the parsed text.
 *
 * NULL when there is anything in it that is not understood: a rule of which
 * one condition was passed over would guard something else.  Logged.
 */
const struct site *site_read(struct arena *kept, struct arena *scratch,
    const char *issuer, const char *keys, const char *resources)
    __attribute__((warn_unused_result));

/*
 * The resource whose URI, or else one of whose aliases, is `uri` once it is
 * canonical; NULL if there is none.
 */
const struct site_resource *site_named(
    const struct site *s, struct arena *a, const char *uri);

/*
 * The resource with the longest path that `path` is, or is below of in whole
 * segments.  NULL if there is none, when two have that very path, and when a
 * server to which upper and lower case are the same would find another.
 */
const struct site_resource *site_at(const struct site *s, const char *path);

/*
 * Whether `path` is in a well-known place below a guarded path, where old
 * clients look for metadata that is elsewhere: DIR/.well-known/...  To these
 * nothing but "not found" may be said.
 */
bool site_well_known(const char *path);

/*
 * Whether every server takes `path` for the same one: only what RFC 3986, 3.3
 * allows in a segment as it stands, less the semicolon; no %, no //, no
 * segment that begins with a dot.  A fragment, which servers cut off, a
 * control character, or what is not ASCII, which they escape, is not plain.
 */
bool site_path_plain(const char *path);

/* Whether a browser may call from `origin` (RFC 6454, 6.2), byte for byte. */
bool site_origin(const struct site_resource *s, const char *origin);

#endif
