/* SPDX-License-Identifier: ISC */
#include "oauth/basic.h"

#include <string.h>

#include "base/utf8.h"
#include "http/form.h"
#include "oauth/base64.h"

/* One side of the colon; NULL when it is not clean text. */
static const char *
side(struct arena *a, const char *s, size_t len)
{
	const char *text = form_decode(a, s, len);

	return text != NULL && utf8_clean(text, strlen(text)) ? text : NULL;
}

enum authorization
basic_parse(struct arena *a, const char *header, struct basic *out)
{
	const char *credentials, *pair, *colon, *id, *secret;
	enum authorization kind;
	size_t len;

	*out = (struct basic){ 0 };
	kind = authorization_split(header, "Basic", &credentials);
	if (kind != AUTHORIZATION_FOUND)
		return kind;
	pair = base64_text(a, credentials, strlen(credentials), &len);
	if (pair == NULL || (colon = memchr(pair, ':', len)) == NULL)
		return AUTHORIZATION_MALFORMED;
	id = side(a, pair, (size_t)(colon - pair));
	secret = side(a, colon + 1, (size_t)(pair + len - colon) - 1);
	if (id == NULL || secret == NULL || *id == '\0')
		return AUTHORIZATION_MALFORMED;
	*out = (struct basic){ .id = id, .secret = secret };
	return AUTHORIZATION_FOUND;
}
