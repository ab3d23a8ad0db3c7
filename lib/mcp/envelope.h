/* SPDX-License-Identifier: ISC */
#ifndef MCP_ENVELOPE_H
#define MCP_ENVELOPE_H

#include "base/arena.h"
#include "mcp/rpc.h"

/* The revisions of MCP, in their order. */
enum mcp_version {
	MCP_2025_03_26, /* assumed of who says nothing */
	MCP_2025_06_18,
	MCP_2025_11_25,
	MCP_2026_07_28
};

/* As in "2025-11-25". */
const char *mcp_version_name(enum mcp_version v);

/* The one of that name that is offered.  -1 when it is not. */
int mcp_version_find(const char *name);

/* The names of those that are offered, newest first: a JSON array. */
extern const char mcp_versions[];

/* The headers that repeat what a message says; NULL when absent. */
struct envelope {
	const char *protocol_version; /* MCP-Protocol-Version */
	const char *method;           /* Mcp-Method */
	const char *name;             /* Mcp-Name */
};

/*
 * Find out which revision a message speaks, and refuse one whose headers say
 * otherwise than its body (2026-07-28, "Server Validation"): a guard in
 * front has decided by the headers.
 *
 * The version is that of params._meta, else that of the header, else the
 * oldest.  `initialize` negotiates it in the body: then it is what the
 * header says only if that names a revision that has no initialize.
 *
 * NULL, or META, MISMATCH or UNSUPPORTED; with the last, `asked` is the
 * version that was named.
 */
const struct rpc_error *envelope_open(struct arena *a, const struct envelope *h,
    const struct rpc_message *m, enum mcp_version *version, const char **asked)
    __attribute__((warn_unused_result));

#endif
