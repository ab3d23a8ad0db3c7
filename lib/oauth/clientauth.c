/* SPDX-License-Identifier: ISC */
#include "oauth/clientauth.h"

#include <string.h>

#include "base/log.h"
#include "db/arg.h"
#include "oauth/app.h"
#include "oauth/basic.h"
#include "oauth/clientkeys.h"

static const struct oerr *
from_header(struct request *r, const struct basic *basic, struct clientauth *c)
{
	const char *id = r->value[CLIENTAUTH_ID];

	if (r->value[CLIENTAUTH_SECRET] != NULL)
		return &OERR_TWO_AUTH_METHODS;
	if (id != NULL && strcmp(id, basic->id) != 0)
		return &OERR_INVALID_CLIENT;
	c->id = basic->id;
	c->method = "client_secret_basic";
	c->secret_hash = arg_sha256(r->arena, basic->secret);
	return NULL;
}

static const struct oerr *
from_form(struct request *r, struct clientauth *c)
{
	const char *secret = r->value[CLIENTAUTH_SECRET];

	if (r->value[CLIENTAUTH_ID] == NULL)
		return &OERR_INVALID_CLIENT;
	c->id = r->value[CLIENTAUTH_ID];
	if (secret == NULL) {
		c->method = "none";
		return NULL;
	}
	c->method = "client_secret_post";
	c->secret_hash = arg_sha256(r->arena, secret);
	return NULL;
}

/* RFC 7521, 4.2: client_id is not needed, and if it is there the same. */
static const struct oerr *
from_assertion(struct request *r, struct clientauth *c)
{
	const char *type = r->value[CLIENTAUTH_ASSERTION_TYPE];
	const char *id = r->value[CLIENTAUTH_ID];

	if (r->authorization != NULL || r->value[CLIENTAUTH_SECRET] != NULL)
		return &OERR_TWO_AUTH_METHODS;
	c->jwt = r->value[CLIENTAUTH_ASSERTION];
	if (c->jwt == NULL || type == NULL || strcmp(type, ASSERTION_TYPE) != 0)
		return &OERR_INVALID_CLIENT;
	c->id = assertion_client(r->arena, c->jwt);
	if (c->id == NULL || (id != NULL && strcmp(id, c->id) != 0))
		return &OERR_INVALID_CLIENT;
	c->method = "private_key_jwt";
	return NULL;
}

const struct oerr *
clientauth_read(struct request *r, struct clientauth *c)
{
	struct basic basic;

	memset(c, 0, sizeof(*c));
	if (r->value[CLIENTAUTH_ASSERTION] != NULL ||
	    r->value[CLIENTAUTH_ASSERTION_TYPE] != NULL)
		return from_assertion(r, c);
	switch (basic_parse(r->arena, r->authorization, &basic)) {
	case AUTHORIZATION_ABSENT:
		return from_form(r, c);
	case AUTHORIZATION_FOUND:
		return from_header(r, &basic, c);
	case AUTHORIZATION_OTHER:
	case AUTHORIZATION_MALFORMED:
		break;
	}
	return &OERR_INVALID_CLIENT;
}

static void
verify_with(
    struct request *r, const struct clientkeys *keys, struct clientauth *c)
{
	c->keys_version = keys->version != NULL
			      ? arena_strdup(r->arena, keys->version)
			      : NULL;
	assertion_verify(r->arena, c->jwt, keys->set, r->app->settings.issuer,
	    &c->assertion);
}

const struct oerr *
clientauth_refused(
    const struct request *r, const struct clientauth *c, const struct oerr *e)
{
	if (e == &OERR_INVALID_CLIENT &&
	    (c->secret_hash != NULL || c->jwt != NULL))
		log_event(
		    LOG_WARN, "client_refused", "address", r->address, NULL);
	return e;
}

static const struct oerr *
verify(struct request *r, bool again, struct clientauth *c,
    struct clientkeys *keys)
{
	const struct oerr *e;

	if (c->jwt == NULL)
		return NULL;
	if ((e = app_fresh(r)) != NULL ||
	    (e = clientkeys_get(r, c->id, again, keys)) != NULL)
		return e;
	verify_with(r, keys, c);
	return NULL;
}

const struct oerr *
clientauth_verify(struct request *r, bool again, struct clientauth *c)
{
	struct clientkeys keys;

	return verify(r, again, c, &keys);
}

const struct oerr *
clientauth_prove(struct request *r, bool again, struct clientauth *c)
{
	const struct oerr *e;
	struct clientkeys keys;

	if ((e = verify(r, again, c, &keys)) != NULL || again ||
	    !assertion_key_unknown(&c->assertion))
		return e;
	if ((e = clientkeys_await(r, c->id, &keys)) != NULL)
		return e;
	verify_with(r, &keys, c);
	return NULL;
}
