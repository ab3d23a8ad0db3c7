/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_APP_H
#define OAUTH_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"
#include "http/page.h"
#include "http/request.h"
#include "http/serve.h"

/*
 * What every program keeps between requests: its connection and the settings
 * it last read.  `change` counts the changes that anybody made to what
 * programs keep; a program that keeps more compares it with the number at
 * which it read that.
 */
struct settings {
	int64_t change;
	const char *issuer;
	const char *service_name;
	int session_absolute_seconds;
	int cache_seconds;
	bool remote_user;
	int guard_offline_seconds;
	bool guard_synchronous;
	const char *signing_algorithm;
};

struct app {
	struct db *db;
	struct db *records; /* the same, or where a standby's program writes */
	struct settings settings; /* issuer is NULL before the first look */
	struct arena *kept;       /* what settings point to */
	int64_t called_at;        /* when the last statement was sent */
	int64_t looked_at;        /* when the one was that told `change` */
};

/* For struct program: start, and stop.  Connects to nothing yet. */
struct app *app_start(const struct program *p, const struct serve_config *c);
void app_stop(struct app *app);

/*
 * The same for a program whose database may be a standby: GATEPOST_AUDIT_DSN
 * then says where app_record_row and app_refused write.
 */
struct app *app_start_apart(
    const struct program *p, const struct serve_config *c);

/* Whether records go elsewhere than what is read comes from. */
bool app_apart(const struct app *app);

/*
 * Make sure that the settings are no older than a second: when they are, ask
 * for the change counter, and read them again only if it moved.  NULL, or
 * the error to answer with.
 */
const struct oerr *app_fresh(struct request *r)
    __attribute__((warn_unused_result));

/* The same when the program's own statement already told the counter. */
const struct oerr *app_saw(struct request *r, int64_t change)
    __attribute__((warn_unused_result));

/* Call a statement for a request.  NULL and `rows`, or UNAVAILABLE or
 * FAULT. */
const struct oerr *app_call(struct request *r, const struct db_query *q,
    struct db_args args, struct db_rows *rows)
    __attribute__((warn_unused_result));

/* The same for a statement that always answers with one row. */
const struct oerr *app_call_row(struct request *r, const struct db_query *q,
    struct db_args args, struct db_rows *row)
    __attribute__((warn_unused_result));

/* The same for one that only records.  Whatever goes wrong is UNAVAILABLE: a
 * decision that is not recorded is not made. */
const struct oerr *app_record_row(struct request *r, const struct db_query *q,
    struct db_args args, struct db_rows *row)
    __attribute__((warn_unused_result));

/*
 * What a statement decided, in its first column: NULL when that is `good`,
 * else the error that it names, FAULT if it names none.
 */
const struct oerr *app_outcome(const struct db_rows *row, const char *good)
    __attribute__((warn_unused_result));

/*
 * app_call_row, and app_outcome of the row.  Never a step of a list that ends
 * in app_refused: what a statement refuses, it has recorded itself.
 */
const struct oerr *app_call_outcome(struct request *r, const struct db_query *q,
    struct db_args args, const char *good, struct db_rows *row)
    __attribute__((warn_unused_result));

/*
 * Put a refusal into the audit record that no other statement records.
 * Returns `e`, or UNAVAILABLE when it could not be recorded: then the
 * decision is not made.  `client_id` is what the request said, or NULL.  An
 * error of ours (5xx: what app_call returns) is no refusal, and is returned
 * as it is: so one list of steps may hold checks and the statement.
 */
const struct oerr *app_refused(struct request *r, const struct oerr *e,
    const char *client_id) __attribute__((warn_unused_result));

/* issuer + path, e.g. "/oauth2/login". */
char *app_url(struct request *r, const char *path);

/* A page with what the layout shows. */
struct page *app_page(struct request *r);

#endif
