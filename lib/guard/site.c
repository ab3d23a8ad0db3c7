/* SPDX-License-Identifier: ISC */
#include "guard/site.h"

#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/log.h"
#include "oauth/resource.h"
#include "oauth/scope.h"

struct reading {
	struct arena *kept;
	bool bad; /* something was not understood */
};

static void
release(void *keys)
{
	jwks_free(keys);
}

/* A member that is a string or null, for ever; bad if it is anything else. */
static const char *
text_of(struct reading *rd, struct json_object *o, const char *name)
{
	struct json_object *v = NULL;
	const char *s;

	if (!json_object_object_get_ex(o, name, &v) || v == NULL)
		return NULL;
	if ((s = json_str(o, name)) == NULL) {
		rd->bad = true;
		return NULL;
	}
	return arena_strdup(rd->kept, s);
}

static const char *
required_of(struct reading *rd, struct json_object *o, const char *name)
{
	const char *s = text_of(rd, o, name);

	if (s != NULL)
		return s;
	rd->bad = true;
	return "";
}

/* A member that is an array of strings, or null for none. */
static const char *const *
texts_of(struct reading *rd, struct json_object *o, const char *name, size_t *n)
{
	struct json_object *list = NULL, *v;
	const char **texts;
	size_t i;

	*n = 0;
	if (!json_object_object_get_ex(o, name, &list) || list == NULL)
		return NULL;
	if (!json_object_is_type(list, json_type_array)) {
		rd->bad = true;
		return NULL;
	}
	*n = json_object_array_length(list);
	texts = arena_alloc(rd->kept, (*n + 1) * sizeof(*texts));
	for (i = 0; i < *n; i++) {
		v = json_object_array_get_idx(list, i);
		if (!json_object_is_type(v, json_type_string))
			rd->bad = true;
		else
			texts[i] =
			    arena_strdup(rd->kept, json_object_get_string(v));
	}
	if (rd->bad)
		*n = 0;
	return texts;
}

static struct rule
rule_of(struct reading *rd, struct json_object *o)
{
	struct rule rule = { 0 };

	if (!json_object_is_type(o, json_type_object)) {
		rd->bad = true;
		return rule;
	}
	rule.scope = required_of(rd, o, "scope");
	rule.method = text_of(rd, o, "method");
	rule.path_prefix = text_of(rd, o, "path_prefix");
	rule.mcp_method = text_of(rd, o, "mcp_method");
	rule.mcp_name = text_of(rd, o, "mcp_name");
	return rule;
}

static void
rules_of(struct reading *rd, struct json_object *o, struct rule_set *set)
{
	struct json_object *list = json_member(o, "rules", json_type_array);
	struct rule *rules;
	size_t i, n;

	if (list == NULL) {
		rd->bad = true;
		return;
	}
	n = json_object_array_length(list);
	rules = arena_alloc(rd->kept, (n + 1) * sizeof(*rules));
	for (i = 0; i < n; i++)
		rules[i] = rule_of(rd, json_object_array_get_idx(list, i));
	set->rules = rules;
	set->n_rules = n;
}

/* What is needed where no rule counts is also what a client may ask for. */
static void
defaults_of(struct reading *rd, struct json_object *o, struct site_resource *s)
{
	struct rule_set *set = &s->rules;

	set->fallback = texts_of(rd, o, "default_scopes", &set->n_fallback);
	if (set->n_fallback == 0)
		set->fallback = texts_of(rd, o, "scopes", &set->n_fallback);
	s->default_scope = scope_join(rd->kept, set->fallback, set->n_fallback);
}

static void
resource_of(struct reading *rd, struct json_object *o, struct site_resource *s)
{
	struct json_object *v;

	if (!json_object_is_type(o, json_type_object)) {
		rd->bad = true;
		return;
	}
	s->uri = required_of(rd, o, "uri");
	if ((s->path = resource_path(rd->kept, s->uri)) == NULL) {
		rd->bad = true;
		return;
	}
	s->metadata = resource_metadata_url(rd->kept, s->uri);
	s->aliases = texts_of(rd, o, "aliases", &s->n_aliases);
	s->origins = texts_of(rd, o, "origins", &s->n_origins);
	v = json_member(o, "checks_scope", json_type_boolean);
	s->checks_scope = v != NULL && json_object_get_boolean(v);
	defaults_of(rd, o, s);
	rules_of(rd, o, &s->rules);
}

