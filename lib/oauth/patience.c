/* SPDX-License-Identifier: ISC */
#include "oauth/patience.h"

#include <setjmp.h>

#include "base/clock.h"
#include "base/log.h"

/*
 * How long the database is left alone: a second, and twice as long as it let
 * us wait; not longer, since what is revoked after its return must be heard
 * of soon.
 */
enum { REST_MS = 1000, WAIT_MS = 2500 };

int
patience_init(struct patience *p, struct app *app, size_t limit)
{
	*p = (struct patience){ .app = app };
	p->scratch = arena_new(limit);
	return p->scratch != NULL ? 0 : -1;
}

void
patience_free(struct patience *p)
{
	arena_free(p->scratch);
}

static const struct oerr *
caught(struct patience *p, patience_work work, void *ctx)
{
	struct request *r;
	jmp_buf exhausted;

	arena_catch(p->scratch, &exhausted);
	if (setjmp(exhausted) != 0) {
		log_event(LOG_ERROR, "out_of_memory", NULL);
		return &OERR_UNAVAILABLE;
	}
	r = arena_alloc(p->scratch, sizeof(*r));
	r->arena = p->scratch;
	r->app = p->app;
	return work(r, ctx);
}

const struct oerr *
patience_do(struct patience *p, patience_work work, void *ctx)
{
	int64_t start = clock_ms(), took;
	const struct oerr *e;

	if (start < p->not_before)
		return &OERR_UNAVAILABLE;
	e = caught(p, work, ctx);
	arena_catch(p->scratch, NULL);
	arena_reset(p->scratch);
	took = clock_ms() - start;
	if (e == &OERR_UNAVAILABLE)
		p->not_before = start + took + REST_MS +
				(2 * took < WAIT_MS ? 2 * took : WAIT_MS);
	return e;
}
