/* SPDX-License-Identifier: ISC */

/*
 * The account page: a person sees which clients may do what and where they
 * are signed in, ends any of it, and changes the password.  Every form is
 * answered by a redirect to the page, which then says what came of it.
 */

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/uuid.h"
#include "http/language.h"
#include "http/rows.h"
#include "oauth/app.h"
#include "oauth/password.h"
#include "oauth/session.h"

enum {
	P_CSRF,
	P_ACTION,
	P_SUBJECT,
	P_CURRENT,
	P_NEW,
	P_REPEATED,
	P_SIGNED_OUT,
	P_UI_LOCALES,
	PARAMS
};

static const struct param params[] = {
	[P_CSRF] = { "csrf", 64, PARAM_ONCE, NULL },
	[P_ACTION] = { "action", 16, PARAM_ONCE, NULL },
	[P_SUBJECT] = { "subject", 512, PARAM_ONCE, NULL },
	[P_CURRENT] = { "current", 1024, PARAM_ONCE, NULL },
	[P_NEW] = { "new", 256, PARAM_ONCE, NULL },
	[P_REPEATED] = { "repeated", 256, PARAM_ONCE, NULL },
	[P_SIGNED_OUT] = { "signed_out", 1, PARAM_ONCE, NULL },
	[P_UI_LOCALES] = { "ui_locales", 0, PARAM_ONCE, NULL },
};
static_assert(sizeof(params) / sizeof(params[0]) == PARAMS, "params");

enum {
	S_OUTCOME,
	S_REQUEST,
	S_USERNAME,
	S_PASSWORD,
	S_SAID,
	S_CLIENTS,
	S_SESSIONS,
	S_COLUMNS
};

static const struct db_query account_show = { "account_show",
	"select outcome, request_id, username, has_password, said, clients, "
	"sessions from gatepost.account_show($1, $2, $3, $4)",
	4, S_COLUMNS, DB_ALONE };

static const struct db_query account_end = { "account_end",
	"select outcome from gatepost.account_end($1, $2, $3, $4, $5)", 5, 1,
	DB_ALONE };

enum { A_OUTCOME, A_ATTEMPT, A_HASH, A_COLUMNS };

static const struct db_query account_attempt = { "account_attempt",
	"select outcome, attempt_id, password_hash "
	"from gatepost.account_attempt($1, $2, $3, $4)",
	4, A_COLUMNS, DB_ALONE };

enum { C_OUTCOME, C_SESSION, C_COLUMNS };

static const struct db_query account_password = { "account_password",
	"select outcome, session_id "
	"from gatepost.account_password($1, $2, $3, $4, $5)",
	5, C_COLUMNS, DB_ALONE };

/* ---- the page ---- */

/* NULL: nobody is signed in any more. */
static void
show(struct request *r, const struct db_rows *row)
{
	struct page *p = app_page(r);

	page_set(p, "action", app_url(r, "/oauth2/account"));
	page_flag(p, "signed_out", row == NULL);
	if (row == NULL) {
		page_say(p, "title", "Signed out");
		page_send(p, 200, "account", NULL);
		return;
	}
	const char *said = row_text(row, 0, S_SAID);
	page_say(p, "title", "Your account");
	page_set(p, "csrf", session_csrf(r));
	page_set(p, "username", row_text(row, 0, S_USERNAME));
	page_flag(p, "has_password", row_bool(row, 0, S_PASSWORD));
	if (said != NULL)
		page_flag(p, arena_printf(r->arena, "said_%s", said), true);
	page_flag(p, "removable",
	    rows_set(r, p, "clients", row_text(row, 0, S_CLIENTS)) > 0);
	page_flag(p, "others",
	    rows_set(r, p, "sessions", row_text(row, 0, S_SESSIONS)) > 1);
	page_send(p, 200, "account", NULL);
}

static void
get(struct request *r)
{
	struct handle_secret request;
	struct db_rows row;
	const struct oerr *e;

	if ((e = app_fresh(r)) != NULL || (e = request_fault(r)) != NULL ||
	    (e = handle_new(r->arena, &request)) != NULL) {
		page_error(r, app_refused(r, e, NULL));
		return;
	}
	const struct handle session = session_read(r);
	if (r->value[P_SIGNED_OUT] != NULL && session.id == NULL) {
		show(r, NULL);
		return;
	}
	if ((e = app_call_row(r, &account_show,
		 DB_ARGS(session.id, session.hash, request.hash,
		     language_of(r)->tag),
		 &row)) != NULL)
		page_error(r, e);
	else if (strcmp(row_text(&row, 0, S_OUTCOME), "ok") == 0)
		show(r, &row);
	else
		response_redirect(
		    r, session_url(r, "/oauth2/login",
			   handle_text(r->arena, row_text(&row, 0, S_REQUEST),
			       request.text)));
}

/* ---- what forms do ---- */

/* The page says what came of it; without a session it leads to login. */
static void
back(struct request *r, const char *path)
{
	response_redirect(r, session_url(r, path, NULL));
}

