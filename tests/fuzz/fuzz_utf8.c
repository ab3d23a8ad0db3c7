/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/utf8.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	const char *text, *shown;

	if (utf8_clean(f.at, f.left)) {
		HOLDS(utf8_valid(f.at, f.left));
		HOLDS(f.left == 0 || memchr(f.at, '\0', f.left) == NULL);
	}
	text = fuzz_rest(&f);
	shown = utf8_displayable(f.arena, text);
	HOLDS(utf8_clean(shown, strlen(shown)));
	HOLDS(strlen(shown) <= strlen(text));
	HOLDS(fuzz_same(shown, utf8_displayable(f.arena, shown)));
	return 0;
}
