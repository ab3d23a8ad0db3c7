/* SPDX-License-Identifier: ISC */
#include "oauth/redirect.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "oauth/uri.h"

/*
 * Schemes that run what follows them, name something local, or wrap another
 * URI.  Names of ordinary services are here too: a redirect there cannot
 * reach a client.
 */
static const char *const dangerous[] = {
	"about",
	"blob",
	"chrome",
	"chrome-extension",
	"content",
	"data",
	"feed",
	"file",
	"filesystem",
	"ftp",
	"http",
	"https",
	"intent",
	"jar",
	"javascript",
	"livescript",
	"mailto",
	"mhtml",
	"moz-extension",
	"res",
	"resource",
	"sms",
	"tel",
	"urn",
	"vbscript",
	"view-source",
	"ws",
	"wss",
};

/* What an answer may hold; a second one of these would be the client's. */
static const char *const answers[] = { "code", "state", "iss", "error",
	"error_description", "error_uri" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 0x20) - 'a' + 10;
}

/* Whether the `len` bytes at `s`, percent-decoded, are `name`. */
static bool
decodes_to(const char *s, size_t len, const char *name)
{
	const char *end = s + len;
	char c;

	for (; s < end; s++, name++) {
		c = *s;
		if (c == '%') {
			c = (char)(hex_value(s[1]) << 4 | hex_value(s[2]));
			s += 2;
		}
		if (c == '\0' || c != *name)
			return false;
	}
	return *name == '\0';
}

/* Whether no parameter of the query has the name of one of the answer's. */
static bool
query_free(struct uri_part query)
{
	const char *p = query.at, *end, *next;
	size_t name;

	if (p == NULL)
		return true;
	for (end = p + query.len; p < end; p = next) {
		next = memchr(p, '&', (size_t)(end - p));
		next = next == NULL ? end : next + 1;
		name = strcspn(p, "=&");
		if (name > (size_t)(end - p))
			name = (size_t)(end - p);
		for (size_t i = 0; i < COUNT(answers); i++)
			if (decodes_to(p, name, answers[i]))
				return false;
	}
	return true;
}

static bool
port_good(const struct uri *u)
{
	return u->port.at == NULL || uri_port(u->port) != 0;
}

/* Whether any of the scheme's labels, cut at dots, is `word`. */
static bool
has_label(struct uri_part scheme, const char *word)
{
	const char *p = scheme.at, *end = p + scheme.len;
	size_t len;

	for (; p < end; p += len + 1) {
		len = strcspn(p, ".:");
		if (len == strlen(word) && strncasecmp(p, word, len) == 0)
			return true;
	}
	return false;
}

static bool
scheme_dangerous(struct uri_part scheme)
{
	size_t first = strcspn(scheme.at, ".:");

	for (size_t i = 0; i < COUNT(dangerous); i++)
		if (first == strlen(dangerous[i]) &&
		    strncasecmp(scheme.at, dangerous[i], first) == 0)
			return true;
	return has_label(scheme, "javascript") || has_label(scheme, "vbscript");
}

/*
 * RFC 8252, 7.1.  The slash keeps a second scheme from standing where the
 * path should, and each label of the scheme must have something in it.
 */
static bool
custom_good(const struct uri *u)
{
	if (scheme_dangerous(u->scheme) || has_label(u->scheme, "") ||
	    u->scheme.at[u->scheme.len - 1] == '.' || !port_good(u))
		return false;
	if (u->host.at == NULL)
		return u->path.at[0] == '/';
	return u->host.len == 0 || uri_host_plain(u->host);
}

const struct oerr *
redirect_check(const char *uri)
{
	struct uri u;
	bool good;

	if (!uri_split(uri, &u) || u.fragment.at != NULL ||
	    u.userinfo.at != NULL || strchr(uri, '*') != NULL ||
	    !query_free(u.query))
		return &OERR_INVALID_REDIRECT_URI;
	if (uri_part_is(u.scheme, "https"))
		good = uri_host_plain(u.host) && port_good(&u);
	else if (uri_part_is(u.scheme, "http"))
		good = redirect_loopback(uri);
	else
		good = custom_good(&u);
	return good ? NULL : &OERR_INVALID_REDIRECT_URI;
}

/*
 * Whether `uri` begins with http and a loopback literal, and goes on with a
 * good port or none and then a path, a query or nothing.  The port with its
 * colon is left in `port`, empty if there is none.
 */
static bool
loopback_split(const char *uri, struct uri_part *port)
{
	static const char *const origins[] = {
		"http://127.0.0.1",
		"http://[::1]",
		"http://localhost",
	};
	const char *p = NULL;

	for (size_t i = 0; i < COUNT(origins) && p == NULL; i++)
		if (strncmp(uri, origins[i], strlen(origins[i])) == 0)
			p = uri + strlen(origins[i]);
	if (p == NULL)
		return false;
	*port = (struct uri_part){ p, 0 };
	if (*p == ':') {
		port->len = 1 + strspn(p + 1, "0123456789");
		if (uri_port((struct uri_part){ p + 1, port->len - 1 }) == 0)
			return false;
		p += port->len;
	}
	return *p == '\0' || *p == '/' || *p == '?';
}

const char *
redirect_match(struct arena *a, const char *uri)
{
	struct uri_part port;

	if (!loopback_split(uri, &port) || port.len == 0)
		return uri;
	return arena_printf(
	    a, "%.*s%s", (int)(port.at - uri), uri, port.at + port.len);
}

bool
redirect_loopback(const char *uri)
{
	struct uri_part port;

	return loopback_split(uri, &port);
}

const char *
redirect_host(struct arena *a, const char *uri)
{
	struct uri u;

	if (!uri_split(uri, &u))
		return "";
	if (uri_part_is(u.scheme, "https") || uri_part_is(u.scheme, "http"))
		return u.host.at == NULL
			   ? ""
			   : arena_strndup(a, u.host.at, u.host.len);
	return arena_strndup(a, u.scheme.at, u.scheme.len);
}

void
redirect_respond(struct buf *b, const char *uri, ...)
{
	const char *key, *value, *query = strchr(uri, '?'), *sep = "&";
	va_list ap;

	buf_raw(b, uri);
	if (query == NULL)
		sep = "?";
	else if (query[1] == '\0' || uri[strlen(uri) - 1] == '&')
		sep = "";
	va_start(ap, uri);
	while ((key = va_arg(ap, const char *)) != NULL) {
		value = va_arg(ap, const char *);
		if (value == NULL)
			continue;
		buf_raw(b, sep);
		buf_raw(b, key);
		buf_raw(b, "=");
		buf_url(b, value);
		sep = "&";
	}
	va_end(ap);
}
