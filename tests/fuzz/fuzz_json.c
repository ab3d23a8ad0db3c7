/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "fuzz.h"

enum { FLAGS = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE };

/* What is accepted is printed as what is accepted, and means the same. */
static void
again(struct arena *a, struct json_object *o)
{
	const char *text = json_object_to_json_string_ext(o, FLAGS);
	struct json_object *back = json_read(a, text, strlen(text));

	HOLDS(back != NULL || o == NULL);
	HOLDS(json_object_equal(o, back));
}

/* Each string goes through our own printer too. */
static void
member(struct arena *a, struct json_object *o, const char *name)
{
	struct json_object *back;
	const char *value;
	struct buf b;

	if ((value = json_str(o, name)) == NULL)
		return;
	buf_init(&b, a);
	buf_raw(&b, "{");
	buf_json(&b, name);
	buf_raw(&b, ":");
	buf_json(&b, value);
	buf_raw(&b, "}");
	back = json_read(a, b.data, b.len);
	HOLDS(back != NULL && fuzz_same(json_str(back, name), value));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	struct json_object *o = json_read(f.arena, f.at, f.left);

	if (o == NULL)
		return 0;
	again(f.arena, o);
	if (!json_object_is_type(o, json_type_object))
		return 0;
	json_object_object_foreach(o, name, value)
	{
		(void)value;
		member(f.arena, o, name);
	}
	return 0;
}
