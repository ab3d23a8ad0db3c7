/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "fuzz.h"
#include "mcp/media.h"

/* Content-Type and Accept, which say the same of the same text. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	const char *text = fuzz_rest(&f);
	bool accepted = media_accepts_json(text);

	if (media_is_json(text) && strpbrk(text, ",qQ") == NULL)
		HOLDS(accepted);
	/* a type by name counts for more than any range behind it */
	if (strpbrk(text, "jJ") == NULL)
		HOLDS(media_accepts_json(
		    arena_printf(f.arena, "application/json,%s", text)));
	HOLDS(!media_accepts_json(
	    arena_printf(f.arena, "%s, application/json;q=0.0", text)));
	return 0;
}
