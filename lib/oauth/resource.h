/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_RESOURCE_H
#define OAUTH_RESOURCE_H

#include "base/arena.h"
#include "http/oerr.h"

/*
 * Resource indicators (RFC 8707; MCP, authorization): the URI of a protected
 * server, which becomes the audience of a token.
 */

/*
 * The one spelling in which resources are stored and compared: scheme and
 * host in lower case, no default port, "/" for an empty path; path and query
 * are left as they are.
 *
 * NULL when `uri` is not an absolute http or https URI of at most 2048 bytes
 * with a plain host (see uri_host_plain), or has userinfo, a fragment (RFC
 * 8707, 2; also an empty one) or a port that is no number from 1 to 65535.
 */
const char *resource_canonical(struct arena *a, const char *uri);

/*
 * The parameter `resource` (RFC 8707, 2) in that spelling; NULL for an absent
 * one, which is no error.  NULL, or INVALID_TARGET.
 */
const struct oerr *resource_parse(struct arena *a, const char *text,
    const char **uri) __attribute__((warn_unused_result));

/*
 * The path of a resource, without its query.  At least "/".  NULL when `uri`
 * is no resource.
 */
const char *resource_path(struct arena *a, const char *uri);

/* Where the metadata of a resource without a path is. */
#define RESOURCE_METADATA "/.well-known/oauth-protected-resource"

/*
 * Where a resource's metadata is (RFC 9728, 3.1), as a URL and as the path and
 * query of it: the well-known string comes between the host and what follows
 * it, of which a path that is only "/" is left out.  NULL when `uri` is no
 * resource.
 */
const char *resource_metadata_url(struct arena *a, const char *uri);
const char *resource_metadata_path(struct arena *a, const char *uri);

#endif
