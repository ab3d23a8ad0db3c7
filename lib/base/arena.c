/* SPDX-License-Identifier: ISC */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

/* One block serves nearly every request; larger ones add more. */
enum { BLOCK_SIZE = 32 * 1024 };

struct block {
	struct block *next;
	size_t size;
	size_t used;
	alignas(max_align_t) char data[];
};

struct deferred {
	struct deferred *next;
	void (*release)(void *);
	void *object;
};

struct arena {
	struct block *blocks; /* the newest; the oldest is kept on reset */
	struct deferred *deferred;
	jmp_buf *caught;
	size_t limit;
	size_t total;
	struct arena **owner; /* where the arena it is made in holds it */
};

static struct block *
block_new(size_t size, struct block *next)
{
	struct block *b;

	if ((b = malloc(sizeof(*b) + size)) == NULL)
		return NULL;
	b->next = next;
	b->size = size;
	b->used = 0;
	return b;
}

struct arena *
arena_new(size_t limit)
{
	struct arena *a;

	if ((a = calloc(1, sizeof(*a))) == NULL)
		return NULL;
	if ((a->blocks = block_new(BLOCK_SIZE, NULL)) == NULL) {
		free(a);
		return NULL;
	}
	a->limit = limit;
	a->total = BLOCK_SIZE;
	return a;
}

static void
run_deferred(struct arena *a)
{
	struct deferred *d;

	while ((d = a->deferred) != NULL) {
		a->deferred = d->next;
		d->release(d->object);
	}
}

void
arena_reset(struct arena *a)
{
	struct block *b;

	run_deferred(a);
	while ((b = a->blocks)->next != NULL) {
		a->blocks = b->next;
		digest_wipe(b->data, b->used);
		free(b);
	}
	digest_wipe(b->data, b->used);
	b->used = 0;
	a->total = b->size;
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	arena_reset(a);
	free(a->blocks);
	free(a);
}

void
arena_catch(struct arena *a, jmp_buf *where)
{
	a->caught = where;
}

_Noreturn void
arena_exhausted(struct arena *a)
{
	if (a->caught == NULL)
		abort();
	longjmp(*a->caught, 1);
}

/* A block with room for `size` more bytes, or NULL. */
static struct block *
block_with_room(struct arena *a, size_t size)
{
	struct block *b = a->blocks;
	size_t want;

	if (size <= b->size - b->used)
		return b;
	want = size > BLOCK_SIZE ? size : BLOCK_SIZE;
	if (a->total > a->limit || want > a->limit - a->total)
		return NULL;
	if ((b = block_new(want, a->blocks)) == NULL)
		return NULL;
	a->blocks = b;
	a->total += want;
	return b;
}

static void *
take(struct arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct block *b;
	void *p;

	if (size > SIZE_MAX - align)
		return NULL;
	size = (size + align - 1) / align * align;
	if ((b = block_with_room(a, size)) == NULL)
		return NULL;
	p = b->data + b->used;
	b->used += size;
	return p;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	void *p;

	if ((p = take(a, size)) == NULL)
		arena_exhausted(a);
	return memset(p, 0, size);
}

char *
arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *p;

	p = arena_alloc(a, len + 1);
	memcpy(p, s, len);
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		arena_exhausted(a);
	p = arena_alloc(a, (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return p;
}

void
arena_defer(struct arena *a, void (*release)(void *), void *object)
{
	struct deferred *d;

	if ((d = take(a, sizeof(*d))) == NULL) {
		release(object);
		arena_exhausted(a);
	}
	d->next = a->deferred;
	d->release = release;
	d->object = object;
	a->deferred = d;
}

static void
free_held(void *held)
{
	arena_free(*(struct arena **)held);
}

struct arena *
arena_within(struct arena *a, size_t limit)
{
	struct arena **held = arena_alloc(a, sizeof(*held));

	arena_defer(a, free_held, held);
	if ((*held = arena_new(limit)) == NULL)
		arena_exhausted(a);
	(*held)->owner = held;
	(*held)->caught = a->caught;
	return *held;
}

void
arena_keep(struct arena *a)
{
	*a->owner = NULL;
	a->owner = NULL;
	a->caught = NULL;
}
