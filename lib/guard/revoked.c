/* SPDX-License-Identifier: ISC */
#include "guard/revoked.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { KIND_GRANT = 'g', KIND_CLIENT = 'c', KIND_ACCOUNT = 'a' };
enum { FIRST_SLOTS = 64 };

/* An open hash table, at most half full. */
struct slot {
	char *subject; /* NULL: free */
	int64_t revoked_at;
	char kind;
};

struct revoked {
	struct slot *slots;
	size_t cap; /* a power of two */
	size_t count;
	int64_t epoch; /* all that was issued up to then; 0: none */
};

struct revoked *
revoked_new(void)
{
	struct revoked *set;

	if ((set = calloc(1, sizeof(*set))) == NULL)
		return NULL;
	set->cap = FIRST_SLOTS;
	if ((set->slots = calloc(set->cap, sizeof(*set->slots))) == NULL) {
		free(set);
		return NULL;
	}
	return set;
}

void
revoked_free(struct revoked *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->cap; i++)
		free(set->slots[i].subject);
	free(set->slots);
	free(set);
}

/* The slot of this entry, or the free one where it belongs. */
static struct slot *
find(struct slot *slots, size_t cap, char kind, const char *subject)
{
	uint32_t h = 2166136261U ^ (uint8_t)kind; /* FNV-1a */
	const char *p;
	size_t i;

	for (p = subject; *p != '\0'; p++)
		h = (h ^ (uint8_t)*p) * 16777619U;
	for (i = h & (cap - 1); slots[i].subject != NULL;
	     i = (i + 1) & (cap - 1)) {
		if (slots[i].kind == kind &&
		    strcmp(slots[i].subject, subject) == 0)
			break;
	}
	return &slots[i];
}

static int
grow(struct revoked *set)
{
	size_t cap = set->cap * 2, i;
	struct slot *slots;

	if ((slots = calloc(cap, sizeof(*slots))) == NULL)
		return -1;
	for (i = 0; i < set->cap; i++) {
		const struct slot *s = &set->slots[i];

		if (s->subject != NULL)
			*find(slots, cap, s->kind, s->subject) = *s;
	}
	free(set->slots);
	set->slots = slots;
	set->cap = cap;
	return 0;
}

static int
kind_of(const char *name)
{
	if (strcmp(name, "grant") == 0)
		return KIND_GRANT;
	if (strcmp(name, "client") == 0)
		return KIND_CLIENT;
	return strcmp(name, "account") == 0 ? KIND_ACCOUNT : -1;
}

int
revoked_add(struct revoked *set, const char *kind, const char *subject,
    int64_t revoked_at)
{
	struct slot *s;
	int k;

	if (strcmp(kind, "epoch") == 0) {
		if (revoked_at > set->epoch)
			set->epoch = revoked_at;
		return 0;
	}
	if ((k = kind_of(kind)) == -1) {
		log_event(LOG_ERROR, "unknown_revocation", "kind", kind, NULL);
		return -1;
	}
	if (set->count * 2 >= set->cap && grow(set) == -1)
		return -1;
	s = find(set->slots, set->cap, (char)k, subject);
	if (s->subject == NULL) {
		if ((s->subject = strdup(subject)) == NULL)
			return -1;
		s->kind = (char)k;
		set->count++;
	}
	s->revoked_at = revoked_at;
	return 0;
}

/* When these were revoked: -1 for not at all. */
static int64_t
when(const struct revoked *set, char kind, const char *subject)
{
	const struct slot *s = find(set->slots, set->cap, kind, subject);

	return s->subject != NULL ? s->revoked_at : -1;
}

bool
revoked_has(const struct revoked *set, const struct accesstoken *t)
{
	return t->issued_at <= set->epoch ||
	       when(set, KIND_GRANT, t->grant_id) != -1 ||
	       t->issued_at <= when(set, KIND_CLIENT, t->client_id) ||
	       t->issued_at <= when(set, KIND_ACCOUNT, t->subject);
}
