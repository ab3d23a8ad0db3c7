/* SPDX-License-Identifier: ISC */
#include "oauth/tokencache.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "oauth/scope.h"

struct entry {
	uint8_t digest[DIGEST_LEN];
	uint64_t used; /* when, in lookups */
	int64_t issued_at, expires_at, not_before;
	size_t size;
	/* jti, grant_id, subject, client_id, audience, scope: one NUL each */
	char text[];
};

struct tokencache {
	uint64_t tick;
	struct entry *way[TOKENCACHE_SETS][TOKENCACHE_WAYS];
};

struct tokencache *
tokencache_new(void)
{
	return calloc(1, sizeof(struct tokencache));
}

void
tokencache_free(struct tokencache *c)
{
	if (c != NULL)
		tokencache_flush(c);
	free(c);
}

void
tokencache_flush(struct tokencache *c)
{
	for (size_t i = 0; i < TOKENCACHE_SETS; i++) {
		for (size_t j = 0; j < TOKENCACHE_WAYS; j++) {
			free(c->way[i][j]);
			c->way[i][j] = NULL;
		}
	}
}

static size_t
set_of(const uint8_t *digest)
{
	return (size_t)(digest[0] | digest[1] << 8) % TOKENCACHE_SETS;
}

static const char *
next(const char **text)
{
	const char *s = *text;

	*text += strlen(s) + 1;
	return s;
}

static bool
unpack(const struct entry *e, struct arena *a, struct accesstoken *t)
{
	const char *text = e->text;

	t->issued_at = e->issued_at;
	t->expires_at = e->expires_at;
	t->not_before = e->not_before;
	t->jti = next(&text);
	t->grant_id = next(&text);
	t->subject = next(&text);
	t->client_id = next(&text);
	t->audience = next(&text);
	t->scope_text = next(&text);
	return scope_parse(a, t->scope_text, &t->scope, &t->n_scope) == NULL;
}

bool
tokencache_get(struct tokencache *c, const uint8_t digest[static DIGEST_LEN],
    struct arena *a, struct accesstoken *t)
{
	struct entry *const *way = c->way[set_of(digest)];

	for (size_t i = 0; i < TOKENCACHE_WAYS; i++) {
		struct entry *e = way[i];

		if (e == NULL || memcmp(e->digest, digest, DIGEST_LEN) != 0)
			continue;
		e->used = ++c->tick;
		return unpack(e, a, t);
	}
	return false;
}

/* The place that is free, else expired, else longest unused. */
static struct entry **
victim(struct entry **way, int64_t now)
{
	struct entry **oldest = way;

	for (size_t i = 0; i < TOKENCACHE_WAYS; i++) {
		if (way[i] == NULL || way[i]->expires_at <= now)
			return &way[i];
		if (way[i]->used < (*oldest)->used)
			oldest = &way[i];
	}
	return oldest;
}

/* What is there makes room, if it has not enough.  NULL: no memory. */
static struct entry *
room_for(struct entry **place, size_t size)
{
	if (*place != NULL && (*place)->size >= size)
		return *place;
	free(*place);
	if ((*place = malloc(sizeof(**place) + size)) != NULL)
		(*place)->size = size;
	return *place;
}

void
tokencache_put(struct tokencache *c, const uint8_t digest[static DIGEST_LEN],
    const struct accesstoken *t, int64_t now)
{
	const char *const texts[] = { t->jti, t->grant_id, t->subject,
		t->client_id, t->audience, t->scope_text };
	const size_t n = sizeof(texts) / sizeof(texts[0]);
	struct entry *e;
	size_t i, len = 0;
	char *p;

	for (i = 0; i < n; i++)
		len += strlen(texts[i]) + 1;
	if (len > TOKENCACHE_TEXT ||
	    (e = room_for(victim(c->way[set_of(digest)], now), len)) == NULL)
		return;
	for (i = 0, p = e->text; i < n; i++, p += len) {
		len = strlen(texts[i]) + 1;
		memcpy(p, texts[i], len);
	}
	memcpy(e->digest, digest, DIGEST_LEN);
	e->issued_at = t->issued_at;
	e->expires_at = t->expires_at;
	e->not_before = t->not_before;
	e->used = ++c->tick;
}

enum accesstoken_error
tokencache_read(struct tokencache *c, const struct jwks *keys,
    const char *token, const struct accesstoken_rule *rule, struct arena *a,
    struct accesstoken *t)
{
	size_t len = strlen(token);
	uint8_t digest[DIGEST_LEN];
	enum accesstoken_error e;

	assert(rule->audience == NULL);
	digest_sha256(token, len, digest);
	if (tokencache_get(c, digest, a, t))
		return accesstoken_timely(t, rule->now);
	e = accesstoken_read(keys, token, len, rule, a, t);
	if (e == ACCESSTOKEN_OK)
		tokencache_put(c, digest, t, rule->now);
	return e;
}
