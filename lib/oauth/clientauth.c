/* SPDX-License-Identifier: ISC */
#include "oauth/clientauth.h"

#include <string.h>

#include "base/digest.h"
#include "db/db.h"
#include "oauth/basic.h"

static const char *
hash_argument(struct request *r, const char *secret)
{
	uint8_t hash[DIGEST_LEN];

	digest_sha256(secret, strlen(secret), hash);
	return db_arg_bytes(r->arena, hash, sizeof(hash));
}

static const struct oerr *
from_header(struct request *r, const struct clientauth_form *form,
    const struct basic *basic, struct clientauth *c)
{
	if (form->client_secret != NULL)
		return &OERR_TWO_AUTH_METHODS;
	if (form->client_id != NULL && strcmp(form->client_id, basic->id) != 0)
		return &OERR_INVALID_CLIENT;
	c->id = basic->id;
	c->method = "client_secret_basic";
	c->secret_hash = hash_argument(r, basic->secret);
	return NULL;
}

static const struct oerr *
from_form(struct request *r, const struct clientauth_form *form,
    struct clientauth *c)
{
	if (form->client_id == NULL)
		return &OERR_INVALID_CLIENT;
	c->id = form->client_id;
	if (form->client_secret == NULL) {
		c->method = "none";
		return NULL;
	}
	c->method = "client_secret_post";
	c->secret_hash = hash_argument(r, form->client_secret);
	return NULL;
}

const struct oerr *
clientauth_read(struct request *r, const struct clientauth_form *form,
    struct clientauth *c)
{
	struct basic basic;

	memset(c, 0, sizeof(*c));
	if (form->client_assertion != NULL ||
	    form->client_assertion_type != NULL)
		return r->authorization != NULL || form->client_secret != NULL ?
		    &OERR_TWO_AUTH_METHODS :
		    &OERR_INVALID_CLIENT;
	switch (basic_parse(r->arena, r->authorization, &basic)) {
	case AUTHORIZATION_ABSENT:
		return from_form(r, form, c);
	case AUTHORIZATION_FOUND:
		return from_header(r, form, &basic, c);
	case AUTHORIZATION_OTHER:
	case AUTHORIZATION_MALFORMED:
		break;
	}
	return &OERR_INVALID_CLIENT;
}
