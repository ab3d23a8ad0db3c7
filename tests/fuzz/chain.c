/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/wait.h>

#include <libpq-fe.h>

/*
 * The refresh chain against a model.
 *
 *	chain HISTORIES [SEED]
 *
 * A history is a code and what happens to it: it is redeemed, its grant
 * refreshed, revoked, withdrawn, its person or client disabled and enabled,
 * and time goes by.  Up to three of these happen at one moment, from
 * connections of their own.  The model holds every state that some order of
 * them explains, given their answers; when there is none, an answer was wrong.
 * In the end the grant's row must be as one of the states says.
 *
 * Each process has its own people and clients (see chain.sh).
 */
enum { PROCESSES = 4, AT_ONCE = 3, BATCH = 50, STATES = 64, GENERATIONS = 16 };

/* The replay window, and how much later than it was a generation may be
 * believed superseded (token-refresh.sql), in minutes. */
enum { WINDOW = 15, LATE = 1 };

enum kind {
	REDEEM,
	REFRESH,
	REVOKE,
	GRANT_REVOKE,
	ACCOUNT_DISABLE,
	ACCOUNT_ENABLE,
	CLIENT_DISABLE,
	CLIENT_ENABLE,
	WITHDRAW,
	AGE,
	KINDS
};

/* $1: the history's number in its process; $2: the code's id; $3: a number.
 * `odds` of each in a hundred. */
static const struct {
	const char *name, *sql;
	unsigned odds;
} kinds[] = {
	[REDEEM] = { "redeem", "select tap.chain_redeem($1, $2)", 12 },
	[REFRESH] = { "refresh", "select tap.chain_refresh($1, $2, $3)", 54 },
	[REVOKE] = { "revoke", "select tap.chain_revoke($1, $2)", 3 },
	[GRANT_REVOKE] = { "grant_revoke", "select tap.chain_end($2)", 2 },
	[ACCOUNT_DISABLE] = { "account_disable",
	    "select gatepost.account_disable($1, 'chain')", 3 },
	[ACCOUNT_ENABLE] = { "account_enable",
	    "select gatepost.account_enable($1)", 4 },
	[CLIENT_DISABLE] = { "client_disable",
	    "select gatepost.client_disable($1, 'chain')", 3 },
	[CLIENT_ENABLE] = { "client_enable",
	    "select gatepost.client_enable($1)", 4 },
	[WITHDRAW] = { "withdraw", "select tap.chain_withdraw($1)", 2 },
	[AGE] = { "age", "select tap.chain_age($2, $3)", 13 },
};

struct op {
	enum kind kind;
	int number; /* generation, or minutes */
	char answer[64];
};

struct state {
	bool redeemed, ended, sessionless, account_off, client_off, withdrawn;
	int generation, now;
	int superseded[GENERATIONS]; /* when */
};

static uint64_t chance;

static unsigned
random_of(unsigned n)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (unsigned)(chance >> 16) % n;
}

/* ---- the model ---- */

static bool
says(const struct op *o, const char *answer)
{
	return strcmp(o->answer, answer) == 0;
}

static bool
redeem(struct state *s, const struct op *o)
{
	if (s->client_off)
		return says(o, "invalid_client");
	if (s->account_off || s->withdrawn || s->sessionless)
		return says(o, "invalid_grant");
	if (s->redeemed) {
		s->ended = true;
		return says(o, "invalid_grant");
	}
	s->redeemed = true;
	s->generation = 1;
	return says(o, "issued 1");
}

static bool
issued(const struct state *s, const struct op *o)
{
	char answer[32];

	snprintf(answer, sizeof(answer), "issued %d", s->generation);
	return says(o, answer);
}

static bool
refresh(struct state *s, const struct op *o)
{
	int age;

	if (s->client_off)
		return says(o, "invalid_client");
	if (!s->redeemed || o->number > s->generation || o->number < 1 ||
	    s->ended || s->account_off || s->withdrawn)
		return says(o, "invalid_grant");
	if (o->number == s->generation) {
		s->superseded[s->generation++] = s->now;
		return issued(s, o);
	}
	age = s->now - s->superseded[o->number];
	if (age < WINDOW || (age < WINDOW + LATE && issued(s, o)))
		return issued(s, o);
	s->ended = true;
	return says(o, "invalid_grant");
}

static bool
end(struct state *s, const struct op *o)
{
	const char *answer = s->redeemed && !s->ended ? "revoked" : "ignored";

	if (o->kind == REVOKE && s->client_off)
		return says(o, "invalid_client");
	s->ended = s->ended || s->redeemed;
	return says(o, answer);
}

