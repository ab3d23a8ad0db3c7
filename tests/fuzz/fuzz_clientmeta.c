/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "oauth/clientmeta.h"
#include "oauth/redirect.h"

static void
accepted(struct arena *a, const struct clientmeta *m)
{
	HOLDS(m->n_uris > 0 && m->n_uris <= CLIENTMETA_URIS);
	for (size_t i = 0; i < m->n_uris; i++)
		HOLDS(redirect_check(m->redirect_uris[i]) == NULL);
	HOLDS(m->n_grants > 0 && m->n_grants <= CLIENTMETA_GRANTS);
	HOLDS(utf8_clean(m->name, strlen(m->name)));
	HOLDS(m->name[strspn(m->name, " ")] != '\0');
	HOLDS(json_object_is_type(
	    json_read(a, m->more, strlen(m->more)), json_type_object));
}

/* The answer is JSON, and who sends it back says the same. */
static void
answered(struct arena *a, const struct clientmeta *m)
{
	const struct clientmeta_answer c = { .client_id = "c",
		.auth_method = m->auth_method,
		.secret = "s",
		.name = m->name,
		.redirect_uris =
		    clientmeta_array(a, m->redirect_uris, m->n_uris),
		.grant_types = clientmeta_array(a, m->grant_types, m->n_grants),
		.more = m->more,
		.token = "t",
		.issuer = "https://as.example" };
	struct json_object *o;
	struct clientmeta back;
	struct buf b;

	buf_init(&b, a);
	clientmeta_print(&c, &b);
	HOLDS((o = json_read(a, b.data, b.len)) != NULL);
	HOLDS(clientmeta_read(a, o, &back) == NULL);
	HOLDS(back.n_uris == m->n_uris && back.n_grants == m->n_grants);
	HOLDS(fuzz_same(back.name, m->name));
	HOLDS(fuzz_same(back.auth_method, m->auth_method));
	HOLDS(fuzz_same(back.more, m->more));
	HOLDS(fuzz_same(back.client_id, "c"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	struct clientmeta m;

	HOLDS(digest_init() == 0);
	if (clientmeta_read(f.arena, json_read(f.arena, f.at, f.left), &m) !=
	    NULL)
		return 0;
	accepted(f.arena, &m);
	answered(f.arena, &m);
	return 0;
}
