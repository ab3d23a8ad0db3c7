/* SPDX-License-Identifier: ISC */
#include "oauth/handle.h"

#include <assert.h>
#include <string.h>

#include "base/b64url.h"
#include "base/uuid.h"
#include "db/arg.h"

enum { SECRET_LEN = 43 };

static_assert(HANDLE_UUID_SIZE == UUID_LEN + 1, "a UUID and a NUL");
static_assert(SECRET_LEN == B64URL_LEN(DIGEST_LEN), "a secret has 256 bits");
static_assert(REFRESHMAC_LEN == B64URL_LEN(DIGEST_LEN), "so has a MAC");

const struct oerr *
handle_new(struct arena *a, struct handle_secret *s)
{
	char *text = arena_alloc(a, SECRET_LEN + 1);
	uint8_t random[DIGEST_LEN];

	if (digest_random(random, sizeof(random)) == -1)
		return &OERR_FAULT;
	b64url_encode(random, sizeof(random), text);
	digest_wipe(random, sizeof(random));
	s->text = text;
	s->hash = arg_sha256(a, text);
	return NULL;
}

const char *
handle_text(struct arena *a, const char *uuid, const char *secret)
{
	return arena_printf(a, "%s.%s", uuid, secret);
}

/*
 * Copy a UUID that a dot follows; what is behind the dot, or NULL.
 */
static const char *
take_uuid(const char *text, char uuid[static HANDLE_UUID_SIZE])
{
	if (!uuid_begins(text) || text[UUID_LEN] != '.')
		return NULL;
	memcpy(uuid, text, UUID_LEN);
	uuid[UUID_LEN] = '\0';
	return text + HANDLE_UUID_SIZE;
}

/*
 * Copy 43 characters of base64url in their one spelling; what is behind them,
 * or NULL.
 */
static const char *
take_secret(const char *text, char secret[static SECRET_LEN + 1])
{
	uint8_t bytes[DIGEST_LEN];
	bool good;

	good = strnlen(text, SECRET_LEN) == SECRET_LEN &&
	       b64url_decode(text, SECRET_LEN, bytes, DIGEST_LEN) == DIGEST_LEN;
	digest_wipe(bytes, sizeof(bytes));
	if (!good)
		return NULL;
	memcpy(secret, text, SECRET_LEN);
	secret[SECRET_LEN] = '\0';
	return text + SECRET_LEN;
}

struct handle
handle_read(struct arena *a, const char *text)
{
	char uuid[HANDLE_UUID_SIZE], secret[SECRET_LEN + 1];
	struct handle h = { NULL, NULL };
	const char *p;

	if (text != NULL && (p = take_uuid(text, uuid)) != NULL &&
	    (p = take_secret(p, secret)) != NULL && *p == '\0') {
		h.id = arena_strdup(a, uuid);
		h.hash = arg_sha256(a, secret);
	}
	digest_wipe(secret, sizeof(secret));
	return h;
}

/* Read a dot, the generation, and the dot behind it; what follows, or NULL. */
static const char *
take_generation(const char *p, int32_t *generation)
{
	int64_t n = 0;

	if (*p++ != '.' || *p == '0')
		return NULL;
	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (*p - '0');
		if (n > INT32_MAX)
			return NULL;
	}
	if (n == 0 || *p != '.')
		return NULL;
	*generation = (int32_t)n;
	return p + 1;
}

bool
handle_parse_refresh(const char *text, struct handle_refresh *r)
{
	const char *p;

	memset(r, 0, sizeof(*r));
	if (text == NULL || (p = take_uuid(text, r->uuid)) == NULL ||
	    (p = take_secret(p, r->code.secret)) == NULL ||
	    (p = take_generation(p, &r->generation)) == NULL ||
	    (p = take_secret(p, r->code.mac)) == NULL || *p != '\0') {
		digest_wipe(r, sizeof(*r));
		return false;
	}
	digest_sha256(r->code.secret, SECRET_LEN, r->hash);
	return true;
}
