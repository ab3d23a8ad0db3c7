/* SPDX-License-Identifier: ISC */
#include "http/exchange.h"

#include <setjmp.h>

#include "base/log.h"
#include "http/front.h"

static void
read_body(struct request *r, const struct transport *t)
{
	size_t want = request_body_length(r);
	char *body;

	if (r->fault != NULL)
		return;
	body = arena_alloc(r->arena, want + 1);
	request_body(r, body, t->read(t->ctx, body, want), want);
}

static handler
handler_of(const struct request *r)
{
	const struct program *p = r->program;

	if (p->any != NULL)
		return p->any;
	switch (r->method) {
	case METHOD_GET:
		return p->get;
	case METHOD_POST:
		return p->post;
	case METHOD_PUT:
		return p->put;
	case METHOD_DELETE:
		return p->delete;
	case METHOD_OPTIONS:
	case METHOD_OTHER:
		break;
	}
	return NULL;
}

static char *
allowed(const struct request *r)
{
	const struct program *p = r->program;

	return arena_printf(r->arena, "%s%s%s%sOPTIONS",
	    p->get != NULL ? "GET, HEAD, " : "",
	    p->post != NULL ? "POST, " : "", p->put != NULL ? "PUT, " : "",
	    p->delete != NULL ? "DELETE, " : "");
}

/* RFC 9110, 9.3.7, and a preflight of CORS where web pages may call. */
static void
answer_options(struct request *r)
{
	response_start(r, 204, NULL);
	response_header(r, "Allow", allowed(r));
	if (!(r->program->flags & PROGRAM_CORS))
		return;
	response_header(r, "Access-Control-Allow-Methods", allowed(r));
	response_header(r, "Access-Control-Allow-Headers",
	    "Authorization, Content-Type, MCP-Protocol-Version");
	response_header(r, "Access-Control-Max-Age", "86400");
}

static void
answer(struct request *r, const struct transport *t)
{
	const struct program *p = r->program;
	handler h = handler_of(r);

	if (h == NULL && r->method == METHOD_OPTIONS) {
		answer_options(r);
	} else if (h == NULL) {
		response_error(r, &OERR_METHOD);
		response_header(r, "Allow", allowed(r));
	} else {
		if (!(p->flags & PROGRAM_AUTHORIZER) &&
		    (r->method == METHOD_POST || r->method == METHOD_PUT))
			read_body(r, t);
		h(r);
	}
}

/* As an authorizer of the program behind, when there is one. */
static void
answer_or_pass(struct request *r, const struct transport *t)
{
	request_init(
	    r, t->program != NULL ? front_asked(r->arena, t->envp) : t->envp);
	answer(r, t);
	if (t->program != NULL && r->response.status == 200)
		front_pass(r, t->program, t->envp);
}

int
exchange(const struct program *p, struct app *app, struct arena *arena,
    const struct transport *t)
{
	struct request *r;
	struct buf out;
	jmp_buf exhausted;
	int sent;

	arena_catch(arena, &exhausted);
	if (setjmp(exhausted) != 0) {
		static const char busy[] =
		    "Status: 503\r\nContent-Type: application/json\r\n"
		    "Cache-Control: no-store\r\nRetry-After: 2\r\n\r\n"
		    "{\"error\":\"temporarily_unavailable\"}";

		log_event(LOG_ERROR, "out_of_memory", NULL);
		sent = t->write(t->ctx, busy, sizeof(busy) - 1);
	} else {
		r = arena_alloc(arena, sizeof(*r));
		r->arena = arena;
		r->program = p;
		r->app = app;
		answer_or_pass(r, t);
		buf_init(&out, arena);
		response_write(r, &out);
		sent = t->write(t->ctx, out.data, out.len);
	}
	arena_catch(arena, NULL);
	arena_reset(arena);
	return sent;
}
