/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_SESSION_H
#define OAUTH_SESSION_H

#include <stdbool.h>

#include "db/db.h"
#include "http/request.h"
#include "oauth/handle.h"

/*
 * The browser's session and the requests it decides on, which the three
 * programs with pages share; and handles and secrets as arguments of a
 * statement, for token and register too.  Call app_fresh before what is about
 * the cookie or the issuer: both are settings.
 */

/* A handle that came back, as the two arguments of a statement; both are
 * NULL when it was missing or malformed. */
struct session_handle {
	const char *id;
	const char *hash;
};

/* The handle `text`, or none. */
struct session_handle session_handle_read(struct request *r, const char *text);

/* The session that the cookie names, or none. */
struct session_handle session_read(struct request *r);

/*
 * Give the browser its new session (RFC 6265): not for
 * scripts, not from other sites' forms, only over https when the issuer is
 * https, for as long as a session may live at most.
 */
void session_set(struct request *r, const char *id, const char *secret);

/*
 * Whether a form was posted from a page of ours.  Browsers send Origin
 * "null" from pages with no-referrer, as ours are; then Sec-Fetch-Site must
 * say same-origin where it is sent.  The value stored with the request is
 * checked besides, by the statement.
 */
bool session_same_origin(const struct request *r);

/* A new secret for a handle or a form, in the arena, and its hash as an
 * argument.  NULL; or FAULT, logged, when the system has no randomness. */
struct session_secret {
	const char *text;
	const char *hash;
};
const struct oerr *session_secret_make(struct request *r,
    struct session_secret *s) __attribute__((warn_unused_result));

/* issuer + path + "?request=" + handle. */
char *session_url(struct request *r, const char *path, const char *handle);

#endif
