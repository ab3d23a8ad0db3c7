/* SPDX-License-Identifier: ISC */
#include "http/page.h"

#include <string.h>

#include "base/utf8.h"
#include "http/response.h"
#include "http/templates.h"

enum { NEST_MAX = 8 };

/* ---- values ---- */

struct value {
	struct value *next;
	const char *name;
	const char *text;  /* NULL for a list */
	struct page *rows; /* first of the list, NULL for a text */
};

struct page {
	struct request *request;
	const struct language *language;
	struct page *outer; /* of a row: where names are looked up next */
	struct page *next;  /* of a row: the one after it */
	struct value *values;
};

static struct value *
value_new(struct page *p, const char *name)
{
	struct value *v = arena_alloc(p->request->arena, sizeof(*v));

	v->next = p->values;
	v->name = name;
	p->values = v;
	return v;
}

static struct page *
within(struct request *r, struct page *outer)
{
	struct page *p = arena_alloc(r->arena, sizeof(*p));

	p->request = r;
	p->outer = outer;
	return p;
}

struct page *
page_new(struct request *r)
{
	const struct language *asked = language_asked(r);
	struct page *p = within(r, NULL);

	p->language = language_of(r);
	page_set(p, "lang", p->language->tag);
	page_set(p, "dir", p->language->dir);
	if (asked != NULL)
		page_set(p, "ui_locales", asked->tag);
	return p;
}

void
page_set(struct page *p, const char *name, const char *text)
{
	if (text != NULL)
		value_new(p, name)->text =
		    utf8_displayable(p->request->arena, text);
}

void
page_say(struct page *p, const char *name, const char *text)
{
	value_new(p, name)->text = templates_text(p->language, text);
}

void
page_flag(struct page *p, const char *name, bool there)
{
	if (there)
		value_new(p, name)->text = "";
}

static struct value *
value_here(struct page *p, const char *name, size_t len)
{
	struct value *v;

	for (v = p->values; v != NULL; v = v->next) {
		if (strncmp(v->name, name, len) == 0 && v->name[len] == '\0')
			return v;
	}
	return NULL;
}

struct page *
page_row(struct page *p, const char *name)
{
	struct value *v = value_here(p, name, strlen(name));
	struct page **end, *row = within(p->request, p);

	if (v == NULL)
		v = value_new(p, name);
	for (end = &v->rows; *end != NULL; end = &(*end)->next)
		;
	*end = row;
	return row;
}

static struct value *
value_of(struct page *p, const char *name, size_t len)
{
	struct value *v = NULL;

	for (; p != NULL && v == NULL; p = p->outer)
		v = value_here(p, name, len);
	return v;
}

/* ---- templates ---- */

/* One mark: its kind ('#', '^', '/' or 0), its name, what is behind it. */
struct mark {
	char kind;
	const char *start, *name, *after;
	size_t len;
};

static bool
next_mark(const char *s, const char *end, struct mark *m)
{
	const char *close;

	m->start = strstr(s, "{{");
	if (m->start == NULL || m->start >= end)
		return false;
	m->name = m->start + 2;
	m->kind = '\0';
	if (*m->name == '#' || *m->name == '^' || *m->name == '/')
		m->kind = *m->name++;
	if ((close = strstr(m->name, "}}")) == NULL || close + 2 > end)
		return false;
	m->len = (size_t)(close - m->name);
	m->after = close + 2;
	return true;
}

/* The mark that closes `open`; sections of one name do not nest. */
static bool
closing_mark(const struct mark *open, const char *end, struct mark *m)
{
	const char *s = open->after;

	while (next_mark(s, end, m)) {
		if (m->kind == '/' && m->len == open->len &&
		    strncmp(m->name, open->name, m->len) == 0)
			return true;
		s = m->after;
	}
	return false;
}

static void render(
    struct buf *b, const char *s, const char *end, struct page *p, int depth);

static void
render_section(struct buf *b, const struct mark *open, const char *end,
    struct page *p, int depth)
{
	struct value *v = value_of(p, open->name, open->len);
	struct page *row;

	if (open->kind == '^') {
		if (v == NULL)
			render(b, open->after, end, p, depth);
	} else if (v != NULL && v->rows != NULL) {
		for (row = v->rows; row != NULL; row = row->next)
			render(b, open->after, end, row, depth);
	} else if (v != NULL) {
		render(b, open->after, end, p, depth);
	}
}

static void
render(struct buf *b, const char *s, const char *end, struct page *p, int depth)
{
	struct mark m, close;
	struct value *v;

	while (next_mark(s, end, &m)) {
		buf_raw_n(b, s, (size_t)(m.start - s));
		s = m.after;
		if (m.kind == '\0') {
			v = value_of(p, m.name, m.len);
			if (v != NULL && v->text != NULL)
				buf_html(b, v->text);
		} else if (depth < NEST_MAX && closing_mark(&m, end, &close)) {
			render_section(b, &m, close.start, p, depth + 1);
			s = close.after;
		}
	}
	buf_raw_n(b, s, (size_t)(end - s));
}

/* ---- answering ---- */

int
page_load(const struct serve_config *c)
{
	(void)c;
	return templates_load();
}

static void
policy_header(struct request *r, const char *form_action)
{
	response_header(r, "Content-Security-Policy",
	    arena_printf(r->arena,
		"default-src 'none'; style-src %s; form-action 'self' https: "
		"http://localhost:* http://127.0.0.1:*%s%s; "
		"base-uri 'none'; frame-ancestors 'none'",
		templates_style_source(), form_action != NULL ? " " : "",
		form_action != NULL ? form_action : ""));
	response_header(r, "X-Frame-Options", "DENY");
}

/* The layout has two places that no value may reach: style and content. */
void
page_send(struct page *p, int status, const char *name, const char *form_action)
{
	static const char style[] = "<style></style>";
	static const char content[] = "<main></main>";
	struct request *r = p->request;
	const char *t = templates_get(p->language, "layout"), *at;
	const char *body = templates_get(p->language, name);
	struct buf *b = &r->response.body;

	response_start(r, status, "text/html; charset=utf-8");
	policy_header(r, form_action);
	response_header(r, "Content-Language", p->language->tag);
	response_header(r, "Vary", "Accept-Language");
	if ((at = strstr(t, style)) != NULL) {
		at += strlen("<style>");
		render(b, t, at, p, 0);
		buf_raw(b, templates_style());
		t = at;
	}
	if ((at = strstr(t, content)) != NULL) {
		at += strlen("<main>");
		render(b, t, at, p, 0);
		render(b, body, body + strlen(body), p, 0);
		t = at;
	}
	render(b, t, t + strlen(t), p, 0);
}

void
page_error(struct request *r, const struct oerr *e)
{
	page_error_from(r, e, NULL);
}

void
page_error_from(struct request *r, const struct oerr *e, const char *host)
{
	struct page *p = page_new(r);

	if (e->status >= 500)
		page_say(p, "title", "Something is wrong here");
	else
		page_say(p, "title", "This did not work");
	page_say(p, "text", e->text);
	page_set(p, "code", e->code);
	page_set(p, "host", host);
	page_send(p, e->status, "error", NULL);
	if (e->status == 503)
		response_header(r, "Retry-After", "2");
}
