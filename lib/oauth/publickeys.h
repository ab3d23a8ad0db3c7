/* SPDX-License-Identifier: ISC */
#ifndef OAUTH_PUBLICKEYS_H
#define OAUTH_PUBLICKEYS_H

#include "http/request.h"
#include "oauth/accesstoken.h"

/*
 * The server's own public keys, kept by programs that are handed its access
 * tokens back, and read again when something changed.
 */

/*
 * Read an access token of this server, for any audience.  Sets *t and *valid;
 * a token that is not valid is no error.  An error is returned when the keys
 * could not be had.
 */
const struct oerr *publickeys_read_token(struct request *r, const char *token,
    struct accesstoken *t, bool *valid) __attribute__((warn_unused_result));

/*
 * The same where tokens are asked about again and again: what was verified is
 * remembered, up to a megabyte of it.  The texts of *t last until the next
 * call.
 */
const struct oerr *publickeys_recall_token(struct request *r, const char *token,
    struct accesstoken *t, bool *valid) __attribute__((warn_unused_result));

#endif
