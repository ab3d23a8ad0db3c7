/* SPDX-License-Identifier: ISC */
#ifndef JOSE_KEK_H
#define JOSE_KEK_H

#include <stdint.h>

/*
 * The key-encryption key: the one secret that the database does not have.
 *
 * What is kept in memory are keys derived from it (HKDF with SHA-256,
 * RFC 5869, without salt, the label as info), so that sealing keys and
 * signing refresh tokens can never be played against each other.
 */
struct kek;

enum kek_use {
	KEK_SEAL,    /* "gatepost seal": AES-256-GCM over signing keys */
	KEK_REFRESH, /* "gatepost refresh": HMAC-SHA-256 of refresh tokens */
	KEK_USES
};

/* Made with the first line, understood with either. */
enum kek_age { KEK_CURRENT, KEK_PREVIOUS, KEK_AGES };

enum { KEK_LEN = 32 };

/*
 * Load the file at `path`: one line, or two while the key is being changed,
 * the current key first.  A line is 32 bytes as 64 hexadecimal digits or 43
 * characters of base64url, and ends in a newline: a file that was cut off
 * while it was written is not taken for another key.
 *
 * NULL when it is anything else, no regular file, a symbolic link, owned by
 * neither this user nor root, or of use to group or others in any way.  Why
 * is logged.  The caller frees it.
 */
struct kek *kek_load(const char *path) __attribute__((warn_unused_result));

/* KEK_LEN bytes derived for `use`; NULL when there is no key of that age. */
const uint8_t *kek_key(
    const struct kek *kek, enum kek_use use, enum kek_age age);

/* Wipe and free. */
void kek_free(struct kek *kek);

#endif
