/* SPDX-License-Identifier: ISC */
#include "mcp/mcp.h"

#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "mcp/media.h"
#include "mcp/methods.h"
#include "oauth/scope.h"

enum { VERSION_MAX = 32 };

static const struct rpc_error *
check_http(struct call *c)
{
	const char **set;
	size_t n;

	if (c->in->scopes == NULL) {
		log_event(LOG_ERROR, "unguarded", NULL);
		return &RPC_UNGUARDED;
	}
	/* scopes that cannot be understood are none */
	if (scope_parse(c->arena, c->in->scopes, &set, &n) == NULL) {
		c->scopes = set;
		c->nscopes = n;
	}
	if (strcmp(c->in->method, "POST") != 0) {
		c->out->allow = "POST";
		return &RPC_METHOD;
	}
	if (!media_is_json(c->in->content_type))
		return &RPC_CONTENT_TYPE;
	return media_accepts_json(c->in->accept) ? NULL : &RPC_ACCEPT;
}

/* Which revision; an unsupported one is told what there is instead. */
static const struct rpc_error *
check_version(struct call *c)
{
	const struct rpc_error *e;
	const char *asked;
	struct buf data;

	e = envelope_open(
	    c->arena, &c->in->headers, &c->m, &c->version, &asked);
	if (e != &RPC_UNSUPPORTED)
		return e;
	if (strlen(asked) > VERSION_MAX || !utf8_clean(asked, strlen(asked)))
		asked = "";
	buf_init(&data, c->arena);
	buf_rawf(&data, "{\"supported\":%s,\"requested\":", mcp_versions);
	buf_json(&data, asked);
	buf_raw(&data, "}");
	c->data = data.data;
	return e;
}

static const struct rpc_error *
serve(struct call *c)
{
	const struct rpc_error *e;

	if ((e = check_http(c)) != NULL ||
	    (e = rpc_read(c->arena, c->in->body, c->in->len, &c->m)) != NULL ||
	    (e = check_version(c)) != NULL)
		return e;
	if (c->m.id == NULL) {
		c->out->status = 202; /* accepted; there is nothing to do */
		return NULL;
	}
	return methods_run(c);
}

static void
refuse(struct mcp_answer *out, const char *id, const struct rpc_error *e,
    const char *data)
{
	out->status = e->status;
	out->type = "application/json";
	rpc_write_error(&out->body, id, e, data);
}

void
mcp_serve(const struct mcp_server *server, void *app, struct arena *a,
    const struct mcp_request *request, struct mcp_answer *answer)
{
	struct call c = { .server = server,
		.app = app,
		.arena = a,
		.in = request,
		.out = answer };
	const struct rpc_error *e;

	*answer = (struct mcp_answer){ 0 };
	buf_init(&answer->body, a);
	if ((e = serve(&c)) != NULL)
		refuse(answer, c.m.id, e, c.data);
}

void
mcp_refuse(
    struct arena *a, const struct rpc_error *e, struct mcp_answer *answer)
{
	*answer = (struct mcp_answer){ 0 };
	buf_init(&answer->body, a);
	refuse(answer, NULL, e, NULL);
}
