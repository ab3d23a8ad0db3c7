/* SPDX-License-Identifier: ISC */
#include "jose/jws.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/b64url.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/log.h"
#include "jose/sig.h"

static const char *const error_names[] = {
	[JWS_OK] = "ok",
	[JWS_MALFORMED] = "malformed",
	[JWS_TOO_LARGE] = "too_large",
	[JWS_CRITICAL] = "critical",
	[JWS_TYPE] = "type",
	[JWS_ALGORITHM] = "algorithm",
	[JWS_UNKNOWN_KEY] = "unknown_key",
	[JWS_SIGNATURE] = "signature",
};

static_assert(sizeof(error_names) / sizeof(error_names[0]) == JWS_ERRORS,
    "one name each");

const char *
jws_error_name(enum jws_error error)
{
	return error_names[error];
}

struct jws_signer {
	struct jwk *key;
	size_t len;
	char prefix[]; /* the encoded header and its dot */
};

struct jws_signer *
jws_signer_new(struct jwk *key, const char *typ)
{
	struct jws_signer *s = NULL;
	char header[256];
	size_t len;
	int n;

	/* A private key's kid is a thumbprint: nothing here needs escaping. */
	n = snprintf(header, sizeof(header),
	    "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"%s\"}",
	    jwk_alg_name(key->alg), key->kid, typ);
	if (!key->private || n < 0 || (size_t)n >= sizeof(header))
		goto fail;
	len = B64URL_LEN((size_t)n) + 1;
	if ((s = calloc(1, sizeof(*s) + len + 1)) == NULL)
		goto fail;
	s->key = key;
	s->len = len;
	b64url_encode(header, (size_t)n, s->prefix);
	s->prefix[len - 1] = '.';
	return s;
fail:
	jwk_free(key);
	return NULL;
}

const struct jwk *
jws_signer_key(const struct jws_signer *s)
{
	return s->key;
}

void
jws_signer_free(struct jws_signer *s)
{
	if (s != NULL)
		jwk_free(s->key);
	free(s);
}

int
jws_sign(
    const struct jws_signer *s, const char *claims, size_t len, struct buf *out)
{
	uint8_t sig[SIG_MAX];
	size_t at = s->len;
	char *token;
	ssize_t n;

	if (len > JWS_MAX || at + B64URL_LEN(len) > JWS_MAX)
		goto too_large;
	token = arena_alloc(
	    out->arena, at + B64URL_LEN(len) + 1 + B64URL_LEN(sizeof(sig)) + 1);
	memcpy(token, s->prefix, at);
	b64url_encode(claims, len, token + at);
	at += B64URL_LEN(len);
	if ((n = sig_make(s->key, token, at, sig)) == -1)
		return -1;
	if (at + 1 + B64URL_LEN((size_t)n) > JWS_MAX)
		goto too_large;
	token[at++] = '.';
	b64url_encode(sig, (size_t)n, token + at);
	buf_raw_n(out, token, at + B64URL_LEN((size_t)n));
	digest_wipe(sig, sizeof(sig));
	return 0;
too_large:
	log_event(LOG_ERROR, "token_too_large", NULL);
	return -1;
}

/* A token's three parts, still encoded (RFC 7515, 7.1). */
struct parts {
	const char *header, *payload, *sig;
	size_t header_len, payload_len, sig_len;
};

static bool
split(const char *token, size_t len, struct parts *p)
{
	const char *end = token + len, *dot;

	if ((dot = memchr(token, '.', len)) == NULL)
		return false;
	p->header = token;
	p->header_len = (size_t)(dot - token);
	p->payload = dot + 1;
	if ((dot = memchr(p->payload, '.', (size_t)(end - p->payload))) == NULL)
		return false;
	p->payload_len = (size_t)(dot - p->payload);
	p->sig = dot + 1;
	p->sig_len = (size_t)(end - p->sig);
	return p->header_len > 0 && p->payload_len > 0;
}

/* An encoded part that has to be a JSON object. */
static struct json_object *
object(struct arena *a, const char *text, size_t len)
{
	uint8_t *bytes = arena_alloc(a, len);
	struct json_object *o;
	ssize_t n;

