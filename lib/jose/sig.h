/* SPDX-License-Identifier: ISC */
#ifndef JOSE_SIG_H
#define JOSE_SIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jose/jwk.h"

enum { SIG_MAX = 512 }; /* RSA of 4096 bits */

/*
 * Sign the `len` bytes at `data` in JOSE's forms: ES256 and ES384 as r || s, 32
 * or 48 bytes each (RFC 7518, 3.4); RS256 as RSASSA-PKCS1-v1_5 (3.3); PS256 as
 * RSASSA-PSS (3.5); EdDSA as RFC 8032 has it.  Returns the signature's length;
 * -1 on a fault, which is logged, and for a public key.
 */
ssize_t sig_make(const struct jwk *key, const void *data, size_t len,
    uint8_t out[static SIG_MAX]) __attribute__((warn_unused_result));

/*
 * Whether that is the key's signature over `data`: 1 or 0; -1 when it could
 * not be checked, for want of memory.  0 also for a private key: a signer never
 * judges, so that one key object has one use.
 */
int sig_check(const struct jwk *key, const void *data, size_t len,
    const uint8_t *sig, size_t siglen) __attribute__((warn_unused_result));

/*
 * Sign with a key that was just made, exported and read: what OpenSSL looks up
 * and keeps when that is first done, workers that are forked afterwards share.
 * True if all of it worked; nothing depends on that.
 */
bool sig_warm(void);

#endif
