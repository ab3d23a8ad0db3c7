/* SPDX-License-Identifier: ISC */
#ifndef HTTP_LANGUAGE_H
#define HTTP_LANGUAGE_H

#include "http/request.h"

/*
 * The languages of pages.  The first is what the pages are written in and
 * what everybody gets who asks for none of the others; each other one has
 * translations in po/TAG.po.
 */
struct language {
	const char *tag; /* RFC 5646: all are of one subtag */
	const char *dir; /* HTML 3.2.6.4 */
};

enum { LANGUAGES = 6 };

extern const struct language languages[LANGUAGES];

/*
 * The language that a request asks for by its parameter `ui_locales`, if its
 * program has that (OpenID Connect Core, 3.1.2.1).  NULL: none of ours.
 */
const struct language *language_asked(const struct request *r);

/* That one; else by Accept-Language (RFC 9110, 12.5.4); else the first. */
const struct language *language_of(const struct request *r);

#endif
