/* SPDX-License-Identifier: ISC */
#include "jose/refreshmac.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/b64url.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/uuid.h"

/*
 * The grant's spelling is part of what is signed, so only one spelling is
 * signed: else one grant could have several tokens of one generation.
 */
static bool
uuid_text(const char *s)
{
	return uuid_begins(s) && s[UUID_LEN] == '\0';
}

static bool
hmac(const uint8_t *key, const char *text, size_t len,
    char out[static REFRESHMAC_LEN + 1])
{
	uint8_t mac[DIGEST_LEN];

	if (digest_hmac_sha256(key, KEK_LEN, text, len, mac) == -1)
		return false;
	b64url_encode(mac, sizeof(mac), out);
	digest_wipe(mac, sizeof(mac));
	return true;
}

/* A UUID's length is fixed, so neither text can be the other. */
static bool
compute(const uint8_t *key, const char *grant, int generation,
    struct refreshmac *out)
{
	char text[UUID_LEN + sizeof(".2147483647")];
	int n;

	n = snprintf(text, sizeof(text), "%s.%d", grant, generation);
	return hmac(key, text, UUID_LEN, out->secret) &&
	       hmac(key, text, (size_t)n, out->mac);
}

int
refreshmac_make(const struct kek *kek, const char *grant, int generation,
    struct refreshmac *out)
{
	if (!uuid_text(grant) || generation < 1)
		return -1;
	if (compute(
		kek_key(kek, KEK_REFRESH, KEK_CURRENT), grant, generation, out))
		return 0;
	log_event(LOG_ERROR, "mac_failed", NULL);
	return -1;
}

int
refreshmac_check(const struct kek *kek, const char *grant, int generation,
    const struct refreshmac *given)
{
	struct refreshmac want;
	const uint8_t *key;
	int result = 0;

	if (!uuid_text(grant) || generation < 1)
		return 0;
	for (int age = KEK_CURRENT; result == 0 && age < KEK_AGES; age++) {
		key = kek_key(kek, KEK_REFRESH, (enum kek_age)age);
		if (key != NULL && !compute(key, grant, generation, &want))
			result = -1;
		else if (key != NULL)
			result = digest_equal(&want, given, sizeof(want));
	}
	digest_wipe(&want, sizeof(want));
	return result;
}
