/* SPDX-License-Identifier: ISC */
#include "oauth/session.h"

#include <string.h>

#include "http/language.h"
#include "http/response.h"
#include "oauth/app.h"

static bool
issuer_is_https(const struct request *r)
{
	return strncmp(r->app->settings.issuer, "https://", 8) == 0;
}

/* The issuer's path, "" when it has none. */
static const char *
issuer_path(const struct request *r)
{
	const char *host = strstr(r->app->settings.issuer, "://") + 3;

	return host + strcspn(host, "/");
}

static const char *
cookie_name(const struct request *r)
{
	if (!issuer_is_https(r))
		return "gatepost-session";
	return *issuer_path(r) == '\0' ? "__Host-gatepost-session"
				       : "__Secure-gatepost-session";
}

struct handle
session_read(struct request *r)
{
	return handle_read(r->arena, request_cookie(r, cookie_name(r)));
}

void
session_set(struct request *r, const char *id, const char *secret)
{
	const char *path = issuer_path(r);

	response_header(r, "Set-Cookie",
	    arena_printf(r->arena,
		"%s=%s.%s; Path=%s; Max-Age=%d; HttpOnly; SameSite=Lax%s",
		cookie_name(r), id, secret, *path != '\0' ? path : "/",
		r->app->settings.session_absolute_seconds,
		issuer_is_https(r) ? "; Secure" : ""));
}

bool
session_same_origin(const struct request *r)
{
	const char *origin = request_env(r, "HTTP_ORIGIN");
	const char *site = request_env(r, "HTTP_SEC_FETCH_SITE");
	const char *issuer = r->app->settings.issuer;
	size_t len = (size_t)(issuer_path(r) - issuer);

	if (site != NULL && strcmp(site, "same-origin") != 0)
		return false;
	if (origin == NULL || strcmp(origin, "null") == 0)
		return true;
	return strlen(origin) == len && strncmp(origin, issuer, len) == 0;
}

char *
session_url(struct request *r, const char *path, const char *handle)
{
	const struct language *asked = language_asked(r);

	return arena_printf(r->arena, "%s%s?request=%s%s%s",
	    r->app->settings.issuer, path, handle,
	    asked != NULL ? "&ui_locales=" : "",
	    asked != NULL ? asked->tag : "");
}
