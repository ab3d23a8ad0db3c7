/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/b64url.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/json.h"
#include "jose/jws.h"
#include "jose/sig.h"

static const char claims_text[] =
    "{\"iss\":\"https://auth.example\",\"sub\":\"alice\",\"exp\":1700000600}";
static const struct jws_rule access_token = { .typ = "at+jwt" };
static const struct jws_rule assertion = { .lax = true };

/* Keys of every algorithm, and the set of their public halves. */
static struct {
	struct arena *arena;
	struct jws_signer *signers[JWK_ALGS];
	struct jwks *set;
} f;

static int
setup(void **state)
{
	struct buf text;
	struct jwk *key;

	(void)state;
	if ((f.arena = arena_new(4 * 1024 * 1024)) == NULL)
		return -1;
	buf_init(&text, f.arena);
	for (int i = 0; i < JWK_ALGS; i++) {
		if ((key = jwk_generate((enum jwk_alg)i)) == NULL)
			return -1;
		buf_raw(&text, i == 0 ? "[" : ",");
		jwk_print(key, &text);
		f.signers[i] = jws_signer_new(key, "at+jwt");
		if (f.signers[i] == NULL)
			return -1;
	}
	buf_raw(&text, "]");
	f.set = jwks_parse(f.arena, text.data, text.len);
	return f.set == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (int i = 0; i < JWK_ALGS; i++)
		jws_signer_free(f.signers[i]);
	jwks_free(f.set);
	arena_free(f.arena);
	return 0;
}

static const struct jwk *
key_of(enum jwk_alg alg)
{
	return jws_signer_key(f.signers[alg]);
}

static char *
sign(enum jwk_alg alg)
{
	struct buf out;

	buf_init(&out, f.arena);
	assert_int_equal(
	    jws_sign(f.signers[alg], claims_text, strlen(claims_text), &out),
	    0);
	return out.data;
}

static char *
encode(const void *data, size_t len)
{
	char *text = arena_alloc(f.arena, B64URL_LEN(len) + 1);

	b64url_encode(data, len, text);
	return text;
}

/* A token that is signed well, whatever its header and claims say. */
static char *
forge(enum jwk_alg alg, const char *header, const char *claims)
{
	char *input = arena_printf(f.arena, "%s.%s",
	    encode(header, strlen(header)), encode(claims, strlen(claims)));
	uint8_t sig[SIG_MAX];
	ssize_t n = sig_make(key_of(alg), input, strlen(input), sig);

	assert_true(n > 0);
	return arena_printf(f.arena, "%s.%s", input, encode(sig, (size_t)n));
}

/* forge, with the key's kid in place of the header's %s. */
#define HEADER(alg, text) arena_printf(f.arena, text, key_of(alg)->kid)

static enum jws_error
check_by(const struct jws_rule *rule, const char *token, size_t len)
{
	struct json_object *claims = NULL;
	enum jws_error e;

	e = jws_verify(f.set, rule, token, len, f.arena, &claims);
	assert_int_equal(claims != NULL, e == JWS_OK);
	return e;
}

static enum jws_error
check(const char *token)
{
	return check_by(&access_token, token, strlen(token));
}

static enum jws_error
check_header(const char *header)
{
	return check(forge(JWK_ES256, header, claims_text));
}

static void
names(void **state)
{
	(void)state;
	assert_string_equal(jws_error_name(JWS_OK), "ok");
	assert_string_equal(jws_error_name(JWS_TOO_LARGE), "too_large");
	assert_string_equal(jws_error_name(JWS_SIGNATURE), "signature");
}

static void
signed_and_verified(void **state)
{
	struct json_object *claims;
	const char *token;

	(void)state;
	for (int i = 0; i < JWK_ALGS; i++) {
		token = sign((enum jwk_alg)i);
		assert_int_equal(jws_verify(f.set, &access_token, token,
				     strlen(token), f.arena, &claims),
		    JWS_OK);
		assert_string_equal(json_str(claims, "sub"), "alice");
	}
}

