/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_SESSION_H
#define OAUTH_SESSION_H

#include <stdbool.h>

#include "http/request.h"
#include "oauth/handle.h"

/*
 * The browser's session and the requests it decides on, which the programs
 * with pages share.  Call app_fresh before: cookie and issuer are
 * settings.
 */

/* The session that the cookie names, or none. */
struct handle session_read(struct request *r);

/*
 * Give the browser its new session (RFC 6265): not for
 * scripts, not from other sites' forms, only over https when the issuer is
 * https, for as long as a session may live at most.
 */
void session_set(struct request *r, const char *id, const char *secret);

/* Take its session from the browser. */
void session_unset(struct request *r);

/*
 * The value that forms carry which are about the session and no request: made
 * of the session's secret, so that no other site and no other session has it,
 * and every page of the session may be used.  NULL without a session.
 */
const char *session_csrf(struct request *r);

/* Whether that is what a form sent. */
bool session_csrf_matches(struct request *r, const char *sent);

/*
 * Whether a form was posted from a page of ours.  Browsers send Origin
 * "null" from pages with no-referrer, as ours are; then Sec-Fetch-Site must
 * say same-origin where it is sent.  The value stored with the request is
 * checked besides, by the statement.
 */
bool session_same_origin(const struct request *r);

/*
 * issuer + path (which without a handle may have a query) + "?request=" +
 * handle, unless that is NULL, and the language that was asked for, as one of
 * ours, for the page there.
 */
char *session_url(struct request *r, const char *path, const char *handle);

#endif
