/* SPDX-License-Identifier: ISC */
#include "oauth/password.h"

#include <string.h>

#include <crypt.h>

#include "base/digest.h"

enum { LEAST = 8 }; /* characters */

bool
password_matches(struct arena *a, const char *password, const char *hash)
{
	struct crypt_data *data = arena_alloc(a, sizeof(*data));
	const char *got = crypt_rn(password, hash, data, sizeof(*data));
	size_t len = strlen(hash);

	return got != NULL && strlen(got) == len &&
	       digest_equal(got, hash, len);
}

const char *
password_hash(struct arena *a, const char *password)
{
	struct crypt_data *data = arena_alloc(a, sizeof(*data));
	char *setting = arena_alloc(a, CRYPT_GENSALT_OUTPUT_SIZE);

	if (crypt_gensalt_rn(
		NULL, 0, NULL, 0, setting, CRYPT_GENSALT_OUTPUT_SIZE) == NULL)
		return NULL;
	return crypt_rn(password, setting, data, sizeof(*data));
}

const char *
password_fault(const char *password, const char *repeated, const char *present)
{
	const char *s;
	int characters = 0;

	for (s = password; *s != '\0'; s++)
		characters += (*s & 0xc0) != 0x80;
	if (characters < LEAST)
		return "short";
	if (strcmp(password, repeated) != 0)
		return "repeat";
	return strcmp(password, present) == 0 ? "same" : NULL;
}
