/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "oauth/pkce.h"
#include "vectors.h"

static const struct oerr *
verdict(const char *word)
{
	if (strcmp(word, "required") == 0)
		return &OERR_PKCE_REQUIRED;
	if (strcmp(word, "method") == 0)
		return &OERR_PKCE_METHOD;
	if (strcmp(word, "challenge") == 0)
		return &OERR_PKCE_CHALLENGE;
	return NULL;
}

static void
challenges(void **state)
{
	const struct oerr *e;
	struct vectors v;

	(void)state;
	vectors_open(&v, "pkce_challenge.tsv");
	while (vectors_next(&v)) {
		e = pkce_challenge_check(v.column[1], v.column[2]);
		if (e != verdict(v.column[0]))
			vectors_fail(&v, e == NULL ? "good" : e->text);
	}
}

static void
verifiers(void **state)
{
	const struct oerr *e, *want;
	struct vectors v;

	(void)state;
	vectors_open(&v, "pkce_verifier.tsv");
	while (vectors_next(&v)) {
		e = pkce_verifier_check(v.column[1]);
		want = strcmp(v.column[0], "bad") == 0 ? &OERR_PKCE_VERIFIER
						       : NULL;
		if (e != want)
			vectors_fail(&v, e == NULL ? "good" : e->text);
	}
}

static void
rfc7636_appendix_b(void **state)
{
	char challenge[PKCE_CHALLENGE_SIZE];
	struct vectors v;

	(void)state;
	vectors_open(&v, "pkce_rfc7636_b.tsv");
	while (vectors_next(&v)) {
		assert_null(pkce_verifier_check(v.column[0]));
		pkce_challenge_of(v.column[0], challenge);
		assert_string_equal(challenge, v.column[1]);
		assert_null(pkce_challenge_check(challenge, "S256"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(challenges),
		cmocka_unit_test(verifiers),
		cmocka_unit_test(rfc7636_appendix_b),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (digest_init() == -1)
		return 99;
	return cmocka_run_group_tests_name("pkce", tests, NULL, NULL);
}
