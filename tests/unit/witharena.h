/* SPDX-License-Identifier: ISC */
#ifndef UNIT_WITHARENA_H
#define UNIT_WITHARENA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

/* What a request may hold, see http/serve.c. */
enum { ARENA_LIMIT = 2 * 1024 * 1024 };

/* From begin to end, for each test or for all of a file, as it chooses. */
static struct arena *arena;

static inline int
begin(void **state)
{
	(void)state;
	arena = arena_new(ARENA_LIMIT);
	return arena == NULL ? -1 : 0;
}

static inline int
end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* A test with an arena of its own. */
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

#endif
