/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "oauth/basic.h"
#include "oauth/bearer.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	const char *header = fuzz_rest(&f), *token, *again;
	enum authorization kind = bearer_parse(header, &token);
	struct basic basic;

	HOLDS((kind == AUTHORIZATION_FOUND) == (token != NULL));
	HOLDS((kind == AUTHORIZATION_ABSENT) == (*header == '\0'));
	if (token == NULL)
		return 0;
	/* one word, at the end of the header, and of one scheme only */
	HOLDS(*token != '\0' && *token != '=');
	HOLDS(token[strcspn(token, " \t,;\"\r\n")] == '\0');
	HOLDS(strncasecmp(header, "bearer ", 7) == 0);
	HOLDS(token + strlen(token) == header + strlen(header));
	HOLDS(basic_parse(f.arena, header, &basic) == AUTHORIZATION_OTHER);
	HOLDS(bearer_parse(arena_printf(f.arena, "Bearer %s", token), &again) ==
	      AUTHORIZATION_FOUND);
	HOLDS(fuzz_same(token, again));
	return 0;
}
