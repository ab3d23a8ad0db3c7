/* SPDX-License-Identifier: ISC */
#include "oauth/assertion.h"

#include <string.h>

#include "base/json.h"
#include "db/arg.h"
#include "jose/jws.h"
#include "oauth/audience.h"

/* The latest time that is taken for one, in seconds. */
#define TIME_MAX 4e12

const char *
assertion_client(struct arena *a, const char *jwt)
{
	struct json_object *header, *claims;
	const char *iss, *sub;

	if (!jws_peek(jwt, strlen(jwt), a, &header, &claims))
		return NULL;
	iss = json_str(claims, "iss");
	sub = json_str(claims, "sub");
	return iss != NULL && sub != NULL && *iss != '\0' &&
		       strcmp(iss, sub) == 0
		   ? iss
		   : NULL;
}

/*
 * A NumericDate (RFC 7519, 2) as an argument; what clients write may have a
 * fraction.  False when the claim is there and is none.
 */
static bool
time_read(struct arena *a, struct json_object *claims, const char *name,
    const char **out)
{
	struct json_object *v;
	double s;

	*out = NULL;
	if (!json_object_object_get_ex(claims, name, &v))
		return true;
	if (!json_object_is_type(v, json_type_int) &&
	    !json_object_is_type(v, json_type_double))
		return false;
	s = json_object_get_double(v);
	if (!(s >= 0 && s <= TIME_MAX))
		return false;
	*out = arg_int(a, (int64_t)s);
	return true;
}

/* What the claims' audience is to us; NULL: not us, or not us alone. */
static const char *
audience_read(struct arena *a, struct json_object *claims, const char *issuer)
{
	const char *aud = audience_only(claims);

	if (aud == NULL)
		return NULL;
	if (strcmp(aud, issuer) == 0)
		return "issuer";
	return strcmp(aud, arena_printf(a, "%s/oauth2/token", issuer)) == 0
		   ? "token_endpoint"
		   : NULL;
}

static const char *
read_claims(struct arena *a, struct json_object *claims, const char *issuer,
    struct assertion *out)
{
	const char *jti = json_str(claims, "jti");

	if ((out->audience = audience_read(a, claims, issuer)) == NULL)
		return "audience";
	if (jti == NULL || *jti == '\0' ||
	    !time_read(a, claims, "exp", &out->expires_at) ||
	    !time_read(a, claims, "iat", &out->issued_at) ||
	    !time_read(a, claims, "nbf", &out->not_before) ||
	    out->expires_at == NULL)
		return "claims";
	out->jti_hash = arg_sha256(a, jti);
	return NULL;
}

static const char no_keys[] = "keys";

static const char *
verify(struct arena *a, const char *jwt, const struct jwks *keys,
    const char *issuer, struct assertion *out)
{
	static const struct jws_rule rule = {
		.typ = "client-authentication+jwt", .lax = true
	};
	struct json_object *header, *claims;
	enum jws_error e;
	enum jwk_alg alg;

	if (keys == NULL)
		return no_keys;
	e = jws_verify(keys, &rule, jwt, strlen(jwt), a, &claims);
	if (e != JWS_OK)
		return jws_error_name(e);
	if (!jws_peek(jwt, strlen(jwt), a, &header, &claims))
		return jws_error_name(JWS_MALFORMED);
	if (jwk_alg_find(json_str(header, "alg"), &alg))
		out->alg = jwk_alg_name(alg);
	return read_claims(a, claims, issuer, out);
}

void
assertion_verify(struct arena *a, const char *jwt, const struct jwks *keys,
    const char *issuer, struct assertion *out)
{
	const char *fault;

	memset(out, 0, sizeof(*out));
	if ((fault = verify(a, jwt, keys, issuer, out)) != NULL)
		*out = (struct assertion){ .fault = fault };
}

bool
assertion_key_unknown(const struct assertion *given)
{
	return given->fault != NULL &&
	       (strcmp(given->fault, no_keys) == 0 ||
		   strcmp(given->fault, jws_error_name(JWS_UNKNOWN_KEY)) == 0);
}
