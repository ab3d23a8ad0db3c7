/* SPDX-License-Identifier: ISC */

/*
 * Sign in: a username and a password against a crypt(3) hash, or whom the
 * web server has authenticated when a setting says so.  Two statements: one
 * counts the attempt and gives the hash, one opens the session.
 */

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "oauth/app.h"
#include "oauth/authresponse.h"
#include "oauth/password.h"
#include "oauth/session.h"

enum { P_REQUEST, P_CSRF, P_USERNAME, P_PASSWORD, P_UI_LOCALES, PARAMS };

static const struct param params[] = {
	[P_REQUEST] = { "request", 128, PARAM_ONCE, NULL },
	[P_CSRF] = { "csrf", 64, PARAM_ONCE, NULL },
	/* 255 characters, of up to four bytes */
	[P_USERNAME] = { "username", 1020, PARAM_ONCE, NULL },
	[P_PASSWORD] = { "password", 1024, PARAM_ONCE, NULL },
	[P_UI_LOCALES] = { "ui_locales", 8, PARAM_ONCE, NULL },
};
static_assert(sizeof(params) / sizeof(params[0]) == PARAMS, "params");

/* What both statements before a session answer; behind it, what only the
 * second does. */
enum {
	OUTCOME,
	CLIENT_NAME,
	SELF,
	HOST,
	RESOURCE,
	REDIRECT_URI,
	S_COLUMNS,
	A_ATTEMPT = S_COLUMNS,
	A_HASH,
	A_RETRY_AFTER,
	A_COLUMNS
};

static const struct db_query login_show = { "login_show",
	"select outcome, client_name, self_registered, redirect_host, "
	"resource_name, redirect_uri from gatepost.login_show($1, $2, $3)",
	3, S_COLUMNS, DB_ALONE };

static const struct db_query login_attempt = { "login_attempt",
	"select outcome, client_name, self_registered, redirect_host, "
	"resource_name, redirect_uri, attempt_id, password_hash, retry_after "
	"from gatepost.login_attempt($1, $2, $3, $4, $5)",
	5, A_COLUMNS, DB_ALONE };

enum { O_OUTCOME, O_SESSION, O_COLUMNS };

static const struct db_query login_open = { "login_open",
	"select outcome, session_id from gatepost.login_open($1, $2, $3, $4)",
	4, O_COLUMNS, DB_ALONE };

static const struct db_query login_remote = { "login_remote",
	"select outcome, session_id "
	"from gatepost.login_remote($1, $2, $3, $4, $5)",
	5, O_COLUMNS, DB_ALONE };

/* The form, with the words for why it is here again. */
static struct page *
form(struct request *r, const char *csrf, const struct db_rows *row)
{
	struct page *p = app_page(r);

	page_say(p, "title", "Sign in");
	page_set(p, "action", app_url(r, "/oauth2/login"));
	page_set(p, "request", r->value[P_REQUEST]);
	page_set(p, "csrf", csrf);
	page_set(p, "client_name", row_text(row, 0, CLIENT_NAME));
	page_flag(p, "self_registered", row_bool(row, 0, SELF));
	page_set(p, "redirect_host", row_text(row, 0, HOST));
	page_set(p, "resource_name", row_text(row, 0, RESOURCE));
	return p;
}

/* Consent may be remembered: then this form leads to the client. */
static void
send_form(
    struct page *p, int status, struct request *r, const struct db_rows *row)
{
	page_send(p, status, "login",
	    authresponse_beyond(r, row_text(row, 0, REDIRECT_URI)));
}

/* On to consent, with a session that nobody knew before. */
static void
opened(struct request *r, const struct db_rows *row,
    const struct handle_secret *session)
{
	response_redirect(
	    r, session_url(r, "/oauth2/consent", r->value[P_REQUEST]));
	session_set(r, row_text(row, 0, O_SESSION), session->text);
}

/* Whom the web server authenticated, if it is asked to; else NULL. */
static const char *
remote_user(const struct request *r)
{
	const char *user = request_env(r, "REMOTE_USER");

	if (!r->app->settings.remote_user || user == NULL || *user == '\0')
		return NULL;
	return user;
}

static void
get_remote(struct request *r, const char *user)
{
	const struct handle request =
	    handle_read(r->arena, r->value[P_REQUEST]);
	struct handle_secret session;
	struct db_rows row;
	const struct oerr *e;

	if ((e = handle_new(r->arena, &session)) == NULL)
		e = app_call_row(r, &login_remote,
		    DB_ARGS(request.id, request.hash, user, session.hash,
			r->address),
		    &row);
	if (e != NULL)
		page_error(r, e);
	else if (strcmp(row_text(&row, 0, O_OUTCOME), "open") == 0)
		opened(r, &row, &session);
	else
		page_error(r, strcmp(row_text(&row, 0, O_OUTCOME), "gone") == 0
				  ? &OERR_REQUEST_GONE
				  : &OERR_NO_ACCOUNT);
}

