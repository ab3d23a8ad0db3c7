/* SPDX-License-Identifier: ISC */
#include "oauth/audience.h"

#include <string.h>

#include "base/json.h"

const char *
audience_only(struct json_object *claims)
{
	struct json_object *array, *one;

	array = json_member(claims, "aud", json_type_array);
	if (array == NULL)
		return json_str(claims, "aud");
	if (json_object_array_length(array) != 1)
		return NULL;
	one = json_object_array_get_idx(array, 0);
	/* a NUL inside would cut the text short without a word */
	if (!json_object_is_type(one, json_type_string) ||
	    strlen(json_object_get_string(one)) !=
		(size_t)json_object_get_string_len(one))
		return NULL;
	return json_object_get_string(one);
}
