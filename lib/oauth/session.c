/* SPDX-License-Identifier: ISC */
#include "oauth/session.h"

#include <string.h>

#include "base/b64url.h"
#include "base/digest.h"
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

static void
set_cookie(struct request *r, const char *value, int max_age)
{
	const char *path = issuer_path(r);

	response_header(r, "Set-Cookie",
	    arena_printf(r->arena,
		"%s=%s; Path=%s; Max-Age=%d; HttpOnly; SameSite=Lax%s",
		cookie_name(r), value, *path != '\0' ? path : "/", max_age,
		issuer_is_https(r) ? "; Secure" : ""));
}

void
session_set(struct request *r, const char *id, const char *secret)
{
	set_cookie(r, handle_text(r->arena, id, secret),
	    r->app->settings.session_absolute_seconds);
}

void
session_unset(struct request *r)
{
	set_cookie(r, "", 0);
}

const char *
session_csrf(struct request *r)
{
	static const char use[] = "forms about the session";
	const char *cookie = request_cookie(r, cookie_name(r));
	uint8_t mac[DIGEST_LEN];
	char *text;

	if (handle_read(r->arena, cookie).id == NULL)
		return NULL;
	/* for want of memory, which makes no form a foreign one */
	if (digest_hmac_sha256(cookie, strlen(cookie), use, sizeof(use), mac) !=
	    0)
		arena_exhausted(r->arena);
	text = arena_alloc(r->arena, B64URL_LEN(DIGEST_LEN) + 1);
	b64url_encode(mac, sizeof(mac), text);
	return text;
}

bool
session_csrf_matches(struct request *r, const char *sent)
{
	const char *want = session_csrf(r);

	return want != NULL && sent != NULL && strlen(sent) == strlen(want) &&
	       digest_equal(sent, want, strlen(want));
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
	struct buf b;

	buf_init(&b, r->arena);
	buf_rawf(&b, "%s%s", r->app->settings.issuer, path);
	if (handle != NULL)
		buf_rawf(&b, "?request=%s", handle);
	if (asked != NULL)
		buf_rawf(&b, "%sui_locales=%s",
		    strchr(b.data, '?') != NULL ? "&" : "?", asked->tag);
	return b.data;
}
