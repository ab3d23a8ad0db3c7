/* SPDX-License-Identifier: ISC */
#ifndef HTTP_CGI_H
#define HTTP_CGI_H

#include "http/serve.h"

/*
 * Answer the one request (RFC 3875) of this environment and standard input; or
 * become the program `behind`, if it is not NULL and the request may pass (see
 * http/front.h).  -1 when the answer could not be written.
 */
int cgi_serve(const struct program *p, struct app *app, struct arena *arena,
    char **envp, char *const *behind);

#endif
