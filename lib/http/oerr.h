/* SPDX-License-Identifier: ISC */
#ifndef HTTP_OERR_H
#define HTTP_OERR_H

/*
 * An error in the protocol's own form: RFC 6749 4.1.2.1 and 5.2, RFC 6750
 * 3.1, RFC 7591 3.2.2, RFC 8707 2.  Each is defined once, in oerr.c; a
 * function that finds no error returns NULL.  Texts never quote input.
 */
struct oerr {
	const char *code;
	int status;
	const char *text;
};

#define OERR(name) extern const struct oerr OERR_##name

/* faults of the request itself, found while it was read */
OERR(DUPLICATE_PARAMETER);
OERR(MALFORMED_PARAMETER);
OERR(UNREADABLE_BODY);
OERR(TOO_LARGE);
OERR(CONTENT_TYPE);
OERR(METHOD);
OERR(NOT_FOUND);
OERR(TOKEN_IN_QUERY);

/* RFC 6749 */
OERR(MISSING_PARAMETER);
OERR(UNSUPPORTED_RESPONSE_TYPE);
OERR(UNSUPPORTED_RESPONSE_MODE);
OERR(REQUEST_OBJECT);
OERR(REQUEST_URI);
OERR(INVALID_CLIENT);
OERR(TWO_AUTH_METHODS);
OERR(UNAUTHORIZED_CLIENT);
OERR(INVALID_GRANT);
OERR(UNSUPPORTED_GRANT_TYPE);
OERR(INVALID_SCOPE);
OERR(ACCESS_DENIED);

/* RFC 7636, 8707, 7591, 6750 */
OERR(PKCE_REQUIRED);
OERR(PKCE_METHOD);
OERR(PKCE_CHALLENGE);
OERR(PKCE_VERIFIER);
OERR(INVALID_TARGET);
OERR(INVALID_REDIRECT_URI);
OERR(INVALID_CLIENT_METADATA);
OERR(JWKS_URI);
OERR(REGISTRATION_CLOSED);
OERR(INVALID_TOKEN);
OERR(INSUFFICIENT_SCOPE);

/* told to the person in front of the browser, and to no client */
OERR(UNKNOWN_CLIENT);
OERR(BAD_REDIRECT);
OERR(REQUEST_GONE);
OERR(FOREIGN_FORM);
OERR(NO_ACCOUNT);
OERR(CLIENT_DOCUMENT);
OERR(CLIENT_HELD);
OERR(CLIENT_SLOW);

/* ours to mend */
OERR(UNAVAILABLE);
OERR(FAULT);

#undef OERR

/* The error whose code a database function answered with; FAULT if none. */
const struct oerr *oerr_by_code(const char *code);

#endif