static void
the_header_we_write(void **state)
{
	const char *token = sign(JWK_ES256);
	size_t len = strcspn(token, ".");
	uint8_t text[512];
	ssize_t n = b64url_decode(token, len, text, sizeof(text));

	(void)state;
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal((char *)text,
	    HEADER(JWK_ES256,
		"{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}"));
}

static void
appended_to_what_is_there(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, f.arena);
	buf_raw(&out, "{\"access_token\":\"");
	assert_int_equal(jws_sign(f.signers[JWK_ES256], "{}", 2, &out), 0);
	assert_memory_equal(out.data, "{\"access_token\":\"eyJ", 20);
	assert_int_equal(strlen(out.data), out.len);
	assert_int_equal(check(out.data + 17), JWS_OK);
}

static void
public_key_does_not_sign(void **state)
{
	struct buf out;
	struct jwk *public;

	(void)state;
	buf_init(&out, f.arena);
	jwk_print(key_of(JWK_ES256), &out);
	assert_int_equal(
	    jwk_parse(json_read(f.arena, out.data, out.len), &public), JWK_OK);
	assert_null(jws_signer_new(public, "at+jwt"));
}

/* Any changed character, in any of the parts, is noticed. */
static void
tampered(void **state)
{
	char *token = sign(JWK_ES256), was;
	size_t len = strlen(token);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		was = token[i];
		token[i] = was == 'A' ? 'B' : 'A';
		assert_int_not_equal(check(token), JWS_OK);
		token[i] = was;
	}
	assert_int_equal(check(token), JWS_OK);
}

static void
other_claims(void **state)
{
	char *token = sign(JWK_ES256), *forged, *sig;
	const char *claims = "{\"sub\":\"mallory\"}";

	(void)state;
	sig = strrchr(token, '.');
	forged = arena_printf(f.arena, "%.*s.%s%s", (int)strcspn(token, "."),
	    token, encode(claims, strlen(claims)), sig);
	assert_int_equal(check(forged), JWS_SIGNATURE);
}

static void
truncated(void **state)
{
	const char *token = sign(JWK_ES256);
	char *copy;

	(void)state;
	/* a copy of just that length: a read too far is seen by a sanitizer */
	for (size_t n = 0; n < strlen(token); n++) {
		copy = malloc(n + 1);
		memcpy(copy, token, n);
		assert_int_not_equal(check_by(&access_token, copy, n), JWS_OK);
		free(copy);
	}
}

static void
malformed(void **state)
{
	char *token = sign(JWK_ES256);
	const char *bad[] = {
		"",
		".",
		"..",
		"...",
		"a.b.c",
		"e30.e30.e30.e30",
		"bnVsbA.e30.AAAA", /* null */
		"W10.e30.AAAA",    /* [] */
		"e30=.e30.AAAA",
		" e30.e30.AAAA",
		"e3\n0.e30.AAAA",
		arena_printf(f.arena, "%s.", token),
		arena_printf(f.arena, "%s.e30", token),
		arena_printf(f.arena, "%s=", token),
		arena_printf(f.arena, "%s==", token),
		arena_printf(f.arena, "%s\n", token),
		arena_printf(f.arena, ".%s", token),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (check(bad[i]) == JWS_OK || check(bad[i]) == JWS_SIGNATURE)
			fail_msg("passed as form: %s", bad[i]);
	}
	assert_int_equal(
	    check_by(&access_token, token, strlen(token) + 1), JWS_MALFORMED);
}

/* An empty header or payload is no JSON; an empty signature is none. */
static void
empty_parts(void **state)
{
	const char *token = sign(JWK_ES256);
	size_t header = strcspn(token, ".");
	size_t input = (size_t)(strrchr(token, '.') - token);

	(void)state;
	assert_int_equal(
	    check(arena_printf(f.arena, "%.*s.", (int)input, token)),
	    JWS_SIGNATURE);
	assert_int_equal(
	    check(arena_printf(f.arena, "%.*s..AAAA", (int)header, token)),
	    JWS_MALFORMED);
	assert_int_equal(check(token + header), JWS_MALFORMED);
}

