/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/b64url.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/json.h"
#include "jose/jwk.h"
#include "jose/sig.h"
#include "jose.h"
#include "witharena.h"

static struct jwk *
parse(const char *text)
{
	struct json_object *o = json_read(arena, text, strlen(text));
	struct jwk *key;

	assert_non_null(o);
	assert_int_equal(jwk_parse(o, &key), JWK_OK);
	return key;
}

static struct jwk *
public_of(const struct jwk *key)
{
	struct buf out;

	buf_init(&out, arena);
	jwk_print(key, &out);
	return parse(out.data);
}

/* A token's signature in bytes; its signing input is what stands before. */
static size_t
token_split(const char *token, size_t *input, uint8_t sig[static SIG_MAX])
{
	const char *dot = strrchr(token, '.');
	ssize_t n = b64url_decode(dot + 1, strlen(dot + 1), sig, SIG_MAX);

	assert_true(n > 0);
	*input = (size_t)(dot - token);
	return (size_t)n;
}

static void
vector_holds(const char *jwk, const char *jws)
{
	char json[2048], token[2048];
	uint8_t sig[SIG_MAX];
	struct jwk *key = parse(jose_vector(jwk, json, sizeof(json)));
	size_t input, n;

	jose_vector(jws, token, sizeof(token));
	n = token_split(token, &input, sig);
	assert_true(sig_check(key, token, input, sig, n));
	token[3] ^= 1;
	assert_false(sig_check(key, token, input, sig, n));
	token[3] ^= 1;
	assert_false(sig_check(key, token, input - 1, sig, n));
	assert_false(sig_check(key, token, input, sig, n - 1));
	for (size_t i = 0; i < n; i++) {
		sig[i] ^= 0x10;
		assert_false(sig_check(key, token, input, sig, n));
		sig[i] ^= 0x10;
	}
	assert_true(sig_check(key, token, input, sig, n));
	jwk_free(key);
}

static void
rfc7515_a2(void **state)
{
	(void)state;
	vector_holds("rfc7515_a2.jwk", "rfc7515_a2.jws");
}

static void
rfc7515_a3(void **state)
{
	(void)state;
	vector_holds("rfc7515_a3.jwk", "rfc7515_a3.jws");
}

static void
ps256(void **state)
{
	char json[2048], token[2048];
	uint8_t sig[SIG_MAX];
	size_t input, n;
	struct jwk *key;

	(void)state;
	vector_holds("ps256.jwk", "ps256.jws");
	/* RFC 7518, 3.5: the salt is as long as the hash, and not 20 bytes */
	key = parse(jose_vector("ps256.jwk", json, sizeof(json)));
	n = token_split(
	    jose_vector("ps256_salt20.jws", token, sizeof(token)), &input, sig);
	assert_false(sig_check(key, token, input, sig, n));
	jwk_free(key);
}

static void
rfc6979_a26(void **state)
{
	char json[1024], text[256];
	uint8_t sig[SIG_MAX];
	struct jwk *key;

	(void)state;
	key = parse(jose_vector("rfc6979_a26.jwk", json, sizeof(json)));
	assert_int_equal(key->alg, JWK_ES384);
	jose_vector("rfc6979_a26.sig", text, sizeof(text));
	assert_int_equal(
	    b64url_decode(text, strlen(text), sig, sizeof(sig)), 96);
	assert_true(sig_check(key, "sample", 6, sig, 96));
	assert_false(sig_check(key, "sample", 5, sig, 96));
	assert_false(sig_check(key, "sample", 6, sig, 64));
	for (size_t i = 0; i < 96; i++) {
		sig[i] ^= 1;
		assert_false(sig_check(key, "sample", 6, sig, 96));
		sig[i] ^= 1;
	}
	jwk_free(key);
}

