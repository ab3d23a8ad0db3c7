/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_BASIC_H
#define OAUTH_BASIC_H

#include "base/arena.h"
#include "oauth/authorization.h"

/* A client's credentials, in the arena. */
struct basic {
	const char *id;
	const char *secret;
};

/*
 * Read HTTP Basic authentication of a client (RFC 7617; RFC 6749, 2.3.1):
 * strict base64 of id, colon, secret, both form-encoded.  The first colon
 * divides; + is a space and %XX a byte on both sides.
 *
 * MALFORMED: two headers folded into one ("a, b"), no colon, an empty id, a
 * broken %XX, and what decodes to a control character or to anything but
 * UTF-8.  An empty secret is a secret, that no client has.  `out` is set for
 * FOUND alone.
 */
enum authorization basic_parse(
    struct arena *a, const char *header, struct basic *out);

#endif
