/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_PATIENCE_H
#define OAUTH_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "http/request.h"
#include "oauth/app.h"

/*
 * Work with the database that a program can do without for a while.  A
 * server that does not answer costs 3 s to find out: that is paid now and
 * then, by one request, not by each.
 */
struct patience {
	struct app *app;
	struct arena *scratch; /* of the work; empty between */
	int64_t not_before;    /* ms of clock_ms: until then, do without */
};

/* Longest that work may have gone on before its last statement, in ms. */
enum { PATIENCE_MS = 1000 };

/* -1 when there is no memory. */
int patience_init(struct patience *p, struct app *app, size_t limit)
    __attribute__((warn_unused_result));
void patience_free(struct patience *p);

/*
 * Do `work`, which finds connection and arena in the request that it is
 * given and nothing else.  Its result; or UNAVAILABLE, with nothing done,
 * while the database is being left alone: a second after it refused, and
 * twice as long as it let us wait, 3.5 s at most.  Memory that ends is
 * UNAVAILABLE too.
 */
typedef const struct oerr *(*patience_work)(struct request *r, void *ctx);

const struct oerr *patience_do(struct patience *p, patience_work work,
    void *ctx) __attribute__((warn_unused_result));

#endif
