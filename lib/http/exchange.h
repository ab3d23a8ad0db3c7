/* SPDX-License-Identifier: ISC */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "http/serve.h"

/* Where a request's bytes come from and go to. */
struct transport {
	char **envp;
	size_t (*read)(void *ctx, char *to, size_t len);
	int (*write)(void *ctx, const char *from, size_t len);
	void *ctx;
	char *const *program; /* to hand on to what may pass, or NULL */
};

/*
 * Read one request, have the program answer it, and write that; by 503 when
 * there is no memory.  Nothing of it is left in the arena.  -1 when the answer
 * could not be written.
 */
int exchange(const struct program *p, struct app *app, struct arena *arena,
    const struct transport *t);

#endif
