/* SPDX-License-Identifier: ISC */
#include "db/room.h"

#include <stdint.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/digest.h"
#include "base/group.h"

/* At the front of a room, before the texts. */
struct front {
	size_t args;    /* the length of the arguments */
	size_t written; /* from the beginning, at most, since it was wiped */
	int columns;    /* of the row; -1: there is not enough room for it */
};

/* What is in a text's place for SQL's null; else its length with its NUL. */
enum { NULL_TEXT = -1 };

static struct front *
front(char *room)
{
	return (struct front *)(void *)room;
}

/* False, and `*to` where it was, when there is not enough room. */
static bool
put_text(char **to, const char *end, const char *s)
{
	const size_t size = s != NULL ? strlen(s) + 1 : 0;
	const int len = s != NULL ? (int)size : NULL_TEXT;

	if ((size_t)(end - *to) < sizeof(len) + size)
		return false;
	memcpy(*to, &len, sizeof(len));
	*to += sizeof(len);
	if (size > 0)
		memcpy(*to, s, size);
	*to += size;
	return true;
}

static const char *
get_text(const char *from, const char **s)
{
	int len;

	memcpy(&len, from, sizeof(len));
	from += sizeof(len);
	*s = len == NULL_TEXT ? NULL : from;
	return len == NULL_TEXT ? from : from + len;
}

static void
written(char *room, const char *to)
{
	const size_t len = (size_t)(to - room);

	if (front(room)->written < len)
		front(room)->written = len;
}

int
room_put_args(char *room, struct db_args args)
{
	char *to = room + sizeof(struct front);
	bool fits = args.count <= ROOM_ARGS;
	int i;

	for (i = 0; fits && i < args.count; i++)
		fits = put_text(&to, room + GROUP_ROOM, args.value[i]);
	written(room, to);
	front(room)->args = (size_t)(to - room) - sizeof(struct front);
	return fits ? (int)front(room)->args : -1;
}

void
room_get_args(const char *room, int count, const char *value[ROOM_ARGS])
{
	const char *from = room + sizeof(struct front);
	int i;

	for (i = 0; i < count; i++)
		from = get_text(from, &value[i]);
}

int
room_compare_args(const char *a, const char *b)
{
	const size_t x = ((const struct front *)(const void *)a)->args;
	const size_t y = ((const struct front *)(const void *)b)->args;
	const int order = memcmp(
	    a + sizeof(struct front), b + sizeof(struct front), x < y ? x : y);

	return order != 0 ? order : (x > y) - (x < y);
}

void
room_put_row(char *room, const PGresult *result, int row)
{
	struct front *f = front(room);
	char *to = room + sizeof(*f);
	bool fits = true;
	int i;

	f->columns = PQnfields(result);
	for (i = 0; fits && i < f->columns; i++)
		fits = put_text(&to, room + GROUP_ROOM,
		    PQgetisnull(result, row, i) ? NULL
						: PQgetvalue(result, row, i));
	written(room, to);
	if (!fits)
		f->columns = -1;
}

bool
room_get_row(const char *room, struct arena *a, struct db_rows *rows)
{
	const struct front *f = (const struct front *)(const void *)room;
	const char *from = room + sizeof(*f), *s, **value;
	int i;

	if (f->columns == -1)
		return false;
	rows->count = 1;
	rows->columns = f->columns;
	value = row_values(a, rows);
	for (i = 0; i < rows->columns; i++) {
		from = get_text(from, &s);
		value[i] = s != NULL ? arena_strdup(a, s) : NULL;
	}
	return true;
}

void
room_wipe(char *room)
{
	digest_wipe(room, front(room)->written);
}
