/* SPDX-License-Identifier: ISC */
#include "db/conn.h"

#include <poll.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/query.h"

/*
 * Functions of ours never warn; the server does when it gives up waiting for
 * a synchronous standby, and then an answer must not be given.
 */
static void
on_notice(void *ctx, const PGresult *res)
{
	struct conn *c = ctx;
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);

	if (state != NULL && strncmp(state, "01", 2) == 0)
		c->doubtful = true;
}

void
conn_drop(struct conn *c)
{
	PQfinish(c->pg);
	c->pg = NULL;
	c->nprepared = 0;
}

/* Wait until the socket is ready.  0, or -1 at the deadline. */
static int
wait_for(struct conn *c, short events, int64_t deadline)
{
	struct pollfd fd = { .fd = PQsocket(c->pg), .events = events };
	int64_t left;

	while ((left = deadline - clock_ms()) > 0) {
		/* a signal, or anything to look at: let the caller look */
		if (fd.fd >= 0 && poll(&fd, 1, (int)left) != 0)
			return 0;
	}
	return -1;
}

/* One attempt; what time there is the hosts share, with the statement. */
static int
connect_once(struct conn *c, size_t without, int64_t deadline)
{
	PostgresPollingStatusType state = PGRES_POLLING_WRITING;
	const char *at = NULL;
	int64_t until = deadline;

	c->pg = hosts_connect(&c->hosts, without, c->dsn, c->program);
	if (c->pg == NULL || PQstatus(c->pg) == CONNECTION_BAD)
		return -1;
	PQsetNoticeReceiver(c->pg, on_notice, c);
	while (state != PGRES_POLLING_OK) {
		if (c->hosts.count > 1 && at != PQhost(c->pg)) {
			at = PQhost(c->pg);
			until = clock_ms() +
				CONN_PATIENCE / (int64_t)(c->hosts.count + 1);
		}
		if (wait_for(c,
			state == PGRES_POLLING_READING ? POLLIN : POLLOUT,
			until < deadline ? until : deadline) == -1)
			return -1;
		state = PQconnectPoll(c->pg);
		if (state == PGRES_POLLING_FAILED)
			return -1;
	}
	return PQsetnonblocking(c->pg, 1);
}

/* Then without the host that was the last to be tried, and so on. */
int
conn_open(struct conn *c, int64_t deadline)
{
	size_t without = 0;

	do {
		conn_drop(c);
		if (connect_once(c, without, deadline) == 0)
			return 0;
	} while (clock_ms() < deadline && hosts_put_last(&c->hosts, c->pg) &&
		 ++without < c->hosts.count);
	return -1;
}

bool
conn_alive(struct conn *c)
{
	struct pollfd fd = { .fd = PQsocket(c->pg), .events = POLLIN };

	if (c->pg == NULL || PQstatus(c->pg) != CONNECTION_OK ||
	    PQtransactionStatus(c->pg) != PQTRANS_IDLE)
		return false;
	if (poll(&fd, 1, 0) == 0)
		return true;
	/* notices and parameter changes are read; an end is an end */
	return PQconsumeInput(c->pg) == 1 && PQstatus(c->pg) == CONNECTION_OK &&
	       poll(&fd, 1, 0) == 0;
}

int
conn_flush(struct conn *c, int64_t deadline)
{
	int more;

	while ((more = PQflush(c->pg)) == 1) {
		if (wait_for(c, POLLIN | POLLOUT, deadline) == -1 ||
		    PQconsumeInput(c->pg) != 1)
			return -1;
	}
	return more;
}

PGresult *
conn_next(struct conn *c, int64_t deadline, bool *cut)
{
	*cut = false;
	while (PQisBusy(c->pg)) {
		if (wait_for(c, POLLIN, deadline) == -1 ||
		    PQconsumeInput(c->pg) != 1) {
			*cut = true;
			return NULL;
		}
	}
	return PQgetResult(c->pg);
}

PGresult *
conn_collect(struct conn *c, int64_t deadline)
{
	PGresult *last = NULL, *res;
	bool cut;

	if (conn_flush(c, deadline) != 0)
		return NULL;
	while ((res = conn_next(c, deadline, &cut)) != NULL) {
		PQclear(last);
		last = res;
	}
	if (cut) {
		PQclear(last);
		return NULL;
	}
	return last;
}

bool
conn_has(const struct conn *c, const struct db_query *q, int calls)
{
	int i;

	if (!c->prepare || c->shared)
		return false;
	for (i = 0; i < c->nprepared; i++) {
		if (c->prepared[i].query == q && c->prepared[i].calls == calls)
			return true;
	}
	return false;
}

void
conn_look_shared(struct conn *c, const char *state)
{
	if (c->shared || state == NULL ||
	    (strcmp(state, "42P05") != 0 && strcmp(state, "26000") != 0))
		return;
	c->shared = true;
	log_event(LOG_WARN, "sessions_shared", "hint",
	    "set prepared_statements to false", NULL);
}

static bool
prepare_now(
    struct conn *c, const struct db_query *q, int calls, int64_t deadline)
{
	char name[QUERY_NAME], text[QUERY_TEXT];
	PGresult *res;
	bool ok;

	query_name(name, q, calls);
	if (c->nprepared == CONN_PREPARED || !query_text(text, q, calls) ||
	    PQsendPrepare(c->pg, name, text, 0, NULL) != 1)
		return false;
	res = conn_collect(c, deadline);
	ok = PQresultStatus(res) == PGRES_COMMAND_OK;
	conn_look_shared(c, PQresultErrorField(res, PG_DIAG_SQLSTATE));
	PQclear(res);
	if (ok)
		c->prepared[c->nprepared++] =
		    (struct conn_prepared){ q, calls };
	return ok;
}

bool
conn_prepare(
    struct conn *c, const struct db_query *q, int calls, int64_t deadline)
{
	if (!c->prepare || c->shared)
		return false;
	return conn_has(c, q, calls) || prepare_now(c, q, calls, deadline);
}

bool
conn_send(struct conn *c, const struct db_query *q, struct db_args args,
    int64_t deadline)
{
	char text[QUERY_TEXT];

	/* what the server warned of at the door is no doubt of this */
	c->doubtful = false;
	if (conn_prepare(c, q, 1, deadline))
		return PQsendQueryPrepared(c->pg, q->name, args.count,
			   args.value, NULL, NULL, 0) == 1;
	return query_text(text, q, 1) &&
	       PQsendQueryParams(c->pg, text, args.count, NULL, args.value,
		   NULL, NULL, 0) == 1;
}

void
conn_wait(struct conn *c, int64_t until)
{
	(void)wait_for(c, POLLIN, until);
}
