/* SPDX-License-Identifier: ISC */
#include "oauth/statement.h"

#include <string.h>

#include "base/json.h"
#include "jose/jwks.h"
#include "jose/jws.h"
#include "oauth/app.h"
#include "oauth/audience.h"

#define MEMBER "software_statement"

enum { C_JWKS, C_AT, COLUMNS };

static const struct db_query register_signer = { "register_signer",
	"select jwks, at from gatepost.register_signer($1)", 1, COLUMNS,
	DB_ALONE };

static void
free_keys(void *set)
{
	jwks_free(set);
}

/* Whether a NumericDate that need not be there holds at this moment. */
static bool
time_holds(struct json_object *claims, const char *name, int64_t now, int sign)
{
	struct json_object *v;

	if (!json_object_object_get_ex(claims, name, &v))
		return true;
	return (json_object_is_type(v, json_type_int) ||
		   json_object_is_type(v, json_type_double)) &&
	       sign * (json_object_get_double(v) - (double)now) > 0;
}

/* RFC 7519, 4.1: what it says of itself as a token. */
static bool
claims_hold(struct json_object *claims, const char *issuer, int64_t now)
{
	const char *aud = audience_only(claims);

	if (json_object_object_get_ex(claims, "aud", NULL) &&
	    (aud == NULL || strcmp(aud, issuer) != 0))
		return false;
	return time_holds(claims, "exp", now, 1) &&
	       time_holds(claims, "nbf", now + 1, -1);
}

/* Put what it says of the client into the client's own words. */
static void
overlay(struct json_object *metadata, struct json_object *claims)
{
	static const char *const token[] = { "aud", "client_id",
		"client_secret", "exp", "iat", "iss", "jti", "nbf", "sub",
		MEMBER };
	size_t i;

	for (i = 0; i < sizeof(token) / sizeof(token[0]); i++)
		json_object_object_del(claims, token[i]);
	json_object_object_foreach(claims, name, value)
	{
		json_object_object_add(metadata, name, json_object_get(value));
	}
}

static const struct oerr *
verify(struct request *r, const struct statement *s, const struct db_rows *row,
    struct json_object **claims)
{
	static const struct jws_rule rule = { .typ = "JWT", .lax = true };
	const char *text = row_text(row, 0, C_JWKS);
	struct jwks *keys = jwks_parse(r->arena, text, strlen(text));

	if (keys == NULL)
		return &OERR_FAULT;
	arena_defer(r->arena, free_keys, keys);
	if (jws_verify(keys, &rule, s->jwt, strlen(s->jwt), r->arena, claims) !=
		JWS_OK ||
	    !claims_hold(
		*claims, r->app->settings.issuer, row_int(row, 0, C_AT)))
		return &OERR_INVALID_SOFTWARE_STATEMENT;
	return NULL;
}

const struct oerr *
statement_take(
    struct request *r, struct json_object *metadata, struct statement *s)
{
	struct json_object *v, *header, *claims;
	const struct oerr *e;
	struct db_rows row;

	memset(s, 0, sizeof(*s));
	if (!json_object_is_type(metadata, json_type_object) ||
	    !json_object_object_get_ex(metadata, MEMBER, &v) || v == NULL)
		return NULL;
	s->jwt = json_str(metadata, MEMBER);
	if (s->jwt == NULL ||
	    !jws_peek(s->jwt, strlen(s->jwt), r->arena, &header, &claims) ||
	    (s->signer = json_str(claims, "iss")) == NULL)
		return &OERR_INVALID_SOFTWARE_STATEMENT;
	if ((e = app_call(r, &register_signer, DB_ARGS(s->signer), &row)) !=
	    NULL)
		return e;
	if (row.count == 0)
		return &OERR_UNAPPROVED_SOFTWARE_STATEMENT;
	if ((e = verify(r, s, &row, &claims)) == NULL)
		overlay(metadata, claims);
	return e;
}

const char *
statement_keep(struct arena *a, const char *more, const struct statement *s)
{
	size_t len = strlen(more);

	if (s->jwt == NULL)
		return more;
	return arena_printf(a, "%.*s%s\"" MEMBER "\":\"%s\"}", (int)len - 1,
	    more, len > 2 ? "," : "", s->jwt);
}