static const struct oerr *
call_show(
    struct request *r, const struct handle_secret *csrf, struct db_rows *row)
{
	const struct handle request =
	    handle_read(r->arena, r->value[P_REQUEST]);

	return app_call_row(
	    r, &login_show, DB_ARGS(request.id, request.hash, csrf->hash), row);
}

static void
get(struct request *r)
{
	struct handle_secret csrf;
	struct db_rows row;
	const struct oerr *e;

	if ((e = app_fresh(r)) != NULL || (e = request_fault(r)) != NULL) {
		page_error(r, app_refused(r, e, NULL));
		return;
	}
	if (remote_user(r) != NULL) {
		get_remote(r, remote_user(r));
		return;
	}
	if ((e = handle_new(r->arena, &csrf)) != NULL ||
	    (e = call_show(r, &csrf, &row)) != NULL)
		page_error(r, e);
	else if (strcmp(row_text(&row, 0, OUTCOME), "ok") != 0)
		page_error(r, &OERR_REQUEST_GONE);
	else
		send_form(form(r, csrf.text, &row), 200, r, &row);
}

/* The form once more, with the name that was typed. */
static struct page *
form_again(struct request *r, const struct db_rows *row)
{
	struct page *p = form(r, r->value[P_CSRF], row);

	page_set(p, "username", r->value[P_USERNAME]);
	return p;
}

static void
slow(struct request *r, const struct db_rows *row)
{
	const char *seconds = row_text(row, 0, A_RETRY_AFTER);
	struct page *p = form_again(r, row);

	page_set(p, "slow", seconds);
	send_form(p, 429, r, row);
	response_header(r, "Retry-After", seconds != NULL ? seconds : "60");
}

/* The second statement: the attempt ends in a session, or in nothing. */
static void
decide(struct request *r, const struct db_rows *attempt)
{
	const bool verified = password_matches(
	    r->arena, r->value[P_PASSWORD], row_text(attempt, 0, A_HASH));
	struct handle_secret session;
	struct db_rows row;
	const struct oerr *e;
	struct page *p;

	if ((e = handle_new(r->arena, &session)) == NULL)
		e = app_call_row(r, &login_open,
		    DB_ARGS(row_text(attempt, 0, A_ATTEMPT),
			verified ? "t" : "f", session.hash, r->address),
		    &row);
	if (e != NULL) {
		page_error(r, e);
	} else if (strcmp(row_text(&row, 0, O_OUTCOME), "open") == 0) {
		opened(r, &row, &session);
	} else if (strcmp(row_text(&row, 0, O_OUTCOME), "gone") == 0) {
		page_error(r, &OERR_REQUEST_GONE);
	} else {
		/* what fail2ban and the like go by; never what was typed */
		log_event(
		    LOG_WARN, "login_refused", "address", r->address, NULL);
		p = form_again(r, attempt);
		page_flag(p, "failed", true);
		send_form(p, 401, r, attempt);
	}
}

static const struct oerr *
post_check(const struct request *r)
{
	const struct oerr *e;
	int i;

	if ((e = request_fault(r)) != NULL)
		return e;
	for (i = 0; i <= P_PASSWORD; i++) {
		if (r->value[i] == NULL)
			return &OERR_MISSING_PARAMETER;
	}
	return session_same_origin(r) ? NULL : &OERR_FOREIGN_FORM;
}

static const struct oerr *
call_attempt(struct request *r, struct db_rows *row)
{
	const struct handle request =
	    handle_read(r->arena, r->value[P_REQUEST]);

	return app_call_row(r, &login_attempt,
	    DB_ARGS(request.id, request.hash,
		arg_sha256(r->arena, r->value[P_CSRF]), r->value[P_USERNAME],
		r->address),
	    row);
}

static void
post(struct request *r)
{
	struct db_rows row;
	const struct oerr *e;
	const char *outcome;

	if ((e = app_fresh(r)) != NULL || (e = post_check(r)) != NULL ||
	    (e = call_attempt(r, &row)) != NULL) {
		page_error(r, app_refused(r, e, NULL));
		return;
	}
	outcome = row_text(&row, 0, OUTCOME);
	if (strcmp(outcome, "check") == 0)
		decide(r, &row);
	else if (strcmp(outcome, "slow") == 0)
		slow(r, &row);
	else
		page_error(r, &OERR_REQUEST_GONE);
}

int
main(int argc, char **argv)
{
	static const struct program p = {
		.name = "login",
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
