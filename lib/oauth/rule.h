/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_RULE_H
#define OAUTH_RULE_H

#include <stddef.h>

#include "base/arena.h"

/*
 * Which scopes a request to a guarded MCP server needs (MCP 2026-07-28,
 * Streamable HTTP, "Request Metadata").
 *
 * The client writes the headers Mcp-Method and Mcp-Name, and the server does
 * what the body says.  So headers count only where the specification obliges
 * the server to refuse a request in which the two disagree: a POST whose
 * MCP-Protocol-Version is 2026-07-28 or later and that has Mcp-Method; and
 * the name only for tools/call, resources/read and prompts/get, which must
 * have one.  Where headers do not count and a rule that reads them might
 * have applied, the fallback is needed besides whatever else matched: to
 * send less, or an older version, never needs less than the fallback.
 */

/*
 * One row of a resource's rules.  A NULL condition is any; all that are not
 * NULL must hold.  `method` is HTTP's (GET covers HEAD).  `path_prefix`
 * covers whole segments: "/a" and "/a/" cover "/a" and "/a/b", not "/ab".
 * `mcp_method` and `mcp_name` are compared byte for byte.
 *
 * In `scope`, "{name}" stands for the name in Mcp-Name.  Such a rule without
 * an mcp_method is about the three methods that have a name.
 */
struct rule {
	const char *scope;
	const char *method;
	const char *path_prefix;
	const char *mcp_method;
	const char *mcp_name;
};

/* A resource's rules, and the scopes that are needed where none counts. */
struct rule_set {
	const struct rule *rules;
	size_t n_rules;
	const char *const *fallback;
	size_t n_fallback;
};

/*
 * A request's facts as they arrived.  `path` is without the query, and the
 * guard has refused what would need decoding.  The headers are NULL when they
 * were not sent.
 */
struct rule_request {
	const char *method;
	const char *path;
	const char *version;    /* MCP-Protocol-Version */
	const char *mcp_method; /* Mcp-Method */
	const char *mcp_name;   /* Mcp-Name, perhaps =?base64?...?= */
};

enum rule_outcome {
	RULE_NEEDS,      /* all the scopes listed; none: any valid token */
	RULE_MALFORMED,  /* the request must not pass: 400 */
	RULE_IMPOSSIBLE, /* no scope would be enough: 403 */
};

/* `scopes` are distinct, in the arena or the rule set; for NEEDS alone. */
struct rule_answer {
	enum rule_outcome outcome;
	const char **scopes;
	size_t n;
	const char *name; /* decoded Mcp-Name where it counts, else NULL */
};

/*
 * Judge a request.  Every rule that matches adds its scope; the fallback
 * applies when none matched, and as said above.
 *
 * MALFORMED: an HTTP method that is not in capitals or no path; a version
 * that is no word (two headers folded into one are none); and where the
 * headers count, a method or name that is malformed or folded, broken
 * base64, what decodes to a control character or to anything but UTF-8, and
 * no name where one must be.
 *
 * IMPOSSIBLE: a rule's path prefix covers the path but for upper and lower
 * case, which not every server tells apart; a rule applies whose {name} is
 * not known or would not be one plain segment of a scope (":", "*", space,
 * non-ASCII), or whose scope is not a valid one; and when there are rules,
 * but the fallback that would apply is empty: what nobody thought of is
 * refused.
 */
struct rule_answer rule_judge(
    struct arena *a, const struct rule_set *set, const struct rule_request *r);

#endif
