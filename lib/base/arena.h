/* SPDX-License-Identifier: ISC */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

/*
 * Memory that lives as long as one request.
 *
 * Whoever works for a request allocates here and never frees: arena_reset
 * releases everything at once, wiped, because it held passwords, codes and
 * tokens.  Objects of other libraries are handed over with arena_defer.
 *
 * No function here returns NULL.  When memory or the arena's limit is
 * exhausted, control goes back to where arena_catch was set, which is where
 * the request began; it owns nothing outside its arena, so nothing leaks.
 */
struct arena;

/*
 * A new arena that will hold at most `limit` bytes.  NULL when there is no
 * memory.  The caller releases it with arena_free.
 */
struct arena *arena_new(size_t limit) __attribute__((warn_unused_result));

/*
 * A new arena for what is to outlive the one it is made in: when memory ends
 * while it is filled, control leaves as it does for `a`.  It goes with `a`,
 * unless arena_keep says that it is whole; then it is the caller's to free.
 */
struct arena *arena_within(struct arena *a, size_t limit)
    __attribute__((returns_nonnull));
void arena_keep(struct arena *a);

/* Run what was deferred, last first; wipe; keep one block for reuse. */
void arena_reset(struct arena *a);

/* arena_reset, and give the memory back.  NULL is allowed. */
void arena_free(struct arena *a);

/*
 * Where to go when an allocation fails: longjmp(*where, 1).  NULL, and the
 * state of a new arena, means abort().
 */
void arena_catch(struct arena *a, jmp_buf *where);

/* Leave as when an allocation fails: for memory that is not of the arena. */
_Noreturn void arena_exhausted(struct arena *a);

/* `size` bytes of zeros, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size)
    __attribute__((returns_nonnull, malloc, alloc_size(2)));

/* A copy of the `len` bytes at `s`, with a NUL behind them. */
char *arena_strndup(struct arena *a, const char *s, size_t len)
    __attribute__((returns_nonnull));
char *arena_strdup(struct arena *a, const char *s)
    __attribute__((returns_nonnull));

char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((returns_nonnull, format(printf, 2, 3)));

/*
 * Call release(object) when the arena is reset.  If this cannot be noted,
 * the object is released at once, and control leaves as above.
 */
void arena_defer(struct arena *a, void (*release)(void *), void *object);

#endif
