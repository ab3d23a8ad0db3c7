/* SPDX-License-Identifier: ISC */
#ifndef MCP_MEDIA_H
#define MCP_MEDIA_H

#include <stdbool.h>

/*
 * Whether a Content-Type is application/json (RFC 9110, 8.3), whatever its
 * parameters.  NULL is not.
 */
bool media_is_json(const char *content_type);

/*
 * Whether an Accept (RFC 9110, 12.5.1) allows application/json: by name, by
 * a range that holds it, of which the closest counts, with q other than
 * 0.  NULL and "" allow everything.
 */
bool media_accepts_json(const char *accept);

#endif
