/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "fuzz.h"
#include "oauth/accesstoken.h"
#include "oauth/assertion.h"
#include "oauth/audience.h"
#include "oauth/scope.h"

#define ISSUER "https://as.example"
#define AUDIENCE "https://mcp.example/mcp"

static bool
header_safe(const char *s)
{
	return s != NULL && *s != '\0' && strpbrk(s, "\r\n\t\x7f\x1b") == NULL;
}

/* Whatever is believed can be shown in a header, a log, a statement. */
static void
believed(const struct accesstoken *t, int64_t now)
{
	const char *account = accesstoken_account(t);

	HOLDS(header_safe(t->subject) && header_safe(t->client_id));
	HOLDS(header_safe(t->audience) && header_safe(t->jti));
	HOLDS(
	    strlen(t->grant_id) == 36 && strncmp(t->grant_id, t->jti, 36) == 0);
	HOLDS(account == NULL || account == t->subject);
	for (size_t i = 0; i < t->n_scope; i++)
		HOLDS(scope_valid(t->scope[i], strlen(t->scope[i])));
	HOLDS(t->not_before <= now && now < t->expires_at);
	HOLDS(accesstoken_timely(t, now) == ACCESSTOKEN_OK);
	HOLDS(accesstoken_timely(t, t->expires_at) == ACCESSTOKEN_EXPIRED);
}

/* A line with the time in seconds, then the claims of an access token. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	struct accesstoken_rule any = { .issuer = ISSUER, .now = 1700000000 };
	struct accesstoken_rule rule = any;
	struct accesstoken t, ours;
	struct json_object *claims;
	enum accesstoken_error e;

	HOLDS(digest_init() == 0);
	any.now += fuzz_choice(&f, 250) - 100;
	rule.now = any.now;
	rule.audience = AUDIENCE;
	if ((claims = json_read(f.arena, f.at, f.left)) == NULL)
		return 0;
	e = accesstoken_check(claims, &any, f.arena, &t);
	HOLDS(*accesstoken_error_name(e) != '\0');
	if (e == ACCESSTOKEN_OK)
		believed(&t, any.now);
	if (accesstoken_check(claims, &rule, f.arena, &ours) ==
	    ACCESSTOKEN_OK) {
		HOLDS(e == ACCESSTOKEN_OK);
		HOLDS(fuzz_same(ours.audience, AUDIENCE));
		HOLDS(fuzz_same(audience_only(claims), AUDIENCE));
	}
	return 0;
}
