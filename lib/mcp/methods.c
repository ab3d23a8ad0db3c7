/* SPDX-License-Identifier: ISC */
#include "mcp/methods.h"

#include <string.h>

#include "base/json.h"
#include "oauth/challenge.h"
#include "oauth/scope.h"

enum { LIST_FRESH_MS = 300 * 1000 };

static bool
modern(const struct call *c)
{
	return c->version >= MCP_2026_07_28;
}

/* Everything up to the members of the result. */
static struct buf *
result_begin(struct call *c)
{
	struct buf *b = &c->out->body;

	c->out->status = 200;
	c->out->type = "application/json";
	buf_raw(b, "{\"jsonrpc\":\"2.0\",\"id\":");
	buf_raw(b, c->m.id);
	buf_raw(b, ",\"result\":{");
	if (modern(c)) {
		buf_raw(b, "\"resultType\":\"complete\",\"_meta\":{"
			   "\"io.modelcontextprotocol/serverInfo\":");
		buf_raw(b, c->server->info);
		buf_raw(b, "},");
	}
	return b;
}

static void
result_end(struct buf *b)
{
	buf_raw(b, "}}");
}

/* The hints of 2026-07-28 for who keeps a result ("Caching"). */
static void
write_caching(struct call *c, unsigned ms, const char *scope)
{
	if (modern(c))
		buf_rawf(&c->out->body, ",\"ttlMs\":%u,\"cacheScope\":\"%s\"",
		    ms, scope);
}

/* ---- methods ---- */

static void
write_abilities(struct call *c, struct buf *b)
{
	buf_raw(b, "\"capabilities\":{\"tools\":{},\"resources\":{}},"
		   "\"instructions\":");
	buf_json(b, c->server->instructions);
}

/* Lifecycle, "Version Negotiation": the client's version if it is offered. */
static const struct rpc_error *
initialize(struct call *c)
{
	const char *asked = json_str(c->m.params, "protocolVersion");
	struct buf *b;
	int v;

	if (asked == NULL)
		return &RPC_PARAMS;
	v = mcp_version_find(asked);
	if (v == -1 || v == MCP_2026_07_28)
		v = MCP_2025_11_25;
	b = result_begin(c);
	buf_rawf(b, "\"protocolVersion\":\"%s\",\"serverInfo\":%s,",
	    mcp_version_name((enum mcp_version)v), c->server->info);
	write_abilities(c, b);
	result_end(b);
	return NULL;
}

static const struct rpc_error *
ping(struct call *c)
{
	result_end(result_begin(c));
	return NULL;
}

static const struct rpc_error *
discover(struct call *c)
{
	struct buf *b = result_begin(c);

	buf_raw(b, "\"supportedVersions\":");
	buf_raw(b, mcp_versions);
	buf_raw(b, ",");
	write_abilities(c, b);
	write_caching(c, LIST_FRESH_MS, "public");
	result_end(b);
	return NULL;
}

/* All of a list is one page, so whatever names another is wrong. */
static bool
has_cursor(const struct call *c)
{
	struct json_object *cursor;

	return c->m.params != NULL &&
	       json_object_object_get_ex(c->m.params, "cursor", &cursor) &&
	       cursor != NULL;
}

static const struct rpc_error *
list(struct call *c, const char *name, size_t n,
    const char *(*definition)(const struct mcp_server *, size_t))
{
	struct buf *b;
	size_t i;

	if (has_cursor(c))
		return &RPC_CURSOR;
	b = result_begin(c);
	buf_rawf(b, "\"%s\":[", name);
	for (i = 0; i < n; i++) {
		buf_raw(b, i > 0 ? "," : "");
		buf_raw(b, definition(c->server, i));
	}
	buf_raw(b, "]");
	write_caching(c, LIST_FRESH_MS, "public");
	result_end(b);
	return NULL;
}

static const char *
tool_definition(const struct mcp_server *s, size_t i)
{
	return s->tools[i].definition;
}

static const char *
resource_definition(const struct mcp_server *s, size_t i)
{
	return s->resources[i].definition;
}

static const struct rpc_error *
tools_list(struct call *c)
{
	return list(c, "tools", c->server->ntools, tool_definition);
}

static const struct rpc_error *
resources_list(struct call *c)
{
	return list(c, "resources", c->server->nresources, resource_definition);
}

static const struct rpc_error *
templates_list(struct call *c)
{
	return list(c, "resourceTemplates", 0, NULL);
}

/* Whether the caller may do what needs `scope`. */
static const struct rpc_error *
check_scope(struct call *c, const char *scope)
{
	struct challenge challenge = {
		.error = "insufficient_scope",
		.description = RPC_SCOPE.text,
		.resource_metadata = c->in->resource_metadata,
	};

	if (scope_set_covers(c->scopes, c->nscopes, scope))
		return NULL;
	challenge.scope =
	    challenge_scope(c->arena, c->scopes, c->nscopes, &scope, 1);
	c->out->challenge = challenge_text(c->arena, &challenge);
	return &RPC_SCOPE;
}

