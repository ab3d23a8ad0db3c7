/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "fuzz.h"
#include "oauth/uri.h"

/* A part with its delimiter before it, or nothing. */
static char *
part(struct arena *a, const char *before, struct uri_part p)
{
	return p.at == NULL
		   ? arena_strdup(a, "")
		   : arena_printf(a, "%s%.*s", before, (int)p.len, p.at);
}

static void
put_together(struct arena *a, const char *text, const struct uri *u)
{
	char *user = part(a, "", u->userinfo);

	HOLDS(u->path.at != NULL);
	HOLDS(fuzz_same(
	    text, arena_printf(a, "%s:%s%s%s%s%s%s%s%s", part(a, "", u->scheme),
		      u->host.at != NULL ? "//" : "", user,
		      u->userinfo.at != NULL ? "@" : "", part(a, "", u->host),
		      part(a, ":", u->port), part(a, "", u->path),
		      part(a, "?", u->query), part(a, "#", u->fragment))));
}

/* libcurl's reading of a part, "" when there is none. */
static char *
theirs(struct arena *a, CURLU *c, CURLUPart which)
{
	char *value = NULL, *copy;

	if (curl_url_get(c, which, &value, 0) != CURLUE_OK)
		return arena_strdup(a, "");
	copy = arena_strdup(a, value);
	curl_free(value);
	return copy;
}

/*
 * libcurl, which fetches what we let by, reads the same host, port, path and
 * query in a URI that we take.
 */
static void
compare(struct arena *a, const char *text, const struct uri *u)
{
	CURLU *c = curl_url();

	HOLDS(c != NULL);
	HOLDS(curl_url_set(c, CURLUPART_URL, text, CURLU_PATH_AS_IS) ==
	      CURLUE_OK);
	HOLDS(strcasecmp(
		  theirs(a, c, CURLUPART_SCHEME), part(a, "", u->scheme)) == 0);
	if (u->host.at[0] != '[') /* libcurl shortens those */
		HOLDS(strcasecmp(theirs(a, c, CURLUPART_HOST),
			  part(a, "", u->host)) == 0);
	HOLDS(fuzz_same(theirs(a, c, CURLUPART_PORT), part(a, "", u->port)));
	HOLDS(fuzz_same(theirs(a, c, CURLUPART_PATH),
	    u->path.len > 0 ? part(a, "", u->path) : "/"));
	HOLDS(fuzz_same(theirs(a, c, CURLUPART_QUERY), part(a, "", u->query)));
	HOLDS(fuzz_same(
	    theirs(a, c, CURLUPART_FRAGMENT), part(a, "", u->fragment)));
	curl_url_cleanup(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	const char *text = fuzz_rest(&f);
	struct uri u;

	if (!uri_split(text, &u))
		return 0;
	HOLDS(strlen(text) <= URI_MAX);
	put_together(f.arena, text, &u);
	if (uri_host_plain(u.host) && u.userinfo.at == NULL &&
	    (u.port.at == NULL || uri_port(u.port) != 0) &&
	    (uri_part_is(u.scheme, "https") || uri_part_is(u.scheme, "http")))
		compare(f.arena, text, &u);
	return 0;
}
