/* SPDX-License-Identifier: ISC */
#include "oauth/mcpheader.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "oauth/base64.h"

#define DIGIT "0123456789"
#define WORD                                                         \
	DIGIT "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
	      "-._"

/* The first version whose servers must compare headers and body. */
#define FIRST "2026-07-28"

enum { VERSION_MAX = 32 };

static bool
word(const char *s, const char *set, size_t max)
{
	size_t len = strnlen(s, max + 1);

	return len <= max && strspn(s, set) == len;
}

/* Two digits as a number between the bounds? */
static bool
between(const char *s, int low, int high)
{
	int n = (s[0] - '0') * 10 + (s[1] - '0');

	return n >= low && n <= high;
}

/* Whether a version is a date, and FIRST or later. */
static bool
modern(const char *version)
{
	if (version == NULL || strlen(version) != strlen(FIRST))
		return false;
	for (size_t i = 0; i < strlen(FIRST); i++)
		if (FIRST[i] == '-' ? version[i] != '-'
				    : strchr(DIGIT, version[i]) == NULL)
			return false;
	return between(version + 5, 1, 12) && between(version + 8, 1, 31) &&
	       strcmp(version, FIRST) >= 0;
}

const char *
mcpheader_member(const char *method)
{
	if (strcmp(method, "tools/call") == 0 ||
	    strcmp(method, "prompts/get") == 0)
		return "name";
	return strcmp(method, "resources/read") == 0 ? "uri" : NULL;
}

static bool
plain(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < ' ' || s[i] > '~')
			return false;
	return s[0] != ' ' && s[len - 1] != ' ' && strstr(s, ", ") == NULL;
}

const char *
mcpheader_decode(struct arena *a, const char *value)
{
	static const char head[] = "=?base64?", tail[] = "?=";
	const size_t h = sizeof(head) - 1, t = sizeof(tail) - 1;
	size_t len = strnlen(value, MCPHEADER_NAME_MAX + 1), n;
	const char *text;

	if (len == 0 || len > MCPHEADER_NAME_MAX || !plain(value, len))
		return NULL;
	if (strncasecmp(value, head, h) != 0)
		return value;
	if (len < h + t || memcmp(value, head, h) != 0 ||
	    memcmp(value + len - t, tail, t) != 0)
		return NULL;
	text = base64_text(a, value + h, len - h - t, &n);
	return text != NULL && n > 0 && utf8_clean(text, n) ? text : NULL;
}

bool
mcpheader_read(
    struct arena *a, const struct rule_request *r, struct mcpheader *out)
{
	*out = (struct mcpheader){ 0 };
	if (r->version != NULL && !word(r->version, WORD, VERSION_MAX))
		return false;
	if (!modern(r->version) || r->mcp_method == NULL ||
	    strcmp(r->method, "POST") != 0)
		return true;
	if (!word(r->mcp_method, WORD "/$:", MCPHEADER_METHOD_MAX))
		return false;
	out->counts = true;
	out->method = r->mcp_method;
	if (r->mcp_name != NULL) {
		out->name = mcpheader_decode(a, r->mcp_name);
		if (out->name == NULL)
			return false;
	}
	if (mcpheader_member(out->method) != NULL)
		return out->name != NULL;
	out->name = NULL;
	return true;
}
