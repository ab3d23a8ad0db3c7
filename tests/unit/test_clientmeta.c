/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "oauth/clientmeta.h"
#include "witharena.h"

static struct clientmeta meta;

static const struct oerr *
reading(const char *json)
{
	memset(&meta, 0xff, sizeof(meta));
	return clientmeta_read(
	    arena, json_read(arena, json, strlen(json)), &meta);
}

/* A document with one good redirect URI and these members besides. */
#define URIS "\"redirect_uris\":[\"https://client.example/cb\"]"
#define WITH(members) "{" URIS "," members "}"

static const char *
kept(const char *member)
{
	return json_str(json_read(arena, meta.more, strlen(meta.more)), member);
}

/* RFC 7592, 2.2: what an update says about itself; registering ignores it. */
static void
identity(void **state)
{
	(void)state;
	assert_null(
	    reading(WITH("\"client_id\":\"mine\",\"client_secret\":\"s\"")));
	assert_string_equal(meta.client_id, "mine");
	assert_string_equal(meta.client_secret, "s");
	assert_string_equal(meta.more, "{}");
	assert_null(reading(WITH("\"client_id\":1,\"client_secret\":[\"s\"]")));
	assert_null(meta.client_id);
	assert_null(meta.client_secret);
	assert_null(reading("{" URIS "}"));
	assert_null(meta.client_id);
	assert_null(meta.client_secret);
}

/* ---- as real clients register ---- */

/* Three URIs of three kinds; to refuse one is to refuse the client. */
static void
cursor(void **state)
{
	(void)state;
	assert_null(reading(
	    "{\"client_name\":\"Cursor\",\"redirect_uris\":["
	    "\"cursor://anysphere.cursor-mcp/oauth/callback\","
	    "\"https://www.cursor.com/agents/mcp/oauth/callback\","
	    "\"http://localhost:8787/callback\"],"
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],"
	    "\"response_types\":[\"code\"],"
	    "\"token_endpoint_auth_method\":\"none\","
	    "\"application_type\":\"native\"}"));
	assert_int_equal(meta.n_uris, 3);
	assert_string_equal(meta.redirect_uris[0],
	    "cursor://anysphere.cursor-mcp/oauth/callback");
	assert_string_equal(
	    meta.redirect_uris[2], "http://localhost:8787/callback");
	assert_string_equal(meta.name, "Cursor");
	assert_string_equal(meta.auth_method, "none");
	assert_string_equal(kept("application_type"), "native");
}

/* Neither application_type nor scope. */
static void
claude_code(void **state)
{
	(void)state;
	assert_null(reading(
	    "{\"client_name\":\"Claude Code (server)\","
	    "\"redirect_uris\":[\"http://localhost:51234/callback\"],"
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],"
	    "\"response_types\":[\"code\"],"
	    "\"token_endpoint_auth_method\":\"none\"}"));
	assert_string_equal(meta.name, "Claude Code (server)");
	assert_int_equal(meta.n_grants, 2);
	assert_string_equal(meta.grant_types[0], "authorization_code");
	assert_string_equal(meta.grant_types[1], "refresh_token");
	assert_string_equal(meta.more, "{}");
}

/* Members that nobody here knows, of whatever type. */
static void
gemini_cli(void **state)
{
	(void)state;
	assert_null(reading("{\"redirect_uris\":["
			    "\"http://localhost:7777/oauth/callback\"],"
			    "\"client_name\":\"Gemini CLI MCP Client\","
			    "\"code_challenge_method\":[\"S256\"],"
			    "\"x\":{\"y\":[1,null,true]},\"jwks_uri\":17,"
			    "\"client_id\":\"mine\",\"client_secret\":\"mine\","
			    "\"contacts\":\"nobody\"}"));
	assert_string_equal(meta.more, "{}");
	assert_string_equal(meta.auth_method, "client_secret_basic");
}

#define KEY                                           \
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":" \
	"\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"
#define KEYED(members) \
	WITH("\"token_endpoint_auth_method\":\"private_key_jwt\"" members)
#define JWKS(keys) ",\"jwks\":{\"keys\":[" keys "]}"

