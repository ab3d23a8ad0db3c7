/* SPDX-License-Identifier: ISC */
#include "oauth/password.h"

#include <string.h>

#include <crypt.h>

#include "base/digest.h"

bool
password_matches(struct arena *a, const char *password, const char *hash)
{
	struct crypt_data *data = arena_alloc(a, sizeof(*data));
	const char *got = crypt_rn(password, hash, data, sizeof(*data));
	size_t len = strlen(hash);

	return got != NULL && strlen(got) == len &&
	       digest_equal(got, hash, len);
}