static void
es256_needs_64_bytes(void **state)
{
	const char *token = sign(JWK_ES256);
	int input = (int)(strrchr(token, '.') - token);
	uint8_t der[70] = { 0x30, 68 };

	(void)state;
	for (size_t n = 62; n <= 70; n++)
		assert_int_equal(check(arena_printf(f.arena, "%.*s.%s", input,
				     token, encode(der, n))),
		    JWS_SIGNATURE);
}

static void
claims_have_to_be_an_object(void **state)
{
	static const char *const bad[] = { "[]", "null", "1", "\"a\"", "",
		"{\"sub\":\"a\",\"sub\":\"b\"}", "{\"a\":1}x", "{\"a\":1",
		"{\"a\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}" };
	const char *header = HEADER(
	    JWK_ES256, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}");

	(void)state;
	assert_int_equal(check(forge(JWK_ES256, header, "{}")), JWS_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    check(forge(JWK_ES256, header, bad[i])), JWS_MALFORMED);
}

static void
duplicate_header_members(void **state)
{
	(void)state;
	assert_int_equal(check_header(HEADER(JWK_ES256,
			     "{\"alg\":\"none\",\"alg\":\"ES256\","
			     "\"typ\":\"at+jwt\",\"kid\":\"%s\"}")),
	    JWS_MALFORMED);
	assert_int_equal(check_header(HEADER(JWK_ES256,
			     "{\"alg\":\"ES256\",\"typ\":\"at+jwt\","
			     "\"kid\":\"x\",\"\\u006bid\":\"%s\"}")),
	    JWS_MALFORMED);
}

static void
no_algorithm(void **state)
{
	static const char *const algs[] = { "\"none\"", "\"None\"", "\"NONE\"",
		"\"\"", "\"HS256\"", "\"ES384\"", "\"es256\"", "null", "1",
		"[\"ES256\"]", "\"ES256\\u0000\"" };
	char *header;

	(void)state;
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		header = arena_printf(f.arena,
		    "{\"alg\":%s,\"typ\":\"at+jwt\",\"kid\":\"%s\"}", algs[i],
		    key_of(JWK_ES256)->kid);
		assert_int_equal(check_header(header), JWS_ALGORITHM);
	}
	assert_int_equal(check_header(HEADER(
			     JWK_ES256, "{\"typ\":\"at+jwt\",\"kid\":\"%s\"}")),
	    JWS_ALGORITHM);
}

static void
unsecured(void **state)
{
	char *header = HEADER(
	    JWK_ES256, "{\"alg\":\"none\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}");

	(void)state;
	assert_int_equal(check(arena_printf(f.arena, "%s.%s.",
			     encode(header, strlen(header)),
			     encode(claims_text, strlen(claims_text)))),
	    JWS_ALGORITHM);
}

/* The public key, known to all, as the secret of an HMAC (CVE-2015-9235). */
static void
hmac_with_the_public_key(void **state)
{
	const struct jwk *key = key_of(JWK_RS256);
	uint8_t mac[DIGEST_LEN];
	char *header, *input;

	(void)state;
	header = HEADER(
	    JWK_RS256, "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}");
	input = arena_printf(f.arena, "%s.%s", encode(header, strlen(header)),
	    encode(claims_text, strlen(claims_text)));
	assert_int_equal(digest_hmac_sha256(key->canonical,
			     strlen(key->canonical), input, strlen(input), mac),
	    0);
	assert_int_equal(check(arena_printf(f.arena, "%s.%s", input,
			     encode(mac, sizeof(mac)))),
	    JWS_ALGORITHM);
}

