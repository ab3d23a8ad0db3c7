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

static int
add(struct jwks *set, struct json_object *o)
{
	struct jwk *key;

	switch (jwk_parse(o, &key)) {
	case JWK_OK:
		break;
	case JWK_UNUSABLE:
		return 0;
	case JWK_REFUSED:
	default:
		return -1;
	}
	if (jwks_find(set, key->kid) != NULL) {
		jwk_free(key);
		return -1;
	}
	set->keys[set->count++] = key;
	if (key->alg != JWK_RS256 || json_object_object_get_ex(o, "alg", NULL))
		return 0;
	if ((key = jwk_pss(key)) == NULL)
		return -1;
	set->keys[set->count++] = key;
	return 0;
}

struct jwks *
jwks_parse(struct arena *scratch, const char *text, size_t len)
{
	struct json_object *o, *array;
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
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (add(set, json_object_array_get_idx(array, i)) == -1) {
			jwks_free(set);
			return NULL;
		}
	}
	return set;
}
