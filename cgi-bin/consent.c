/* SPDX-License-Identifier: ISC */

/*
 * Consent: shows a person what a client asks for, and records what they
 * decide.  Allowing mints the code.  What is decided on is read back from
 * the stored request; of the form, only the ticked scopes and the button
 * count (OAuth 2.1, 4.1.1 and 7.5).
 */

#include <assert.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json.h"
#include "http/language.h"
#include "oauth/app.h"
#include "oauth/authresponse.h"
#include "oauth/redirect.h"
#include "oauth/scope.h"
#include "oauth/session.h"

enum { P_REQUEST, P_CSRF, P_SCOPE, P_DECISION, P_UI_LOCALES, PARAMS };

static const struct param params[] = {
	[P_REQUEST] = { "request", 128, PARAM_ONCE, NULL },
	[P_CSRF] = { "csrf", 64, PARAM_ONCE, NULL },
	[P_SCOPE] = { "scope", 256, PARAM_JOINED, NULL },
	[P_DECISION] = { "decision", 16, PARAM_ONCE, NULL },
	[P_UI_LOCALES] = { "ui_locales", 8, PARAM_ONCE, NULL },
};
static_assert(sizeof(params) / sizeof(params[0]) == PARAMS, "params");

/* What both statements answer; behind it, what is shown. */
enum {
	OUTCOME,
	ERROR,
	REDIRECT_URI,
	STATE,
	CODE_ID,
	D_COLUMNS,
	S_CLIENT_ID = D_COLUMNS,
	S_CLIENT_NAME,
	S_SELF_REGISTERED,
	S_REDIRECT_HOST,
	S_LOOPBACK,
	S_RESOURCE_URI,
	S_RESOURCE_NAME,
	S_USERNAME,
	S_SCOPES,
	S_ACCOUNT_PAGE,
	S_COLUMNS
};

static const struct db_query consent_show = { "consent_show",
	"select outcome, error, redirect_uri, state, code_id, client_id, "
	"client_name, self_registered, redirect_host, loopback, "
	"resource_uri, resource_name, username, scopes, account_page "
	"from gatepost.consent_show(array[%])",
	8, S_COLUMNS,
	"row($1, $2, $3, $4, $5, $6, $7, $8)::gatepost.consent_call" };

static const struct db_query consent_decide = { "consent_decide",
	"select outcome, null as error, redirect_uri, state, code_id "
	"from gatepost.consent_decide($1, $2, $3, $4, $5, $6, $7, $8, $9)",
	9, D_COLUMNS, DB_ALONE };

/* What was allowed before is marked; `more`: and some was not. */
static void
set_scopes(struct request *r, struct page *p, const char *scopes)
{
	struct json_object *list, *one;
	struct page *row;
	size_t i, old = 0, n;
	bool before;

	list = json_read(r->arena, scopes, strlen(scopes));
	n = list == NULL ? 0 : json_object_array_length(list);
	for (i = 0; i < n; i++) {
		one = json_object_array_get_idx(list, i);
		before = json_object_get_boolean(
		    json_member(one, "granted_before", json_type_boolean));
		row = page_row(p, "scopes");
		page_set(row, "scope", json_str(one, "name"));
		page_set(row, "description", json_str(one, "description"));
		page_flag(row, "granted_before", before);
		old += before;
	}
	page_flag(p, "more", old > 0 && old < n);
}

static void
ask(struct request *r, const struct db_rows *row, const char *csrf)
{
	const char *client_id = row_text(row, 0, S_CLIENT_ID);
	struct page *p = app_page(r);

	page_say(p, "title", "Allow access?");
	page_set(p, "action", app_url(r, "/oauth2/consent"));
	page_set(p, "request", r->value[P_REQUEST]);
	page_set(p, "csrf", csrf);
	page_set(p, "client_name", row_text(row, 0, S_CLIENT_NAME));
	if (strncmp(client_id, "https://", 8) == 0)
		page_set(p, "client_host", redirect_host(r->arena, client_id));
	page_flag(p, "self_registered", row_bool(row, 0, S_SELF_REGISTERED));
	page_set(p, "redirect_host", row_text(row, 0, S_REDIRECT_HOST));
	page_flag(p, "loopback", row_bool(row, 0, S_LOOPBACK));
	page_set(p, "resource_uri", row_text(row, 0, S_RESOURCE_URI));
	page_set(p, "resource_name", row_text(row, 0, S_RESOURCE_NAME));
	page_set(p, "username", row_text(row, 0, S_USERNAME));
	set_scopes(r, p, row_text(row, 0, S_SCOPES));
	if (row_bool(row, 0, S_ACCOUNT_PAGE))
		page_set(p, "account", session_url(r, "/oauth2/account", NULL));
	page_send(p, 200, "consent",
	    authresponse_beyond(r, row_text(row, 0, REDIRECT_URI)));
}

