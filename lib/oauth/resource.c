/* SPDX-License-Identifier: ISC */
#include "oauth/resource.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "oauth/uri.h"

/* The scheme's name in lower case, NULL if it is neither of the two. */
static const char *
scheme_of(const struct uri *u)
{
	if (u->scheme.len == 5 && strncasecmp(u->scheme.at, "https", 5) == 0)
		return "https";
	if (u->scheme.len == 4 && strncasecmp(u->scheme.at, "http", 4) == 0)
		return "http";
	return NULL;
}

/* Take `uri` apart; the scheme's name, or NULL if it is no resource. */
static const char *
split(const char *uri, struct uri *u)
{
	if (!uri_split(uri, u) || u->userinfo.at != NULL ||
	    u->fragment.at != NULL || !uri_host_plain(u->host) ||
	    (u->port.at != NULL && uri_port(u->port) == 0))
		return NULL;
	return scheme_of(u);
}

static void
append_lower(struct buf *b, struct uri_part part)
{
	char c;

	for (size_t i = 0; i < part.len; i++) {
		c = part.at[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		buf_raw_n(b, &c, 1);
	}
}

const char *
resource_canonical(struct arena *a, const char *uri)
{
	const char *scheme;
	struct buf b;
	struct uri u;
	unsigned port;

	if ((scheme = split(uri, &u)) == NULL)
		return NULL;
	buf_init(&b, a);
	buf_rawf(&b, "%s://", scheme);
	append_lower(&b, u.host);
	port = uri_port(u.port);
	if (port != 0 && port != (scheme[4] == 's' ? 443U : 80U))
		buf_rawf(&b, ":%u", port);
	if (u.path.len == 0)
		buf_raw(&b, "/");
	buf_raw(&b, u.path.at);
	return b.data;
}

const struct oerr *
resource_parse(struct arena *a, const char *text, const char **uri)
{
	*uri = NULL;
	if (text == NULL)
		return NULL;
	*uri = resource_canonical(a, text);
	return *uri == NULL ? &OERR_INVALID_TARGET : NULL;
}

const char *
resource_path(struct arena *a, const char *uri)
{
	struct uri u;

	if (split(uri, &u) == NULL)
		return NULL;
	if (u.path.len == 0)
		return "/";
	return arena_strndup(a, u.path.at, u.path.len);
}

const char *
resource_metadata_url(struct arena *a, const char *uri)
{
	struct uri u;

	if (split(uri, &u) == NULL)
		return NULL;
	return arena_printf(a, "%.*s%s", (int)(u.path.at - uri), uri,
	    resource_metadata_path(a, uri));
}

const char *
resource_metadata_path(struct arena *a, const char *uri)
{
	const char *rest;
	struct uri u;

	if (split(uri, &u) == NULL)
		return NULL;
	rest = u.path.len == 1 ? u.path.at + 1 : u.path.at;
	return arena_printf(a, "%s%s", RESOURCE_METADATA, rest);
}
