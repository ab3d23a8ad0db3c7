/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_URI_H
#define OAUTH_URI_H

#include <stdbool.h>
#include <stddef.h>

/*
 * An absolute URI taken apart (RFC 3986), for the checks of redirect URIs
 * and resources.  Nothing is decoded or changed: parts are views of the
 * text.  What two parsers could read in two ways is refused, not repaired.
 */
struct uri_part {
	const char *at; /* NULL: the part is absent, not merely empty */
	size_t len;
};

struct uri {
	struct uri_part scheme;
	struct uri_part userinfo;
	struct uri_part host; /* with its brackets, if it has them */
	struct uri_part port;
	struct uri_part path; /* never absent */
	struct uri_part query;
	struct uri_part fragment;
};

/* Longest URI that is looked at, in bytes. */
enum { URI_MAX = 2048 };

/*
 * Take `text` apart into `u`.  False when it is NULL, longer than URI_MAX,
 * has no scheme, holds a byte that RFC 3986 does not know (control, space,
 * backslash, quote, non-ASCII and so on) or a % without two hex digits.
 * The views live as long as `text`.
 */
bool uri_split(const char *text, struct uri *u)
    __attribute__((warn_unused_result));

/* Whether a part is there and is exactly `s`. */
bool uri_part_is(struct uri_part part, const char *s);

/*
 * Whether a host is one that every parser reads alike: labels of letters,
 * digits, '-' and '_' joined by single dots; four decimal numbers without
 * leading zeros; or an IPv6 address in brackets, without a zone.  What
 * browsers take for an IPv4 address in another guise (octal, hex, short or
 * one number) is none of these, nor is a name with a trailing dot.
 */
bool uri_host_plain(struct uri_part host);

/*
 * The port's number, 1 to 65535; 0 when it is anything else, empty or
 * written with leading zeros.
 */
unsigned uri_port(struct uri_part port);

#endif
