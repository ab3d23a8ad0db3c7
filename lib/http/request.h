/* SPDX-License-Identifier: ISC */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "http/oerr.h"

struct app;
struct program;

/* What one request may hold at most, in bytes. */
enum { REQUEST_BODY_MAX = 64 * 1024, REQUEST_QUERY_MAX = 16 * 1024 };

enum method {
	METHOD_GET,
	METHOD_POST,
	METHOD_PUT,
	METHOD_DELETE,
	METHOD_OPTIONS,
	METHOD_OTHER
};

/*
 * A parameter that a program accepts, from the query of a GET, PUT or DELETE
 * or from the form of a POST.  What is not in the program's table is not
 * there for it.
 */
struct param {
	const char *name;
	size_t max; /* bytes, decoded; 0 means 2048 */
	enum {
		PARAM_ONCE,  /* a second one is a fault */
		PARAM_SAME,  /* a second one must be equal */
		PARAM_JOINED /* all of them, with spaces between */
	} repeat;
	/* the fault of a second one; NULL: DUPLICATE_PARAMETER */
	const struct oerr *twice;
};

struct response {
	int status;
	const char *type;
	struct buf headers; /* whole lines, each ended by CR LF */
	struct buf body;
	unsigned max_age; /* seconds that caches may keep it; 0: no-store */
};

struct request {
	struct arena *arena;
	const struct program *program;
	struct app *app; /* the program's own, see oauth/app.h */

	enum method method;
	const char *method_name;
	const char *path;          /* of REQUEST_URI: raw, never decoded */
	const char *address;       /* REMOTE_ADDR; NULL: none */
	const char *authorization; /* the header, see request_header */

	/* by index of the program's table; NULL when not sent or empty */
	const char **value;
	struct buf *joined; /* the same while they grow, see PARAM_JOINED */
	/* a fault in that parameter, NULL when there is none */
	const struct oerr **value_fault;
	/* a fault of the request as a whole, e.g. its body */
	const struct oerr *fault;

	const char *body; /* of a JSON request; ended by a NUL */
	size_t body_len;

	struct response response;
	char *const *envp;
	const char **env; /* an index of it, see request_env */
};

/*
 * Make sense of a request's environment (NULL-terminated "NAME=value"),
 * without its body.  Faults are recorded in the request; the handler answers
 * them, since only it knows in what form.
 */
void request_init(struct request *r, char *const *envp);

/*
 * The value of an environment variable, or NULL.  For `HTTP_*`, which are
 * the client's own words, and what a server's configuration sets.
 */
const char *request_env(const struct request *r, const char *name);

/*
 * The same for the variable of a header, e.g. HTTP_MCP_NAME; NULL also when
 * it is empty, since some servers pass an absent header on so.
 */
const char *request_header(const struct request *r, const char *name);

/* Whether there is a variable whose name begins so. */
bool request_env_begins(const struct request *r, const char *prefix);

/*
 * The bytes of body to be read (RFC 3875, 4.1.2): Content-Length, or 0 with
 * a fault recorded when it is malformed or too large.
 */
size_t request_body_length(struct request *r);

/* The body that was read; `len` of `want` bytes arrived. */
void request_body(struct request *r, char *body, size_t len, size_t want);

/*
 * The first fault: of the request, else of a parameter in the order of the
 * table.  NULL when all is well.
 */
const struct oerr *request_fault(const struct request *r);

/* The value of the cookie `name` (RFC 6265, 4.2.1), or NULL; not if twice. */
const char *request_cookie(const struct request *r, const char *name);

#endif
