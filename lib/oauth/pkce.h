/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_PKCE_H
#define OAUTH_PKCE_H

#include "http/oerr.h"

/*
 * Proof Key for Code Exchange (RFC 7636; OAuth 2.1, 4.1.1 and 7.5): always
 * required, S256 only.  A client that may say `plain`, or nothing, can be
 * made to say it by whoever rewrites its request.
 */

/* Bytes of an S256 challenge: 43 characters and the NUL. */
enum { PKCE_CHALLENGE_SIZE = 44 };

/*
 * The parameters code_challenge and code_challenge_method of an
 * authorization request (RFC 7636, 4.3); NULL stands for an absent one.
 * The challenge must be the base64url of 32 bytes, in its one spelling, and
 * the method must be present and be "S256": absent would mean `plain`.
 *
 * NULL when both are good, else PKCE_REQUIRED (no challenge), PKCE_METHOD
 * or PKCE_CHALLENGE.
 */
const struct oerr *pkce_challenge_check(const char *challenge,
    const char *method) __attribute__((warn_unused_result));

/*
 * The parameter code_verifier of a token request (RFC 7636, 4.1): 43 to 128
 * unreserved characters.  NULL is no verifier and is refused: nothing was
 * ever issued without a challenge.
 *
 * NULL when it is good, else PKCE_VERIFIER.
 */
const struct oerr *pkce_verifier_check(const char *verifier)
    __attribute__((warn_unused_result));

/*
 * The S256 challenge of a verifier (RFC 7636, 4.2), for the database to
 * compare with the one it stored.  `verifier` has passed the check above.
 */
void pkce_challenge_of(
    const char *verifier, char out[static PKCE_CHALLENGE_SIZE]);

#endif
