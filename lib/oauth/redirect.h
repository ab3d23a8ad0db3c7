/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_REDIRECT_H
#define OAUTH_REDIRECT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "http/oerr.h"

/*
 * Redirect URIs (OAuth 2.1, 2.3 and 7.5.3; RFC 8252, 7).  They are compared
 * byte for byte, never decoded, folded or normalised; the one thing that may
 * differ is the port of a loopback literal, and redirect_match takes it out
 * before the comparison.
 */

/*
 * Whether a client may register `uri`.  Refused: what is no URI, or longer
 * than 2048 bytes; a fragment (also an empty one), userinfo, `*`; a query
 * that already has a parameter code, state, iss or error, however its name
 * is percent-encoded; http to anything but the literals 127.0.0.1, [::1]
 * and localhost; https without a plain host; a port outside 1 to 65535;
 * schemes that a browser runs or that lead elsewhere, in any case; custom
 * schemes without `:/` behind them.
 *
 * A custom scheme that is not of the reverse-domain form (RFC 8252, 7.1), such
 * as Cursor's, passes here only so that the database can look it up among the
 * DBA's exceptions.
 *
 * NULL when it is good, else INVALID_REDIRECT_URI.
 */
const struct oerr *redirect_check(const char *uri)
    __attribute__((warn_unused_result));

/*
 * The text by which `uri` is compared: for http to one of the three loopback
 * literals the URI without its port (RFC 8252, 7.3), else the URI itself.
 * A loopback URI whose port is not a number from 1 to 65535, written without
 * leading zeros, is returned as it is.  Never NULL; lives as long as `uri`
 * and the arena.
 */
const char *redirect_match(struct arena *a, const char *uri);

/* Whether `uri` is http to a loopback literal, with a good port or none. */
bool redirect_loopback(const char *uri);

/*
 * What a person is shown of where a redirect leads: the host of http and
 * https, the scheme of others, "" of what is no URI.
 */
const char *redirect_host(struct arena *a, const char *uri);

/*
 * Append to `b` the URI with parameters added to its query (RFC 6749, 4.1.2):
 * pairs of key and value up to a NULL key.  Values are escaped, keys are the
 * program's own words; a pair with a NULL value is left out.  `uri` is one
 * that the database found registered.
 *
 *	redirect_respond(&b, uri, "code", code, "state", state, NULL);
 */
void redirect_respond(struct buf *b, const char *uri, ...)
    __attribute__((sentinel));

#endif
