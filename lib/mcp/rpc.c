/* SPDX-License-Identifier: ISC */
#include "mcp/rpc.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"

#define RPC(name, code, status, text) \
	const struct rpc_error RPC_##name = { code, status, text }

RPC(METHOD, -32600, 405, "only POST is for this endpoint");
RPC(CONTENT_TYPE, -32600, 415, "the body must be application/json");
RPC(ACCEPT, -32600, 406, "the answer is application/json");
RPC(TOO_LARGE, -32600, 413, "the request is too large");
RPC(UNREADABLE, -32600, 400, "the request could not be read");

RPC(PARSE, -32700, 400, "the body is not one JSON value with unique names");
RPC(INVALID_REQUEST, -32600, 400, "not a request of JSON-RPC 2.0");
RPC(BATCH, -32600, 400, "a batch is not accepted: send one message");
RPC(RESPONSE, -32600, 400, "this server asked nothing: no response is due");
RPC(METHOD_UNKNOWN, -32601, 404, "method not found");
RPC(METHOD_UNKNOWN_LEGACY, -32601, 200, "method not found");

RPC(META, -32602, 400,
    "params._meta lacks io.modelcontextprotocol/protocolVersion or "
    "io.modelcontextprotocol/clientCapabilities");
RPC(MISMATCH, -32020, 400,
    "MCP-Protocol-Version, Mcp-Method or Mcp-Name is missing, malformed or "
    "not what the body says");
RPC(UNSUPPORTED, -32022, 400, "unsupported protocol version");

RPC(PARAMS, -32602, 200, "invalid params");
RPC(CURSOR, -32602, 200, "invalid cursor: there is one page");
RPC(TOOL_UNKNOWN, -32602, 200, "unknown tool");
RPC(ARGUMENTS, -32602, 200, "invalid arguments");
RPC(RESOURCE_UNKNOWN, -32602, 200, "resource not found");
RPC(RESOURCE_UNKNOWN_LEGACY, -32002, 200, "resource not found");
/* outside the ranges that JSON-RPC and MCP reserve */
RPC(SCOPE, 403, 403, "the token's scope is too small for this request");

RPC(UNAVAILABLE, -32603, 503,
    "the server cannot answer now; try again shortly");
RPC(FAULT, -32603, 500, "the server made a mistake");
RPC(UNGUARDED, -32603, 500, "the server is not behind its guard");

/* "2.5" as an id would come back as another number in some libraries. */
static const char *
read_id(struct arena *a, struct json_object *id)
{
	struct buf b;
	int64_t n;

	buf_init(&b, a);
	if (json_object_is_type(id, json_type_string)) {
		if (strlen(json_object_get_string(id)) !=
		    (size_t)json_object_get_string_len(id))
			return NULL;
		buf_json(&b, json_object_get_string(id));
		return b.data;
	}
	if (!json_object_is_type(id, json_type_int))
		return NULL;
	n = json_object_get_int64(id);
	if (n == INT64_MAX || n == INT64_MIN)
		return NULL; /* json-c stops there: it may have been more */
	buf_rawf(&b, "%" PRId64, n);
	return b.data;
}

const struct rpc_error *
rpc_read(struct arena *a, const char *body, size_t len, struct rpc_message *m)
{
	struct json_object *o, *id, *params, *other;
	const char *version;

	*m = (struct rpc_message){ 0 };
	if ((o = json_read(a, body, len)) == NULL)
		return &RPC_PARSE;
	if (json_object_is_type(o, json_type_array))
		return &RPC_BATCH;
	if (!json_object_is_type(o, json_type_object))
		return &RPC_INVALID_REQUEST;
	if (json_object_object_get_ex(o, "id", &id) &&
	    (m->id = read_id(a, id)) == NULL)
		return &RPC_INVALID_REQUEST;
	if (json_object_object_get_ex(o, "result", &other) ||
	    json_object_object_get_ex(o, "error", &other))
		return &RPC_RESPONSE;
	version = json_str(o, "jsonrpc");
	m->method = json_str(o, "method");
	if (version == NULL || strcmp(version, "2.0") != 0 || m->method == NULL)
		return &RPC_INVALID_REQUEST;
	m->params = json_member(o, "params", json_type_object);
	if (m->params == NULL &&
	    json_object_object_get_ex(o, "params", &params))
		return &RPC_INVALID_REQUEST;
	return NULL;
}

void
rpc_write_error(
    struct buf *b, const char *id, const struct rpc_error *e, const char *data)
{
	buf_raw(b, "{\"jsonrpc\":\"2.0\",");
	if (id != NULL) {
		buf_raw(b, "\"id\":");
		buf_raw(b, id);
		buf_raw(b, ",");
	}
	buf_rawf(b, "\"error\":{\"code\":%d,\"message\":", e->code);
	buf_json(b, e->text);
	if (data != NULL) {
		buf_raw(b, ",\"data\":");
		buf_raw(b, data);
	}
	buf_raw(b, "}}");
}
