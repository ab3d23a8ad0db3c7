/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "oauth/handle.h"

static void
refresh(struct arena *a, const char *text)
{
	static const struct handle_refresh nothing;
	struct handle_refresh r;
	struct handle h;

	if (!handle_parse_refresh(text, &r)) {
		HOLDS(memcmp(&r, &nothing, sizeof(r)) == 0);
		return;
	}
	HOLDS(r.generation >= 1);
	HOLDS(fuzz_same(text, arena_printf(a, "%s.%s.%d.%s", r.uuid,
				  r.code.secret, r.generation, r.code.mac)));
	h = handle_read(a, text);
	HOLDS(h.id == NULL && h.hash == NULL);
	h = handle_read(a, handle_text(a, r.uuid, r.code.secret));
	HOLDS(fuzz_same(h.id, r.uuid));
}

/* Each has one spelling: no byte more, fewer or other case. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	const char *text = fuzz_rest(&f);
	struct handle h = handle_read(f.arena, text);

	HOLDS((h.id == NULL) == (h.hash == NULL));
	if (h.id != NULL) {
		HOLDS(strlen(text) == HANDLE_UUID_SIZE + 43);
		HOLDS(strncmp(h.id, text, HANDLE_UUID_SIZE - 1) == 0);
		HOLDS(handle_read(f.arena, arena_printf(f.arena, "%s ", text))
			  .id == NULL);
	}
	refresh(f.arena, text);
	return 0;
}
