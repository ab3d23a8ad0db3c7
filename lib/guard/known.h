/* SPDX-License-Identifier: ISC */
#ifndef GUARD_KNOWN_H
#define GUARD_KNOWN_H

#include "oauth/patience.h"
#include "guard/revoked.h"
#include "guard/site.h"
#include "oauth/tokencache.h"

/*
 * What the guard knows of the database: what is guarded, with which keys,
 * and who was revoked.  It is no older than a second, or as old as the
 * setting guard_offline allows while PostgreSQL is away.
 */
struct known {
	const struct site *site;       /* NULL before the first look */
	const struct revoked *revoked; /* of the same moment */
	struct tokencache *cache;

	/* the rest is known.c's own */
	struct arena *kept; /* what the site points to */
	struct revoked *set;
	const char *keys;    /* the text they were read from */
	int64_t site_change; /* at which these two were read */
	int64_t revoked_change;
	int64_t revoked_after;        /* the newest entry that is known */
	int64_t reloaded_at, good_at; /* ms of clock_ms */
};

/* -1 when there is no memory. */
int known_init(struct known *k) __attribute__((warn_unused_result));
void known_free(struct known *k);

/*
 * Make sure of it.  NULL; UNAVAILABLE when PostgreSQL has been away for
 * longer than may be, or was never there; FAULT when it is there but its
 * answer is not understood.  In both cases nothing may pass.
 */
const struct oerr *known_fresh(struct known *k, struct patience *p)
    __attribute__((warn_unused_result));

#endif