/* A good signature of one key under another key's kid, or another alg. */
static void
confused_algorithms(void **state)
{
	char *header;

	(void)state;
	for (int k = 0; k < JWK_ALGS; k++) {
		for (int a = 0; a < JWK_ALGS; a++) {
			header = arena_printf(f.arena,
			    "{\"alg\":\"%s\",\"typ\":\"at+jwt\","
			    "\"kid\":\"%s\"}",
			    jwk_alg_name((enum jwk_alg)a),
			    key_of((enum jwk_alg)k)->kid);
			assert_int_equal(
			    check(forge((enum jwk_alg)k, header, claims_text)),
			    a == k ? JWS_OK : JWS_ALGORITHM);
			assert_int_equal(
			    check(forge((enum jwk_alg)a, header, claims_text)),
			    a == k ? JWS_OK : JWS_ALGORITHM);
		}
	}
}

static void
typ_has_to_match(void **state)
{
	static const char *const good[] = { "at+jwt", "AT+JWT", "At+Jwt",
		"application/at+jwt", "Application/AT+jwt" };
	static const char *const bad[] = { "\"JWT\"", "\"\"", "\"at+jwt \"",
		"\"at+jw\"", "\"text/at+jwt\"", "\"application/\"",
		"\"application/application/at+jwt\"", "\"at+jwt\\u0000\"",
		"null", "1", "[\"at+jwt\"]" };
	const char *kid = key_of(JWK_ES256)->kid;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(check_header(arena_printf(f.arena,
				     "{\"alg\":\"ES256\",\"typ\":\"%s\","
				     "\"kid\":\"%s\"}",
				     good[i], kid)),
		    JWS_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(check_header(arena_printf(f.arena,
				     "{\"alg\":\"ES256\",\"typ\":%s,"
				     "\"kid\":\"%s\"}",
				     bad[i], kid)),
		    JWS_TYPE);
	assert_int_equal(check_header(HEADER(
			     JWK_ES256, "{\"alg\":\"ES256\",\"kid\":\"%s\"}")),
	    JWS_TYPE);
}

static void
crit_is_refused(void **state)
{
	static const char *const crit[] = { "[\"exp\"]", "[\"b64\"]", "[]",
		"null", "\"b64\"", "false" };

	(void)state;
	for (size_t i = 0; i < sizeof(crit) / sizeof(crit[0]); i++)
		assert_int_equal(check_header(arena_printf(f.arena,
				     "{\"alg\":\"ES256\",\"typ\":\"at+jwt\","
				     "\"kid\":\"%s\",\"crit\":%s,\"exp\":1,"
				     "\"b64\":true}",
				     key_of(JWK_ES256)->kid, crit[i])),
		    JWS_CRITICAL);
}

static void
kid_only_looks_up(void **state)
{
	static const char *const bad[] = {
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":null}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":1}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"../kek\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"' or 1=1\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(check_header(bad[i]), JWS_UNKNOWN_KEY);
	assert_int_equal(check_header(HEADER(JWK_ES256,
			     "{\"alg\":\"ES256\",\"typ\":\"at+jwt\","
			     "\"kid\":\"%s\\u0000\"}")),
	    JWS_UNKNOWN_KEY);
}

/* A key that the token brings along is not a key. */
static void
keys_in_the_header(void **state)
{
	struct jwk *evil = jwk_generate(JWK_ES256);
	char *header, *input;
	uint8_t sig[SIG_MAX];
	struct buf jwk;

	(void)state;
	assert_non_null(evil);
	buf_init(&jwk, f.arena);
	jwk_print(evil, &jwk);
	for (int i = 0; i < 2; i++) {
		header = arena_printf(f.arena,
		    "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%s\","
		    "\"jwk\":%s,\"jku\":\"https://evil.example/jwks\","
		    "\"x5u\":\"https://evil.example/pem\",\"x5c\":[\"MII\"]}",
		    i == 0 ? evil->kid : key_of(JWK_ES256)->kid, jwk.data);
		input = arena_printf(f.arena, "%s.%s",
		    encode(header, strlen(header)),
		    encode(claims_text, strlen(claims_text)));
		assert_int_equal(sig_make(evil, input, strlen(input), sig), 64);
		assert_int_equal(check(arena_printf(
				     f.arena, "%s.%s", input, encode(sig, 64))),
		    i == 0 ? JWS_UNKNOWN_KEY : JWS_SIGNATURE);
		/* and ignored when our own key signed */
		assert_int_equal(check(forge(JWK_ES256, header, claims_text)),
		    i == 0 ? JWS_UNKNOWN_KEY : JWS_OK);
	}
	jwk_free(evil);
}

static void
lax(void **state)
{
	char *token = forge(JWK_ES256, "{\"alg\":\"ES256\"}", claims_text);

	(void)state;
	assert_int_equal(check_by(&assertion, token, strlen(token)), JWS_OK);
	assert_int_equal(check(token), JWS_TYPE);
	/* a kid that is there counts */
	token = forge(JWK_ES256, "{\"alg\":\"ES256\",\"kid\":\"x\"}", "{}");
	assert_int_equal(
	    check_by(&assertion, token, strlen(token)), JWS_UNKNOWN_KEY);
	token = forge(JWK_ES256, "{\"alg\":\"ES256\",\"kid\":null}", "{}");
	assert_int_equal(
	    check_by(&assertion, token, strlen(token)), JWS_UNKNOWN_KEY);
	token = forge(JWK_ES256, "{\"alg\":\"EdDSA\"}", "{}");
	assert_int_equal(
	    check_by(&assertion, token, strlen(token)), JWS_SIGNATURE);
	token = forge(JWK_ES256, "{\"alg\":\"none\"}", "{}");
	assert_int_equal(
	    check_by(&assertion, token, strlen(token)), JWS_ALGORITHM);
}

/* The longest claims that fit are signed and verify; one byte more is not. */
static void
oversize(void **state)
{
	char claims[JWS_MAX], *big;
	struct buf out;
	size_t n = JWS_MAX - 1;

	(void)state;
	memset(claims, ' ', sizeof(claims));
	claims[0] = '{';
	claims[1] = '}';
	do {
		buf_init(&out, f.arena);
	} while (jws_sign(f.signers[JWK_ES256], claims, n, &out) == -1 &&
		 --n > 5000);
	assert_in_range(out.len, JWS_MAX - 2, JWS_MAX);
	assert_int_equal(check(out.data), JWS_OK);

	big = arena_alloc(f.arena, JWS_MAX + 2);
	memset(big, 'A', JWS_MAX + 1);
	assert_int_equal(check(big), JWS_TOO_LARGE);
	big[JWS_MAX] = '\0';
	assert_int_equal(check(big), JWS_MALFORMED);
	buf_init(&out, f.arena);
	assert_int_equal(
	    jws_sign(f.signers[JWK_ES256], big, (size_t)1 << 40, &out), -1);
	assert_int_equal(out.len, 0);
}

/* A deep header is refused by its depth, not by the stack. */
static void
deep_header(void **state)
{
	char header[4096];

	(void)state;
	memset(header, '[', sizeof(header));
	memcpy(header, "{\"a\":", 5);
	header[sizeof(header) - 1] = '\0';
	assert_int_equal(check_header(header), JWS_MALFORMED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(signed_and_verified),
		cmocka_unit_test(the_header_we_write),
		cmocka_unit_test(appended_to_what_is_there),
		cmocka_unit_test(public_key_does_not_sign),
		cmocka_unit_test(tampered),
		cmocka_unit_test(other_claims),
		cmocka_unit_test(truncated),
		cmocka_unit_test(malformed),
		cmocka_unit_test(empty_parts),
		cmocka_unit_test(es256_needs_64_bytes),
		cmocka_unit_test(claims_have_to_be_an_object),
		cmocka_unit_test(duplicate_header_members),
		cmocka_unit_test(no_algorithm),
		cmocka_unit_test(unsecured),
		cmocka_unit_test(hmac_with_the_public_key),
		cmocka_unit_test(confused_algorithms),
		cmocka_unit_test(typ_has_to_match),
		cmocka_unit_test(crit_is_refused),
		cmocka_unit_test(kid_only_looks_up),
		cmocka_unit_test(keys_in_the_header),
		cmocka_unit_test(lax),
		cmocka_unit_test(oversize),
		cmocka_unit_test(deep_header),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("jws", tests, setup, teardown);
}
