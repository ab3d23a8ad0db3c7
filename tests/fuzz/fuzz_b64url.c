/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <openssl/evp.h>

#include "base/b64url.h"
#include "fuzz.h"
#include "oauth/base64.h"

/* What is decoded encodes to the same text: each value has one spelling. */
static void
url(const char *text, size_t len, struct arena *a)
{
	uint8_t *bytes = arena_alloc(a, len + 1);
	char *again = arena_alloc(a, len + 1);
	ssize_t n = b64url_decode(text, len, bytes, len);

	if (n == -1)
		return;
	HOLDS((size_t)B64URL_LEN(n) == len);
	b64url_encode(bytes, (size_t)n, again);
	HOLDS(memcmp(again, text, len) == 0);
	HOLDS(b64url_decode(text, len, bytes, (size_t)n) == n);
	HOLDS(n == 0 || b64url_decode(text, len, bytes, (size_t)n - 1) == -1);
}

/* OpenSSL takes what we take, and more: blanks, stray bits. */
static void
padded(const char *text, size_t len, struct arena *a)
{
	uint8_t *theirs = arena_alloc(a, len + 4);
	char *ours, *again = arena_alloc(a, len + 4);
	size_t n;
	int m;

	if ((ours = base64_text(a, text, len, &n)) == NULL)
		return;
	HOLDS(ours[n] == '\0');
	m = EVP_DecodeBlock(theirs, (const uint8_t *)text, (int)len);
	HOLDS(m >= 0 && (size_t)m >= n && memcmp(ours, theirs, n) == 0);
	HOLDS(EVP_EncodeBlock(
		  (uint8_t *)again, (const uint8_t *)ours, (int)n) == (int)len);
	HOLDS(memcmp(again, text, len) == 0);
}

/* What OpenSSL encodes we decode. */
static void
there_and_back(const char *data, size_t len, struct arena *a)
{
	char *text = arena_alloc(a, len * 2 + 4), *back;
	size_t n;
	int m =
	    EVP_EncodeBlock((uint8_t *)text, (const uint8_t *)data, (int)len);

	back = base64_text(a, text, (size_t)m, &n);
	HOLDS(back != NULL && n == len && memcmp(back, data, len) == 0);
	b64url_encode(data, len, text);
	HOLDS(strlen(text) == B64URL_LEN(len));
	HOLDS(b64url_decode(text, strlen(text), (uint8_t *)back, len) ==
	      (ssize_t)len);
	HOLDS(memcmp(back, data, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);

	url(f.at, f.left, f.arena);
	padded(f.at, f.left, f.arena);
	there_and_back(f.at, f.left, f.arena);
	return 0;
}