/* Ed25519 is deterministic: the very signature of the RFC comes out. */
static void
rfc8037_a4(void **state)
{
	static const uint8_t pkcs8[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30,
		0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };
	uint8_t der[48], want[SIG_MAX], got[SIG_MAX];
	char json[1024], token[1024], kid[64];
	struct jwk *key, *public;
	struct json_object *o;
	size_t input, n;

	(void)state;
	jose_vector("rfc8037_a.jwk", json, sizeof(json));
	o = json_read(arena, json, strlen(json));
	memcpy(der, pkcs8, sizeof(pkcs8));
	assert_int_equal(b64url_decode(json_str(o, "d"),
			     strlen(json_str(o, "d")), der + 16, 32),
	    32);
	key = jwk_import(JWK_EDDSA, der, sizeof(der));
	assert_non_null(key);
	assert_string_equal(
	    key->kid, jose_vector("rfc8037_a.kid", kid, sizeof(kid)));

	n = token_split(
	    jose_vector("rfc8037_a.jws", token, sizeof(token)), &input, want);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sig_make(key, token, input, got), 64);
		assert_memory_equal(got, want, 64);
	}
	public = public_of(key);
	assert_true(sig_check(public, token, input, want, n));
	for (size_t i = 0; i < n; i++) {
		want[i] ^= 1;
		assert_false(sig_check(public, token, input, want, n));
		want[i] ^= 1;
	}
	assert_false(sig_check(public, token, input, want, 63));
	assert_false(sig_check(public, token, input, want, 0));
	assert_false(sig_check(public, token, input - 1, want, n));
	jwk_free(public);
	jwk_free(key);
}

static void
every_algorithm(void **state)
{
	static const ssize_t length[] = { 64, 64, 256, 96, 256 };
	struct jwk *keys[JWK_ALGS], *publics[JWK_ALGS];
	uint8_t sig[SIG_MAX];
	ssize_t n;

	(void)state;
	for (int i = 0; i < JWK_ALGS; i++) {
		keys[i] = jwk_generate((enum jwk_alg)i);
		assert_non_null(keys[i]);
		publics[i] = public_of(keys[i]);
	}
	for (int i = 0; i < JWK_ALGS; i++) {
		n = sig_make(keys[i], "hello", 5, sig);
		assert_int_equal(n, length[i]);
		for (int j = 0; j < JWK_ALGS; j++)
			assert_int_equal(
			    sig_check(publics[j], "hello", 5, sig, (size_t)n),
			    i == j);
		/* one key, one use */
		assert_false(sig_check(keys[i], "hello", 5, sig, (size_t)n));
		assert_int_equal(sig_make(publics[i], "hello", 5, sig), -1);
	}
	for (int i = 0; i < JWK_ALGS; i++) {
		jwk_free(keys[i]);
		jwk_free(publics[i]);
	}
}

/*
 * r and s are short once in 256 times, and look negative every second time:
 * enough signatures to meet every form of their DER.
 */
static void
es256_conversion(void **state)
{
	struct jwk *key = jwk_generate(JWK_ES256), *public = public_of(key);
	int high = 0, low = 0, nought = 0;
	uint8_t sig[SIG_MAX];

	(void)state;
	for (int i = 0; i < 2500; i++) {
		assert_int_equal(sig_make(key, &i, sizeof(i), sig), 64);
		assert_true(sig_check(public, &i, sizeof(i), sig, 64));
		for (int at = 0; at < 64; at += 32) {
			high += sig[at] >= 0x80;
			low += sig[at] > 0 && sig[at] < 0x80;
			nought += sig[at] == 0;
		}
	}
	assert_true(high > 0 && low > 0 && nought > 0);
	jwk_free(key);
	jwk_free(public);
}

/* What workers share is no secret number: each takes others. */
static void
warm(void **state)
{
	struct jwk *key = jwk_generate(JWK_ES256);
	uint8_t sig[2][SIG_MAX];
	int ends[2], status;

	(void)state;
	assert_true(sig_warm());
	assert_int_equal(pipe(ends), 0);
	for (int i = 0; i < 2; i++) {
		if (fork() == 0)
			_exit(sig_make(key, "m", 1, sig[i]) != 64 ||
			      write(ends[1], sig[i], 64) != 64);
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
		assert_int_equal(read(ends[0], sig[i], 64), 64);
	}
	assert_memory_not_equal(sig[0], sig[1], 32);
	close(ends[0]);
	close(ends[1]);
	jwk_free(key);
}

