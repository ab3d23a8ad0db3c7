/* SPDX-License-Identifier: ISC */
#include "oauth/accesstoken.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/json.h"
#include "base/uuid.h"
#include "oauth/audience.h"
#include "oauth/scope.h"

enum { RANDOM_MAX = 64, TEXT_MAX = 2048 };

static const char *const error_names[] = {
	[ACCESSTOKEN_ISSUER - JWS_ERRORS] = "issuer",
	[ACCESSTOKEN_AUDIENCE - JWS_ERRORS] = "audience",
	[ACCESSTOKEN_EXPIRED - JWS_ERRORS] = "expired",
	[ACCESSTOKEN_NOT_YET - JWS_ERRORS] = "not_yet",
	[ACCESSTOKEN_CLAIMS - JWS_ERRORS] = "claims",
};
static_assert(sizeof(error_names) / sizeof(error_names[0]) ==
		  ACCESSTOKEN_ERRORS - JWS_ERRORS,
    "one name each");

const char *
accesstoken_error_name(enum accesstoken_error error)
{
	if ((int)error < JWS_ERRORS)
		return jws_error_name((enum jws_error)error);
	return error_names[error - JWS_ERRORS];
}

/* Printable ASCII: it is going to be shown, compared and put into headers. */
static bool
printable(const char *s)
{
	size_t len;

	if (s == NULL || (len = strnlen(s, TEXT_MAX + 1)) == 0 ||
	    len > TEXT_MAX)
		return false;
	for (; *s != '\0'; s++)
		if (*s < 0x20 || *s > 0x7e)
			return false;
	return true;
}

/* A NumericDate (RFC 7519, 2) in whole seconds; 0 when it is none. */
static int64_t
seconds(struct json_object *claims, const char *name)
{
	struct json_object *v = json_member(claims, name, json_type_int);
	int64_t s = v != NULL ? json_object_get_int64(v) : 0;

	return s > 0 && s < INT64_C(1) << 48 ? s : 0;
}

/* The grant's id in the jti; NULL when it is not of our making. */
static const char *
grant_of(struct arena *a, const char *jti)
{
	static const char base64url[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *random;
	size_t len;

	if (jti == NULL || !uuid_begins(jti) || jti[UUID_LEN] != '.')
		return NULL;
	random = jti + UUID_LEN + 1;
	len = strspn(random, base64url);
	if (len == 0 || len > RANDOM_MAX || random[len] != '\0')
		return NULL;
	return arena_strndup(a, jti, UUID_LEN);
}

/* RFC 9068, 2.2.3: a token without the claim has no scope. */
static bool
read_scope(struct json_object *claims, struct arena *a, struct accesstoken *t)
{
	t->scope_text = "";
	if (json_object_object_get_ex(claims, "scope", NULL) &&
	    (t->scope_text = json_str(claims, "scope")) == NULL)
		return false;
	return scope_parse(a, t->scope_text, &t->scope, &t->n_scope) == NULL;
}

/* Whether nbf, which may be absent, is a time if it is there. */
static bool
read_not_before(struct json_object *claims, struct accesstoken *t)
{
	t->not_before = seconds(claims, "nbf");
	return t->not_before != 0 ||
	       !json_object_object_get_ex(claims, "nbf", NULL);
}

enum accesstoken_error
accesstoken_timely(const struct accesstoken *t, int64_t now)
{
	if (now >= t->expires_at)
		return ACCESSTOKEN_EXPIRED;
	return now < t->not_before ? ACCESSTOKEN_NOT_YET : ACCESSTOKEN_OK;
}

static enum accesstoken_error
check(struct json_object *claims, const struct accesstoken_rule *rule,
    struct arena *a, struct accesstoken *t)
{
	const char *issuer = json_str(claims, "iss");

	if (issuer == NULL || strcmp(issuer, rule->issuer) != 0)
		return ACCESSTOKEN_ISSUER;
	t->audience = audience_only(claims);
	if (!printable(t->audience) ||
	    (rule->audience != NULL &&
		strcmp(t->audience, rule->audience) != 0))
		return ACCESSTOKEN_AUDIENCE;
	if (!read_not_before(claims, t))
		return ACCESSTOKEN_CLAIMS;
	t->expires_at = seconds(claims, "exp");
	t->issued_at = seconds(claims, "iat");
	t->subject = json_str(claims, "sub");
	t->client_id = json_str(claims, "client_id");
	t->jti = json_str(claims, "jti");
	t->grant_id = grant_of(a, t->jti);
	if (t->issued_at == 0 || !printable(t->subject) ||
	    !printable(t->client_id) || t->grant_id == NULL ||
	    !read_scope(claims, a, t))
		return ACCESSTOKEN_CLAIMS;
	return ACCESSTOKEN_OK;
}

enum accesstoken_error
accesstoken_check(struct json_object *claims,
    const struct accesstoken_rule *rule, struct arena *a, struct accesstoken *t)
{
	enum accesstoken_error e;

	memset(t, 0, sizeof(*t));
	if ((e = check(claims, rule, a, t)) != ACCESSTOKEN_OK) {
		memset(t, 0, sizeof(*t));
		return e;
	}
	return accesstoken_timely(t, rule->now);
}

enum accesstoken_error
accesstoken_read(const struct jwks *keys, const char *token, size_t len,
    const struct accesstoken_rule *rule, struct arena *a, struct accesstoken *t)
{
	static const struct jws_rule typ = { .typ = "at+jwt" };
	struct json_object *claims;
	enum jws_error e;

	memset(t, 0, sizeof(*t));
	if ((e = jws_verify(keys, &typ, token, len, a, &claims)) != JWS_OK)
		return (enum accesstoken_error)e;
	return accesstoken_check(claims, rule, a, t);
}

const char *
accesstoken_account(const struct accesstoken *t)
{
	const char *s = t->subject;

	return s != NULL && uuid_begins(s) && s[UUID_LEN] == '\0' &&
		       strcmp(s, t->client_id) != 0
		   ? s
		   : NULL;
}
