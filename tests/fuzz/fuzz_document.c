/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "oauth/clientmeta.h"
#include "oauth/redirect.h"

/* A line with the URL, then the document that is there. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	const char *url = fuzz_line(&f);
	struct json_object *o;
	struct clientmeta m;

	HOLDS(digest_init() == 0);
	if (url == NULL ||
	    clientmeta_read_document(f.arena, f.at, f.left, url, &m) != NULL)
		return 0;
	HOLDS(fuzz_same(m.client_id, url));
	HOLDS(m.client_secret == NULL);
	HOLDS(!clientmeta_has_secret(m.auth_method));
	HOLDS(m.n_uris > 0 && m.n_grants > 0);
	for (size_t i = 0; i < m.n_uris; i++)
		HOLDS(redirect_check(m.redirect_uris[i]) == NULL);
	HOLDS(utf8_clean(m.name, strlen(m.name)));
	HOLDS((o = json_read(f.arena, m.more, strlen(m.more))) != NULL);
	/* who is to show a key has told where it is */
	HOLDS(strcmp(m.auth_method, "none") == 0 ||
	      json_member(o, "jwks", json_type_object) != NULL ||
	      json_str(o, "jwks_uri") != NULL);
	HOLDS(!m.also_public || strcmp(m.auth_method, "none") != 0);
	return 0;
}
