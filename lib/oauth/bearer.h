/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_BEARER_H
#define OAUTH_BEARER_H

#include "oauth/authorization.h"

/*
 * Read a bearer token from the Authorization header (RFC 6750, 2.1): exactly
 * one b64token of at most 8 KiB, scheme included.  *token is set for FOUND
 * alone, to a place in `header`.
 */
enum authorization bearer_parse(const char *header, const char **token);

#endif
