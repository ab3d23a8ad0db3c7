/* SPDX-License-Identifier: ISC */

/*
 * The guard in front of MCP servers: a FastCGI authorizer, or by CGI what
 * becomes the protected program.  A request passes when its token was signed
 * by this server for this resource, is within its time, was not revoked, and
 * has the scopes that the resource's rules ask for.  What is in doubt is
 * refused.
 *
 * GATEPOST_RESOURCE, which the web server's configuration sets, names the
 * resource; else the request's path does.
 */

#include <assert.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/conn.h"
#include "guard/journal.h"
#include "guard/judge.h"
#include "guard/known.h"
#include "guard/verdict.h"
#include "http/workers.h"
#include "oauth/app.h"

enum {
	SCRATCH_MAX = 64 * 1024 * 1024,
	/* Longest that batches are begun, in ms: a request may be waiting; and
	 * who was told to end is killed in the end. */
	IDLE_MS = 100,
	STOP_MS = 4000
};
static_assert(STOP_MS + CONN_PATIENCE < WORKERS_END_MS,
    "a worker that waited has time for the last batch");

static struct {
	struct known known;
	struct journal *journal;
	struct patience patience;
	bool once; /* by CGI: what is not written now is never written */
} guard;

static const char *
outcome_of(const struct oerr *judged)
{
	if (judged == NULL)
		return "passed";
	return judged == &VERDICT_PREFLIGHT ? "answered" : "refused";
}

/* Write what there is before answering, if that can still be in time. */
static const struct oerr *
write_first(int64_t since)
{
	if (clock_ms() - since > PATIENCE_MS)
		return &OERR_UNAVAILABLE;
	return journal_flush(
	    guard.journal, &guard.patience, since + PATIENCE_MS);
}

/*
 * Enter the decision into the journal; when it has to be written first, into
 * the audit record.  Where a server asks again to have the answer it is there
 * already.
 */
static const struct oerr *
record(struct request *r, const struct verdict *v, const struct oerr *judged,
    int64_t since)
{
	const struct journal_event event = {
		.outcome = outcome_of(judged),
		.error = judged != NULL && judged != &VERDICT_PREFLIGHT
			     ? judged->code
			     : NULL,
		.why = v->why,
		.client_id = v->token.client_id,
		.account_id = accesstoken_account(&v->token),
		.grant_id = v->token.grant_id,
		.resource = v->resource != NULL ? v->resource->uri : NULL,
		.method = r->method_name,
		.path = r->path,
		.mcp_method = request_header(r, "HTTP_MCP_METHOD"),
		.mcp_name = v->needs.name != NULL
				? v->needs.name
				: request_header(r, "HTTP_MCP_NAME"),
		.address = r->address,
	};
	size_t len;

	if (verdict_is_answer(r))
		return NULL;
	len = journal_add(guard.journal, r->arena, &event);
	if ((!guard.once && !r->app->settings.guard_synchronous) ||
	    write_first(since) == NULL)
		return NULL;
	journal_drop(guard.journal, len);
	return &OERR_UNAVAILABLE;
}

/* What the database's absence makes us say is no decision to record. */
static void
any(struct request *r)
{
	struct verdict v = { 0 };
	int64_t since = clock_ms();
	const struct oerr *e, *judged;

	if (!journal_room(guard.journal))
		e = &OERR_UNAVAILABLE;
	else if ((e = known_fresh(&guard.known, &guard.patience)) == NULL) {
		judged = judge_request(r, &guard.known, &v);
		if ((e = record(r, &v, judged, since)) == NULL)
			e = judged;
	}
	if (e != NULL)
		verdict_refuse(r, &v, e);
	else
		verdict_pass(r, &v);
}

/* After each answer, and twice a second. */
static void
idle(struct app *app)
{
	const struct oerr *e;

	(void)app;
	e = known_fresh(&guard.known, &guard.patience);
	if (e == NULL && !workers_stopping() && journal_due(guard.journal))
		e = journal_flush(
		    guard.journal, &guard.patience, clock_ms() + IDLE_MS);
	/* logged, or time was over, or stop() does it; requests ask for it
	 * again, too */
	(void)e;
}

static void
stop(struct app *app)
{
	guard.patience.not_before = 0;
	if (journal_flush(
		guard.journal, &guard.patience, clock_ms() + STOP_MS) != NULL)
		log_event(LOG_ERROR, "audit_lost", NULL);
	journal_free(guard.journal);
	known_free(&guard.known);
	patience_free(&guard.patience);
	app_stop(app);
}

static struct app *
start(const struct program *p, const struct serve_config *c)
{
	struct app *app = app_start(p, c);

	guard.once = c->once;
	if (app == NULL || known_init(&guard.known) == -1 ||
	    patience_init(&guard.patience, app, SCRATCH_MAX) == -1 ||
	    (guard.journal = journal_new(JOURNAL_SIZE)) == NULL)
		return NULL;
	return app;
}

int
main(int argc, char **argv)
{
	static const struct program p = {
		.name = "guard",
		.flags = PROGRAM_AUTHORIZER,
		.any = any,
		.start = start,
		.idle = idle,
		.stop = stop,
	};

	return serve_main(argc, argv, &p);
}
