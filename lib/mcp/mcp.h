/* SPDX-License-Identifier: ISC */
#ifndef MCP_MCP_H
#define MCP_MCP_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mcp/envelope.h"
#include "mcp/rpc.h"

/*
 * A stateless MCP server over Streamable HTTP, revisions 2025-06-18,
 * 2025-11-25 and 2026-07-28, less the HTTP: the program hands over what came
 * and sends what it is given.  There are no sessions and no streams; each
 * answer is one JSON object.
 */

enum mcp_outcome {
	MCP_DONE,
	MCP_ARGUMENTS,   /* they are not as the tool's schema says */
	MCP_REFUSED,     /* the tool cannot do what was asked */
	MCP_UNAVAILABLE, /* ours to mend, soon: 503 */
	MCP_FAULT        /* ours to mend: 500 */
};

struct mcp_tool {
	const char *name;
	const char *scope;      /* what a caller needs to have */
	const char *definition; /* a Tool as JSON, as all revisions have it */
	/*
	 * Write the result, a JSON object, to `out`; or a sentence that says
	 * what is wrong, when it is ARGUMENTS or REFUSED.  `arguments` is an
	 * object, or NULL when there were none.
	 */
	enum mcp_outcome (*call)(void *app, struct arena *a,
	    struct json_object *arguments, struct buf *out);
};

struct mcp_resource {
	const char *uri;
	const char *scope;
	const char *type;       /* MIME type of what `read` writes */
	const char *definition; /* a Resource as JSON */
	unsigned fresh_seconds; /* how long a reader may keep it */
	enum mcp_outcome (*read)(void *app, struct arena *a, struct buf *out);
};

struct mcp_server {
	const char *info;         /* an Implementation as JSON */
	const char *instructions; /* for the model */
	const struct mcp_tool *tools;
	size_t ntools;
	const struct mcp_resource *resources;
	size_t nresources;
};

struct mcp_request {
	const char *method; /* of HTTP */
	const char *content_type;
	const char *accept;
	struct envelope headers;
	const char *body;
	size_t len;
	/*
	 * The scopes of the caller's token, which the guard in front has
	 * checked.  NULL says that there was no guard: all is refused then.
	 */
	const char *scopes;
	const char *resource_metadata; /* URL for the challenge, or NULL */
};

struct mcp_answer {
	int status;
	const char *type;      /* of the body; NULL when there is none */
	const char *allow;     /* header values, NULL when they are absent */
	const char *challenge; /* WWW-Authenticate */
	struct buf body;
};

/* Answer one request.  `app` is handed to the tools. */
void mcp_serve(const struct mcp_server *server, void *app, struct arena *a,
    const struct mcp_request *request, struct mcp_answer *answer);

/* Answer with an error found outside, as when the body did not all arrive. */
void mcp_refuse(
    struct arena *a, const struct rpc_error *e, struct mcp_answer *answer);

#endif
