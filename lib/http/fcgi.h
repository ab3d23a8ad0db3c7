/* SPDX-License-Identifier: ISC */
#ifndef HTTP_FCGI_H
#define HTTP_FCGI_H

#include "http/serve.h"

/* FastCGI 1.0, on the socket that is descriptor 0. */

/* Whether there is one, and it listens; else that is logged. */
bool fcgi_listening(void);

/* Answer requests until told to stop.  -1 when libfcgi cannot begin. */
int fcgi_serve(const struct program *p, struct app *app, struct arena *arena);

#endif
