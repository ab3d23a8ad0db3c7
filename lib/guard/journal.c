/* SPDX-License-Identifier: ISC */
#include "guard/journal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/utf8.h"
#include "base/uuid.h"

enum { ID_RANDOM = 10 }; /* bytes, of each id */

/*
 * Events are lines of fields with tabs between them, as gatepost.guard_lines
 * (sql/guard.sql) reads them.  No field has a tab or a newline: see clean().
 */
struct journal {
	size_t size, len;
	int64_t oldest; /* ms of clock_ms when the first of them came */
	uint8_t random[25 * ID_RANDOM]; /* had at once: for many ids */
	size_t random_left;             /* of these, from its begin */
	char text[];
};

static const struct db_query guard_journal = { "guard_journal",
	"select recorded from gatepost.guard_journal($1)", 1, 1, DB_ALONE };

struct journal *
journal_new(size_t size)
{
	struct journal *j;

	if ((j = malloc(sizeof(*j) + size)) == NULL)
		return NULL;
	j->size = size;
	j->len = 0;
	j->oldest = 0;
	j->random_left = 0;
	return j;
}

void
journal_free(struct journal *j)
{
	free(j);
}

bool
journal_room(const struct journal *j)
{
	return j->size - j->len >= JOURNAL_EVENT_MAX;
}

/*
 * At most `max` bytes of a text, cut between characters, and no control
 * character: neither a tab nor a newline, which end a field and an event.
 */
static const char *
clean(struct arena *a, const char *s, size_t max)
{
	size_t len = strlen(s);
	char *copy, *p;

	if (len > max) {
		for (len = max; len > 0 && ((uint8_t)s[len] & 0xc0) == 0x80;)
			len--;
	}
	if (utf8_clean(s, len))
		return arena_strndup(a, s, len);
	copy = arena_strndup(a, s, len);
	for (p = copy; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	return copy;
}

/* Raw: what would end it is not in what is clean. */
static void
field(struct buf *b, const char *value, size_t max)
{
	if (value != NULL)
		buf_raw(b, clean(b->arena, value, max));
	buf_raw(b, "\t");
}

static void
member(struct buf *b, const char *name, const char *value, size_t max)
{
	if (value == NULL || *value == '\0')
		return;
	buf_raw(b, ",\"");
	buf_raw(b, name);
	buf_raw(b, "\":");
	buf_json(b, clean(b->arena, value, max));
}

/*
 * An id, which tells when it was decided, not when it is written, and lets
 * the record have it once, however often it is written.  Without randomness
 * the database makes one.
 */
static const char *
id(struct journal *j, struct arena *a)
{
	char *text = arena_alloc(a, UUID_LEN + 1);
	struct timespec now;

	if (j->random_left == 0) {
		if (digest_random(j->random, sizeof(j->random)) == -1)
			return NULL;
		j->random_left = sizeof(j->random);
	}
	j->random_left -= ID_RANDOM;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	uuid_v7((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
	    j->random + j->random_left, text);
	return text;
}

/*
 * In the order of guard_lines: the columns of the record, and the detail that
 * is kept with them.  The lengths add up to less than JOURNAL_EVENT_MAX even if
 * every byte of the detail were a quote that is escaped.
 */
static void
print(struct journal *j, struct buf *b, const struct journal_event *e)
{
	field(b, id(j, b->arena), UUID_LEN);
	field(b, e->outcome, 32);
	field(b, e->error, 64);
	field(b, e->client_id, 2048);
	field(b, e->account_id, UUID_LEN);
	field(b, e->grant_id, UUID_LEN);
	field(b, e->resource, 2048);
	field(b, e->address, 64);
	buf_raw(b, "{\"method\":");
	buf_json(b, clean(b->arena, e->method, 32));
	member(b, "why", e->why, 64);
	member(b, "path", e->path, 1024);
	member(b, "mcp_method", e->mcp_method, 128);
	member(b, "mcp_name", e->mcp_name, 512);
	buf_raw(b, "}\n");
}

size_t
journal_add(struct journal *j, struct arena *a, const struct journal_event *e)
{
	struct buf b;

	buf_init(&b, a);
	print(j, &b, e);
	if (b.len > j->size - j->len)
		abort(); /* the caller did not ask: refuse by dying */
	if (j->len == 0)
		j->oldest = clock_ms();
	memcpy(j->text + j->len, b.data, b.len);
	j->len += b.len;
	return b.len;
}

void
journal_drop(struct journal *j, size_t len)
{
	if (len <= j->len)
		j->len -= len;
}

bool
journal_due(const struct journal *j)
{
	return j->len >= JOURNAL_BATCH / 2 ||
	       (j->len > 0 && clock_ms() - j->oldest >= JOURNAL_WAIT_MS);
}

const char *
journal_batch(const struct journal *j, struct arena *a, size_t *len)
{
	*len = j->len < JOURNAL_BATCH ? j->len : JOURNAL_BATCH;
	while (*len > 0 && j->text[*len - 1] != '\n')
		--*len;
	/* a newline stands between lines, not behind the last */
	return *len > 0 ? arena_strndup(a, j->text, *len - 1) : NULL;
}

void
journal_written(struct journal *j, size_t len)
{
	j->len -= len;
	memmove(j->text, j->text + len, j->len);
	j->oldest = clock_ms();
}

struct flushing {
	struct journal *journal;
	int64_t until;
};

static const struct oerr *
flush(struct request *r, void *ctx)
{
	const struct flushing *f = ctx;
	struct journal *j = f->journal;
	const struct oerr *e;
	const char *batch;
	struct db_rows row;
	size_t len;

	while ((batch = journal_batch(j, r->arena, &len)) != NULL) {
		if ((e = app_call_row(
			 r, &guard_journal, DB_ARGS(batch), &row)) != NULL)
			return e;
		journal_written(j, len);
		if (clock_ms() >= f->until)
			break;
	}
	return NULL;
}

const struct oerr *
journal_flush(struct journal *j, struct patience *p, int64_t until)
{
	struct flushing f = { j, until };
	const struct oerr *e = j->len > 0 ? patience_do(p, flush, &f) : NULL;

	return e == NULL && j->len > 0 ? &OERR_UNAVAILABLE : e;
}
