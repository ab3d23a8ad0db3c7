/* SPDX-License-Identifier: ISC */
#include "oauth/clientmeta.h"

#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "jose/jwks.h"
#include "oauth/redirect.h"

enum { NAME_MAX_BYTES = 200, TEXT_MAX = 2048, MORE_MAX = 8192 };

/* A member that is absent is well; one of another type is not. */
static bool
absent_or(struct json_object *o, const char *key, enum json_type type,
    struct json_object **v)
{
	*v = NULL;
	if (!json_object_object_get_ex(o, key, v) || *v == NULL)
		return true;
	return json_object_is_type(*v, type);
}

/* A string that can be shown: NULL when it is not one. */
static const char *
clean_text(struct json_object *v, size_t max)
{
	const char *s;
	size_t len;

	if (!json_object_is_type(v, json_type_string))
		return NULL;
	s = json_object_get_string(v);
	len = (size_t)json_object_get_string_len(v);
	return len <= max && utf8_clean(s, len) ? s : NULL;
}

static const struct oerr *
read_uris(struct json_object *o, struct clientmeta *m)
{
	struct json_object *list;
	const struct oerr *e;
	const char *uri;
	size_t i, n;

	list = json_member(o, "redirect_uris", json_type_array);
	n = list != NULL ? json_object_array_length(list) : 0;
	if (n == 0 || n > CLIENTMETA_URIS)
		return &OERR_INVALID_REDIRECT_URI;
	for (i = 0; i < n; i++) {
		uri = clean_text(json_object_array_get_idx(list, i), TEXT_MAX);
		if (uri == NULL)
			return &OERR_INVALID_REDIRECT_URI;
		if ((e = redirect_check(uri)) != NULL)
			return e;
		m->redirect_uris[m->n_uris++] = uri;
	}
	return NULL;
}

static bool
array_has(struct json_object *list, const char *text)
{
	const char *s;
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		s = clean_text(json_object_array_get_idx(list, i), TEXT_MAX);
		if (s != NULL && strcmp(s, text) == 0)
			return true;
	}
	return false;
}

/*
 * RFC 7591, 2: without grant_types, authorization_code.  Grants that are
 * not for clients that registered themselves are dropped; a refresh token
 * needs a code to begin with.
 */
static const struct oerr *
read_grants(struct json_object *o, struct clientmeta *m)
{
	struct json_object *grants, *responses;

	if (!absent_or(o, "grant_types", json_type_array, &grants) ||
	    !absent_or(o, "response_types", json_type_array, &responses))
		return &OERR_INVALID_CLIENT_METADATA;
	if ((grants != NULL && !array_has(grants, "authorization_code")) ||
	    (responses != NULL && !array_has(responses, "code")))
		return &OERR_INVALID_CLIENT_METADATA;
	m->grant_types[m->n_grants++] = "authorization_code";
	if (grants != NULL && array_has(grants, "refresh_token"))
		m->grant_types[m->n_grants++] = "refresh_token";
	return NULL;
}

static const struct oerr *
read_method(struct json_object *o, struct clientmeta *m)
{
	static const char *const known[] = { "client_secret_basic",
		"client_secret_post", "none", "private_key_jwt" };
	struct json_object *v;
	const char *s;
	size_t i;

	if (!absent_or(o, "token_endpoint_auth_method", json_type_string, &v))
		return &OERR_INVALID_CLIENT_METADATA;
	if (v == NULL) {
		m->auth_method = known[0]; /* RFC 7591, 2 */
		return NULL;
	}
	s = clean_text(v, TEXT_MAX);
	for (i = 0; s != NULL && i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i], s) == 0)
			m->auth_method = known[i];
	}
	return m->auth_method != NULL ? NULL : &OERR_INVALID_CLIENT_METADATA;
}

static bool
has(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) && v != NULL;
}

/*
 * What everybody can read has no secret in it.  A document that names no one
 * method says which it can use; with neither it can use none.  One that can
 * use a key, or not, may do either.
 */
