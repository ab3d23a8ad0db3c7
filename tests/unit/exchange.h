/* SPDX-License-Identifier: ISC */
#ifndef UNIT_EXCHANGE_H
#define UNIT_EXCHANGE_H

#include "http/request.h"
#include "http/serve.h"

/*
 * A request as a web server would hand it over: its environment is given as
 * "NAME=value" up to a NULL.  It lives in the arena.
 */
struct request *exchange_request(struct arena *a, const struct program *p, ...)
    __attribute__((sentinel));

/* The same for a POST of `body`, a form unless the program takes JSON. */
struct request *exchange_post(
    struct arena *a, const struct program *p, const char *body);

/* What response_write sends. */
const char *exchange_sent(struct request *r);

/*
 * The value of a header that is sent, NULL when it is not; the test fails
 * when it is there more than once.
 */
const char *exchange_header(struct request *r, const char *name);

/* What is sent behind the headers. */
const char *exchange_body(struct request *r);

#endif
