/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "http/form.h"
#include "http/serve.h"

static const struct param params[] = {
	{ .name = "a" },
	{ .name = "same", .max = 8, .repeat = PARAM_SAME },
	{ .name = "resource", .repeat = PARAM_JOINED },
	{ .name = "b", .twice = &OERR_INVALID_TARGET },
};
enum { PARAMS = sizeof(params) / sizeof(params[0]) };

static const struct program program = {
	.name = "fuzz", .params = params, .nparams = PARAMS
};

static struct request *
read_form(struct arena *a, const char *text, size_t len)
{
	struct request *r = arena_alloc(a, sizeof(*r));
	char *envp[] = { NULL };

	r->arena = a;
	r->program = &program;
	request_init(r, envp);
	form_read(r, text, len);
	return r;
}

/* What was read, written as a form again. */
static void
write_form(const struct request *r, struct buf *b)
{
	buf_init(b, r->arena);
	for (size_t i = 0; i < PARAMS; i++) {
		if (r->value[i] == NULL)
			continue;
		buf_rawf(b, "%s%s=", b->len > 0 ? "&" : "", params[i].name);
		buf_url(b, r->value[i]);
	}
}

static void
check_values(const struct request *r)
{
	for (size_t i = 0; i < PARAMS; i++) {
		if (r->value[i] == NULL)
			continue;
		HOLDS(*r->value[i] != '\0');
		HOLDS(utf8_clean(r->value[i], strlen(r->value[i])));
		HOLDS(params[i].repeat != PARAM_SAME ||
		      strlen(r->value[i]) <= params[i].max);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	struct request *r, *back;
	const char *text;
	struct buf b;

	r = read_form(f.arena, f.at, f.left);
	check_values(r);
	if (request_fault(r) == NULL) {
		write_form(r, &b);
		back = read_form(f.arena, b.data, b.len);
		for (size_t i = 0; i < PARAMS; i++)
			HOLDS(params[i].repeat == PARAM_JOINED ||
			      fuzz_same(r->value[i], back->value[i]));
	}
	if ((text = form_decode(f.arena, f.at, f.left)) != NULL) {
		buf_init(&b, f.arena);
		buf_url(&b, text);
		HOLDS(fuzz_same(text, form_decode(f.arena, b.data, b.len)));
	}
	return 0;
}
