/* SPDX-License-Identifier: ISC */
#include "oauth/authorization.h"

#include <string.h>
#include <strings.h>

enum authorization
authorization_split(
    const char *header, const char *scheme, const char **credentials)
{
	size_t len = strlen(scheme), spaces;

	*credentials = NULL;
	if (header == NULL || *header == '\0')
		return AUTHORIZATION_ABSENT;
	if (strnlen(header, AUTHORIZATION_MAX + 1) > AUTHORIZATION_MAX)
		return AUTHORIZATION_MALFORMED;
	if (strcspn(header, " ") != len ||
	    strncasecmp(header, scheme, len) != 0)
		return AUTHORIZATION_OTHER;
	spaces = strspn(header + len, " ");
	if (spaces == 0 || header[len + spaces] == '\0')
		return AUTHORIZATION_MALFORMED;
	*credentials = header + len + spaces;
	return AUTHORIZATION_FOUND;
}