/*
 * The second statement: the attempt ends in another password, or in nothing.
 * The new one is hashed in either case, so that both take as long.
 */
static void
password_decide(struct request *r, const struct db_rows *attempt)
{
	const bool verified = password_matches(
	    r->arena, r->value[P_CURRENT], row_text(attempt, 0, A_HASH));
	const char *hash = password_hash(r->arena, r->value[P_NEW]);
	struct handle_secret session;
	struct db_rows row;
	const struct oerr *e;

	if (hash == NULL)
		e = &OERR_FAULT;
	else if ((e = handle_new(r->arena, &session)) == NULL)
		e = app_call_row(r, &account_password,
		    DB_ARGS(row_text(attempt, 0, A_ATTEMPT),
			verified ? "t" : "f", hash, session.hash, r->address),
		    &row);
	if (e != NULL) {
		page_error(r, e);
		return;
	}
	back(r, "/oauth2/account");
	if (strcmp(row_text(&row, 0, C_OUTCOME), "changed") == 0)
		session_set(r, row_text(&row, 0, C_SESSION), session.text);
	else if (!verified)
		log_event(
		    LOG_WARN, "login_refused", "address", r->address, NULL);
}

static void
password_change(struct request *r)
{
	const struct handle session = session_read(r);
	const char *fault = password_fault(
	    r->value[P_NEW], r->value[P_REPEATED], r->value[P_CURRENT]);
	struct db_rows row;
	const struct oerr *e;

	if ((e = app_call_row(r, &account_attempt,
		 DB_ARGS(session.id, session.hash, fault, r->address), &row)) !=
	    NULL)
		page_error(r, e);
	else if (strcmp(row_text(&row, 0, A_OUTCOME), "check") == 0)
		password_decide(r, &row);
	else
		back(r, "/oauth2/account");
}

static void
end(struct request *r)
{
	const struct handle session = session_read(r);
	struct db_rows row;
	const struct oerr *e;

	if ((e = app_call_row(r, &account_end,
		 DB_ARGS(session.id, session.hash, r->value[P_ACTION],
		     r->value[P_SUBJECT], r->address),
		 &row)) != NULL) {
		page_error(r, e);
	} else if (strcmp(r->value[P_ACTION], "sign_out") == 0) {
		back(r, "/oauth2/account?signed_out=1");
		session_unset(r);
	} else {
		back(r, "/oauth2/account");
	}
}

/* What a form may do, and what it must come with. */
static const struct action {
	const char *name;
	enum { ALONE, UUID, CLIENT, PASSWORDS } with;
} actions[] = { { "grant", UUID }, { "client", CLIENT }, { "clients", ALONE },
	{ "session", UUID }, { "sessions", ALONE }, { "sign_out", ALONE },
	{ "password", PASSWORDS } };

static const struct oerr *
action_check(const struct request *r, const struct action *a)
{
	const char *subject = r->value[P_SUBJECT];

	if (a->with == PASSWORDS
		? r->value[P_CURRENT] == NULL || r->value[P_NEW] == NULL ||
		      r->value[P_REPEATED] == NULL
		: a->with != ALONE && subject == NULL)
		return &OERR_MISSING_PARAMETER;
	if (a->with == UUID &&
	    (!uuid_begins(subject) || strlen(subject) != UUID_LEN))
		return &OERR_MALFORMED_PARAMETER;
	return NULL;
}

static const struct oerr *
post_check(struct request *r, const struct action **action)
{
	const size_t n = sizeof(actions) / sizeof(actions[0]);
	const struct oerr *e;
	size_t i;

	if ((e = request_fault(r)) != NULL)
		return e;
	if (r->value[P_CSRF] == NULL || r->value[P_ACTION] == NULL)
		return &OERR_MISSING_PARAMETER;
	for (i = 0; strcmp(actions[i].name, r->value[P_ACTION]) != 0;) {
		if (++i == n)
			return &OERR_MALFORMED_PARAMETER;
	}
	*action = &actions[i];
	if ((e = action_check(r, *action)) != NULL)
		return e;
	/* a session that is over has no cookie, and nothing to be done */
	if (!session_same_origin(r) ||
	    (session_read(r).id != NULL &&
		!session_csrf_matches(r, r->value[P_CSRF])))
		return &OERR_FOREIGN_FORM;
	return NULL;
}

static void
post(struct request *r)
{
	const struct action *action;
	const struct oerr *e;

	if ((e = app_fresh(r)) != NULL || (e = post_check(r, &action)) != NULL)
		page_error(r, app_refused(r, e, NULL));
	else if (session_read(r).id == NULL)
		back(r, "/oauth2/account");
	else if (action->with == PASSWORDS)
		password_change(r);
	else
		end(r);
}

int
main(int argc, char **argv)
{
	static const struct program p = {
		.name = "account",
		.params = params,
		.nparams = PARAMS,
		.get = get,
		.post = post,
		.load = page_load,
		.start = app_start,
		.stop = app_stop,
	};

	return serve_main(argc, argv, &p);
}
