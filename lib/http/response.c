/* SPDX-License-Identifier: ISC */
#include "http/response.h"

#include <string.h>

#include "base/log.h"
#include "http/serve.h"

static void
empty(struct buf *b)
{
	b->len = 0;
	b->data[0] = '\0';
}

void
response_start(struct request *r, int status, const char *type)
{
	r->response.status = status;
	r->response.type = type;
	r->response.max_age = 0;
	empty(&r->response.headers);
	empty(&r->response.body);
}

void
response_header(struct request *r, const char *name, const char *value)
{
	const char *p;

	for (p = value; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f) {
			log_event(LOG_ERROR, "bad_header", "name", name, NULL);
			return;
		}
	}
	buf_raw(&r->response.headers, name);
	buf_raw(&r->response.headers, ": ");
	buf_raw(&r->response.headers, value);
	buf_raw(&r->response.headers, "\r\n");
}

void
response_cache(struct request *r, unsigned seconds)
{
	r->response.max_age = seconds;
}

void
response_json(struct request *r, int status, const char *json)
{
	response_start(r, status, "application/json");
	buf_raw(&r->response.body, json);
}

void
response_error(struct request *r, const struct oerr *e)
{
	struct buf *b = &r->response.body;

	response_start(r, e->status, "application/json");
	buf_raw(b, "{\"error\":");
	buf_json(b, e->code);
	buf_raw(b, ",\"error_description\":");
	buf_json(b, e->text);
	buf_raw(b, "}");
	if (e == &OERR_INVALID_CLIENT && r->authorization != NULL)
		response_header(
		    r, "WWW-Authenticate", "Basic realm=\"gatepost\"");
	if (e->status == 503)
		response_header(r, "Retry-After", "2");
}

void
response_redirect(struct request *r, const char *uri)
{
	response_start(r, 303, NULL);
	response_header(r, "Location", uri);
}

static void
write_common(struct request *r, struct buf *out)
{
	if (r->response.max_age > 0)
		buf_rawf(out, "Cache-Control: public, max-age=%u\r\n",
		    r->response.max_age);
	else
		buf_raw(out, "Cache-Control: no-store\r\n");
	buf_raw(out, "Referrer-Policy: no-referrer\r\n"
		     "X-Content-Type-Options: nosniff\r\n");
	if (r->program->flags & PROGRAM_CORS)
		buf_raw(out, "Access-Control-Allow-Origin: *\r\n"
			     "Access-Control-Expose-Headers: "
			     "WWW-Authenticate, Retry-After\r\n");
}

void
response_write(struct request *r, struct buf *out)
{
	const struct response *s = &r->response;

	if ((r->program->flags & PROGRAM_AUTHORIZER) && s->status == 200) {
		/* not an answer, but leave to answer: only its variables */
		buf_raw(out, "Status: 200\r\n");
		buf_raw_n(out, s->headers.data, s->headers.len);
		buf_raw(out, "\r\n");
		return;
	}
	buf_rawf(out, "Status: %d\r\n", s->status);
	if (s->type != NULL) {
		buf_raw(out, "Content-Type: ");
		buf_raw(out, s->type);
		buf_raw(out, "\r\n");
	}
	write_common(r, out);
	buf_raw_n(out, s->headers.data, s->headers.len);
	if (s->status != 204)
		buf_rawf(out, "Content-Length: %zu\r\n", s->body.len);
	buf_raw(out, "\r\n");
	if (strcmp(r->method_name, "HEAD") != 0)
		buf_raw_n(out, s->body.data, s->body.len);
}
