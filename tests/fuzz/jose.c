/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "jose/jws.h"

/*
 * Verdicts on tokens, for jose.mjs: each line of input is a JWK Set, a tab and
 * a token; each line of output is the verdict's name, and behind a tab what
 * the token claims.
 */
int
main(void)
{
	static const struct jws_rule lax = { .lax = true };
	static char line[256 * 1024];
	struct arena *a = arena_new(4 * 1024 * 1024);
	struct json_object *claims;
	struct jwks *set;
	enum jws_error e;
	char *token;

	if (a == NULL || digest_init() == -1)
		return EXIT_FAILURE;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if ((token = strchr(line, '\t')) == NULL)
			return EXIT_FAILURE;
		*token++ = '\0';
		if ((set = jwks_parse(a, line, strlen(line))) == NULL) {
			puts("keys");
			continue;
		}
		e = jws_verify(set, &lax, token, strlen(token), a, &claims);
		printf("%s\t%s\n", jws_error_name(e),
		    e == JWS_OK ? json_object_to_json_string_ext(
				      claims, JSON_C_TO_STRING_PLAIN)
				: "");
		jwks_free(set);
		arena_reset(a);
	}
	arena_free(a);
	return EXIT_SUCCESS;
}