static const struct oerr *
read_document_method(struct json_object *o, struct clientmeta *m)
{
	static const char key[] = "private_key_jwt";
	struct json_object *one, *many;
	bool none, keys = has(o, "jwks") || has(o, "jwks_uri");

	if (has(o, "client_secret") || has(o, "client_secret_expires_at") ||
	    !absent_or(
		o, "token_endpoint_auth_method", json_type_string, &one) ||
	    !absent_or(o, "token_endpoint_auth_methods_supported",
		json_type_array, &many))
		return &OERR_INVALID_CLIENT_METADATA;
	if (one != NULL) {
		none = strcmp(json_object_get_string(one), "none") == 0;
		keys = keys && strcmp(json_object_get_string(one), key) == 0;
	} else {
		none = many == NULL || array_has(many, "none");
		keys = keys && many != NULL && array_has(many, key);
	}
	m->auth_method = keys ? key : "none";
	m->also_public = keys && none;
	return keys || none ? NULL : &OERR_INVALID_CLIENT_METADATA;
}

/*
 * A client without a name of its own is called after where it listens, which
 * may be longer than a name.
 */
static const struct oerr *
read_name(struct arena *a, struct json_object *o, struct clientmeta *m)
{
	struct json_object *v;

	if (!absent_or(o, "client_name", json_type_string, &v))
		return &OERR_INVALID_CLIENT_METADATA;
	if (v != NULL && clean_text(v, NAME_MAX_BYTES) == NULL)
		return &OERR_INVALID_CLIENT_METADATA;
	if (v != NULL)
		m->name = utf8_displayable(a, json_object_get_string(v));
	if (m->name == NULL || m->name[strspn(m->name, " ")] == '\0')
		m->name = arena_printf(a, "%.*s", NAME_MAX_BYTES,
		    redirect_host(a, m->redirect_uris[0]));
	return NULL;
}

static void
free_keys(void *set)
{
	jwks_free(set);
}

/*
 * Whether one of the keys is for the algorithm, or for any if *name is NULL.
 * The name becomes the one that we have for it.
 */
static bool
keys_fit(const struct jwks *set, const char **name)
{
	enum jwk_alg alg;
	size_t at = 0;

	if (*name != NULL) {
		if (!jwk_alg_find(*name, &alg))
			return false;
		*name = jwk_alg_name(alg);
		return jwks_next(set, NULL, alg, &at) != NULL;
	}
	for (int i = 0; i < JWK_ALGS; i++, at = 0)
		if (jwks_next(set, NULL, (enum jwk_alg)i, &at) != NULL)
			return true;
	return false;
}

/* The keys of a client that authenticates by them (RFC 7591, 2). */
static const struct oerr *
read_keys(struct arena *a, struct json_object *o, struct buf *b)
{
	struct json_object *keys = json_member(o, "jwks", json_type_object);
	struct json_object *alg;
	const char *text, *name;
	struct jwks *set;

	if (has(o, "jwks_uri"))
		return &OERR_JWKS_URI;
	if (keys == NULL || !absent_or(o, "token_endpoint_auth_signing_alg",
				json_type_string, &alg))
		return &OERR_INVALID_CLIENT_METADATA;
	text = json_text(a, keys);
	if ((set = jwks_parse(a, text, strlen(text))) == NULL)
		return &OERR_INVALID_CLIENT_METADATA;
	arena_defer(a, free_keys, set);
	name = alg != NULL ? json_object_get_string(alg) : NULL;
	if (!keys_fit(set, &name))
		return &OERR_INVALID_CLIENT_METADATA;
	buf_rawf(b, "%s\"jwks\":", b->len > 1 ? "," : "");
	buf_raw(b, text);
	if (name != NULL)
		buf_rawf(
		    b, ",\"token_endpoint_auth_signing_alg\":\"%s\"", name);
	return NULL;
}

/* The same of a document, whose keys may be elsewhere. */
static const struct oerr *
read_document_keys(struct arena *a, struct json_object *o, struct buf *b)
{
	static const char member[] = "jwks_uri";
	struct json_object *uri;

	if (!has(o, member))
		return read_keys(a, o, b);
	if (!absent_or(o, member, json_type_string, &uri) ||
	    clean_text(uri, TEXT_MAX) == NULL)
		return &OERR_INVALID_CLIENT_METADATA;
	buf_rawf(b, "%s\"%s\":", b->len > 1 ? "," : "", member);
	buf_json(b, json_object_get_string(uri));
	return NULL;
}

typedef const struct oerr *(*keys_reader)(
    struct arena *a, struct json_object *o, struct buf *b);

/* What is kept and echoed, but decides nothing; and keys. */
static const struct oerr *
read_more(struct arena *a, struct json_object *o, keys_reader read_auth_keys,
    struct clientmeta *m)
{
	static const char *const kept[] = { "application_type", "client_uri",
		"logo_uri", "policy_uri", "scope", "software_id",
		"software_version", "tos_uri" };
	const struct oerr *e;
	struct json_object *v;
	struct buf b;
	size_t i;

