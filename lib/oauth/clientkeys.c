/* SPDX-License-Identifier: ISC */
#include "oauth/clientkeys.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "oauth/app.h"

enum { VERSION_SIZE = sizeof("\\x") + 64 };

/* One client's. */
struct entry {
	char client_id[CLIENTKEYS_ID + 1];
	char version[VERSION_SIZE]; /* "": free */
	struct jwks *set;
	uint64_t used; /* when, in lookups */
};

static struct {
	uint64_t tick;
	struct entry entries[CLIENTKEYS_MAX];
} kept;

enum { C_VERSION, C_JWKS, COLUMNS };

static const struct db_query client_keys_read = { "client_keys_read",
	"select version, jwks from gatepost.client_keys_read($1)", 1, COLUMNS,
	DB_ALONE };

/* The client's entry, else (which that is not) the one to give up for it. */
static struct entry *
entry_of(const char *client_id)
{
	struct entry *oldest = &kept.entries[0];

	for (size_t i = 0; i < CLIENTKEYS_MAX; i++) {
		if (strcmp(kept.entries[i].client_id, client_id) == 0)
			return &kept.entries[i];
		if (kept.entries[i].used < oldest->used)
			oldest = &kept.entries[i];
	}
	return oldest;
}

static void
forget(struct entry *e)
{
	jwks_free(e->set);
	memset(e, 0, sizeof(*e));
}

/* Keep a client's keys.  What a DBA stored that is no set is logged. */
static void
take(struct entry *e, struct arena *a, const char *client_id,
    const struct db_rows *row)
{
	const char *version = row_text(row, 0, C_VERSION);
	const char *text = row_text(row, 0, C_JWKS);

	if (version == NULL || text == NULL ||
	    strlen(version) >= sizeof(e->version))
		return;
	e->set = jwks_parse(a, text, strlen(text));
	if (e->set == NULL)
		log_event(LOG_WARN, "client_keys_not_usable", "client_id",
		    client_id, NULL);
	snprintf(e->client_id, sizeof(e->client_id), "%s", client_id);
	snprintf(e->version, sizeof(e->version), "%s", version);
}

const struct oerr *
clientkeys_get(struct request *r, const char *client_id, bool again,
    struct clientkeys *keys)
{
	struct entry *e = entry_of(client_id);
	const struct oerr *error;
	struct db_rows rows;

	*keys = (struct clientkeys){ NULL, NULL };
	if (strlen(client_id) > CLIENTKEYS_ID)
		return NULL;
	if (again || strcmp(e->client_id, client_id) != 0) {
		if ((error = app_call(r, &client_keys_read, DB_ARGS(client_id),
			 &rows)) != NULL)
			return error;
		if (rows.count != 1)
			return NULL;
		forget(e);
		take(e, r->arena, client_id, &rows);
	}
	if (e->version[0] == '\0')
		return NULL;
	e->used = ++kept.tick;
	*keys = (struct clientkeys){ e->set, e->version };
	return NULL;
}

enum { AWAIT_MS = 2000, LOOK_MS = 100 };

const struct oerr *
clientkeys_await(
    struct request *r, const char *client_id, struct clientkeys *keys)
{
	static const struct db_query ask = { "client_keys_ask",
		"select asked from gatepost.client_keys_ask($1)", 1, 1,
		DB_ALONE };
	const struct timespec step = { .tv_nsec = LOOK_MS * 1000000L };
	const int64_t end = clock_ms() + AWAIT_MS;
	const char *before =
	    keys->version != NULL ? arena_strdup(r->arena, keys->version) : "";
	const struct oerr *e;
	struct db_rows row;

	if ((e = app_call_row(r, &ask, DB_ARGS(client_id), &row)) != NULL ||
	    !row_bool(&row, 0, 0))
		return e;
	do {
		(void)nanosleep(&step, NULL);
		e = clientkeys_get(r, client_id, true, keys);
	} while (e == NULL && clock_ms() < end &&
		 (keys->version == NULL || strcmp(keys->version, before) == 0));
	return e;
}