static void
private_key_jwt(void **state)
{
	(void)state;
	assert_null(reading(KEYED(JWKS(KEY))));
	assert_string_equal(meta.auth_method, "private_key_jwt");
	assert_string_equal(meta.more, "{\"jwks\":{\"keys\":[" KEY "]}}");
	assert_false(clientmeta_has_secret(meta.auth_method));
	assert_null(
	    reading(KEYED(JWKS(KEY) ",\"scope\":\"a\","
				    "\"token_endpoint_auth_signing_alg\":"
				    "\"EdDSA\"")));
	assert_string_equal(kept("scope"), "a");
	assert_string_equal(kept("token_endpoint_auth_signing_alg"), "EdDSA");
	/* of no use to others, and not looked at */
	assert_null(reading(WITH("\"jwks\":7,\"jwks_uri\":7,"
				 "\"token_endpoint_auth_signing_alg\":7")));
	assert_string_equal(meta.more, "{}");
	assert_true(clientmeta_has_secret(meta.auth_method));
}

static void
no_keys(void **state)
{
	static const char *const bad[] = {
		KEYED(""),
		KEYED(",\"jwks\":null"),
		KEYED(",\"jwks\":[" KEY "]"),
		KEYED(",\"jwks\":{}"),
		KEYED(JWKS("")),
		KEYED(JWKS("7")),
		KEYED(JWKS("{\"kty\":\"oct\",\"k\":\"AAAA\"}")),
		KEYED(JWKS("{\"kty\":\"AKP\"}")),
		KEYED(JWKS(KEY "," KEY)),
		KEYED(JWKS(KEY) ",\"token_endpoint_auth_signing_alg\":7"),
		KEYED(
		    JWKS(KEY) ",\"token_endpoint_auth_signing_alg\":\"none\""),
		KEYED(
		    JWKS(KEY) ",\"token_endpoint_auth_signing_alg\":\"ES256\""),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (reading(bad[i]) != &OERR_INVALID_CLIENT_METADATA)
			fail_msg("not refused: %s", bad[i]);
	assert_ptr_equal(
	    reading(KEYED(JWKS(KEY) ",\"jwks_uri\":\"x\"")), &OERR_JWKS_URI);
	assert_ptr_equal(reading(KEYED(",\"jwks_uri\":\"https://c.example/\"")),
	    &OERR_JWKS_URI);
}

static void
vs_code(void **state)
{
	(void)state;
	assert_null(reading(
	    "{\"client_name\":\"Visual Studio Code\","
	    "\"client_uri\":\"https://code.visualstudio.com\","
	    "\"logo_uri\":\"https://other.example/logo.png\","
	    "\"redirect_uris\":[\"https://insiders.vscode.dev/redirect\","
	    "\"https://vscode.dev/redirect\",\"http://127.0.0.1/\","
	    "\"http://127.0.0.1:33418/\"],\"grant_types\":["
	    "\"authorization_code\",\"refresh_token\","
	    "\"urn:ietf:params:oauth:grant-type:device_code\"],"
	    "\"response_types\":[\"code\"],"
	    "\"token_endpoint_auth_method\":\"none\","
	    "\"application_type\":\"native\"}"));
	assert_int_equal(meta.n_uris, 4);
	assert_int_equal(meta.n_grants, 2);
	assert_string_equal(kept("logo_uri"), "https://other.example/logo.png");
}

/* The least there can be (RFC 7591, 2: what is left out). */
static void
the_least(void **state)
{
	(void)state;
	assert_null(reading("{" URIS "}"));
	assert_int_equal(meta.n_grants, 1);
	assert_string_equal(meta.grant_types[0], "authorization_code");
	assert_string_equal(meta.auth_method, "client_secret_basic");
	assert_string_equal(meta.name, "client.example");
	assert_string_equal(meta.more, "{}");
}

static void
null_is_absent(void **state)
{
	(void)state;
	assert_null(reading(WITH("\"client_name\":null,\"grant_types\":null,"
				 "\"response_types\":null,\"scope\":null,"
				 "\"token_endpoint_auth_method\":null")));
	assert_string_equal(meta.name, "client.example");
	assert_string_equal(meta.more, "{}");
}

/* ---- one member at a time ---- */

static void
grants_dropped(void **state)
{
	(void)state;
	assert_null(reading(WITH(
	    "\"grant_types\":[\"client_credentials\",\"implicit\","
	    "\"password\",\"authorization_code\",17,null,\"refresh_token\","
	    "\"refresh_token\",\"authorization_code\"]")));
	assert_int_equal(meta.n_grants, 2);
	assert_string_equal(meta.grant_types[0], "authorization_code");
	assert_string_equal(meta.grant_types[1], "refresh_token");
	assert_null(reading(WITH("\"response_types\":[\"token\",\"code\"]")));
}

static void
names(void **state)
{
	(void)state;
	assert_null(reading(WITH("\"client_name\":\"Caf\\u00e9 <b>\"")));
	assert_string_equal(meta.name, "Caf\xc3\xa9 <b>");
	assert_null(reading(WITH("\"client_name\":\"evil\\u202egnp\"")));
	assert_string_equal(meta.name, "evilgnp");
	/* nothing to see is no name */
	assert_null(reading(WITH("\"client_name\":\"\"")));
	assert_string_equal(meta.name, "client.example");
	assert_null(reading(WITH("\"client_name\":\"   \"")));
	assert_string_equal(meta.name, "client.example");
	assert_null(reading(WITH("\"client_name\":\"\\u200b \\u200b\"")));
	assert_string_equal(meta.name, "client.example");
	assert_null(reading("{\"redirect_uris\":[\"com.example.app:/cb\"]}"));
	assert_string_equal(meta.name, "com.example.app");
	/* what it is called after may be longer than a name */
	assert_null(reading(
	    arena_printf(arena, "{\"redirect_uris\":[\"a.%0250d:/cb\"]}", 0)));
	assert_int_equal(strlen(meta.name), 200);
}

static void
kept_members(void **state)
{
	(void)state;
	assert_null(
	    reading(WITH("\"scope\":\"mcp:a mcp:b\",\"software_id\":\"x\\\"y\","
			 "\"software_version\":\"\",\"tos_uri\":\"t\","
			 "\"policy_uri\":\"p\",\"client_uri\":\"<script>\","
			 "\"secret\":\"s\"")));
	assert_string_equal(kept("scope"), "mcp:a mcp:b");
	assert_string_equal(kept("software_id"), "x\"y");
	assert_string_equal(kept("software_version"), "");
	assert_string_equal(kept("client_uri"), "<script>");
	assert_null(kept("secret"));
	assert_null(kept("redirect_uris"));
}

/* ---- refusals ---- */

static void
all_refused(const struct oerr *e, const char *const *text, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (reading(text[i]) != e)
			fail_msg("taken or refused as another: %s", text[i]);
	}
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
no_object(void **state)
{
	static const char *const texts[] = { "", "null", "[]", "\"x\"", "1",
		"[{" URIS "}]", "{" URIS, "{" URIS "}x", "{" URIS "," URIS "}",
		WITH("\"client_name\":\"a\",\"client_name\":\"b\""),
		WITH("\"client_name\":\"a\",\"client\\u005fname\":\"b\""),
		WITH("\"x\":\"\xff\"") };

	(void)state;
	all_refused(&OERR_INVALID_CLIENT_METADATA, texts, COUNT(texts));
}

static void
bad_redirects(void **state)
{
	static const char *const texts[] = { "{}", "{\"redirect_uris\":[]}",
		"{\"redirect_uris\":null}",
		"{\"redirect_uris\":\"https://client.example/cb\"}",
		"{\"redirect_uris\":{\"0\":\"https://client.example/cb\"}}",
		"{\"redirect_uris\":[1]}", "{\"redirect_uris\":[null]}",
		"{\"redirect_uris\":[[\"https://client.example/cb\"]]}",
		"{\"redirect_uris\":[\"\"]}",
		"{\"redirect_uris\":[\"https://client.example/cb\",\"\"]}",
		"{\"redirect_uris\":[\"http://client.example/cb\"]}",
		"{\"redirect_uris\":[\"https://client.example/#f\"]}",
		"{\"redirect_uris\":[\"https://client.example/cb\\u0000x\"]}",
		"{\"redirect_uris\":[\"https://client.example/cb\\n\"]}",
		"{\"redirect_uris\":[\"javascript:alert(1)\"]}",
		"{\"redirect_uris\":[\"https://a@client.example/\"]}",
		"{\"redirect_uris\":[\"https://*.client.example/\"]}",
		"{\"redirect_uris\":[\"https://client.example/?code=x\"]}" };

	(void)state;
	all_refused(&OERR_INVALID_REDIRECT_URI, texts, COUNT(texts));
}

static void
how_many_redirects(void **state)
{
	struct buf b;
	int i, n;

	(void)state;
	for (n = CLIENTMETA_URIS; n <= CLIENTMETA_URIS + 1; n++) {
		buf_init(&b, arena);
		buf_raw(&b, "{\"redirect_uris\":[");
		for (i = 0; i < n; i++)
			buf_rawf(&b, "%s\"https://client.example/%d\"",
			    i > 0 ? "," : "", i);
		buf_raw(&b, "]}");
		if (n == CLIENTMETA_URIS) {
			assert_null(reading(b.data));
			assert_int_equal(meta.n_uris, n);
		} else {
			assert_ptr_equal(
			    reading(b.data), &OERR_INVALID_REDIRECT_URI);
		}
	}
}

static void
unusable(void **state)
{
	static const char *const texts[] = {
		WITH("\"grant_types\":[]"),
		WITH("\"grant_types\":[\"client_credentials\"]"),
		WITH("\"grant_types\":[\"refresh_token\"]"),
		WITH("\"grant_types\":[\"implicit\"]"),
		WITH("\"grant_types\":[\"AUTHORIZATION_CODE\"]"),
		WITH("\"grant_types\":[\"authorization_code\\u0000\"]"),
		WITH("\"grant_types\":\"authorization_code\""),
		WITH("\"response_types\":[]"),
		WITH("\"response_types\":[\"token\"]"),
		WITH("\"response_types\":[\"code token\"]"),
		WITH("\"response_types\":[\"code\\u0000\"]"),
		WITH("\"response_types\":\"code\""),
		WITH("\"token_endpoint_auth_method\":\"private_key_jwt\""),
		WITH("\"token_endpoint_auth_method\":\"client_secret_jwt\""),
		WITH("\"token_endpoint_auth_method\":\"\""),
		WITH("\"token_endpoint_auth_method\":\"NONE\""),
		WITH("\"token_endpoint_auth_method\":\"none\\u0000x\""),
		WITH("\"token_endpoint_auth_method\":[\"none\"]"),
		WITH("\"token_endpoint_auth_method\":false"),
	};

	(void)state;
	all_refused(&OERR_INVALID_CLIENT_METADATA, texts, COUNT(texts));
}

static void
wrong_types(void **state)
{
	static const char *const texts[] = { WITH("\"client_name\":1"),
		WITH("\"client_name\":[\"a\"]"), WITH("\"client_name\":{}"),
		WITH("\"client_name\":\"a\\nb\""),
		WITH("\"client_name\":\"a\\u0000b\""),
		WITH("\"client_name\":\"\\u009b\""), WITH("\"scope\":[\"a\"]"),
		WITH("\"scope\":\"a\\u0000\""), WITH("\"client_uri\":1"),
		WITH("\"logo_uri\":{}"), WITH("\"software_id\":true"),
		WITH("\"tos_uri\":\"a\\tb\"") };

	(void)state;
	all_refused(&OERR_INVALID_CLIENT_METADATA, texts, COUNT(texts));
}

/* A document whose `member` is a text of `len` bytes. */
static const struct oerr *
of_length(const char *member, int len)
{
	return reading(
	    arena_printf(arena, "{" URIS ",\"%s\":\"%0*d\"}", member, len, 0));
}

static void
too_long(void **state)
{
	const char *uri;

	(void)state;
	assert_null(of_length("client_name", 200));
	assert_ptr_equal(
	    of_length("client_name", 201), &OERR_INVALID_CLIENT_METADATA);
	assert_null(of_length("scope", 2048));
	assert_ptr_equal(
	    of_length("scope", 2049), &OERR_INVALID_CLIENT_METADATA);
	uri = arena_printf(arena,
	    "{\"redirect_uris\":[\"https://client.example/%02048d\"]}", 0);
	assert_ptr_equal(reading(uri), &OERR_INVALID_REDIRECT_URI);
}

/* Each within its limit, but too much together. */
static void
too_much(void **state)
{
	const char *doc = arena_printf(arena,
	    WITH("\"scope\":\"%02000d\",\"tos_uri\":\"%02000d\","
		 "\"logo_uri\":\"%02000d\",\"client_uri\":\"%02000d\","
		 "\"policy_uri\":\"%02000d\""),
	    0, 0, 0, 0, 0);

	(void)state;
	assert_ptr_equal(reading(doc), &OERR_INVALID_CLIENT_METADATA);
}

/* ---- answers ---- */

static const struct clientmeta_answer answer = {
	.client_id = "id",
	.issued_at = 1790000000,
	.auth_method = "none",
	.name = "A \"name\"",
	.redirect_uris = "[\"https://client.example/cb\"]",
	.grant_types = "[\"authorization_code\"]",
	.token = "token",
	.issuer = "https://as.example",
};

static struct json_object *
printed(const struct clientmeta_answer *c)
{
	struct json_object *o;
	struct buf b;

	buf_init(&b, arena);
	clientmeta_print(c, &b);
	assert_null(strstr(b.data, "null"));
	o = json_read(arena, b.data, b.len);
	assert_non_null(o);
	return o;
}

/* LM Studio and the SDKs look at each of these. */
static void
print_public(void **state)
{
	struct json_object *o = printed(&answer);

	(void)state;
	assert_string_equal(json_str(o, "client_id"), "id");
	assert_int_equal(json_object_get_int64(json_member(
			     o, "client_id_issued_at", json_type_int)),
	    1790000000);
	assert_string_equal(json_str(o, "client_name"), answer.name);
	assert_string_equal(json_str(o, "token_endpoint_auth_method"), "none");
	assert_int_equal(json_object_array_length(
			     json_member(o, "redirect_uris", json_type_array)),
	    1);
	assert_int_equal(json_object_array_length(
			     json_member(o, "response_types", json_type_array)),
	    1);
	assert_string_equal(
	    json_str(o, "registration_access_token"), answer.token);
	assert_string_equal(json_str(o, "registration_client_uri"),
	    "https://as.example/oauth2/register?client_id=id");
	assert_false(json_object_object_get_ex(o, "client_secret", NULL));
	assert_false(
	    json_object_object_get_ex(o, "client_secret_expires_at", NULL));
}

static void
print_secret(void **state)
{
	struct clientmeta_answer c = answer;
	struct json_object *o;

	(void)state;
	c.auth_method = "client_secret_post";
	c.secret = "s";
	c.more = "{\"scope\": \"a b\", \"software_id\": \"x\"}";
	o = printed(&c);
	assert_string_equal(json_str(o, "client_secret"), "s");
	assert_int_equal(json_object_get_int(json_member(
			     o, "client_secret_expires_at", json_type_int)),
	    0);
	assert_string_equal(json_str(o, "scope"), "a b");
	assert_string_equal(json_str(o, "software_id"), "x");
	/* read again: the secret is not known any more, when it ends is */
	c.secret = NULL;
	c.more = "{}";
	o = printed(&c);
	assert_null(json_str(o, "client_secret"));
	assert_non_null(
	    json_member(o, "client_secret_expires_at", json_type_int));
}

static void
arrays(void **state)
{
	static const char *const s[] = { "a", "b\"c" };

	(void)state;
	assert_string_equal(clientmeta_array(arena, s, 0), "[]");
	assert_string_equal(clientmeta_array(arena, s, 1), "[\"a\"]");
	assert_string_equal(
	    clientmeta_array(arena, s, 2), "[\"a\",\"b\\\"c\"]");
}

/* ---- documents at a client_id (Client ID Metadata Document) ---- */

#define URL "https://client.example/app.json"
#define DOCUMENT(members) WITH("\"client_id\":\"" URL "\"," members)
#define METHOD "\"token_endpoint_auth_method\":"
#define METHODS "\"token_endpoint_auth_methods_supported\":"

static const struct oerr *
reading_document(const char *json)
{
	memset(&meta, 0xff, sizeof(meta));
	return clientmeta_read_document(arena, json, strlen(json), URL, &meta);
}

static void
good_documents(void **state)
{
	static const char *const documents[] = {
		DOCUMENT(METHOD "\"none\""),
		DOCUMENT("\"client_name\":\"App\""),
		DOCUMENT(METHODS "[\"none\",\"private_key_jwt\"]"),
		DOCUMENT(METHODS "[\"private_key_jwt\",\"none\",1]"),
		/* the one method counts */
		DOCUMENT(METHOD "\"none\"," METHODS "[\"client_secret_post\"]"),
		DOCUMENT(METHOD "null," METHODS "[\"none\"]"),
		DOCUMENT("\"client_secret\":null"),
		DOCUMENT("\"grant_types\":[\"authorization_code\",\"password\","
			 "\"client_credentials\"],\"odd\":{\"a\":[1]}"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		if (reading_document(documents[i]) != NULL)
			fail_msg("%s", documents[i]);
		assert_string_equal(meta.auth_method, "none");
		assert_int_equal(meta.n_grants, 1);
	}
}

#define KEYS "\"jwks\":{\"keys\":[" KEY "]}"
#define KEYS_URI "\"jwks_uri\":\"https://client.example/keys\""
#define JWT "\"private_key_jwt\""

static void
documents_with_keys(void **state)
{
	static const struct {
		const char *document;
		bool also_public;
	} documents[] = {
		{ DOCUMENT(METHOD JWT "," KEYS), false },
		{ DOCUMENT(METHOD JWT "," KEYS_URI), false },
		{ DOCUMENT(METHODS "[" JWT "]," KEYS_URI), false },
		{ DOCUMENT(METHODS "[\"none\"," JWT "]," KEYS), true },
		{ DOCUMENT(METHODS "[" JWT ",\"none\"]," KEYS_URI), true },
		{ DOCUMENT(METHOD JWT "," METHODS "[\"none\"]," KEYS), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		if (reading_document(documents[i].document) != NULL)
			fail_msg("%s", documents[i].document);
		assert_string_equal(meta.auth_method, "private_key_jwt");
		assert_true(meta.also_public == documents[i].also_public);
	}
	/* keys that are of no use here */
	assert_null(reading_document(DOCUMENT(METHOD "\"none\"," KEYS)));
	assert_string_equal(meta.auth_method, "none");
	assert_false(meta.also_public);
	assert_string_equal(meta.more, "{}");
}

static void
bad_documents(void **state)
{
	static const char *const documents[] = {
		"",
		"[]",
		"{}",
		WITH(METHOD "\"none\""),
		WITH("\"client_id\":\"https://client.example/app.json/\""),
		WITH("\"client_id\":\"https://CLIENT.example/app.json\""),
		WITH("\"client_id\":\"https://client.example/app.json \""),
		WITH("\"client_id\":[\"" URL "\"]"),
		"{\"client_id\":\"" URL "\"}",
		DOCUMENT(METHOD "\"client_secret_basic\""),
		DOCUMENT(METHOD "\"client_secret_post\""),
		DOCUMENT(METHOD "\"client_secret_jwt\""),
		DOCUMENT(METHOD "\"None\""),
		DOCUMENT(METHOD "[\"none\"]"),
		DOCUMENT(METHODS "[]"),
		DOCUMENT(METHOD "\"private_key_jwt\""),
		DOCUMENT(METHODS "[\"private_key_jwt\"]"),
		DOCUMENT(METHOD JWT ",\"jwks_uri\":5"),
		DOCUMENT(METHOD JWT ",\"jwks\":{\"keys\":[]}"),
		DOCUMENT(METHOD JWT
		    ",\"jwks\":{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}"),
		DOCUMENT(METHODS "[\"client_secret_post\"]"),
		DOCUMENT(METHODS "\"none\""),
		DOCUMENT("\"client_secret\":\"s\""),
		DOCUMENT("\"client_secret\":\"\""),
		DOCUMENT("\"client_secret_expires_at\":0"),
		DOCUMENT("\"grant_types\":[\"client_credentials\"]"),
		DOCUMENT("\"client_id\":\"" URL "\""),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		if (reading_document(documents[i]) == NULL)
			fail_msg("%s", documents[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(identity),
		TEST(cursor),
		TEST(claude_code),
		TEST(gemini_cli),
		TEST(vs_code),
		TEST(private_key_jwt),
		TEST(no_keys),
		TEST(the_least),
		TEST(null_is_absent),
		TEST(grants_dropped),
		TEST(names),
		TEST(kept_members),
		TEST(no_object),
		TEST(bad_redirects),
		TEST(how_many_redirects),
		TEST(unusable),
		TEST(wrong_types),
		TEST(too_long),
		TEST(too_much),
		TEST(print_public),
		TEST(print_secret),
		TEST(arrays),
		TEST(good_documents),
		TEST(documents_with_keys),
		TEST(bad_documents),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("clientmeta", tests, NULL, NULL);
}