static void
to_login(struct request *r)
{
	if (r->value[P_REQUEST] == NULL)
		page_error(r, &OERR_REQUEST_GONE);
	else
		response_redirect(
		    r, session_url(r, "/oauth2/login", r->value[P_REQUEST]));
}

/* The answer to both statements; only the first says "ask", for a page with
 * the value `csrf` in its form. */
static void
answer(struct request *r, const struct db_rows *row, const char *csrf,
    const char *code)
{
	const char *outcome = row_text(row, 0, OUTCOME);
	const char *uri = row_text(row, 0, REDIRECT_URI);
	const char *state = row_text(row, 0, STATE);

	if (strcmp(outcome, "ask") == 0)
		ask(r, row, csrf);
	else if (strcmp(outcome, "code") == 0)
		authresponse_code(r, uri,
		    handle_text(r->arena, row_text(row, 0, CODE_ID), code),
		    state);
	else if (strcmp(outcome, "denied") == 0)
		authresponse_error(r, uri, &OERR_ACCESS_DENIED, state);
	else if (strcmp(outcome, "refused") == 0)
		authresponse_error(
		    r, uri, oerr_by_code(row_text(row, 0, ERROR)), state);
	else if (strcmp(outcome, "login") == 0)
		to_login(r);
	else if (strcmp(outcome, "account") == 0)
		response_redirect(r, session_url(r, "/oauth2/account", NULL));
	else if (strcmp(outcome, "fetch") == 0)
		response_redirect(r, session_url(r, "/oauth2/fetch-client",
					 r->value[P_REQUEST]));
	else
		page_error(r, &OERR_REQUEST_GONE);
}

static const struct oerr *
call_show(struct request *r, const struct handle_secret *csrf,
    const struct handle_secret *code, struct db_rows *row)
{
	const struct handle session = session_read(r);
	const struct handle request =
	    handle_read(r->arena, r->value[P_REQUEST]);

	return app_call_row(r, &consent_show,
	    DB_ARGS(session.id, session.hash, request.id, request.hash,
		csrf->hash, code->hash, r->address, language_of(r)->tag),
	    row);
}

static void
get(struct request *r)
{
	struct handle_secret csrf, code;
	struct db_rows row;
	const struct oerr *e;

	if ((e = app_fresh(r)) != NULL || (e = request_fault(r)) != NULL ||
	    (e = handle_new(r->arena, &csrf)) != NULL ||
	    (e = handle_new(r->arena, &code)) != NULL ||
	    (e = call_show(r, &csrf, &code, &row)) != NULL)
		page_error(r, app_refused(r, e, NULL));
	else
		answer(r, &row, csrf.text, code.text);
}

/* Which button, and what was ticked. */
struct decision {
	bool allow;
	const char **scopes;
	size_t n;
};

static const struct oerr *
decision_read(struct request *r, struct decision *d)
{
	const char *decision = r->value[P_DECISION];
	const struct oerr *e;

	if ((e = request_fault(r)) != NULL)
		return e;
	if (r->value[P_REQUEST] == NULL || r->value[P_CSRF] == NULL ||
	    decision == NULL)
		return &OERR_MISSING_PARAMETER;
	d->allow = strcmp(decision, "allow") == 0;
	if (!d->allow && strcmp(decision, "deny") != 0)
		return &OERR_MALFORMED_PARAMETER;
	if (!session_same_origin(r))
		return &OERR_FOREIGN_FORM;
	return scope_parse(r->arena, r->value[P_SCOPE], &d->scopes, &d->n);
}

static const struct oerr *
call_decide(struct request *r, const struct decision *d,
    const struct handle_secret *code, struct db_rows *row)
{
	const struct handle session = session_read(r);
	const struct handle request =
	    handle_read(r->arena, r->value[P_REQUEST]);

	return app_call_row(r, &consent_decide,
	    DB_ARGS(session.id, session.hash, request.id, request.hash,
		arg_sha256(r->arena, r->value[P_CSRF]), d->allow ? "t" : "f",
		arg_texts(r->arena, d->scopes, d->n), code->hash, r->address),
	    row);
}

static void
post(struct request *r)
{
	struct handle_secret code;
	struct decision decision;
	struct db_rows row;
	const struct oerr *e;

	if ((e = app_fresh(r)) != NULL ||
	    (e = decision_read(r, &decision)) != NULL ||
	    (e = handle_new(r->arena, &code)) != NULL ||
	    (e = call_decide(r, &decision, &code, &row)) != NULL)
		page_error(r, app_refused(r, e, NULL));
	else
		answer(r, &row, NULL, code.text);
}

int
main(int argc, char **argv)
{
	static const struct program p = {
		.name = "consent",
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
