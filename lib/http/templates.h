/* SPDX-License-Identifier: ISC */
#ifndef HTTP_TEMPLATES_H
#define HTTP_TEMPLATES_H

#include "http/language.h"

/*
 * What pages are made of, as it is installed: templates (see page.h), a style
 * sheet, and a catalogue for each language.  A template marks what is to be
 * translated as {{_}}text{{/_}}; that is done once, when it is read, so that
 * there is a set of templates for each language.
 */

/* Read everything.  -1, logged, if a file is missing, empty or too long, or no
 * catalogue.  Once: what it gives lives as long as the process. */
int templates_load(void);

/* The template of that name, without ".html". */
const char *templates_get(const struct language *l, const char *name);

/* A text of the program's own, in that language. */
const char *templates_text(const struct language *l, const char *text);

/* The style sheet, and what names it in a policy (CSP 3, 2.3.1). */
const char *templates_style(void);
const char *templates_style_source(void);

#endif
