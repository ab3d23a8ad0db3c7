/* SPDX-License-Identifier: ISC */

/*
 * Discovery: authorization server metadata (RFC 8414) in every form that
 * clients look for, and protected resource metadata (RFC 9728) for each
 * resource.  All documents are made when something changed; a request is a
 * look-up of its path.
 */

#include <string.h>

#include <json-c/json.h>

#include "base/json.h"
#include "oauth/app.h"
#include "oauth/resource.h"
#include "oauth/servermeta.h"

enum {
	C_CHANGE,
	C_ISSUER,
	C_REGISTRATION,
	C_CLIENT_DOCUMENTS,
	C_RESOURCES,
	C_SCOPES,
	COLUMNS
};

static const struct db_query metadata_describe = { "metadata_describe",
	"select change, issuer, registration, client_documents, resources, "
	"scopes "
	"from gatepost.metadata_describe()",
	0, COLUMNS, DB_ALONE };

/* A document and where it is found. */
struct document {
	struct document *next;
	const char *path;   /* and query, if the resource has one */
	const char **names; /* its resource's; NULL for the server's own */
	const char *body;
	bool alone; /* found only where this is the only resource */
};

static struct {
	struct arena *kept;
	struct document *documents; /* NULL before the first reading */
	int64_t change;
} metadata;

static struct document *
add(struct arena *a, struct document **list, const char *path,
    const char **names, const char *body)
{
	struct document *d = arena_alloc(a, sizeof(*d));

	d->next = *list;
	d->path = path;
	d->names = names;
	d->body = body;
	d->alone = false;
	*list = d;
	return d;
}

/* Its URI and aliases; NULL at the end. */
static const char **
names_of(struct arena *a, struct json_object *resource)
{
	struct json_object *aliases =
	    json_member(resource, "aliases", json_type_array);
	size_t i, n = aliases != NULL ? json_object_array_length(aliases) : 0;
	const char **names = arena_alloc(a, (n + 2) * sizeof(*names));

	names[0] = arena_strdup(a, json_str(resource, "uri"));
	for (i = 0; i < n; i++)
		names[i + 1] =
		    arena_strdup(a, json_object_get_string(
					json_object_array_get_idx(aliases, i)));
	names[n + 1] = NULL;
	return names;
}

static void
add_resource(struct arena *a, struct document **list,
    struct json_object *resource, const char *issuer)
{
	const char **names = names_of(a, resource);
	const char *path = resource_metadata_path(a, names[0]);
	const char *body = servermeta_resource(a, resource, issuer);

	if (path == NULL)
		return;
	add(a, list, path, names, body);
	/* clients that know only a host ask at its root */
	if (strcmp(path, RESOURCE_METADATA) == 0)
		return;
	add(a, list, RESOURCE_METADATA, names, body)->alone =
	    !json_object_get_boolean(
		json_member(resource, "is_default", json_type_boolean));
}

/* RFC 8414, 3.1 and 5, and the forms of OpenID Connect Discovery, 4. */
static void
add_server(struct arena *a, struct document **list, const struct db_rows *row)
{
	static const char *const form[] = {
		"/.well-known/oauth-authorization-server",
		"/.well-known/openid-configuration"
	};
	const char *path = strstr(row_text(row, 0, C_ISSUER), "://") + 3;
	const char *body = servermeta_server(
	    a, &(struct servermeta){
		   .issuer = row_text(row, 0, C_ISSUER),
		   .scopes = row_text(row, 0, C_SCOPES),
		   .registration =
		       strcmp(row_text(row, 0, C_REGISTRATION), "closed") != 0,
		   .client_documents = row_bool(row, 0, C_CLIENT_DOCUMENTS),
	       });
	int i;

	path = arena_strdup(a, path + strcspn(path, "/"));
	for (i = 0; i < 2; i++) {
		add(a, list, arena_printf(a, "%s%s", form[i], path), NULL,
		    body);
		if (*path != '\0')
			add(a, list, arena_printf(a, "%s%s", path, form[i]),
			    NULL, body);
	}
}

static const struct oerr *
read_documents(struct request *r)
{
	const struct oerr *e;
	struct db_rows row;
	struct arena *kept;
	struct json_object *list;
	struct document *documents = NULL;
	const char *text;
	size_t i;

	if (metadata.documents != NULL &&
	    metadata.change == r->app->settings.change)
		return NULL;
	if ((e = app_call_row(r, &metadata_describe, DB_NO_ARGS, &row)) != NULL)
		return e;
	text = row_text(&row, 0, C_RESOURCES);
	if ((list = json_read(r->arena, text, strlen(text))) == NULL)
		return &OERR_FAULT;
	kept = arena_within(r->arena, 4 * 1024 * 1024);
	for (i = json_object_array_length(list); i-- > 0;)
		add_resource(kept, &documents,
		    json_object_array_get_idx(list, i),
		    row_text(&row, 0, C_ISSUER));
	add_server(kept, &documents, &row);
	arena_keep(kept);
	arena_free(metadata.kept);
	metadata.kept = kept;
	metadata.documents = documents;
	metadata.change = row_int(&row, 0, C_CHANGE);
	return NULL;
}

/*
 * How well a document's place fits the request: not at all, but for its query,
 * without one of its own, or to the letter.  A resource's query is part of
 * where its metadata is (RFC 9728, 3.1), but there are clients that leave it
 * out, and others that add one.
 */
static int
fits(const struct document *d, const struct request *r)
{
	size_t len = strlen(r->path);

	if (strncmp(d->path, r->path, len) != 0 ||
	    (d->path[len] != '\0' && d->path[len] != '?'))
		return 0;
	if (strcmp(d->path, request_env(r, "REQUEST_URI")) == 0)
		return 3;
	return d->path[len] == '\0' ? 2 : 1;
}

/*
 * Where a virtual host serves one resource, its configuration says which:
 * others are not found there, and at the root is that one's.
 */
static bool
hidden(const struct document *d, const char *only)
{
	const char **name = d->names;

	if (only == NULL)
		return d->alone;
	while (name != NULL && *name != NULL && strcmp(*name, only) != 0)
		name++;
	return name != NULL && *name == NULL;
}

/* The document that is asked for. */
static const struct document *
find(const struct request *r)
{
	const char *only = request_env(r, "GATEPOST_RESOURCE");
	const struct document *d, *best = NULL;

	if (only != NULL && (only = resource_canonical(r->arena, only)) == NULL)
		return NULL;
	for (d = metadata.documents; d != NULL; d = d->next) {
		if (hidden(d, only))
			continue;
		if (fits(d, r) > (best != NULL ? fits(best, r) : 0))
			best = d;
	}
	return best;
}

static void
get(struct request *r)
{
	const struct document *d;
	const struct oerr *e;

	if ((e = request_fault(r)) != NULL || (e = app_fresh(r)) != NULL ||
	    (e = read_documents(r)) != NULL) {
		response_error(r, e);
		return;
	}
	if ((d = find(r)) == NULL) {
		response_error(r, &OERR_NOT_FOUND);
		return;
	}
	response_json(r, 200, d->body);
	response_cache(r, (unsigned)r->app->settings.cache_seconds);
}

int
main(int argc, char **argv)
{
	static const struct program p = {
		.name = "metadata",
		.flags = PROGRAM_CORS,
		.get = get,
		.start = app_start,
		.stop = app_stop,
	};

	return serve_main(argc, argv, &p);
}
