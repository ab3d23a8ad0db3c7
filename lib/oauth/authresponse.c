/* SPDX-License-Identifier: ISC */
#include "oauth/authresponse.h"

#include <stddef.h>
#include <string.h>

#include "http/response.h"
#include "oauth/app.h"
#include "oauth/redirect.h"

void
authresponse_code(struct request *r, const char *redirect_uri, const char *code,
    const char *state)
{
	struct buf uri;

	buf_init(&uri, r->arena);
	redirect_respond(&uri, redirect_uri, "code", code, "state", state,
	    "iss", r->app->settings.issuer, NULL);
	response_redirect(r, uri.data);
}

void
authresponse_error(struct request *r, const char *redirect_uri,
    const struct oerr *e, const char *state)
{
	struct buf uri;

	buf_init(&uri, r->arena);
	redirect_respond(&uri, redirect_uri, "error", e->code,
	    "error_description", e->text, "state", state, "iss",
	    r->app->settings.issuer, NULL);
	response_redirect(r, uri.data);
}

const char *
authresponse_beyond(struct request *r, const char *redirect_uri)
{
	if (strncmp(redirect_uri, "http://[", 8) == 0)
		return "http:";
	if (strncmp(redirect_uri, "http:", 5) == 0 ||
	    strncmp(redirect_uri, "https:", 6) == 0)
		return NULL;
	return arena_strndup(
	    r->arena, redirect_uri, strcspn(redirect_uri, ":") + 1);
}
