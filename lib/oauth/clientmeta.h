/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_CLIENTMETA_H
#define OAUTH_CLIENTMETA_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "base/arena.h"
#include "base/buf.h"
#include "http/oerr.h"

/*
 * Client metadata (RFC 7591, 2) as a client sends it about itself.  What is
 * unknown is ignored; what a client that registered itself may not have is
 * dropped, not refused: clients send one document to every server.
 */
enum { CLIENTMETA_URIS = 20, CLIENTMETA_GRANTS = 2 };

struct clientmeta {
	const char *name; /* something to show, always */
	const char *redirect_uris[CLIENTMETA_URIS];
	size_t n_uris;
	const char *grant_types[CLIENTMETA_GRANTS];
	size_t n_grants;
	const char *auth_method; /* one that token knows */
	bool also_public;        /* a document's, that may do without it */
	const char *more; /* the other members that are kept, a JSON object */
	/* what an update names (RFC 7592, 2.2), as it came; NULL: nothing */
	const char *client_id;
	const char *client_secret;
};

/*
 * Read the JSON, as json_read gave it.  INVALID_CLIENT_METADATA for what is no
 * object, has a member of the wrong type or too long, wants a method of
 * authentication or only grant or response types that are not offered here;
 * INVALID_REDIRECT_URI for no, too many or unsafe redirect URIs.  A client that
 * is to authenticate by private_key_jwt has keys, every one sound, in "jwks";
 * JWKS_URI when they are elsewhere.
 */
const struct oerr *clientmeta_read(struct arena *a, struct json_object *object,
    struct clientmeta *m) __attribute__((warn_unused_result));

/*
 * The same for the document at `url`, a client's client_id (Client ID Metadata
 * Document, 4).  INVALID_CLIENT_METADATA also when it does not say that it is
 * about this very URL, holds a secret, or can use no method that needs none.
 * Keys may be in a jwks_uri, of which the database judges.
 */
const struct oerr *clientmeta_read_document(struct arena *a, const char *json,
    size_t len, const char *url, struct clientmeta *m)
    __attribute__((warn_unused_result));

/* What is known of a registered client, for an answer. */
struct clientmeta_answer {
	const char *client_id;
	long long issued_at;
	const char *secret; /* NULL: none, or not shown again */
	const char *auth_method;
	const char *name;
	const char *redirect_uris; /* JSON */
	const char *grant_types;   /* JSON */
	const char *more;          /* JSON object, may be NULL */
	const char *token;         /* registration access token */
	const char *issuer;        /* where it is used */
};

/* Whether clients of this method of authentication are given a secret. */
bool clientmeta_has_secret(const char *auth_method);

/* RFC 7591, 3.2.1 and RFC 7592, 3: no member is null. */
void clientmeta_print(const struct clientmeta_answer *c, struct buf *b);

/* The strings as a JSON array. */
const char *clientmeta_array(struct arena *a, const char *const *s, size_t n);

#endif