/* The state after it; false when it would have been answered otherwise. */
static bool
apply(struct state *s, const struct op *o)
{
	switch (o->kind) {
	case REDEEM:
		return redeem(s, o);
	case REFRESH:
		return refresh(s, o);
	case REVOKE:
	case GRANT_REVOKE:
		return end(s, o);
	case ACCOUNT_DISABLE:
	case ACCOUNT_ENABLE:
		s->account_off = o->kind == ACCOUNT_DISABLE;
		s->sessionless = true;
		break;
	case CLIENT_DISABLE:
	case CLIENT_ENABLE:
		s->client_off = o->kind == CLIENT_DISABLE;
		break;
	case WITHDRAW:
		s->withdrawn = true;
		s->ended = s->ended || s->redeemed;
		break;
	case AGE:
		s->now += o->number;
		break;
	case KINDS:
		break;
	}
	return says(o, "");
}

struct states {
	struct state is[STATES];
	int n;
};

static void
add(struct states *set, const struct state *s)
{
	for (int i = 0; i < set->n; i++)
		if (memcmp(&set->is[i], s, sizeof(*s)) == 0)
			return;
	if (set->n == STATES)
		abort();
	set->is[set->n++] = *s;
}

/* Every order of those of the `n` that `left` has, from this state on. */
static void
orders(const struct state *s, const struct op *ops, int n, unsigned left,
    struct states *out)
{
	struct state next;

	if (left == 0)
		add(out, s);
	for (int i = 0; i < n; i++) {
		next = *s;
		if ((left & 1u << i) && apply(&next, &ops[i]))
			orders(&next, ops, n, left & ~(1u << i), out);
	}
}

static void
round_end(struct states *set, const struct op *ops, int n)
{
	struct states next = { .n = 0 };

	for (int i = 0; i < set->n; i++)
		orders(&set->is[i], ops, n, (1u << n) - 1, &next);
	*set = next;
}

/* ---- the database ---- */

struct history {
	char name[32]; /* of the account and the client */
	char code[40];
	struct states states;
	char told[4096]; /* what has happened, for who must understand it */
};

static PGconn *
connection(void)
{
	static const Oid types[] = { 25, 2950, 23 }; /* text, uuid, integer */
	PGconn *c = PQconnectdb("application_name=chain");
	char name[16];
	PGresult *r;

	for (int i = 0; i < KINDS; i++) {
		snprintf(name, sizeof(name), "k%d", i);
		r = PQprepare(c, name, kinds[i].sql, 3, types);
		if (PQresultStatus(r) != PGRES_COMMAND_OK) {
			fprintf(stderr, "%s", PQerrorMessage(c));
			exit(2);
		}
		PQclear(r);
	}
	return c;
}

static void
send_op(PGconn *c, const struct history *h, const struct op *o)
{
	char name[16], number[16];
	const char *value[] = { h->name, h->code, number };

	snprintf(name, sizeof(name), "k%d", o->kind);
	snprintf(number, sizeof(number), "%d", o->number);
	if (!PQsendQueryPrepared(c, name, 3, value, NULL, NULL, 0))
		exit(2);
}

static void
receive(PGconn *c, struct op *o)
{
	PGresult *r;

	snprintf(o->answer, sizeof(o->answer), "nothing");
	while ((r = PQgetResult(c)) != NULL) {
		if (PQresultStatus(r) == PGRES_TUPLES_OK)
			snprintf(o->answer, sizeof(o->answer), "%s",
			    PQgetvalue(r, 0, 0));
		else
			snprintf(o->answer, sizeof(o->answer), "error %s",
			    PQresultErrorField(r, PG_DIAG_SQLSTATE));
		PQclear(r);
	}
}

/* ---- histories ---- */

static struct op
op_make(const struct state *s)
{
	static const int minutes[] = { 1, 4, 9, 14, 15, 16, 31 };
	unsigned at = random_of(100);
	struct op o = { .kind = REDEEM };

	while (at >= kinds[o.kind].odds)
		at -= kinds[o.kind++].odds;
	if (o.kind == AGE)
		o.number = minutes[random_of(7)];
	else /* mostly the current one */
		o.number = s->generation + 1 - (int)random_of(4) / 2 -
			   (int)random_of(3);
	if (o.kind == REFRESH && s->generation >= GENERATIONS - AT_ONCE)
		o.kind = REVOKE;
	return o;
}

static void
tell(struct history *h, const struct op *ops, int n)
{
	size_t len = strlen(h->told);

	for (int i = 0; i < n; i++)
		len += (size_t)snprintf(h->told + len, sizeof(h->told) - len,
		    "# %s %s %d: %s\n", i > 0 ? "with" : "then",
		    kinds[ops[i].kind].name, ops[i].number, ops[i].answer);
}

