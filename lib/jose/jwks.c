/* SPDX-License-Identifier: ISC */
#include "jose/jwks.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* A handful of keys: a walk is as quick as anything. */
struct jwks {
	size_t count;
	struct jwk *keys[2 * JWKS_MAX];
};

const struct jwk *
jwks_find(const struct jwks *set, const char *kid)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->keys[i]->kid, kid) == 0)
			return set->keys[i];
	return NULL;
}

const struct jwk *
jwks_next(const struct jwks *set, const char *kid, enum jwk_alg alg, size_t *at)
{
	const struct jwk *key;

	while (*at < set->count) {
		key = set->keys[(*at)++];
		if (key->alg == alg &&
		    (kid == NULL || strcmp(key->kid, kid) == 0))
			return key;
	}
	return NULL;
}

void
jwks_free(struct jwks *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->count; i++)
		jwk_free(set->keys[i]);
	free(set);
}

/* JWK_OK, also for a key that is passed over. */
static enum jwk_verdict
add(struct jwks *set, struct json_object *o)
{
	enum jwk_verdict verdict;
	struct jwk *key;

	if ((verdict = jwk_parse(o, &key)) != JWK_OK)
		return verdict == JWK_UNUSABLE ? JWK_OK : verdict;
	if (jwks_find(set, key->kid) != NULL) {
		jwk_free(key);
		return JWK_REFUSED;
	}
	set->keys[set->count++] = key;
	if (key->alg != JWK_RS256 || json_object_object_get_ex(o, "alg", NULL))
		return JWK_OK;
	if ((key = jwk_pss(key)) == NULL)
		return JWK_NO_MEMORY;
	set->keys[set->count++] = key;
	return JWK_OK;
}

struct jwks *
jwks_parse(struct arena *scratch, const char *text, size_t len)
{
	struct json_object *o, *array;
	enum jwk_verdict verdict = JWK_OK;
	struct jwks *set;
	size_t n;

	if ((o = json_read(scratch, text, len)) == NULL)
		return NULL;
	array = json_object_is_type(o, json_type_array)
		    ? o
		    : json_member(o, "keys", json_type_array);
	if (array == NULL || (n = json_object_array_length(array)) > JWKS_MAX)
		return NULL;
	/* Nothing from here on jumps out of the request: the set is ours. */
	if ((set = calloc(1, sizeof(*set))) == NULL)
		arena_exhausted(scratch);
	for (size_t i = 0; verdict == JWK_OK && i < n; i++)
		verdict = add(set, json_object_array_get_idx(array, i));
	if (verdict == JWK_OK)
		return set;
	jwks_free(set);
	if (verdict == JWK_NO_MEMORY)
		arena_exhausted(scratch);
	return NULL;
}
