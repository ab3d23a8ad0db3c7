/* SPDX-License-Identifier: ISC */
#include "db/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was written, and how long it would be. */
struct text {
	char *at;
	size_t len;
};

static void
put(struct text *t, const char *s, size_t len)
{
	if (t->len + len < QUERY_TEXT)
		memcpy(t->at + t->len, s, len);
	t->len += len;
}

/* A call's part, with the numbers of its own parameters. */
static void
put_call(struct text *t, const struct db_query *q, int call)
{
	const char *from, *dollar;
	char number[16], *behind;
	long n;

	for (from = q->each; (dollar = strchr(from, '$')) != NULL;
	     from = behind) {
		put(t, from, (size_t)(dollar + 1 - from));
		n = strtol(dollar + 1, &behind, 10) + (long)call * q->args;
		put(t, number,
		    (size_t)snprintf(number, sizeof(number), "%ld", n));
	}
	put(t, from, strlen(from));
}

void
query_name(char name[QUERY_NAME], const struct db_query *q, int calls)
{
	if (calls == 1)
		snprintf(name, QUERY_NAME, "%s", q->name);
	else
		snprintf(name, QUERY_NAME, "%s_%d", q->name, calls);
}

bool
query_text(char text[QUERY_TEXT], const struct db_query *q, int calls)
{
	const char *place = q->each != NULL ? strchr(q->sql, '%') : NULL;
	struct text t = { text, 0 };
	int i;

	if (place == NULL) {
		put(&t, q->sql, strlen(q->sql));
	} else {
		put(&t, q->sql, (size_t)(place - q->sql));
		for (i = 0; i < calls; i++) {
			put(&t, ",", i > 0 ? 1 : 0);
			put_call(&t, q, i);
		}
		put(&t, place + 1, strlen(place + 1));
	}
	if (t.len >= QUERY_TEXT)
		return false;
	text[t.len] = '\0';
	return true;
}
