/* SPDX-License-Identifier: ISC */
#ifndef HTTP_PAGE_H
#define HTTP_PAGE_H

#include <stdbool.h>

#include "http/request.h"
#include "http/serve.h"

/*
 * Pages for people, made from the templates that are installed beside the
 * SQL, so that a host can change their looks without a compiler.
 *
 * A template is HTML with these marks:
 *	{{name}}		the value, escaped for text and attributes
 *	{{#name}}...{{/name}}	once if the value is there, or once a row
 *	{{^name}}...{{/name}}	if it is not there
 *	{{_}}...{{/_}}		a text to be translated, which may hold values
 * There is no way to put a value in unescaped.
 */

/* Read what pages are made of, see http/templates.h.  For struct program:
 * load. */
int page_load(const struct serve_config *c);

/* The values for one page, or for one row of a list in it. */
struct page;

/* A page in the request's language, with `lang` and `dir` for HTML and, if it
 * was asked for by ui_locales, that as a value for its forms. */
struct page *page_new(struct request *r);

/* NULL means that the value is not there.  The text must be UTF-8; what
 * could make it look like something else is taken out. */
void page_set(struct page *p, const char *name, const char *text);
void page_flag(struct page *p, const char *name, bool there);

/* A text of ours, a string literal, in the page's language. */
void page_say(struct page *p, const char *name, const char *text);

/* A new row at the end of the list `name`. */
struct page *page_row(struct page *p, const char *name);

/*
 * Answer with the template `name` (without ".html") inside the layout.
 * `form_action` is one more source that forms may lead to, since Chromium
 * applies that rule to the redirects after a form too; NULL for none.
 */
void page_send(
    struct page *p, int status, const char *name, const char *form_action);

/* The page for an error; what to say is the error's own text.  `host` names
 * where the request came from; NULL when nobody knows. */
void page_error(struct request *r, const struct oerr *e);
void page_error_from(struct request *r, const struct oerr *e, const char *host);

#endif
