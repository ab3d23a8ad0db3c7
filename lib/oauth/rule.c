/* SPDX-License-Identifier: ISC */
#include "oauth/rule.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "oauth/mcpheader.h"
#include "oauth/scope.h"

#define PLACE "{name}"

enum { METHOD_MAX = 32 };

/* What is known while a request is judged. */
struct judgement {
	struct arena *arena;
	const struct rule_request *request;
	struct mcpheader header;
	struct rule_answer answer;
	bool matched; /* some rule did */
	bool skipped; /* some rule might have, had the headers counted */
};

static bool
reads_name(const struct rule *rule)
{
	return rule->mcp_name != NULL ||
	       (rule->scope != NULL && strstr(rule->scope, PLACE) != NULL);
}

static bool
method_covers(const char *want, const char *method)
{
	if (want == NULL || strcmp(want, method) == 0)
		return true;
	return strcmp(want, "GET") == 0 && strcmp(method, "HEAD") == 0;
}

typedef int (*comparison)(const char *, const char *, size_t);

static bool
path_covers(const char *prefix, const char *path, comparison compare)
{
	size_t len;

	if (prefix == NULL)
		return true;
	len = strlen(prefix);
	while (len > 0 && prefix[len - 1] == '/')
		len--;
	return compare(prefix, path, len) == 0 &&
	       (path[len] == '\0' || path[len] == '/');
}

/*
 * Whether the rule's conditions on the Mcp- headers hold.  Where the name of
 * a method that the rule names is not vouched for, it is taken to be the
 * rule's, since it might be.
 */
static bool
header_covers(const struct rule *rule, const struct mcpheader *h)
{
	if (rule->mcp_method != NULL &&
	    strcmp(rule->mcp_method, h->method) != 0)
		return false;
	if (h->name == NULL)
		return rule->mcp_method != NULL || !reads_name(rule);
	return rule->mcp_name == NULL || strcmp(rule->mcp_name, h->name) == 0;
}

/* Whether a name can stand in a scope without meaning more than itself. */
static bool
name_plain(const char *name)
{
	return name != NULL && strpbrk(name, ":*") == NULL &&
	       scope_valid(name, strlen(name));
}

/* The rule's scope for this request; NULL if there can be none. */
static const char *
scope_for(struct arena *a, const struct rule *rule, const char *name)
{
	const char *p, *place;
	struct buf b;

	if (rule->scope == NULL)
		return NULL;
	buf_init(&b, a);
	for (p = rule->scope; (place = strstr(p, PLACE)) != NULL;
	     p = place + strlen(PLACE)) {
		if (!name_plain(name))
			return NULL;
		buf_raw_n(&b, p, (size_t)(place - p));
		buf_raw(&b, name);
	}
	buf_raw(&b, p);
	return scope_valid(b.data, b.len) ? b.data : NULL;
}

static void
need(struct rule_answer *answer, const char *scope)
{
	for (size_t i = 0; i < answer->n; i++)
		if (strcmp(answer->scopes[i], scope) == 0)
			return;
	answer->scopes[answer->n++] = scope;
}

/* One rule: nothing, a scope more, a note that it was skipped, or the end. */
static void
apply(struct judgement *j, const struct rule *rule)
{
	const char *scope;

	if (!method_covers(rule->method, j->request->method) ||
	    !path_covers(rule->path_prefix, j->request->path, strncasecmp))
		return;
	if (!path_covers(rule->path_prefix, j->request->path, strncmp)) {
		/* this server may find the same there, or may not */
		j->answer.outcome = RULE_IMPOSSIBLE;
		return;
	}
	if (rule->mcp_method != NULL || reads_name(rule)) {
		if (!j->header.counts) {
			j->skipped = true;
			return;
		}
		if (!header_covers(rule, &j->header))
			return;
	}
	j->matched = true;
	if ((scope = scope_for(j->arena, rule, j->header.name)) == NULL)
		j->answer.outcome = RULE_IMPOSSIBLE;
	else
		need(&j->answer, scope);
}

static void
apply_fallback(struct judgement *j, const struct rule_set *set)
{
	if (set->n_fallback == 0 && set->n_rules > 0)
		j->answer.outcome = RULE_IMPOSSIBLE;
	for (size_t i = 0; i < set->n_fallback; i++)
		need(&j->answer, set->fallback[i]);
}

/*
 * Whether method and path are of a form that rules can be held against: a
 * server may take "post" for POST, and no rule would see it.
 */
static bool
request_plain(const struct rule_request *r)
{
	size_t len;

	if (r->method == NULL || r->path == NULL || r->path[0] != '/')
		return false;
	len = strlen(r->method);
	return len > 0 && len <= METHOD_MAX &&
	       strspn(r->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == len;
}

struct rule_answer
rule_judge(
    struct arena *a, const struct rule_set *set, const struct rule_request *r)
{
	const struct rule_answer malformed = { .outcome = RULE_MALFORMED };
	const struct rule_answer impossible = { .outcome = RULE_IMPOSSIBLE };
	struct judgement j = { .arena = a, .request = r };

	if (!request_plain(r) || !mcpheader_read(a, r, &j.header))
		return malformed;
	j.answer.scopes = arena_alloc(
	    a, (set->n_rules + set->n_fallback + 1) * sizeof(const char *));
	j.answer.name = j.header.name;
	for (size_t i = 0; i < set->n_rules; i++)
		apply(&j, &set->rules[i]);
	if (!j.matched || j.skipped)
		apply_fallback(&j, set);
	return j.answer.outcome == RULE_NEEDS ? j.answer : impossible;
}