/*
 * A tool's result.  The text is the same JSON, for clients that do not know
 * structuredContent (Tools, "Structured Content").
 */
static void
write_tool_result(struct call *c, const struct buf *made, bool is_error)
{
	struct buf *b = result_begin(c);

	buf_raw(b, "\"content\":[{\"type\":\"text\",\"text\":");
	buf_json(b, made->data);
	buf_raw(b, "}],");
	if (!is_error) {
		buf_raw(b, "\"structuredContent\":");
		buf_raw_n(b, made->data, made->len);
		buf_raw(b, ",");
	}
	buf_rawf(b, "\"isError\":%s", is_error ? "true" : "false");
	result_end(b);
}

static const struct rpc_error *
run_tool(struct call *c, const struct mcp_tool *t, struct json_object *args)
{
	struct buf made;

	buf_init(&made, c->arena);
	switch (t->call(c->app, c->arena, args, &made)) {
	case MCP_DONE:
		write_tool_result(c, &made, false);
		return NULL;
	case MCP_ARGUMENTS:
		/* since 2025-11-25 the model is told, so that it can mend it */
		if (c->version < MCP_2025_11_25)
			return &RPC_ARGUMENTS;
		/* fallthrough */
	case MCP_REFUSED:
		write_tool_result(c, &made, true);
		return NULL;
	case MCP_UNAVAILABLE:
		return &RPC_UNAVAILABLE;
	case MCP_FAULT:
		break;
	}
	return &RPC_FAULT;
}

/* By the name in the body: what a header says has decided nothing here. */
static const struct rpc_error *
tools_call(struct call *c)
{
	const char *name = json_str(c->m.params, "name");
	const struct mcp_tool *t = c->server->tools;
	const struct mcp_tool *end = t + c->server->ntools;
	struct json_object *args, *given;
	const struct rpc_error *e;

	if (name == NULL)
		return &RPC_PARAMS;
	while (t < end && strcmp(t->name, name) != 0)
		t++;
	if (t == end)
		return &RPC_TOOL_UNKNOWN;
	if ((e = check_scope(c, t->scope)) != NULL)
		return e;
	args = json_member(c->m.params, "arguments", json_type_object);
	if (args == NULL &&
	    json_object_object_get_ex(c->m.params, "arguments", &given))
		return &RPC_PARAMS;
	return run_tool(c, t, args);
}

static const struct rpc_error *
write_resource(struct call *c, const struct mcp_resource *r)
{
	enum mcp_outcome outcome;
	struct buf text, *b;

	buf_init(&text, c->arena);
	if ((outcome = r->read(c->app, c->arena, &text)) != MCP_DONE)
		return outcome == MCP_UNAVAILABLE ? &RPC_UNAVAILABLE
						  : &RPC_FAULT;
	b = result_begin(c);
	buf_raw(b, "\"contents\":[{\"uri\":");
	buf_json(b, r->uri);
	buf_raw(b, ",\"mimeType\":");
	buf_json(b, r->type);
	buf_raw(b, ",\"text\":");
	buf_json(b, text.data);
	buf_raw(b, "}]");
	/* private: who has not the scope must not get it from a shared cache */
	write_caching(c, r->fresh_seconds * 1000, "private");
	result_end(b);
	return NULL;
}

static const struct rpc_error *
resources_read(struct call *c)
{
	const char *uri = json_str(c->m.params, "uri");
	const struct mcp_resource *r = c->server->resources;
	const struct mcp_resource *end = r + c->server->nresources;
	const struct rpc_error *e;
	struct buf data;

	if (uri == NULL)
		return &RPC_PARAMS;
	while (r < end && strcmp(r->uri, uri) != 0)
		r++;
	if (r == end) {
		buf_init(&data, c->arena);
		buf_raw(&data, "{\"uri\":");
		buf_json(&data, uri);
		buf_raw(&data, "}");
		c->data = data.data;
		return modern(c) ? &RPC_RESOURCE_UNKNOWN
				 : &RPC_RESOURCE_UNKNOWN_LEGACY;
	}
	if ((e = check_scope(c, r->scope)) != NULL)
		return e;
	return write_resource(c, r);
}

enum { LEGACY = 1, MODERN = 2, BOTH = LEGACY | MODERN };

const struct rpc_error *
methods_run(struct call *c)
{
	static const struct {
		const char *name;
		unsigned era;
		const struct rpc_error *(*run)(struct call *);
	} methods[] = { { "initialize", LEGACY, initialize },
		{ "ping", LEGACY, ping },
		{ "server/discover", MODERN, discover },
		{ "tools/list", BOTH, tools_list },
		{ "tools/call", BOTH, tools_call },
		{ "resources/list", BOTH, resources_list },
		{ "resources/templates/list", BOTH, templates_list },
		{ "resources/read", BOTH, resources_read } };
	unsigned era = modern(c) ? MODERN : LEGACY;
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if ((methods[i].era & era) != 0 &&
		    strcmp(methods[i].name, c->m.method) == 0)
			return methods[i].run(c);
	return modern(c) ? &RPC_METHOD_UNKNOWN : &RPC_METHOD_UNKNOWN_LEGACY;
}
