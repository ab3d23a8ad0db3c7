/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "fuzz.h"
#include "http/serve.h"

static const char name[] = "__Host-gatepost-session";
static const struct program program = { .name = "fuzz" };

static const char *
cookie(struct arena *a, const char *header)
{
	char *envp[] = { arena_printf(a, "HTTP_COOKIE=%s", header), NULL };
	struct request *r = arena_alloc(a, sizeof(*r));

	r->arena = a;
	r->program = &program;
	request_init(r, envp);
	return request_cookie(r, name);
}

/* The first line is a header, the second one cookie more in front of it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	const char *header = fuzz_line(&f), *value;

	if (header == NULL)
		return 0;
	if ((value = cookie(f.arena, header)) != NULL) {
		HOLDS(value[strcspn(value, "; \t")] == '\0');
		HOLDS(strstr(header, name) != NULL);
		/* found again where it stands alone, and not if twice */
		HOLDS(fuzz_same(
		    value, cookie(f.arena,
			       arena_printf(f.arena, "%s=%s", name, value))));
		HOLDS(cookie(f.arena, arena_printf(f.arena, "%s=x; %s", name,
					  header)) == NULL);
	}
	return 0;
}
