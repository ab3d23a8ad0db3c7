/* SPDX-License-Identifier: ISC */
#include "oauth/bearer.h"

#include <stddef.h>
#include <string.h>

/* RFC 6750, 2.1 */
static const char b64token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz"
			       "0123456789-._~+/";

enum authorization
bearer_parse(const char *header, const char **token)
{
	enum authorization kind;
	size_t len;

	kind = authorization_split(header, "Bearer", token);
	if (kind != AUTHORIZATION_FOUND)
		return kind;
	len = strspn(*token, b64token);
	if (len == 0 || (*token)[len + strspn(*token + len, "=")] != '\0') {
		*token = NULL;
		return AUTHORIZATION_MALFORMED;
	}
	return AUTHORIZATION_FOUND;
}
