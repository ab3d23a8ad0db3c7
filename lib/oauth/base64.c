/* SPDX-License-Identifier: ISC */
#include "oauth/base64.h"

#include "base/b64url.h"

/* The character of the URL alphabet with the same value, NUL if none. */
static char
urlwise(char c)
{
	switch (c) {
	case '+':
		return '-';
	case '/':
		return '_';
	case '-':
	case '_':
		return '\0';
	default:
		return c;
	}
}

char *
base64_text(struct arena *a, const char *text, size_t len, size_t *out_len)
{
	char *url, *out;
	ssize_t n;

	*out_len = 0;
	if (len % 4 != 0)
		return NULL;
	for (int pad = 0; pad < 2 && len > 0 && text[len - 1] == '='; pad++)
		len--;
	url = arena_alloc(a, len + 1);
	out = arena_alloc(a, len + 1);
	for (size_t i = 0; i < len; i++)
		if ((url[i] = urlwise(text[i])) == '\0')
			return NULL;
	if ((n = b64url_decode(url, len, (uint8_t *)out, len)) < 0)
		return NULL;
	*out_len = (size_t)n;
	return out;
}
