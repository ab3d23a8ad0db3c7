/* SPDX-License-Identifier: ISC */
#ifndef GUARD_JOURNAL_H
#define GUARD_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "oauth/patience.h"

/*
 * Decisions that were made and wait to be written to the audit record.
 * Bounded: while it is full, no decision may be made.
 */
struct journal;

enum {
	JOURNAL_SIZE = 4 * 1024 * 1024, /* of it all, in bytes */
	JOURNAL_EVENT_MAX = 8 * 1024,   /* of one event */
	JOURNAL_BATCH = 64 * 1024,      /* written by one statement */
	JOURNAL_WAIT_MS = 500           /* longest in normal times */
};

/*
 * A decision.  `outcome` and `method` are there; NULL for what is not known.
 * Each text is cut at a length that is enough for honest ones, and what is not
 * clean UTF-8 is made so.
 */
struct journal_event {
	const char *outcome; /* "passed", "refused", "answered" */
	const char *error;   /* as it was told */
	const char *why;     /* more exactly, for us alone */
	const char *client_id, *grant_id;
	const char *account_id; /* NULL: a client for itself */
	const char *resource;
	const char *method, *path;
	const char *mcp_method, *mcp_name;
	const char *address; /* the request's, which is one, or NULL */
};

/* An empty one for at most `size` bytes.  NULL when there is no memory. */
struct journal *journal_new(size_t size) __attribute__((warn_unused_result));
void journal_free(struct journal *j);

/* Whether one more event would fit. */
bool journal_room(const struct journal *j);

/*
 * Note an event, now; there must be room.  `a` holds it meanwhile.  Returns
 * its length for journal_drop.
 */
size_t journal_add(
    struct journal *j, struct arena *a, const struct journal_event *e);

/* Take back the newest event, of `len` bytes: the decision is not made. */
void journal_drop(struct journal *j, size_t len);

/*
 * The oldest events in the arena, a line each with newlines between them, of
 * JOURNAL_BATCH bytes at most; NULL if there are none.  *len, which counts the
 * last one's newline, too, is to be told to journal_written.
 */
const char *journal_batch(
    const struct journal *j, struct arena *a, size_t *len);
void journal_written(struct journal *j, size_t len);

/* Whether it is time to write: the oldest has waited, or they are many. */
bool journal_due(const struct journal *j);

/*
 * Write batch after batch, after the first only until clock_ms() says `until`.
 * UNAVAILABLE if anything is left: it stays.  What was written, though the
 * answer was lost on its way, is not recorded twice.
 */
const struct oerr *journal_flush(struct journal *j, struct patience *p,
    int64_t until) __attribute__((warn_unused_result));

#endif
