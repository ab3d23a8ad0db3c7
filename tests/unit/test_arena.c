/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <signal.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"

enum { BIG = 1 << 20 };

static struct arena *arena;
static char order[16];
/* what is deferred here: letters */
static char la[] = "a", lb[] = "b", lc[] = "c", li[] = "i";

static int
begin(void **state)
{
	(void)state;
	memset(order, 0, sizeof(order));
	arena = arena_new(BIG);
	return arena == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* Each object deferred is one letter of `order`. */
static void
note(void *letter)
{
	strncat(order, letter, 1);
}

static void
aligned_zeros(void **state)
{
	unsigned char *p;
	size_t size, i;

	(void)state;
	for (size = 0; size < 200; size++) {
		p = arena_alloc(arena, size);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
	}
	p = arena_alloc(arena, 100000); /* a block of its own */
	assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
	assert_int_equal(p[0] | p[99999], 0);
}

/* Nobody's memory is given to somebody else. */
static void
apart(void **state)
{
	unsigned char *p[300];
	size_t i, j, size;

	(void)state;
	for (i = 0; i < 300; i++) {
		size = i * 7 % 500 + 1;
		p[i] = arena_alloc(arena, size);
		memset(p[i], (int)(i & 0xff), size);
	}
	for (i = 0; i < 300; i++) {
		for (j = 0; j < i * 7 % 500 + 1; j++)
			assert_int_equal(p[i][j], i & 0xff);
	}
}

static void
copies(void **state)
{
	char text[] = "abc";
	char *copy = arena_strdup(arena, text);

	(void)state;
	text[0] = 'X';
	assert_string_equal(copy, "abc");
	assert_string_equal(arena_strndup(arena, "abcdef", 3), "abc");
	assert_string_equal(arena_strndup(arena, "abcdef", 0), "");
	assert_memory_equal(arena_strndup(arena, "a\0b", 3), "a\0b", 4);
	assert_string_equal(arena_printf(arena, "%s-%05d", "x", 42), "x-00042");
	copy = arena_printf(arena, "%070000d", 7);
	assert_int_equal(strlen(copy), 70000);
}

/* What is too much goes back to where the request began. */
static void
limit(void **state)
{
	struct arena *small = arena_new(256 * 1024);
	volatile int n = 0;
	jmp_buf out;

	(void)state;
	assert_non_null(small);
	arena_catch(small, &out);
	if (setjmp(out) == 0) {
		for (; n < 1000; n++)
			memset(arena_alloc(small, 10000), 1, 10000);
	}
	assert_in_range(n, 20, 26);
	/* what is left can still be used, e.g. to answer */
	assert_string_equal(arena_strdup(small, "sorry"), "sorry");
	/* and all of it after a reset */
	arena_reset(small);
	n = 0;
	if (setjmp(out) == 0) {
		for (; n < 1000; n++)
			(void)arena_alloc(small, 10000);
	}
	assert_in_range(n, 20, 26);
	arena_free(small);
}

static void
absurd_sizes(void **state)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 15,
		SIZE_MAX - 16, SIZE_MAX / 2, BIG + 1, BIG };
	volatile size_t i, refused = 0;
	jmp_buf out;

	(void)state;
	arena_catch(arena, &out);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		volatile size_t size = sizes[i];

		if (setjmp(out) == 0)
			(void)arena_alloc(arena, size);
		else
			refused++;
	}
	assert_int_equal(refused, i);
}

/* Without a place to go to, the process ends: it never goes on with NULL. */
static void
nowhere_to_go(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		(void)arena_alloc(arena, 2 * BIG);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void
deferred_order(void **state)
{
	(void)state;
	arena_defer(arena, note, la);
	arena_defer(arena, note, lb);
	(void)arena_alloc(arena, 100000);
	arena_defer(arena, note, lc);
	assert_string_equal(order, "");
	arena_reset(arena);
	assert_string_equal(order, "cba");
	arena_reset(arena);
	assert_string_equal(order, "cba");
}

/* An object that nobody would release is released at once. */
static void
deferred_too_late(void **state)
{
	struct arena *full = arena_new(1);
	volatile int jumps = 0;
	jmp_buf out;

	(void)state;
	assert_non_null(full);
	arena_catch(full, &out);
	arena_defer(full, note, la);
	if (setjmp(out) == 0) {
		for (;;)
			(void)arena_alloc(full, 1);
	}
	if (setjmp(out) == 0)
		arena_defer(full, note, lb);
	else
		jumps++;
	assert_int_equal(jumps, 1);
	assert_string_equal(order, "b");
	arena_free(full);
	assert_string_equal(order, "ba");
}

/* A block stays for the next request, and nothing of this one in it. */
static void
wiped(void **state)
{
	static const char zeros[64];
	char *secret = arena_alloc(arena, 64);

	(void)state;
	memset(secret, 's', 64);
	arena_reset(arena);
	assert_memory_equal(secret, zeros, 64);
}

/* A deferred release may still read what it releases. */
static void
look(void *text)
{
	assert_string_equal(text, "still here");
	strcpy(order, "seen");
}

static void
wiped_last(void **state)
{
	(void)state;
	arena_defer(arena, look, arena_strdup(arena, "still here"));
	arena_reset(arena);
	assert_string_equal(order, "seen");
}

static void
within_goes_with_the_outer(void **state)
{
	struct arena *inner = arena_within(arena, BIG);

	(void)state;
	arena_defer(inner, note, li);
	arena_reset(arena);
	assert_string_equal(order, "i");
}

static void
within_and_kept(void **state)
{
	struct arena *inner = arena_within(arena, BIG);
	char *text = arena_strdup(inner, "kept");

	(void)state;
	arena_defer(inner, note, li);
	arena_keep(inner);
	arena_reset(arena);
	assert_string_equal(order, "");
	assert_string_equal(text, "kept");
	arena_free(inner);
	assert_string_equal(order, "i");
}

static void
within_that_overflows(void **state)
{
	volatile int jumps = 0;
	jmp_buf out;

	(void)state;
	arena_catch(arena, &out);
	if (setjmp(out) == 0) {
		struct arena *inner = arena_within(arena, 64 * 1024);

		arena_defer(inner, note, li);
		(void)arena_alloc(inner, 65 * 1024);
	} else {
		jumps++;
	}
	assert_int_equal(jumps, 1);
	arena_reset(arena);
	assert_string_equal(order, "i");
}

static void
free_nothing(void **state)
{
	(void)state;
	arena_free(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(aligned_zeros),
		TEST(apart),
		TEST(copies),
		TEST(limit),
		TEST(absurd_sizes),
		TEST(nowhere_to_go),
		TEST(deferred_order),
		TEST(deferred_too_late),
		TEST(wiped),
		TEST(wiped_last),
		TEST(within_goes_with_the_outer),
		TEST(within_and_kept),
		TEST(within_that_overflows),
		TEST(free_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
