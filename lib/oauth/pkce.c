/* SPDX-License-Identifier: ISC */
#include "oauth/pkce.h"

#include <string.h>

#include "base/b64url.h"
#include "base/digest.h"

enum { VERIFIER_MIN = 43, VERIFIER_MAX = 128 };

/* RFC 3986, 2.3 */
static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz"
				 "0123456789-._~";

const struct oerr *
pkce_challenge_check(const char *challenge, const char *method)
{
	uint8_t digest[DIGEST_LEN];
	size_t len;

	if (challenge == NULL || *challenge == '\0')
		return &OERR_PKCE_REQUIRED;
	if (method == NULL || strcmp(method, "S256") != 0)
		return &OERR_PKCE_METHOD;
	len = strlen(challenge);
	if (len != PKCE_CHALLENGE_SIZE - 1 ||
	    b64url_decode(challenge, len, digest, sizeof(digest)) != DIGEST_LEN)
		return &OERR_PKCE_CHALLENGE;
	return NULL;
}

const struct oerr *
pkce_verifier_check(const char *verifier)
{
	size_t len;

	if (verifier == NULL)
		return &OERR_PKCE_VERIFIER;
	len = strlen(verifier);
	if (len < VERIFIER_MIN || len > VERIFIER_MAX ||
	    strspn(verifier, unreserved) != len)
		return &OERR_PKCE_VERIFIER;
	return NULL;
}

void
pkce_challenge_of(const char *verifier, char out[static PKCE_CHALLENGE_SIZE])
{
	uint8_t digest[DIGEST_LEN];

	digest_sha256(verifier, strlen(verifier), digest);
	b64url_encode(digest, sizeof(digest), out);
	digest_wipe(digest, sizeof(digest));
}
