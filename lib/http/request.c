/* SPDX-License-Identifier: ISC */
#include "http/request.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "http/form.h"
#include "http/serve.h"

/*
 * The environment by name: an open hash table of pointers to "NAME=value".
 * A server sends some 30 variables and one for each header of the client.
 */
enum { ENV_SLOTS = 512, ENV_MAX = 256 };

static size_t
slot_of(const char *name, size_t len)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	while (len-- > 0)
		h = (h ^ (uint8_t)*name++) * 16777619u;
	return h % ENV_SLOTS;
}

/* The slot where `name` is, or the empty one where it belongs. */
static const char **
env_slot(const char **env, const char *name, size_t len)
{
	size_t i = slot_of(name, len);

	while (env[i] != NULL &&
	       (strncmp(env[i], name, len) != 0 || env[i][len] != '='))
		i = (i + 1) % ENV_SLOTS;
	return &env[i];
}

/*
 * libfcgi says by itself what the record before the variables says; Apache's
 * mod_authnz_fcgi says so once more.
 */
static bool
same_role(const char *one, const char *other)
{
	static const char role[] = "FCGI_ROLE=";

	return strncmp(one, role, sizeof(role) - 1) == 0 &&
	       strcmp(one, other) == 0;
}

/*
 * A name that is there twice is refused: libraries disagree on which one
 * counts, and the second spelling may be the client's.
 */
static const struct oerr *
env_index(struct request *r, char *const *envp)
{
	const char *equals, **slot;
	size_t n;

	r->envp = envp;
	r->env = arena_alloc(r->arena, ENV_SLOTS * sizeof(*r->env));
	for (n = 0; envp[n] != NULL; n++) {
		if (n == ENV_MAX)
			return &OERR_TOO_LARGE;
		if ((equals = strchr(envp[n], '=')) == NULL)
			return &OERR_MALFORMED_PARAMETER;
		slot = env_slot(r->env, envp[n], (size_t)(equals - envp[n]));
		if (*slot != NULL && !same_role(*slot, envp[n]))
			return &OERR_DUPLICATE_PARAMETER;
		*slot = envp[n];
	}
	return NULL;
}

const char *
request_env(const struct request *r, const char *name)
{
	size_t len = strlen(name);
	const char *found = *env_slot(r->env, name, len);

	return found != NULL ? found + len + 1 : NULL;
}

const char *
request_header(const struct request *r, const char *name)
{
	const char *value = request_env(r, name);

	return value != NULL && *value != '\0' ? value : NULL;
}

bool
request_env_begins(const struct request *r, const char *prefix)
{
	const size_t len = strlen(prefix);

	for (size_t i = 0; r->envp[i] != NULL; i++)
		if (strncmp(r->envp[i], prefix, len) == 0)
			return true;
	return false;
}

static enum method
method_of(const char *name)
{
	/* HEAD is GET whose body the web server leaves out */
	static const struct {
		const char *name;
		enum method method;
	} known[] = { { "GET", METHOD_GET }, { "HEAD", METHOD_GET },
		{ "POST", METHOD_POST }, { "PUT", METHOD_PUT },
		{ "DELETE", METHOD_DELETE }, { "OPTIONS", METHOD_OPTIONS } };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, name) == 0)
			return known[i].method;
	}
	return METHOD_OTHER;
}

static void
read_uri(struct request *r)
{
	const char *uri = request_env(r, "REQUEST_URI");
	const char *query = request_env(r, "QUERY_STRING");
	size_t len;

	/* an absolute URI would bring a host of the client's choice */
	if (uri == NULL || *uri != '/')
		uri = "";
	r->path = arena_strndup(r->arena, uri, strcspn(uri, "?"));
	len = query != NULL ? strlen(query) : 0;
	if (len > REQUEST_QUERY_MAX) {
		r->fault = &OERR_TOO_LARGE;
		return;
	}
	/* the parameters of a POST are those of its form */
	if (len > 0 && r->method != METHOD_POST)
		form_read(r, query, len);
	else if (len > 0)
		form_refuse_token(r, query, len);
}

/* An address as PostgreSQL takes it, else NULL: "unix:" for one is none. */
static const char *
address_of(const char *text)
{
	uint8_t bytes[sizeof(struct in6_addr)];

	if (text == NULL || (inet_pton(AF_INET, text, bytes) != 1 &&
				inet_pton(AF_INET6, text, bytes) != 1))
		return NULL;
	return text;
}

void
request_init(struct request *r, char *const *envp)
{
	size_t n = r->program->nparams;
	const char *method;

	r->value = arena_alloc(r->arena, (n + 1) * sizeof(*r->value));
	r->value_fault =
	    arena_alloc(r->arena, (n + 1) * sizeof(*r->value_fault));
	buf_init(&r->response.headers, r->arena);
	buf_init(&r->response.body, r->arena);
	r->fault = env_index(r, envp);
	method = request_env(r, "REQUEST_METHOD");
	r->method_name = method != NULL ? method : "";
	r->method = method_of(r->method_name);
	r->address = address_of(request_env(r, "REMOTE_ADDR"));
	r->authorization = request_header(r, "HTTP_AUTHORIZATION");
	r->path = "";
	if (r->fault == NULL)
		read_uri(r);
}

size_t
request_body_length(struct request *r)
{
	const char *s = request_env(r, "CONTENT_LENGTH");
	size_t len = 0;

	if (s == NULL || *s == '\0')
		return 0;
	if (strspn(s, "0123456789") != strlen(s)) {
		r->fault = &OERR_UNREADABLE_BODY;
		return 0;
	}
	for (; *s != '\0' && len <= REQUEST_BODY_MAX; s++)
		len = len * 10 + (size_t)(*s - '0');
	if (len > REQUEST_BODY_MAX) {
		r->fault = &OERR_TOO_LARGE;
		return 0;
	}
	return len;
}

/* Whether Content-Type names `type`, whatever its parameters. */
static bool
body_is(const struct request *r, const char *type)
{
	const char *s = request_env(r, "CONTENT_TYPE");
	size_t len = strlen(type);

	if (s == NULL || strncasecmp(s, type, len) != 0)
		return false;
	s += len;
	return s[strspn(s, " \t")] == '\0' || s[strspn(s, " \t")] == ';';
}

void
request_body(struct request *r, char *body, size_t len, size_t want)
{
	const bool json = r->program->flags & PROGRAM_JSON;

	if (r->fault != NULL)
		return;
	if (len != want)
		r->fault = &OERR_UNREADABLE_BODY;
	else if (!body_is(r, json ? "application/json"
				  : "application/x-www-form-urlencoded"))
		r->fault = &OERR_CONTENT_TYPE;
	else if (!json)
		form_read(r, body, len);
	r->body = body;
	r->body_len = len;
}

const struct oerr *
request_fault(const struct request *r)
{
	size_t i;

	for (i = 0; r->fault == NULL && i < r->program->nparams; i++) {
		if (r->value_fault[i] != NULL)
			return r->value_fault[i];
	}
	return r->fault;
}

const char *
request_cookie(const struct request *r, const char *name)
{
	const char *s = request_env(r, "HTTP_COOKIE"), *found = NULL;
	size_t len = strlen(name);

	while (s != NULL && *s != '\0') {
		s += strspn(s, "; \t");
		if (strncmp(s, name, len) == 0 && s[len] == '=') {
			if (found != NULL)
				return NULL;
			found = arena_strndup(r->arena, s + len + 1,
			    strcspn(s + len + 1, "; \t"));
		}
		s += strcspn(s, ";");
	}
	return found;
}
