/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/oerr.h"

/* Every error there is, with the code and status its standard gives it. */
static const struct {
	const struct oerr *e;
	const char *code;
	int status;
} all[] = {
	{ &OERR_DUPLICATE_PARAMETER, "invalid_request", 400 },
	{ &OERR_MALFORMED_PARAMETER, "invalid_request", 400 },
	{ &OERR_UNREADABLE_BODY, "invalid_request", 400 },
	{ &OERR_TOO_LARGE, "invalid_request", 413 },
	{ &OERR_CONTENT_TYPE, "invalid_request", 400 },
	{ &OERR_METHOD, "invalid_request", 405 },
	{ &OERR_NOT_FOUND, "not_found", 404 },
	{ &OERR_TOKEN_IN_QUERY, "invalid_request", 400 },
	{ &OERR_MISSING_PARAMETER, "invalid_request", 400 },
	{ &OERR_UNSUPPORTED_RESPONSE_TYPE, "unsupported_response_type", 400 },
	{ &OERR_UNSUPPORTED_RESPONSE_MODE, "invalid_request", 400 },
	{ &OERR_REQUEST_OBJECT, "request_not_supported", 400 },
	{ &OERR_REQUEST_URI, "request_uri_not_supported", 400 },
	{ &OERR_INVALID_CLIENT, "invalid_client", 401 },
	{ &OERR_TWO_AUTH_METHODS, "invalid_request", 400 },
	{ &OERR_UNAUTHORIZED_CLIENT, "unauthorized_client", 400 },
	{ &OERR_INVALID_GRANT, "invalid_grant", 400 },
	{ &OERR_UNSUPPORTED_GRANT_TYPE, "unsupported_grant_type", 400 },
	{ &OERR_INVALID_SCOPE, "invalid_scope", 400 },
	{ &OERR_NO_SCOPE, "invalid_scope", 400 },
	{ &OERR_ACCESS_DENIED, "access_denied", 400 },
	{ &OERR_PKCE_REQUIRED, "invalid_request", 400 },
	{ &OERR_PKCE_METHOD, "invalid_request", 400 },
	{ &OERR_PKCE_CHALLENGE, "invalid_request", 400 },
	{ &OERR_PKCE_VERIFIER, "invalid_request", 400 },
	{ &OERR_INVALID_TARGET, "invalid_target", 400 },
	{ &OERR_NO_TARGET, "invalid_target", 400 },
	{ &OERR_INVALID_REDIRECT_URI, "invalid_redirect_uri", 400 },
	{ &OERR_INVALID_CLIENT_METADATA, "invalid_client_metadata", 400 },
	{ &OERR_REGISTRATION_CLOSED, "access_denied", 403 },
	{ &OERR_INVALID_TOKEN, "invalid_token", 401 },
	{ &OERR_INSUFFICIENT_SCOPE, "insufficient_scope", 403 },
	{ &OERR_UNKNOWN_CLIENT, "invalid_client", 400 },
	{ &OERR_BAD_REDIRECT, "invalid_redirect_uri", 400 },
	{ &OERR_REQUEST_GONE, "invalid_request", 400 },
	{ &OERR_FOREIGN_FORM, "invalid_request", 400 },
	{ &OERR_NO_ACCOUNT, "access_denied", 403 },
	{ &OERR_UNAVAILABLE, "temporarily_unavailable", 503 },
	{ &OERR_FAULT, "server_error", 500 },
};

enum { ALL = sizeof(all) / sizeof(all[0]) };

static void
codes(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < ALL; i++) {
		assert_string_equal(all[i].e->code, all[i].code);
		if (all[i].e->status != all[i].status)
			fail_msg("%s is %d", all[i].code, all[i].e->status);
	}
}

/*
 * RFC 6749, 4.1.2.1 and 5.2: what error_description may hold; and a person
 * must be able to tell two errors of one code apart.
 */
static void
texts(void **state)
{
	const char *s;
	int i, j;

	(void)state;
	for (i = 0; i < ALL; i++) {
		assert_true(strlen(all[i].e->text) > 10);
		for (s = all[i].e->text; *s != '\0'; s++)
			assert_true(
			    *s >= 0x20 && *s < 0x7f && *s != '"' && *s != '\\');
		for (j = 0; j < i; j++)
			assert_string_not_equal(all[i].e->text, all[j].e->text);
	}
}

static void
by_code(void **state)
{
	static const struct oerr *const known[] = { &OERR_INVALID_CLIENT,
		&OERR_UNAUTHORIZED_CLIENT, &OERR_INVALID_GRANT,
		&OERR_INVALID_SCOPE, &OERR_INVALID_TARGET, &OERR_ACCESS_DENIED,
		&OERR_INVALID_REDIRECT_URI, &OERR_INVALID_CLIENT_METADATA,
		&OERR_INVALID_TOKEN };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_ptr_equal(oerr_by_code(known[i]->code), known[i]);
}

/* An outcome that nobody foresaw is our mistake, never a success. */
static void
by_unknown_code(void **state)
{
	static const char *const unknown[] = { NULL, "", "issued", "ok",
		"invalid", "invalid_grant ", "INVALID_GRANT", "server_error" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_ptr_equal(oerr_by_code(unknown[i]), &OERR_FAULT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes),
		cmocka_unit_test(texts),
		cmocka_unit_test(by_code),
		cmocka_unit_test(by_unknown_code),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("oerr", tests, NULL, NULL);
}
