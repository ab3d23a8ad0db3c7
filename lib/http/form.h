/* SPDX-License-Identifier: ISC */
#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include <stddef.h>

#include "http/request.h"

/*
 * Read application/x-www-form-urlencoded text (of a query or a body) into
 * the request's values, by its program's table of parameters.  A parameter
 * that is there twice, too long, badly encoded, or holds control characters
 * or invalid UTF-8 gets a fault; one that is empty counts as not sent
 * (RFC 6749, 3.1); unknown ones are ignored.  An access token anywhere in it
 * is a fault of the whole request (RFC 6750, 2.2 and 2.3 are not offered).
 */
void form_read(struct request *r, const char *text, size_t len);

/*
 * Only look for an access token, in a query whose parameters do not count.
 */
void form_refuse_token(struct request *r, const char *text, size_t len);

/*
 * Decode `len` bytes of one name or value; NULL when a % is not followed by
 * two hexadecimal digits or the result holds a NUL.
 */
char *form_decode(struct arena *a, const char *text, size_t len);

#endif
