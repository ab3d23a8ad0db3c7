/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "fuzz.h"
#include "oauth/redirect.h"
#include "oauth/resource.h"
#include "oauth/uri.h"

static void
accepted(struct arena *a, const char *text, const char *uri)
{
	const char *metadata = resource_metadata_url(a, uri);
	struct uri u, m;

	HOLDS(fuzz_same(uri, resource_canonical(a, uri)));
	HOLDS(strlen(uri) <= strlen(text) + 1);
	HOLDS(strlen(uri) > URI_MAX || uri_split(uri, &u));
	if (strlen(uri) > URI_MAX)
		return;
	HOLDS(u.path.len > 0 && u.path.at[0] == '/');
	HOLDS(strncmp(resource_path(a, uri), u.path.at, u.path.len) == 0);
	HOLDS(metadata != NULL);
	if (strlen(metadata) > URI_MAX)
		return;
	/* on the same host, and its query is the resource's */
	HOLDS(uri_split(metadata, &m));
	HOLDS(m.host.len == u.host.len &&
	      memcmp(m.host.at, u.host.at, u.host.len) == 0);
	HOLDS(strstr(metadata, RESOURCE_METADATA) == m.path.at);
	HOLDS(fuzz_same(m.query.at, u.query.at));
	HOLDS(fuzz_same(m.path.at, resource_metadata_path(a, uri)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	const char *text = fuzz_rest(&f), *uri, *parsed;

	uri = resource_canonical(f.arena, text);
	HOLDS(
	    (resource_parse(f.arena, text, &parsed) == NULL) == (uri != NULL));
	HOLDS(fuzz_same(uri, parsed));
	if (uri != NULL)
		accepted(f.arena, text, uri);
	return 0;
}
