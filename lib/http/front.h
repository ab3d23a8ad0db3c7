/* SPDX-License-Identifier: ISC */
#ifndef HTTP_FRONT_H
#define HTTP_FRONT_H

#include "http/request.h"

/*
 * An authorizer in front of a CGI program.  It judges the request in its own
 * environment; what it lets pass it hands on by becoming that program, as a
 * server would that asks a FastCGI authorizer first (FastCGI 1.0, 6.3): with
 * standard input untouched, and what it found out as variables.
 */

/* The request's environment as the authorizer has it: FCGI_ROLE says so. */
char **front_asked(struct arena *a, char *const *envp);

/*
 * The environment that the program has: the request's, less what is only
 * ours to say (GATEPOST_*, X-Gatepost-* headers), and with NAME=value for
 * each Variable-NAME header of the answer.
 */
char **front_told(struct request *r, char *const *envp);

/*
 * Become the program at the path argv[0].  Returns only when that cannot be:
 * then it is logged, and the request's answer is a fault, not a pass.
 */
void front_pass(struct request *r, char *const *argv, char *const *envp);

#endif
