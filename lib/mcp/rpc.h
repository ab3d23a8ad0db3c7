/* SPDX-License-Identifier: ISC */
#ifndef MCP_RPC_H
#define MCP_RPC_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "base/arena.h"
#include "base/buf.h"

/*
 * An error of JSON-RPC 2.0 as MCP uses it, and the HTTP status it goes with.
 * Each is defined once, in rpc.c; NULL is fine.  Texts never quote input.
 */
struct rpc_error {
	int code;
	int status;
	const char *text;
};

#define RPC(name) extern const struct rpc_error RPC_##name

/* of HTTP (Streamable HTTP, "Sending Messages") */
RPC(METHOD);       /* 405 */
RPC(CONTENT_TYPE); /* 415 */
RPC(ACCEPT);       /* 406 */
RPC(TOO_LARGE);    /* 413 */
RPC(UNREADABLE);   /* 400: the body is not what its length says */

/* of the message */
RPC(PARSE);
RPC(INVALID_REQUEST);
RPC(BATCH);
RPC(RESPONSE);
RPC(METHOD_UNKNOWN);        /* 404, 2026-07-28 */
RPC(METHOD_UNKNOWN_LEGACY); /* the same in an answer of status 200 */

/* of its version and headers, 2026-07-28 */
RPC(META);        /* a required member of _meta is missing or malformed */
RPC(MISMATCH);    /* HeaderMismatch */
RPC(UNSUPPORTED); /* UnsupportedProtocolVersion */

/* of what it asks for */
RPC(PARAMS);
RPC(CURSOR);
RPC(TOOL_UNKNOWN);
RPC(ARGUMENTS); /* 2025-06-18: later revisions answer with a tool error */
RPC(RESOURCE_UNKNOWN);
RPC(RESOURCE_UNKNOWN_LEGACY);
RPC(SCOPE);

/* ours to mend */
RPC(UNAVAILABLE);
RPC(FAULT);
RPC(UNGUARDED); /* nobody has checked the caller's token */

#undef RPC

struct rpc_message {
	const char *id; /* as JSON; NULL for a notification */
	const char *method;
	struct json_object *params; /* an object, or NULL */
};

/*
 * Read one request or notification (JSON-RPC 2.0, 4; MCP, "Messages").  What
 * could be read of it is in `m` also when an error is returned, so that the
 * answer can have the id.
 */
const struct rpc_error *rpc_read(struct arena *a, const char *body, size_t len,
    struct rpc_message *m) __attribute__((warn_unused_result));

/*
 * Write an error response.  `id` is JSON, or NULL when there is none;
 * `data` is JSON, or NULL.
 */
void rpc_write_error(
    struct buf *b, const char *id, const struct rpc_error *e, const char *data);

#endif