/* Of the curve P-256: n. */
static const uint8_t order[32] = { 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00,
	0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
	0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25,
	0x51 };

/* r = s = 0 once verified for every message (CVE-2022-21449). */
static void
es256_refusals(void **state)
{
	static const uint8_t der[] = { 0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01,
		0x01 };
	struct jwk *key = jwk_generate(JWK_ES256), *public = public_of(key);
	uint8_t good[SIG_MAX], sig[SIG_MAX] = { 0 };

	(void)state;
	assert_int_equal(sig_make(key, "m", 1, good), 64);
	assert_false(sig_check(public, "m", 1, sig, 64));
	memcpy(sig, good, 32); /* s = 0 */
	assert_false(sig_check(public, "m", 1, sig, 64));
	memset(sig, 0, 32); /* r = 0 */
	memcpy(sig + 32, good + 32, 32);
	assert_false(sig_check(public, "m", 1, sig, 64));
	memcpy(sig, order, 32);
	memcpy(sig + 32, order, 32);
	assert_false(sig_check(public, "m", 1, sig, 64));
	memset(sig, 0xff, 64);
	assert_false(sig_check(public, "m", 1, sig, 64));
	assert_false(sig_check(public, "m", 1, der, sizeof(der)));
	memcpy(sig, good, 64);
	sig[64] = 0;
	assert_false(sig_check(public, "m", 1, sig, 65));
	assert_false(sig_check(public, "m", 1, good, 63));
	assert_false(sig_check(public, "m", 1, good, 0));
	assert_true(sig_check(public, "m", 1, good, 64));
	jwk_free(key);
	jwk_free(public);
}

/*
 * r = n - H(m), s = 1 leads to the point at infinity for the key whose secret
 * is 1; any key's owner can make such a one.  That is no want of memory.
 */
static void
es256_infinity(void **state)
{
	static const char generator[] =
	    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES256\","
	    "\"x\":\"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY\","
	    "\"y\":\"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU\"}";
	struct jwk *key = parse(generator);
	uint8_t hash[DIGEST_LEN], sig[SIG_MAX] = { 0 };
	int borrow = 0;

	(void)state;
	digest_sha256("m", 1, hash);
	for (int i = DIGEST_LEN - 1; i >= 0; i--) {
		int d = order[i] - hash[i] - borrow;

		borrow = d < 0;
		sig[i] = (uint8_t)d;
	}
	sig[63] = 1;
	assert_int_equal(sig_check(key, "m", 1, sig, 64), 0);
	jwk_free(key);
}

/* Workers fork with the key: it works, and no two share a nonce. */
static void
after_fork(void **state)
{
	struct jwk *key = jwk_generate(JWK_ES256), *public = public_of(key);
	uint8_t ours[SIG_MAX], theirs[SIG_MAX];
	int fd[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(sig_make(key, "m", 1, ours), 64);
	assert_int_equal(pipe(fd), 0);
	if ((pid = fork()) == 0) {
		if (sig_make(key, "m", 1, theirs) != 64 ||
		    write(fd[1], theirs, 64) != 64)
			_exit(1);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(sig_make(key, "m", 1, ours), 64);
	assert_int_equal(read(fd[0], theirs, 64), 64);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(sig_check(public, "m", 1, theirs, 64));
	assert_memory_not_equal(ours, theirs, 32);
	close(fd[0]);
	close(fd[1]);
	jwk_free(key);
	jwk_free(public);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc7515_a2),
		cmocka_unit_test(rfc7515_a3),
		cmocka_unit_test(ps256),
		cmocka_unit_test(rfc6979_a26),
		cmocka_unit_test(rfc8037_a4),
		cmocka_unit_test(every_algorithm),
		cmocka_unit_test(es256_conversion),
		cmocka_unit_test(warm),
		cmocka_unit_test(es256_refusals),
		cmocka_unit_test(es256_infinity),
		cmocka_unit_test(after_fork),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sig", tests, begin, end);
}
