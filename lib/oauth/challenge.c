/* SPDX-License-Identifier: ISC */
#include "oauth/challenge.h"

#include <string.h>

#include "base/buf.h"
#include "oauth/scope.h"

static const char scheme[] = "Bearer";

static void
parameter(struct buf *b, const char *name, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	buf_rawf(b, "%s%s=\"", b->len >= sizeof(scheme) ? ", " : " ", name);
	buf_quoted(b, value);
	buf_raw(b, "\"");
}

const char *
challenge_text(struct arena *a, const struct challenge *c)
{
	struct buf b;

	buf_init(&b, a);
	buf_raw(&b, scheme);
	parameter(&b, "error", c->error);
	parameter(&b, "error_description", c->description);
	parameter(&b, "scope", c->scope);
	parameter(&b, "resource_metadata", c->resource_metadata);
	return b.data;
}

static bool
is_in(const char *const *set, size_t n, const char *scope)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(set[i], scope) == 0)
			return true;
	return false;
}

const char *
challenge_scope(struct arena *a, const char *const *has, size_t n_has,
    const char *const *needs, size_t n_needs)
{
	const char **all = arena_alloc(a, (n_has + n_needs + 1) * sizeof(*all));
	size_t i, n = 0;

	for (i = 0; i < n_has; i++)
		all[n++] = has[i];
	for (i = 0; i < n_needs; i++)
		if (!is_in(all, n, needs[i]))
			all[n++] = needs[i];
	return scope_join(a, all, n);
}
