/* SPDX-License-Identifier: ISC */
#include "http/oerr.h"

#include <stddef.h>
#include <string.h>

#define OERR(name, status, code, text) \
	const struct oerr OERR_##name = { code, status, text }

OERR(DUPLICATE_PARAMETER, 400, "invalid_request",
    "a parameter was sent more than once");
OERR(MALFORMED_PARAMETER, 400, "invalid_request",
    "a parameter is malformed or too long");
OERR(UNREADABLE_BODY, 400, "invalid_request",
    "the body is not what Content-Length and Content-Type say");
OERR(TOO_LARGE, 413, "invalid_request", "the request is too large");
OERR(CONTENT_TYPE, 400, "invalid_request",
    "the body has a media type that this endpoint does not take");
OERR(METHOD, 405, "invalid_request", "the method is not for this endpoint");
OERR(NOT_FOUND, 404, "not_found", "there is nothing here");
OERR(TOKEN_IN_QUERY, 400, "invalid_request",
    "an access token may only be sent in the Authorization header");

OERR(MISSING_PARAMETER, 400, "invalid_request",
    "a required parameter is missing");
OERR(UNSUPPORTED_RESPONSE_TYPE, 400, "unsupported_response_type",
    "the only response_type is code");
OERR(UNSUPPORTED_RESPONSE_MODE, 400, "invalid_request",
    "the only response_mode is query");
OERR(REQUEST_OBJECT, 400, "request_not_supported",
    "request objects are not supported");
OERR(REQUEST_URI, 400, "request_uri_not_supported",
    "request_uri is not supported");
OERR(INVALID_CLIENT, 401, "invalid_client", "client authentication failed");
OERR(TWO_AUTH_METHODS, 400, "invalid_request",
    "more than one way of client authentication was used");
OERR(UNAUTHORIZED_CLIENT, 400, "unauthorized_client",
    "the client may not use this grant type");
OERR(INVALID_GRANT, 400, "invalid_grant",
    "the code or refresh token is not valid for this request");
OERR(UNSUPPORTED_GRANT_TYPE, 400, "unsupported_grant_type",
    "the grant type is not supported");
OERR(INVALID_SCOPE, 400, "invalid_scope",
    "nothing of the scope that was asked for can be granted");
OERR(NO_SCOPE, 400, "invalid_scope",
    "no scope was named, and of what that means nothing can be granted");
OERR(ACCESS_DENIED, 400, "access_denied", "access was refused");

OERR(PKCE_REQUIRED, 400, "invalid_request",
    "PKCE is required: code_challenge is missing");
OERR(PKCE_METHOD, 400, "invalid_request", "code_challenge_method must be S256");
OERR(PKCE_CHALLENGE, 400, "invalid_request", "code_challenge is malformed");
OERR(PKCE_VERIFIER, 400, "invalid_request",
    "code_verifier is missing or malformed");
OERR(INVALID_TARGET, 400, "invalid_target",
    "the resource is unknown or not the one that was authorized");
OERR(NO_TARGET, 400, "invalid_target",
    "no resource was named, and none is the default");
OERR(INVALID_REDIRECT_URI, 400, "invalid_redirect_uri",
    "a redirect URI is missing or of a form that is not allowed");
OERR(INVALID_CLIENT_METADATA, 400, "invalid_client_metadata",
    "the client metadata is not valid");
OERR(JWKS_URI, 400, "invalid_client_metadata",
    "keys are taken from jwks alone, not from a jwks_uri");
OERR(INVALID_SOFTWARE_STATEMENT, 400, "invalid_software_statement",
    "software_statement is malformed, not well signed, or not for now and "
    "here");
OERR(UNAPPROVED_SOFTWARE_STATEMENT, 400, "unapproved_software_statement",
    "who made this software_statement is not trusted here");
OERR(REGISTRATION_SLOW, 429, "temporarily_unavailable",
    "too many clients have registered; try again later");
OERR(REGISTRATION_CLOSED, 403, "access_denied",
    "this server does not take registrations");
OERR(INVALID_TOKEN, 401, "invalid_token",
    "the token is missing, expired, revoked or not valid here");
OERR(INSUFFICIENT_SCOPE, 403, "insufficient_scope",
    "the token's scope is too small for this request");

OERR(UNKNOWN_CLIENT, 400, "invalid_client",
    "the application that sent you here is not known to this server");
OERR(BAD_REDIRECT, 400, "invalid_redirect_uri",
    "the application asked for an answer at an address that is not its own");
OERR(REQUEST_GONE, 400, "invalid_request",
    "this request was answered already, took too long, or is not yours");
OERR(FOREIGN_FORM, 400, "invalid_request",
    "the form did not come from a page of this server");
OERR(NO_ACCOUNT, 403, "access_denied",
    "you are signed in, but have no account here");

OERR(CLIENT_DOCUMENT, 400, "invalid_client",
    "what the application says of itself could not be read, or is not "
    "accepted here");
OERR(CLIENT_HELD, 403, "access_denied",
    "the application waits for the approval of an administrator");
OERR(CLIENT_SLOW, 429, "temporarily_unavailable",
    "there were too many requests of this kind; try again in a minute");

OERR(UNAVAILABLE, 503, "temporarily_unavailable",
    "the server cannot answer now; try again shortly");
OERR(FAULT, 500, "server_error", "the server made a mistake");

const struct oerr *
oerr_by_code(const char *code)
{
	static const struct oerr *const answers[] = { &OERR_INVALID_CLIENT,
		&OERR_UNAUTHORIZED_CLIENT, &OERR_INVALID_GRANT,
		&OERR_INVALID_SCOPE, &OERR_INVALID_TARGET, &OERR_ACCESS_DENIED,
		&OERR_INVALID_REDIRECT_URI, &OERR_INVALID_CLIENT_METADATA,
		&OERR_INVALID_TOKEN };
	size_t i;

	for (i = 0; code != NULL && i < sizeof(answers) / sizeof(answers[0]);
	     i++) {
		if (strcmp(answers[i]->code, code) == 0)
			return answers[i];
	}
	return &OERR_FAULT;
}