	if ((n = b64url_decode(text, len, bytes, len)) == -1)
		return NULL;
	o = json_read(a, (const char *)bytes, (size_t)n);
	return json_object_is_type(o, json_type_object) ? o : NULL;
}

/*
 * RFC 7515, 4.1.9: a media type, of which "application/" may be left out.
 */
static bool
type_is(const char *typ, const char *wanted)
{
	static const char application[] = "application/";

	if (typ == NULL)
		return false;
	if (strncasecmp(typ, application, sizeof(application) - 1) == 0)
		typ += sizeof(application) - 1;
	return strcasecmp(typ, wanted) == 0;
}

/* Whether the token is of the type that is wanted (RFC 8725, 3.11). */
static bool
typed(const struct jws_rule *rule, struct json_object *header)
{
	const char *typ = json_str(header, "typ");

	if (rule->typ == NULL || type_is(typ, rule->typ))
		return true;
	return rule->lax && (type_is(typ, "JWT") || !json_object_object_get_ex(
							header, "typ", NULL));
}

/*
 * Verify by the key a header names.  The names of algorithms are those of the
 * table in jwk.c and no others: a public key can never become the secret of an
 * HMAC, and "none" is nobody's algorithm.  What could not be checked is no
 * forgery: that leaves by arena_exhausted.
 */
static enum jws_error
verify(const struct jwks *set, const struct jws_rule *rule,
    struct json_object *header, const char *token, const struct parts *p,
    struct arena *a)
{
	const char *name = json_str(header, "alg");
	const char *kid = json_str(header, "kid");
	const struct jwk *key;
	uint8_t sig[SIG_MAX];
	enum jwk_alg alg;
	size_t at = 0;
	ssize_t n;

	if (name == NULL || !jwk_alg_find(name, &alg))
		return JWS_ALGORITHM;
	if (kid == NULL &&
	    (!rule->lax || json_object_object_get_ex(header, "kid", NULL)))
		return JWS_UNKNOWN_KEY;
	if ((key = jwks_next(set, kid, alg, &at)) == NULL)
		return kid != NULL && jwks_find(set, kid) != NULL
			   ? JWS_ALGORITHM
			   : JWS_UNKNOWN_KEY;
	if ((n = b64url_decode(p->sig, p->sig_len, sig, sizeof(sig))) == -1)
		return JWS_MALFORMED;
	do {
		switch (sig_check(
		    key, token, (size_t)(p->sig - 1 - token), sig, (size_t)n)) {
		case 0:
			break;
		case 1:
			return JWS_OK;
		default:
			arena_exhausted(a);
		}
	} while ((key = jwks_next(set, kid, alg, &at)) != NULL);
	return JWS_SIGNATURE;
}

bool
jws_peek(const char *token, size_t len, struct arena *a,
    struct json_object **header, struct json_object **claims)
{
	struct parts p;

	return len <= JWS_MAX && split(token, len, &p) &&
	       (*header = object(a, p.header, p.header_len)) != NULL &&
	       (*claims = object(a, p.payload, p.payload_len)) != NULL;
}

enum jws_error
jws_verify(const struct jwks *set, const struct jws_rule *rule,
    const char *token, size_t len, struct arena *a, struct json_object **claims)
{
	struct json_object *header;
	struct parts p;
	enum jws_error e;

	*claims = NULL;
	if (len > JWS_MAX)
		return JWS_TOO_LARGE;
	if (!split(token, len, &p) ||
	    (header = object(a, p.header, p.header_len)) == NULL)
		return JWS_MALFORMED;
	if (json_object_object_get_ex(header, "crit", NULL))
		return JWS_CRITICAL;
	if (!typed(rule, header))
		return JWS_TYPE;
	if ((e = verify(set, rule, header, token, &p, a)) != JWS_OK)
		return e;
	if ((*claims = object(a, p.payload, p.payload_len)) == NULL)
		return JWS_MALFORMED;
	return JWS_OK;
}
