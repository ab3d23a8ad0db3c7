/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "toyserver.h"

static enum mcp_outcome
echo(void *app, struct arena *a, struct json_object *args, struct buf *out)
{
	const char *say = json_str(args, "say");
	struct toy *t = app;

	(void)a;
	t->calls++;
	if (say == NULL) {
		buf_raw(out, "say something");
		return MCP_ARGUMENTS;
	}
	if (strcmp(say, "no") == 0) {
		buf_raw(out, "will not");
		return MCP_REFUSED;
	}
	if (strcmp(say, "away") == 0)
		return MCP_UNAVAILABLE;
	if (strcmp(say, "broken") == 0)
		return MCP_FAULT;
	buf_raw(out, "{\"said\":");
	buf_json(out, say);
	buf_raw(out, "}");
	return MCP_DONE;
}

static enum mcp_outcome
shelf(void *app, struct arena *a, struct buf *out)
{
	struct toy *t = app;

	(void)a;
	t->calls++;
	buf_raw(out, "[\"book\"]");
	return t->away ? MCP_UNAVAILABLE : MCP_DONE;
}

static const struct mcp_tool tools[] = { { "echo", "mcp:tools:echo",
    "{\"name\":\"echo\",\"inputSchema\":{\"type\":\"object\"}}", echo } };

static const struct mcp_resource resources[] = { { "toy://shelf",
    "mcp:resources:shelf:read", "application/json",
    "{\"uri\":\"toy://shelf\",\"name\":\"shelf\"}", 60, shelf } };

static const struct mcp_server server = {
	.info = "{\"name\":\"toy\",\"version\":\"1\"}",
	.instructions = "Play.",
	.tools = tools,
	.ntools = 1,
	.resources = resources,
	.nresources = 1,
};

void
toy_legacy(struct toy *t, const char *version)
{
	t->request = (struct mcp_request){ .method = "POST",
		.content_type = "application/json",
		.accept = "application/json, text/event-stream",
		.headers = { .protocol_version = version },
		.scopes = TOY_SCOPES,
		.resource_metadata = "https://h/.well-known/r" };
}

void
toy_modern(struct toy *t, const char *method, const char *name)
{
	toy_legacy(t, "2026-07-28");
	t->request.headers.method = method;
	t->request.headers.name = name;
}

void
toy_ask(struct toy *t, const char *body)
{
	t->request.body = body;
	t->request.len = strlen(body);
	t->json = NULL;
	mcp_serve(&server, t, t->arena, &t->request, &t->answer);
	if (t->answer.body.len == 0) {
		assert_null(t->answer.type);
		return;
	}
	assert_string_equal(t->answer.type, "application/json");
	t->json = json_read(t->arena, t->answer.body.data, t->answer.body.len);
	assert_non_null(t->json);
	assert_string_equal(json_str(t->json, "jsonrpc"), "2.0");
}

int
toy_code(const struct toy *t)
{
	struct json_object *e = json_member(t->json, "error", json_type_object);

	return json_object_get_int(json_member(e, "code", json_type_int));
}

struct json_object *
toy_result(const struct toy *t, const char *path)
{
	struct json_object *o =
	    json_member(t->json, "result", json_type_object);
	char *step;

	for (; o != NULL && *path != '\0'; path += *path == '.') {
		step = arena_strndup(t->arena, path, strcspn(path, "."));
		path += strlen(step);
		if (json_object_is_type(o, json_type_array))
			o = json_object_array_get_idx(
			    o, strtoul(step, NULL, 10));
		else if (!json_object_object_get_ex(o, step, &o))
			return NULL;
	}
	return o;
}

const char *
toy_text(const struct toy *t, const char *path)
{
	struct json_object *o = toy_result(t, path);

	return json_object_is_type(o, json_type_string)
		   ? json_object_get_string(o)
		   : "";
}

int
toy_begin(void **state)
{
	struct toy *t = calloc(1, sizeof(*t));

	if (t == NULL || (t->arena = arena_new(1 << 20)) == NULL) {
		free(t);
		return -1;
	}
	*state = t;
	return 0;
}

int
toy_end(void **state)
{
	struct toy *t = *state;

	arena_free(t->arena);
	free(t);
	return 0;
}
