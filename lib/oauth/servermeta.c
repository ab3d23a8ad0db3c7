/* SPDX-License-Identifier: ISC */

#include "oauth/servermeta.h"

#include <json-c/json.h>

#include "base/buf.h"
#include "base/json.h"
#include "http/language.h"

/* ,"name":"issuer + path" */
static void
put_url(struct buf *b, const char *name, const char *issuer, const char *path)
{
	buf_rawf(b, ",\"%s\":", name);
	buf_json(b, arena_printf(b->arena, "%s%s", issuer, path));
}

static void
put_languages(struct buf *b)
{
	int i;

	buf_raw(b, ",\"ui_locales_supported\":[");
	for (i = 0; i < LANGUAGES; i++)
		buf_rawf(b, "%s\"%s\"", i > 0 ? "," : "", languages[i].tag);
	buf_raw(b, "]");
}

/* RFC 8414, 2.  What is named here works; see the test that calls it all. */
const char *
servermeta_server(struct arena *a, const struct servermeta *m)
{
	static const char methods[] = ":[\"none\",\"client_secret_basic\","
				      "\"client_secret_post\","
				      "\"private_key_jwt\"]";
	static const char algs[] =
	    ":[\"ES256\",\"ES384\",\"Ed25519\",\"EdDSA\",\"PS256\",\"RS256\"]";
	struct buf b;

	buf_init(&b, a);
	buf_raw(&b, "{\"issuer\":");
	buf_json(&b, m->issuer);
	put_url(&b, "authorization_endpoint", m->issuer, "/oauth2/authorize");
	put_url(&b, "token_endpoint", m->issuer, "/oauth2/token");
	put_url(&b, "jwks_uri", m->issuer, "/oauth2/jwks");
	if (m->registration)
		put_url(
		    &b, "registration_endpoint", m->issuer, "/oauth2/register");
	put_url(&b, "revocation_endpoint", m->issuer, "/oauth2/revoke");
	put_url(&b, "introspection_endpoint", m->issuer, "/oauth2/introspect");
	if (m->client_documents)
		buf_raw(&b, ",\"client_id_metadata_document_supported\":true");
	buf_rawf(&b, ",\"scopes_supported\":%s", m->scopes);
	put_languages(&b);
	buf_raw(&b, ",\"response_types_supported\":[\"code\"]"
		    ",\"response_modes_supported\":[\"query\"]"
		    ",\"grant_types_supported\":[\"authorization_code\","
		    "\"refresh_token\",\"client_credentials\"]"
		    ",\"code_challenge_methods_supported\":[\"S256\"]"
		    ",\"authorization_response_iss_parameter_supported\":true");
	buf_rawf(&b, ",\"token_endpoint_auth_methods_supported\"%s", methods);
	buf_rawf(&b, ",\"token_endpoint_auth_signing_alg_values_supported\"%s",
	    algs);
	buf_rawf(
	    &b, ",\"revocation_endpoint_auth_methods_supported\"%s", methods);
	buf_rawf(&b,
	    ",\"revocation_endpoint_auth_signing_alg_values_supported\"%s",
	    algs);
	buf_raw(&b, ",\"introspection_endpoint_auth_methods_supported\":"
		    "[\"client_secret_basic\",\"client_secret_post\","
		    "\"private_key_jwt\"]");
	buf_rawf(&b,
	    ",\"introspection_endpoint_auth_signing_alg_values_supported\"%s}",
	    algs);
	return b.data;
}

/* RFC 9728, 2 */
const char *
servermeta_resource(
    struct arena *a, struct json_object *resource, const char *issuer)
{
	struct json_object *scopes =
	    json_member(resource, "scopes", json_type_array);
	struct buf b;

	buf_init(&b, a);
	buf_raw(&b, "{\"resource\":");
	buf_json(&b, json_str(resource, "uri"));
	buf_raw(&b, ",\"authorization_servers\":[");
	buf_json(&b, issuer);
	buf_raw(&b, "],\"scopes_supported\":");
	buf_raw(&b, json_text(a, scopes));
	buf_raw(&b, ",\"bearer_methods_supported\":[\"header\"]"
		    ",\"resource_name\":");
	buf_json(&b, json_str(resource, "name"));
	buf_raw(&b, "}");
	return b.data;
}
