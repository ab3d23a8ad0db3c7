/* SPDX-License-Identifier: ISC */
#include "mcp/media.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static const char BLANK[] = " \t";

/* Whether the media type or range in the `len` bytes at `s` is `type`. */
static bool
names(const char *s, size_t len, const char *type)
{
	size_t n = strcspn(s, ";");

	n = n < len ? n : len;
	while (n > 0 && strchr(BLANK, s[n - 1]) != NULL)
		n--;
	return n == strlen(type) && strncasecmp(s, type, n) == 0;
}

bool
media_is_json(const char *content_type)
{
	if (content_type == NULL)
		return false;
	content_type += strspn(content_type, BLANK);
	return names(content_type, strlen(content_type), "application/json");
}

/* Whether one of the parameters in `len` bytes at `s` is a q of nothing. */
static bool
refused(const char *s, size_t len)
{
	const char *end = s + len, *p;

	for (p = s; (p = memchr(p, ';', (size_t)(end - p))) != NULL;) {
		p++;
		while (p < end && strchr(BLANK, *p) != NULL)
			p++;
		if (end - p < 3 || strncasecmp(p, "q=0", 3) != 0)
			continue;
		for (p += 3; p < end && (*p == '.' || *p == '0'); p++)
			;
		return p == end || strchr(" \t;", *p) != NULL;
	}
	return false;
}

bool
media_accepts_json(const char *accept)
{
	static const char *const ranges[] = { "*/*", "application/*",
		"application/json" };
	size_t len, i, closest = 0;
	bool allowed = false;

	if (accept == NULL || accept[strspn(accept, BLANK)] == '\0')
		return true;
	for (; *accept != '\0'; accept += len + (accept[len] == ',')) {
		accept += strspn(accept, BLANK);
		len = strcspn(accept, ",");
		for (i = closest; i < sizeof(ranges) / sizeof(ranges[0]); i++)
			if (names(accept, len, ranges[i])) {
				closest = i;
				allowed = !refused(accept, len);
			}
	}
	return allowed;
}
