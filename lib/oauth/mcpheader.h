/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_MCPHEADER_H
#define OAUTH_MCPHEADER_H

#include <stdbool.h>

#include "base/arena.h"
#include "oauth/rule.h"

/*
 * The headers in which MCP 2026-07-28 repeats a request's method and name
 * (Streamable HTTP, "Request Metadata"), and whether they can be believed.
 */
struct mcpheader {
	bool counts;        /* the server must check them against the body */
	const char *method; /* not NULL if they count */
	const char *name;   /* decoded; NULL where it is not vouched for */
};

/* Longest name, and longest method, that is looked at, in bytes. */
enum { MCPHEADER_NAME_MAX = 8192, MCPHEADER_METHOD_MAX = 128 };

/*
 * Read them.  False when the request must be refused: see RULE_MALFORMED.
 * What does not count is not looked at, the version aside: an old client may
 * send what it likes there.
 */
bool mcpheader_read(struct arena *a, const struct rule_request *r,
    struct mcpheader *out) __attribute__((warn_unused_result));

/*
 * The member of params that Mcp-Name repeats for the methods that have such a
 * name: the guard believes it for these alone, since for these alone the
 * server compares the two.  NULL for the others.
 */
const char *mcpheader_member(const char *method);

/*
 * A name as it was before the client encoded it ("Value Encoding"): what
 * stands between =?base64? and ?=, decoded, or the value itself.  NULL when
 * it is empty, too long, not clean UTF-8, or a value that ought to have been
 * encoded: not ASCII, blank at an end, a broken or misspelt marker, or with
 * a comma and a blank, as two headers folded into one have.
 */
const char *mcpheader_decode(struct arena *a, const char *value);

#endif
