/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/buf.h"
#include "fuzz.h"
#include "http/form.h"
#include "oauth/redirect.h"
#include "oauth/uri.h"

/* How often a query has this parameter. */
static int
times(struct arena *a, const char *query, const char *name)
{
	int n = 0;
	size_t len;

	for (; *query != '\0'; query += len + (query[len] == '&')) {
		len = strcspn(query, "&");
		n += fuzz_same(
		    name, form_decode(a, query, strcspn(query, "=&")));
	}
	return n;
}

/* The answer goes where the URI says, and holds each parameter once. */
static void
answer(struct arena *a, const char *uri)
{
	struct uri before, after;
	struct buf b;

	buf_init(&b, a);
	redirect_respond(&b, uri, "code", "a&b=c#d", "state", "\"/é\n", "iss",
	    "https://as.example", NULL);
	HOLDS(strncmp(b.data, uri, strlen(uri)) == 0);
	HOLDS(uri_split(uri, &before));
	if (b.len > URI_MAX)
		return;
	HOLDS(uri_split(b.data, &after));
	HOLDS(before.host.len == after.host.len);
	HOLDS(before.path.len == after.path.len);
	HOLDS(after.fragment.at == NULL && after.query.at != NULL);
	HOLDS(times(a, after.query.at, "code") == 1);
	HOLDS(times(a, after.query.at, "state") == 1);
	HOLDS(times(a, after.query.at, "iss") == 1);
	HOLDS(times(a, after.query.at, "error") == 0);
}

static void
accepted(struct arena *a, const char *uri)
{
	const char *host = redirect_host(a, uri);
	struct uri u;

	HOLDS(uri_split(uri, &u));
	HOLDS(u.userinfo.at == NULL && u.fragment.at == NULL);
	HOLDS(*host != '\0' && strpbrk(host, "/?#@ *") == NULL);
	/* http never leaves the machine */
	HOLDS(!uri_part_is(u.scheme, "http") || redirect_loopback(uri));
	HOLDS(redirect_check(redirect_match(a, uri)) == NULL);
	answer(a, uri);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	const char *uri = fuzz_rest(&f), *match;

	match = redirect_match(f.arena, uri);
	HOLDS(fuzz_same(match, redirect_match(f.arena, match)));
	HOLDS(redirect_loopback(uri) == redirect_loopback(match));
	/* only a port of a loopback URI is passed over */
	HOLDS(fuzz_same(match, uri) || redirect_loopback(uri));
	if (redirect_check(uri) == NULL)
		accepted(f.arena, uri);
	return 0;
}
