/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "fuzz.h"
#include "oauth/scope.h"

/* Coverage is an order: of itself, of nothing that covers it, transitive. */
static void
order(struct arena *a, const char *const *set, size_t n)
{
	const char *under;

	for (size_t i = 0; i < n; i++) {
		HOLDS(scope_covers(set[i], set[i]));
		under = arena_printf(a, "%.*s:x",
		    (int)(strlen(set[i]) - 2 * (strchr(set[i], '*') != NULL)),
		    set[i]);
		HOLDS(scope_covers(set[i], under) ==
		      (strchr(set[i], '*') != NULL));
		for (size_t j = 0; j < n; j++) {
			if (i == j || !scope_covers(set[i], set[j]))
				continue;
			HOLDS(!scope_covers(set[j], set[i]));
			for (size_t k = 0; k < n; k++)
				HOLDS(!scope_covers(set[j], set[k]) ||
				      scope_covers(set[i], set[k]));
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	const char *text = fuzz_rest(&f), *joined, **set, **again;
	size_t n, m;

	if (scope_parse(f.arena, text, &set, &n) != NULL) {
		HOLDS(n == 0);
		return 0;
	}
	HOLDS(n <= SCOPE_MAX && (n > 0) == (*text != '\0'));
	for (size_t i = 0; i < n; i++)
		HOLDS(scope_valid(set[i], strlen(set[i])));
	joined = scope_join(f.arena, set, n);
	HOLDS(scope_parse(f.arena, joined, &again, &m) == NULL && m == n);
	HOLDS(fuzz_same(joined, scope_join(f.arena, again, m)));
	order(f.arena, set, n < 12 ? n : 12);
	return 0;
}
