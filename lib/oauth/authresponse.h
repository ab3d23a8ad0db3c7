/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_AUTHRESPONSE_H
#define OAUTH_AUTHRESPONSE_H

#include "http/request.h"

/*
 * The authorization response: the browser goes back to the client, with the
 * state that it sent (NULL for none) and always with iss (RFC 9207, 2).
 * `redirect_uri` is one that the database found registered.
 */

/* With a code (RFC 6749, 4.1.2). */
void authresponse_code(struct request *r, const char *redirect_uri,
    const char *code, const char *state);

/* With an error (RFC 6749, 4.1.2.1). */
void authresponse_error(struct request *r, const char *redirect_uri,
    const struct oerr *e, const char *state);

/*
 * What a form that ends in such an answer may lead to, besides what every
 * page allows (see page_send): the client's custom scheme, or all of http for
 * [::1], which CSP 3, 2.3.1 has no words for.  NULL for nothing more.
 */
const char *authresponse_beyond(struct request *r, const char *redirect_uri);

#endif
