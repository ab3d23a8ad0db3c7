/* SPDX-License-Identifier: ISC */
#include "finance/direction.h"

#include <math.h>
#include <string.h>

/* How many words may lie between a direction and what it is about. */
enum { REACH_OBJECT = 6, REACH_SUBJECT = 10 };

/* Longest text that is shown for one, in bytes. */
enum { SHOWN_MAX = 160 };

bool
direction_is_noun(const struct hit *h)
{
	return h->entry->kind == LEXICON_GOOD ||
	       h->entry->kind == LEXICON_BAD || h->entry->kind == LEXICON_FLAT;
}

static bool
is_done(const struct hit *h)
{
	return h->entry->kind == LEXICON_RAISE ||
	       h->entry->kind == LEXICON_LOWER;
}

bool
direction_is(const struct hit *h)
{
	return is_done(h) || h->entry->kind == LEXICON_UP ||
	       h->entry->kind == LEXICON_DOWN;
}

static bool
is_link(const struct hit *h)
{
	return h->entry->kind == LEXICON_LINK || h->entry->kind == LEXICON_OF;
}

struct hit *
direction_beside(struct sentence *s, size_t i, size_t j)
{
	if (j >= s->nhits || s->hit[j].clause != s->hit[i].clause)
		return NULL;
	return &s->hit[j];
}

/* The noun at `j` and those that go with it are spoken for. */
static struct hit *
use_after(struct sentence *s, size_t j)
{
	struct hit *h = &s->hit[j], *next;

	h->used = true;
	while ((next = direction_beside(s, j, j + 1)) != NULL &&
	       direction_is_noun(next) && next->first == s->hit[j].last + 1) {
		h = next; /* the last of a compound is its head */
		h->used = true;
		j++;
	}
	while ((next = direction_beside(s, j, j + 2)) != NULL &&
	       direction_is_noun(next) && is_link(&s->hit[j + 1]) &&
	       s->hit[j + 1].first == s->hit[j].last + 1 &&
	       next->first <= s->hit[j + 1].last + 3) {
		next->used = true; /* "fears of a recession" */
		j += 2;
	}
	return h;
}

/* The same, to the left: "fears of a recession" is about fears. */
static struct hit *
use_before(struct sentence *s, size_t j)
{
	struct hit *h = &s->hit[j], *prev;
	size_t k = j;

	h->used = true;
	for (;;) {
		while (k > 0 &&
		       (prev = direction_beside(s, k, k - 1)) != NULL &&
		       direction_is_noun(prev) &&
		       prev->last + 1 == s->hit[k].first) {
			prev->used = true;
			k--;
		}
		if (k < 2 || (prev = direction_beside(s, k, k - 2)) == NULL ||
		    !direction_is_noun(prev) || !is_link(&s->hit[k - 1]) ||
		    prev->last + 1 != s->hit[k - 1].first ||
		    s->hit[k].first > s->hit[k - 1].last + 3)
			return h;
		k -= 2;
		h = prev;
		h->used = true;
	}
}

/* What is raised, cut, higher: the noun that follows in the same phrase. */
static struct hit *
object_of(struct sentence *s, size_t i)
{
	struct hit *h;
	size_t j;

	for (j = i + 1; (h = direction_beside(s, i, j)) != NULL; j++) {
		if (h->first > s->hit[i].last + REACH_OBJECT)
			return NULL;
		if (direction_is_noun(h))
			return use_after(s, j);
		if (h->entry->kind != LEXICON_OF &&
		    h->entry->kind != LEXICON_DEGREE &&
		    h->entry->kind != LEXICON_WORD)
			return NULL;
	}
	return NULL;
}

/* Whether an auxiliary before it makes the verb passive. */
static bool
is_passive(const struct sentence *s, const struct hit *h)
{
	static const char *const aux[] = { "was", "were", "been", "be", "is",
		"are", "being" };
	size_t i, k;

	for (k = 1; k <= 2 && k <= h->first; k++)
		for (i = 0; i < sizeof(aux) / sizeof(aux[0]); i++)
			if (strcmp(s->word[h->first - k].low, aux[i]) == 0)
				return true;
	return false;
}

/* What rose, fell, was cut: the nearest noun before it in its clause. */
static struct hit *
subject_of(struct sentence *s, size_t i)
{
	struct hit *h;
	size_t j;

	for (j = i; j > 0 && (h = direction_beside(s, i, j - 1)) != NULL; j--) {
		if (h->last + REACH_SUBJECT < s->hit[i].first)
			return NULL;
		if (!direction_is_noun(h))
			continue;
		if (is_done(&s->hit[i]) && h->last + 1 != s->hit[i].first &&
		    !is_passive(s, &s->hit[i]))
			return NULL; /* who did it, not what it was done to */
		return use_before(s, j - 1);
	}
	return NULL;
}

static struct hit *
about(struct sentence *s, size_t i)
{
	struct hit *prev = i > 0 ? direction_beside(s, i, i - 1) : NULL;
	struct hit *noun;

	if (!is_done(&s->hit[i]) && prev != NULL && direction_is_noun(prev) &&
	    prev->last + 1 == s->hit[i].first)
		return use_before(s, i - 1);
	if ((noun = object_of(s, i)) != NULL)
		return noun;
	return subject_of(s, i);
}

/* Let the hit cover what it is about too, for those who read the result. */
static void
widen(const struct sentence *s, struct hit *h, const struct hit *noun)
{
	size_t first = noun->first < h->first ? noun->first : h->first;
	size_t last = noun->last > h->last ? noun->last : h->last;
	const struct word *w = s->word;

	if (w[last].at + w[last].len - w[first].at > SHOWN_MAX)
		return;
	h->first = first;
	h->last = last;
}

void
direction_judge(struct sentence *s, size_t i)
{
	struct hit *h = &s->hit[i], *noun = about(s, i);
	double number = h->entry->number, own;

	if (noun == NULL) {
		h->value = number * (is_done(h) ? 0.3 : 0.7);
		return;
	}
	if (noun->entry->kind == LEXICON_FLAT)
		return;
	own = noun->entry->number;
	h->value = noun->entry->kind == LEXICON_BAD ? -number : number;
	if (h->value * own > 0 && fabs(own) > fabs(h->value))
		h->value = own; /* "raised substantial doubt" */
	widen(s, h, noun);
}
