/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_AUTHORIZATION_H
#define OAUTH_AUTHORIZATION_H

/*
 * What an Authorization header turned out to be for the scheme looked for.
 * OTHER is not ABSENT: who must refuse a second way of authenticating
 * refuses it.
 */
enum authorization {
	AUTHORIZATION_ABSENT,    /* no header; some servers pass an empty one */
	AUTHORIZATION_OTHER,     /* a header of another scheme */
	AUTHORIZATION_MALFORMED, /* the scheme, but not what must follow it */
	AUTHORIZATION_FOUND,
};

/* Longest header that is looked at, in bytes. */
enum { AUTHORIZATION_MAX = 8192 };

/*
 * Look for `scheme` in the header's value (RFC 9110, 11.4): its name in any
 * case, one or more spaces, credentials to the end.  Only for FOUND is
 * *credentials set, to a place in `header`; whoever called checks the rest.
 * A header longer than AUTHORIZATION_MAX is MALFORMED whatever its scheme.
 */
enum authorization authorization_split(
    const char *header, const char *scheme, const char **credentials);

#endif