/* Up to three things at one moment.  Returns how many. */
static int
round_run(PGconn *c[static AT_ONCE], struct history *h)
{
	struct op ops[AT_ONCE];
	int n = 0, most = 1 + (int)random_of(AT_ONCE);

	while (n < most) {
		ops[n] = op_make(&h->states.is[0]);
		if (ops[n].kind == AGE && n > 0)
			break; /* time goes by for all or nobody */
		if (ops[n++].kind == AGE)
			break;
	}
	for (int i = 0; i < n; i++)
		send_op(c[i], h, &ops[i]);
	for (int i = 0; i < n; i++)
		receive(c[i], &ops[i]);
	tell(h, ops, n);
	round_end(&h->states, ops, n);
	return n;
}

/* Whether the row is as one of the states says. */
static bool
row_fits(const struct history *h, const char *row)
{
	char want[32];

	for (int i = 0; i < h->states.n; i++) {
		const struct state *s = &h->states.is[i];

		snprintf(want, sizeof(want), "%d %s", s->generation,
		    s->ended ? "ended" : "alive");
		if (strcmp(row, s->redeemed ? want : "none") == 0)
			return true;
	}
	return false;
}

static void
history_fail(const struct history *h, const char *why)
{
	printf("# %s\n# code %s\n%s", why, h->code, h->told);
	exit(1);
}

/* A first redemption, and three to eight rounds more. */
static long
history_run(PGconn *c[static AT_ONCE], struct history *h)
{
	struct op first = { .kind = REDEEM };
	int rounds = 3 + (int)random_of(6);
	long n = 1;

	send_op(c[0], h, &first);
	receive(c[0], &first);
	tell(h, &first, 1);
	round_end(&h->states, &first, 1);
	while (h->states.n > 0 && rounds-- > 0)
		n += round_run(c, h);
	if (h->states.n == 0)
		history_fail(h, "no order of these explains the last answers");
	return n;
}

/* Fifty histories in turn: codes are made and rows are read at once. */
static long
batch_run(PGconn *c[static AT_ONCE], int process)
{
	static struct history all[BATCH];
	char query[128];
	PGresult *r;
	long n = 0;

	snprintf(query, sizeof(query), "select * from tap.chain_codes(%d, %d)",
	    process, BATCH);
	r = PQexec(c[0], query);
	if (PQntuples(r) != BATCH) {
		fprintf(stderr, "%s", PQerrorMessage(c[0]));
		exit(2);
	}
	for (int i = 0; i < BATCH; i++) {
		memset(&all[i], 0, sizeof(all[i]));
		all[i].states.n = 1;
		snprintf(all[i].name, sizeof(all[i].name), "%s",
		    PQgetvalue(r, i, 0));
		snprintf(all[i].code, sizeof(all[i].code), "%s",
		    PQgetvalue(r, i, 1));
		n += history_run(c, &all[i]);
	}
	PQclear(r);
	snprintf(query, sizeof(query), "select * from tap.chain_rows(%d, %d)",
	    process, BATCH);
	r = PQexec(c[0], query);
	if (PQntuples(r) != BATCH)
		exit(2);
	for (int i = 0; i < BATCH; i++)
		if (!row_fits(&all[i], PQgetvalue(r, i, 0)))
			history_fail(&all[i], PQgetvalue(r, i, 0));
	PQclear(r);
	return n;
}

static void
work(int process, long histories, int out)
{
	PGconn *c[AT_ONCE];
	long n = 0;

	for (int i = 0; i < AT_ONCE; i++)
		c[i] = connection();
	for (; histories > 0; histories -= BATCH)
		n += batch_run(c, process);
	for (int i = 0; i < AT_ONCE; i++)
		PQfinish(c[i]);
	if (write(out, &n, sizeof(n)) != sizeof(n))
		exit(2);
	exit(0);
}

int
main(int argc, char **argv)
{
	long histories = argc > 1 ? atol(argv[1]) : 1000, ops = 0, n;
	time_t begun = time(NULL);
	int status, failed = 0, out[2];

	chance = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)begun;
	printf("# seed %llu\n", (unsigned long long)chance);
	fflush(stdout);
	if (pipe(out) == -1)
		return 2;
	for (int i = 0; i < PROCESSES; i++) {
		chance = chance * 6364136223846793005u + 1442695040888963407u;
		if (fork() == 0)
			work(i, histories / PROCESSES, out[1]);
	}
	close(out[1]);
	while (wait(&status) != -1)
		failed += status != 0;
	while (read(out[0], &n, sizeof(n)) == sizeof(n))
		ops += n;
	printf("# %ld histories, %ld calls, %ld s\n", histories, ops,
	    (long)(time(NULL) - begun));
	return failed > 0;
}
