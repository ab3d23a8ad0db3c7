/* SPDX-License-Identifier: ISC */
#include "db/arg.h"

#include <string.h>

#include "base/digest.h"

const char *
arg_bytes(struct arena *a, const void *data, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *p = data;
	char *text = arena_alloc(a, len * 2 + 3), *out = text;

	*out++ = '\\';
	*out++ = 'x';
	for (; len > 0; len--, p++) {
		*out++ = hex[*p >> 4];
		*out++ = hex[*p & 15];
	}
	return text;
}

const char *
arg_texts(struct arena *a, const char *const *texts, size_t n)
{
	size_t i, len = 3;
	char *text, *out;
	const char *s;

	for (i = 0; i < n; i++)
		len += strlen(texts[i]) * 2 + 3;
	out = text = arena_alloc(a, len);
	*out++ = '{';
	for (i = 0; i < n; i++) {
		if (i > 0)
			*out++ = ',';
		*out++ = '"';
		for (s = texts[i]; *s != '\0'; s++) {
			if (*s == '"' || *s == '\\')
				*out++ = '\\';
			*out++ = *s;
		}
		*out++ = '"';
	}
	*out = '}';
	return text;
}

const char *
arg_int(struct arena *a, int64_t value)
{
	return arena_printf(a, "%lld", (long long)value);
}

const char *
arg_sha256(struct arena *a, const char *secret)
{
	uint8_t hash[DIGEST_LEN];

	if (secret == NULL)
		return NULL;
	digest_sha256(secret, strlen(secret), hash);
	return arg_bytes(a, hash, sizeof(hash));
}
