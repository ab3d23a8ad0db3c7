/* SPDX-License-Identifier: ISC */
#include "oauth/handle.h"

#include <assert.h>
#include <string.h>

#include "base/b64url.h"
#include "base/uuid.h"

enum { SECRET_LEN = HANDLE_SECRET_SIZE - 1 };

static_assert(HANDLE_UUID_SIZE == UUID_LEN + 1, "a UUID and a NUL");
static_assert(SECRET_LEN == B64URL_LEN(DIGEST_LEN), "a secret has 256 bits");

int
handle_make(struct handle *h)
{
	uint8_t random[DIGEST_LEN];

	memset(h, 0, sizeof(*h));
	if (digest_random(random, sizeof(random)) == -1)
		return -1;
	b64url_encode(random, sizeof(random), h->secret);
	digest_wipe(random, sizeof(random));
	digest_sha256(h->secret, SECRET_LEN, h->hash);
	return 0;
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

/* Decode the 43 characters that end the text. */
static bool
take_secret(const char *text, uint8_t out[static DIGEST_LEN])
{
	return strlen(text) == SECRET_LEN &&
	       b64url_decode(text, SECRET_LEN, out, DIGEST_LEN) == DIGEST_LEN;
}

bool
handle_parse(const char *text, char uuid[static HANDLE_UUID_SIZE],
    uint8_t hash[static DIGEST_LEN])
{
	uint8_t secret[DIGEST_LEN];
	const char *p;
	bool good;

	memset(uuid, 0, HANDLE_UUID_SIZE);
	memset(hash, 0, DIGEST_LEN);
	if (text == NULL || (p = take_uuid(text, uuid)) == NULL)
		return false;
	good = take_secret(p, secret);
	digest_wipe(secret, sizeof(secret));
	if (good)
		digest_sha256(p, SECRET_LEN, hash);
	else
		memset(uuid, 0, HANDLE_UUID_SIZE);
	return good;
}

/* Read the generation and the dot behind it; what follows them, or NULL. */
static const char *
take_generation(const char *p, int32_t *generation)
{
	int64_t n = 0;

	if (*p == '0')
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
	    (p = take_generation(p, &r->generation)) == NULL ||
	    !take_secret(p, r->mac)) {
		digest_wipe(r, sizeof(*r));
		return false;
	}
	digest_sha256(text, strlen(text), r->hash);
	return true;
}
