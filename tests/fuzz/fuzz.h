/* SPDX-License-Identifier: ISC */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/*
 * A target hands what it is given to a parser, and says what must hold of
 * the outcome.  libFuzzer calls it with what it makes up (tests/fuzz/run),
 * replay.c with what is kept in corpus/NAME (make check).
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold: else the process aborts, which is a finding. */
#define HOLDS(what) ((what) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #what))
void fuzz_fail(const char *file, int line, const char *what)
    __attribute__((noreturn));

/* The input, of which each call takes some; its texts are in the arena. */
struct fuzz {
	struct arena *arena;
	const char *at;
	size_t left;
};

/* Begin with an empty arena, as large as a request's. */
struct fuzz fuzz_begin(const uint8_t *data, size_t size);

/* The next line without its newline; NULL when there is none. */
char *fuzz_line(struct fuzz *f);

/* The first byte of the next line as a choice of `n`; 0 when there is none. */
unsigned fuzz_choice(struct fuzz *f, unsigned n);

/* All that is left, up to a NUL. */
char *fuzz_rest(struct fuzz *f);

/* Whether both are NULL, or the same text. */
bool fuzz_same(const char *a, const char *b);

#endif
