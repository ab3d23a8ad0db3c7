/* SPDX-License-Identifier: ISC */
#ifndef MCP_METHODS_H
#define MCP_METHODS_H

#include "mcp/mcp.h"

/* A request under way.  For mcp.c and methods.c alone. */
struct call {
	const struct mcp_server *server;
	void *app;
	struct arena *arena;
	const struct mcp_request *in;
	struct mcp_answer *out;
	struct rpc_message m;
	enum mcp_version version;
	const char **scopes; /* those the caller has */
	size_t nscopes;
	const char *data; /* of an error: JSON, or NULL */
};

/*
 * Do what the request asks, if its revision knows the method, and write the
 * result.  NULL, or an error with nothing written; `data` may be set with it.
 */
const struct rpc_error *methods_run(struct call *c)
    __attribute__((warn_unused_result));

#endif
