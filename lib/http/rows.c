/* SPDX-License-Identifier: ISC */
#include "http/rows.h"

#include <string.h>

#include <json-c/json.h>

#include "base/json.h"

static size_t list_set(
    struct page *p, const char *name, struct json_object *list);

static void
member_set(struct page *row, const char *key, struct json_object *value)
{
	if (json_object_is_type(value, json_type_string))
		page_set(row, key, json_object_get_string(value));
	else if (json_object_is_type(value, json_type_boolean))
		page_flag(row, key, json_object_get_boolean(value));
	else if (json_object_is_type(value, json_type_array))
		list_set(row, key, value);
}

static size_t
list_set(struct page *p, const char *name, struct json_object *list)
{
	size_t i, n = json_object_array_length(list);
	struct json_object *one;
	struct json_object_iterator at, end;
	struct page *row;

	for (i = 0; i < n; i++) {
		one = json_object_array_get_idx(list, i);
		row = page_row(p, name);
		if (!json_object_is_type(one, json_type_object)) {
			member_set(row, "text", one);
			continue;
		}
		end = json_object_iter_end(one);
		for (at = json_object_iter_begin(one);
		     !json_object_iter_equal(&at, &end);
		     json_object_iter_next(&at))
			member_set(row, json_object_iter_peek_name(&at),
			    json_object_iter_peek_value(&at));
	}
	return n;
}

size_t
rows_set(struct request *r, struct page *p, const char *name, const char *json)
{
	struct json_object *list =
	    json == NULL ? NULL : json_read(r->arena, json, strlen(json));

	return json_object_is_type(list, json_type_array)
		   ? list_set(p, name, list)
		   : 0;
}
