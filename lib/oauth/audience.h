/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_AUDIENCE_H
#define OAUTH_AUDIENCE_H

#include <json-c/json.h>

/*
 * The audience of a token that has exactly one (RFC 7519, 4.1.3): "aud" is a
 * string, or an array of one.  NULL when it has none, several, or no string.
 */
const char *audience_only(struct json_object *claims);

#endif