const struct site *
site_read(struct arena *kept, struct arena *scratch, const char *issuer,
    const char *keys, const char *resources)
{
	struct reading rd = { .kept = kept };
	struct site *site = arena_alloc(kept, sizeof(*site));
	struct site_resource *list;
	struct json_object *o;
	size_t i;

	site->issuer = arena_strdup(kept, issuer);
	o = json_read(scratch, resources, strlen(resources));
	if (!json_object_is_type(o, json_type_array) ||
	    (site->keys = jwks_parse(scratch, keys, strlen(keys))) == NULL) {
		log_event(LOG_ERROR, "site_not_understood", NULL);
		return NULL;
	}
	arena_defer(kept, release, site->keys);
	site->n_resources = json_object_array_length(o);
	list = arena_alloc(kept, (site->n_resources + 1) * sizeof(*list));
	for (i = 0; i < site->n_resources; i++)
		resource_of(&rd, json_object_array_get_idx(o, i), &list[i]);
	site->resources = list;
	if (rd.bad) {
		log_event(LOG_ERROR, "resource_not_understood", NULL);
		return NULL;
	}
	return site;
}

static bool
one_of(const char *const *texts, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(texts[i], text) == 0)
			return true;
	return false;
}

static const struct site_resource *
with_uri(const struct site *s, const char *uri)
{
	for (size_t i = 0; i < s->n_resources; i++)
		if (strcmp(s->resources[i].uri, uri) == 0)
			return &s->resources[i];
	return NULL;
}

const struct site_resource *
site_named(const struct site *s, struct arena *a, const char *uri)
{
	const struct site_resource *r;
	size_t i;

	/* as it is, for most name it so; and in its canonical form */
	if ((r = with_uri(s, uri)) != NULL)
		return r;
	if ((uri = resource_canonical(a, uri)) == NULL)
		return NULL;
	if ((r = with_uri(s, uri)) != NULL)
		return r;
	for (i = 0; i < s->n_resources; i++) {
		r = &s->resources[i];
		if (one_of(r->aliases, r->n_aliases, uri))
			return r;
	}
	return NULL;
}

/* The length of a guarded path without the slash at its end. */
static size_t
dir_len(const char *path)
{
	size_t len = strlen(path);

	return len > 0 && path[len - 1] == '/' ? len - 1 : len;
}

typedef int (*comparison)(const char *, const char *, size_t);

static bool
below(const char *dir, const char *path, comparison compare)
{
	size_t len = dir_len(dir);

	return path[0] == '/' && compare(dir, path, len) == 0 &&
	       (path[len] == '\0' || path[len] == '/');
}

static const struct site_resource *
longest(const struct site *s, const char *path, comparison compare)
{
	const struct site_resource *r, *best = NULL;
	bool twice = false;

	for (size_t i = 0; i < s->n_resources; i++) {
		r = &s->resources[i];
		if (!below(r->path, path, compare))
			continue;
		if (best == NULL || dir_len(r->path) > dir_len(best->path)) {
			best = r;
			twice = false;
		} else if (dir_len(r->path) == dir_len(best->path)) {
			twice = true;
		}
	}
	return twice ? NULL : best;
}

const struct site_resource *
site_at(const struct site *s, const char *path)
{
	const struct site_resource *r = longest(s, path, strncmp);

	return r == longest(s, path, strncasecmp) ? r : NULL;
}

bool
site_well_known(const char *path)
{
	static const char place[] = "/.well-known";
	const char *p = strstr(path, place);

	if (p == NULL)
		return false;
	p += sizeof(place) - 1;
	return *p == '\0' || *p == '/';
}

bool
site_path_plain(const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~!$&'()*+,=:@/";

	return path[0] == '/' && path[strspn(path, plain)] == '\0' &&
	       strstr(path, "//") == NULL && strstr(path, "/.") == NULL;
}

bool
site_origin(const struct site_resource *s, const char *origin)
{
	return one_of(s->origins, s->n_origins, origin);
}
