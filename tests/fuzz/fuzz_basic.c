/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "oauth/basic.h"

/* The header that a careful client sends for what was read. */
static const char *
header_of(struct arena *a, const struct basic *b)
{
	struct buf pair;
	char *text;

	buf_init(&pair, a);
	buf_url(&pair, b->id);
	buf_raw(&pair, ":");
	buf_url(&pair, b->secret);
	text = arena_alloc(a, pair.len * 2 + 4);
	EVP_EncodeBlock(
	    (uint8_t *)text, (const uint8_t *)pair.data, (int)pair.len);
	return arena_printf(a, "bAsIc  %s", text);
}

static void
pair(struct arena *a, const char *header)
{
	struct basic read, back;
	enum authorization kind = basic_parse(a, header, &read);

	HOLDS((kind == AUTHORIZATION_FOUND) == (read.id != NULL));
	HOLDS((kind == AUTHORIZATION_FOUND) == (read.secret != NULL));
	if (kind != AUTHORIZATION_FOUND)
		return;
	HOLDS(*read.id != '\0' && utf8_clean(read.id, strlen(read.id)));
	HOLDS(utf8_clean(read.secret, strlen(read.secret)));
	header = header_of(a, &read);
	if (strlen(header) > AUTHORIZATION_MAX)
		return;
	HOLDS(basic_parse(a, header, &back) == AUTHORIZATION_FOUND);
	HOLDS(fuzz_same(read.id, back.id));
	HOLDS(fuzz_same(read.secret, back.secret));
}

/* A header; and what it would carry, since few guesses are good base64. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	char *text = arena_alloc(f.arena, size * 2 + 4);

	EVP_EncodeBlock((uint8_t *)text, data, (int)size);
	pair(f.arena, arena_printf(f.arena, "Basic %s", text));
	pair(f.arena, fuzz_rest(&f));
	return 0;
}
