/* SPDX-License-Identifier: ISC */
#include "oauth/clientauth.h"

#include <string.h>

#include "base/log.h"
#include "db/arg.h"
#include "oauth/basic.h"

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

const struct oerr *
clientauth_read(struct request *r, struct clientauth *c)
{
	struct basic basic;

	memset(c, 0, sizeof(*c));
	if (r->value[CLIENTAUTH_ASSERTION] != NULL ||
	    r->value[CLIENTAUTH_ASSERTION_TYPE] != NULL)
		return r->authorization != NULL ||
			       r->value[CLIENTAUTH_SECRET] != NULL
			   ? &OERR_TWO_AUTH_METHODS
			   : &OERR_INVALID_CLIENT;
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

const struct oerr *
clientauth_refused(
    const struct request *r, const struct clientauth *c, const struct oerr *e)
{
	if (e == &OERR_INVALID_CLIENT && c->secret_hash != NULL)
		log_event(
		    LOG_WARN, "client_refused", "address", r->address, NULL);
	return e;
}
