/* SPDX-License-Identifier: ISC */
#ifndef UNIT_TOYSERVER_H
#define UNIT_TOYSERVER_H

#include "mcp/mcp.h"

/*
 * An MCP server for tests.  Its tool `echo` says what it is told, but for
 * the words "no", "away" and "broken"; its resource is toy://shelf, which
 * cannot be read while `away` is set.
 */
struct toy {
	struct arena *arena;
	struct mcp_request request; /* to be changed at will */
	struct mcp_answer answer;
	struct json_object *json; /* the answer's body, NULL when empty */
	int calls;                /* of the tool and the resource */
	bool away;
};

#define TOY_SCOPES "mcp:tools:echo mcp:resources:shelf:read"

/* A request as old clients send it. */
void toy_legacy(struct toy *t, const char *version);

/* The same with the headers of 2026-07-28. */
void toy_modern(struct toy *t, const char *method, const char *name);

/* What goes into params of a modern request: members of a JSON object. */
#define TOY_META                                                      \
	"\"_meta\":{"                                                 \
	"\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
	"\"io.modelcontextprotocol/clientInfo\":"                     \
	"{\"name\":\"t\",\"version\":\"1\"},"                         \
	"\"io.modelcontextprotocol/clientCapabilities\":{}}"

/* A request message. */
#define TOY_CALL(method, params)         \
	"{\"jsonrpc\":\"2.0\",\"id\":7," \
	"\"method\":\"" method "\",\"params\":{" params "}}"

/* Serve `body`.  The test fails when a body of the answer is not JSON. */
void toy_ask(struct toy *t, const char *body);

/* The code of the error that was answered; 0 when there was none. */
int toy_code(const struct toy *t);

/* The member of the result, however deep: "a.b.0.c"; NULL if missing. */
struct json_object *toy_result(const struct toy *t, const char *path);

/* The same where it is a string; "" when it is not there. */
const char *toy_text(const struct toy *t, const char *path);

/* Setup and teardown of cmocka: *state is a struct toy. */
int toy_begin(void **state);
int toy_end(void **state);

#endif
