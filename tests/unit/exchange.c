/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "exchange.h"

enum { ENV_MOST = 64 };

static struct request *
begin(struct arena *a, const struct program *p, char *const *envp)
{
	struct request *r = arena_alloc(a, sizeof(*r));

	r->arena = a;
	r->program = p;
	request_init(r, envp);
	return r;
}

struct request *
exchange_request(struct arena *a, const struct program *p, ...)
{
	char *envp[ENV_MOST + 1] = { NULL };
	const char *one;
	va_list ap;
	int n = 0;

	va_start(ap, p);
	while ((one = va_arg(ap, const char *)) != NULL) {
		assert_true(n < ENV_MOST);
		envp[n++] = arena_strdup(a, one);
	}
	va_end(ap);
	return begin(a, p, envp);
}

struct request *
exchange_post(struct arena *a, const struct program *p, const char *body)
{
	struct request *r;
	size_t len = strlen(body);

	r = exchange_request(a, p, "REQUEST_METHOD=POST", "REQUEST_URI=/",
	    p->flags & PROGRAM_JSON
		? "CONTENT_TYPE=application/json"
		: "CONTENT_TYPE=application/x-www-form-urlencoded",
	    arena_printf(a, "CONTENT_LENGTH=%zu", len), NULL);
	request_body(r, arena_strdup(a, body), len, request_body_length(r));
	return r;
}

const char *
exchange_sent(struct request *r)
{
	struct buf b;

	buf_init(&b, r->arena);
	response_write(r, &b);
	assert_int_equal(strlen(b.data), b.len);
	return b.data;
}

const char *
exchange_body(struct request *r)
{
	const char *end = strstr(exchange_sent(r), "\r\n\r\n");

	assert_non_null(end);
	return end + 4;
}

const char *
exchange_header(struct request *r, const char *name)
{
	const char *line = exchange_sent(r), *value = NULL;
	size_t len = strlen(name), line_len;

	for (; (line_len = strcspn(line, "\r")) > 0; line += line_len + 2) {
		assert_int_equal(line[line_len + 1], '\n');
		if (strncmp(line, name, len) != 0 || line[len] != ':')
			continue;
		if (value != NULL)
			fail_msg("%s is there twice", name);
		value =
		    arena_strndup(r->arena, line + len + 2, line_len - len - 2);
	}
	return value;
}