	buf_init(&b, a);
	buf_raw(&b, "{");
	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (!absent_or(o, kept[i], json_type_string, &v))
			return &OERR_INVALID_CLIENT_METADATA;
		if (v == NULL)
			continue;
		if (clean_text(v, TEXT_MAX) == NULL)
			return &OERR_INVALID_CLIENT_METADATA;
		buf_rawf(&b, "%s\"%s\":", b.len > 1 ? "," : "", kept[i]);
		buf_json(&b, json_object_get_string(v));
	}
	if (strcmp(m->auth_method, "private_key_jwt") == 0 &&
	    (e = read_auth_keys(a, o, &b)) != NULL)
		return e;
	buf_raw(&b, "}");
	m->more = b.data;
	return b.len <= MORE_MAX ? NULL : &OERR_INVALID_CLIENT_METADATA;
}

typedef const struct oerr *(*method_reader)(
    struct json_object *o, struct clientmeta *m);

static const struct oerr *
read_all(struct arena *a, struct json_object *o, method_reader read_auth_method,
    keys_reader read_auth_keys, struct clientmeta *m)
{
	const struct oerr *e;

	memset(m, 0, sizeof(*m));
	if (!json_object_is_type(o, json_type_object))
		return &OERR_INVALID_CLIENT_METADATA;
	m->client_id = json_str(o, "client_id");
	m->client_secret = json_str(o, "client_secret");
	if ((e = read_uris(o, m)) != NULL || (e = read_grants(o, m)) != NULL ||
	    (e = read_auth_method(o, m)) != NULL ||
	    (e = read_name(a, o, m)) != NULL)
		return e;
	return read_more(a, o, read_auth_keys, m);
}

const struct oerr *
clientmeta_read(
    struct arena *a, struct json_object *object, struct clientmeta *m)
{
	return read_all(a, object, read_method, read_keys, m);
}

const struct oerr *
clientmeta_read_document(struct arena *a, const char *json, size_t len,
    const char *url, struct clientmeta *m)
{
	const struct oerr *e = read_all(a, json_read(a, json, len),
	    read_document_method, read_document_keys, m);

	if (e != NULL)
		return e;
	return m->client_id != NULL && strcmp(m->client_id, url) == 0
		   ? NULL
		   : &OERR_INVALID_CLIENT_METADATA;
}

bool
clientmeta_has_secret(const char *auth_method)
{
	return strncmp(auth_method, "client_secret_", 14) == 0;
}

const char *
clientmeta_array(struct arena *a, const char *const *s, size_t n)
{
	struct buf b;
	size_t i;

	buf_init(&b, a);
	buf_raw(&b, "[");
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_raw(&b, ",");
		buf_json(&b, s[i]);
	}
	buf_raw(&b, "]");
	return b.data;
}

void
clientmeta_print(const struct clientmeta_answer *c, struct buf *b)
{
	size_t more = c->more != NULL ? strlen(c->more) : 0;

	buf_raw(b, "{\"client_id\":");
	buf_json(b, c->client_id);
	buf_rawf(b, ",\"client_id_issued_at\":%lld", c->issued_at);
	if (c->secret != NULL) {
		buf_raw(b, ",\"client_secret\":");
		buf_json(b, c->secret);
	}
	if (clientmeta_has_secret(c->auth_method))
		buf_raw(b, ",\"client_secret_expires_at\":0");
	buf_raw(b, ",\"client_name\":");
	buf_json(b, c->name);
	buf_rawf(b, ",\"redirect_uris\":%s,\"grant_types\":%s",
	    c->redirect_uris, c->grant_types);
	buf_rawf(b,
	    ",\"response_types\":[\"code\"]"
	    ",\"token_endpoint_auth_method\":\"%s\"",
	    c->auth_method);
	if (more > 2) {
		buf_raw(b, ",");
		buf_raw_n(b, c->more + 1, more - 2);
	}
	buf_raw(b, ",\"registration_access_token\":");
	buf_json(b, c->token);
	buf_raw(b, ",\"registration_client_uri\":");
	buf_json(b, arena_printf(b->arena, "%s/oauth2/register?client_id=%s",
			c->issuer, c->client_id));
	buf_raw(b, "}");
}
