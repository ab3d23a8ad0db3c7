/* SPDX-License-Identifier: ISC */
#ifndef HTTP_SERVE_H
#define HTTP_SERVE_H

#include <stdbool.h>
#include <stddef.h>

#include "http/request.h"
#include "http/response.h"

struct group;

/* What the web server or the service manager told this process. */
struct serve_config {
	const char *dsn; /* GATEPOST_DSN, "" when unset */
	const char *kek; /* GATEPOST_KEK: the name of a file; NULL when unset */
	/* GATEPOST_AUDIT_DSN: where a program that reads a standby writes its
	 * records; NULL when unset */
	const char *audit_dsn;
	struct group *group; /* of the workers; NULL when there is one */
	bool once; /* one request, by CGI: nothing can be done later */
};

enum {
	PROGRAM_CORS = 1,      /* any web page may call it, without cookies */
	PROGRAM_JSON = 2,      /* bodies are JSON; without it they are forms */
	PROGRAM_AUTHORIZER = 4 /* never reads a body */
};

typedef void (*handler)(struct request *r);

/*
 * A program: what it accepts and who answers.  Methods without a handler are
 * 405 with Allow; `any` takes all methods and leaves nothing to the others.
 */
struct program {
	const char *name;
	unsigned flags;
	const struct param *params;
	size_t nparams;
	handler get, post, put, delete, any;

	/* once, before workers are forked; -1 ends the program */
	int (*load)(const struct serve_config *);
	/* once in each worker; the result is each request's `app`;
	 * NULL ends it */
	struct app *(*start)(
	    const struct program *, const struct serve_config *);
	/* if set: after each answer, and at least every `SERVE_IDLE_MS` while
	 * there is no request */
	void (*idle)(struct app *);
	/* if set: once, when the process ends in good order */
	void (*stop)(struct app *);
};

enum { SERVE_IDLE_MS = 500 };

/*
 * Run the program until SIGTERM; the whole of a main().
 *
 *	-n N	fork N workers and keep that many alive
 *	-c	answer the one CGI request in the environment instead
 *	-c PROGRAM [ARGUMENT...]
 *		the same for an authorizer, which becomes that CGI program when
 *		the request may pass (see http/front.h)
 *
 * Takes those variables from the environment and empties it.
 * Returns the exit status.
 */
int serve_main(int argc, char **argv, const struct program *p);

#endif
