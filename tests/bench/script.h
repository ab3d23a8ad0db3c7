/* SPDX-License-Identifier: ISC */

/*
 * What `load` sends: requests in files, one after another, in which names
 * between two @ stand for what a connection was last told.
 *
 *	@TOKEN@		a line of a file, or the refresh token of an answer
 *	@ACCESS@	the access token of an answer
 *	@CODE@		the code in the Location of an answer
 *	@PATH@		path and query of that Location
 *	@COOKIES@	all cookies that were set
 */

#ifndef BENCH_SCRIPT_H
#define BENCH_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

enum { TEXT = 4096, REQUEST = 16384 };

struct known {
	char token[TEXT], access[TEXT], code[TEXT], path[TEXT], cookies[TEXT];
};

struct step {
	char head[REQUEST], body[REQUEST];
	bool names; /* is another request each time */
};

/* Read a file with a request; ends the program when it cannot be. */
void step_read(struct step *, const char *path);

/* Put a request together, with Content-Length; its length, or 0 when a name
 * stands for nothing. */
size_t step_print(
    const struct step *, const struct known *, char out[static REQUEST]);

struct answer {
	int status;
	bool closing;
	size_t length; /* all of it; 0 when it is none */
	const char *body;
};

/* Look at what has come so far; false while there is more to come. */
bool answer_read(struct answer *, const char *in, size_t got);

/* Take from an answer what it tells; false when it has no refresh token, or
 * one too long. */
bool known_take(struct known *, const char *head, const char *body);

#endif
