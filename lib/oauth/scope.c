/* SPDX-License-Identifier: ISC */
#include "oauth/scope.h"

#include <string.h>

#include "base/buf.h"

/* RFC 6749, 3.3: %x21 / %x23-5B / %x5D-7E */
static bool
character_good(char c)
{
	return c > ' ' && c <= '~' && c != '"' && c != '\\';
}

bool
scope_valid(const char *s, size_t len)
{
	size_t segment = 0; /* where the current one begins */

	if (len == 0 || len > SCOPE_LEN_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!character_good(s[i]))
			return false;
		if (s[i] == ':') {
			if (i == segment)
				return false;
			segment = i + 1;
		}
		if (s[i] == '*' && (i != segment || i == 0 || i + 1 != len))
			return false;
	}
	return segment < len;
}

/* Whether the `len` bytes at `s` are among the `n` scopes. */
static bool
known(const char *const *set, size_t n, const char *s, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strncmp(set[i], s, len) == 0 && set[i][len] == '\0')
			return true;
	return false;
}

const struct oerr *
scope_parse(struct arena *a, const char *text, const char ***set, size_t *n)
{
	const char **found;
	size_t count = 0, len;

	*set = NULL;
	*n = 0;
	if (text == NULL || *text == '\0')
		return NULL;
	found = arena_alloc(a, SCOPE_MAX * sizeof(*found));
	for (;; text += len + 1) {
		len = strcspn(text, " ");
		if (!scope_valid(text, len))
			return &OERR_INVALID_SCOPE;
		if (!known(found, count, text, len)) {
			if (count == SCOPE_MAX)
				return &OERR_INVALID_SCOPE;
			found[count++] = arena_strndup(a, text, len);
		}
		if (text[len] == '\0')
			break;
	}
	*set = found;
	*n = count;
	return NULL;
}

bool
scope_covers(const char *pattern, const char *scope)
{
	size_t len = strlen(pattern);

	if (strcmp(pattern, scope) == 0)
		return true;
	if (len < 3 || pattern[len - 2] != ':' || pattern[len - 1] != '*')
		return false;
	return strncmp(pattern, scope, len - 1) == 0 && scope[len - 1] != '\0';
}

bool
scope_set_covers(const char *const *set, size_t n, const char *scope)
{
	for (size_t i = 0; i < n; i++)
		if (scope_covers(set[i], scope))
			return true;
	return false;
}

const char *
scope_join(struct arena *a, const char *const *set, size_t n)
{
	struct buf b;

	buf_init(&b, a);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_raw(&b, " ");
		buf_raw(&b, set[i]);
	}
	return b.data;
}
