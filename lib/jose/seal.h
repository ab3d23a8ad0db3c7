/* SPDX-License-Identifier: ISC */
#ifndef JOSE_SEAL_H
#define JOSE_SEAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "jose/jwk.h"
#include "jose/kek.h"

/*
 * Secrets as the database may hold them: AES-256-GCM (NIST SP 800-38D) under
 * a key derived from the KEK, as nonce (12) || ciphertext || tag (16).  The
 * id of what is sealed is associated data: rows cannot be exchanged.
 */
enum { SEAL_NONCE = 12, SEAL_TAG = 16, SEAL_OVERHEAD = SEAL_NONCE + SEAL_TAG };

/* Room for any signing key that is sealed. */
enum { SEAL_KEY_MAX = JWK_DER_MAX + SEAL_OVERHEAD };

/*
 * Seal `len` bytes under the current key into `out`, which has room for
 * len + SEAL_OVERHEAD.  0, or -1 on a fault, which is logged.  Nonces are
 * random: good for 2^32 seals under one KEK, and one is made a month.
 */
int seal_put(const struct kek *kek, const char *id, const void *plain,
    size_t len, uint8_t *out) __attribute__((warn_unused_result));

/*
 * Open `len` sealed bytes into `out`, which has room for len - SEAL_OVERHEAD,
 * with the current or the previous key.  Returns the length; -1 when they
 * were not sealed so, and `out` is then wiped.  The caller wipes `out`.
 */
ssize_t seal_get(const struct kek *kek, const char *id, const uint8_t *sealed,
    size_t len, uint8_t *out) __attribute__((warn_unused_result));

/*
 * The private key of `key`, sealed as PKCS#8 with its kid.  Returns the
 * length; -1 on a fault.
 */
ssize_t seal_key_put(const struct kek *kek, const struct jwk *key,
    uint8_t out[static SEAL_KEY_MAX]) __attribute__((warn_unused_result));

/*
 * The reverse.  NULL, and logged, when it cannot be opened, does not fit
 * `alg`, or is not the key whose thumbprint is `kid`.  The caller frees it.
 */
struct jwk *seal_key_get(const struct kek *kek, enum jwk_alg alg,
    const char *kid, const uint8_t *sealed, size_t len)
    __attribute__((warn_unused_result));

#endif
