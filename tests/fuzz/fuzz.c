/* SPDX-License-Identifier: ISC */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { ARENA_LIMIT = 2 * 1024 * 1024 };

/* In place of the library's, which would fill the screen. */
void
log_event(enum log_level level, const char *event, ...)
{
	(void)level;
	(void)event;
}

void
fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

struct fuzz
fuzz_begin(const uint8_t *data, size_t size)
{
	static struct arena *arena;

	if (arena == NULL)
		arena = arena_new(ARENA_LIMIT);
	HOLDS(arena != NULL);
	arena_reset(arena);
	return (struct fuzz){ arena, (const char *)data, size };
}

char *
fuzz_line(struct fuzz *f)
{
	const char *end;
	char *line;
	size_t len;

	if (f->left == 0)
		return NULL;
	end = memchr(f->at, '\n', f->left);
	len = end != NULL ? (size_t)(end - f->at) : f->left;
	line = arena_strndup(f->arena, f->at, len);
	len += end != NULL;
	f->at += len;
	f->left -= len;
	return line;
}

unsigned
fuzz_choice(struct fuzz *f, unsigned n)
{
	const char *line = fuzz_line(f);

	return line != NULL ? (unsigned char)*line % n : 0;
}

char *
fuzz_rest(struct fuzz *f)
{
	char *rest = arena_strndup(f->arena, f->at, f->left);

	f->left = 0;
	return rest;
}

bool
fuzz_same(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}
