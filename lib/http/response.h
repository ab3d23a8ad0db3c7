/* SPDX-License-Identifier: ISC */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "base/buf.h"
#include "http/request.h"

/*
 * _start, _json, _error and _redirect make the whole answer of a request:
 * whatever an earlier one made is replaced.  _header and _cache add to it.
 * All answers carry no-store unless response_cache says otherwise, nosniff
 * and no-referrer.
 */

/* An empty answer, e.g. 204; a body may be added to r->response.body. */
void response_start(struct request *r, int status, const char *type);

/*
 * A header line.  The value is refused (the line is left out and a fault
 * logged) when it holds a control character.
 */
void response_header(struct request *r, const char *name, const char *value);

/* Let caches keep the answer for so many seconds. */
void response_cache(struct request *r, unsigned seconds);

/* JSON text that the caller built. */
void response_json(struct request *r, int status, const char *json);

/*
 * {"error":…,"error_description":…} with the error's status (RFC 6749, 5.2).
 * 401 carries WWW-Authenticate: Basic when the client used the Authorization
 * header; 503 carries Retry-After.
 */
void response_error(struct request *r, const struct oerr *e);

/* 303 to `uri` (RFC 9110, 15.4.4): the next request is a GET whatever this
 * one was. */
void response_redirect(struct request *r, const char *uri);

/* The bytes to send for CGI and FastCGI alike (RFC 3875, 6). */
void response_write(struct request *r, struct buf *out);

#endif
