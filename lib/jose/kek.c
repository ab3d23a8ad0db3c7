/* SPDX-License-Identifier: ISC */
#include "jose/kek.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/b64url.h"
#include "base/digest.h"
#include "base/log.h"

enum { HEX = 2 * KEK_LEN, FILE_MAX = KEK_AGES * (HEX + 1) };

struct kek {
	int count;
	uint8_t keys[KEK_AGES][KEK_USES][KEK_LEN];
};

static const char *const labels[] = {
	[KEK_SEAL] = "gatepost seal",
	[KEK_REFRESH] = "gatepost refresh",
};

static_assert(sizeof(labels) / sizeof(labels[0]) == KEK_USES, "one each");

const uint8_t *
kek_key(const struct kek *kek, enum kek_use use, enum kek_age age)
{
	return (int)age < kek->count ? kek->keys[age][use] : NULL;
}

void
kek_free(struct kek *kek)
{
	if (kek == NULL)
		return;
	digest_wipe(kek, sizeof(*kek));
	free(kek);
}

/* NULL, or what is wrong with the file behind the descriptor. */
static const char *
unsafe(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return "fstat failed";
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return "owned by another user";
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return "group or others have access";
	return NULL;
}

/*
 * Read the file into `text`, which has room for one byte more than a good
 * file has.  NULL, or what is wrong.
 */
static const char *
slurp(const char *path, char *text, size_t *len)
{
	const char *why = NULL;
	ssize_t n;
	int fd;

	/* O_NONBLOCK: a FIFO is refused instead of waited for. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return errno == ELOOP ? "a symbolic link" : strerror(errno);
	why = unsafe(fd);
	while (why == NULL && *len <= FILE_MAX) {
		n = read(fd, text + *len, FILE_MAX + 1 - *len);
		if (n == -1 && errno != EINTR)
			why = "read failed";
		if (n == 0)
			break;
		if (n > 0)
			*len += (size_t)n;
	}
	close(fd);
	return why;
}

static bool
unhex(const char *text, uint8_t out[static KEK_LEN])
{
	static const char digits[] = "0123456789abcdef";
	const char *d;
	unsigned byte = 0;

	for (size_t i = 0; i < HEX; i++) {
		d = memchr(digits, tolower((unsigned char)text[i]), 16);
		if (d == NULL)
			return false;
		byte = byte << 4 | (unsigned)(d - digits);
		out[i / 2] = (uint8_t)byte;
	}
	return true;
}

static bool
decode(const char *line, size_t len, uint8_t out[static KEK_LEN])
{
	if (len == HEX)
		return unhex(line, out);
	return len == B64URL_LEN(KEK_LEN) &&
	       b64url_decode(line, len, out, KEK_LEN) == KEK_LEN;
}

static bool
derive(const uint8_t raw[static KEK_LEN], const char *label,
    uint8_t out[static KEK_LEN])
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)raw, KEK_LEN),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
		    (void *)(uintptr_t)label, strlen(label)),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	bool good;

	good = ctx != NULL && EVP_KDF_derive(ctx, out, KEK_LEN, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return good;
}

static const char *
take_line(struct kek *kek, const char *line, size_t len)
{
	const char *why = NULL;
	uint8_t raw[KEK_LEN];

	if (kek->count == KEK_AGES)
		return "more than two lines";
	if (!decode(line, len, raw))
		why = "a line is not 32 bytes in hex or base64url";
	for (int use = 0; why == NULL && use < KEK_USES; use++)
		if (!derive(raw, labels[use], kek->keys[kek->count][use]))
			why = "HKDF failed";
	digest_wipe(raw, sizeof(raw));
	kek->count++;
	return why;
}

static const char *
take(struct kek *kek, const char *text, size_t len)
{
	const char *end = text + len, *newline, *why = NULL;

	if (len == 0)
		return "empty";
	if (len > FILE_MAX)
		return "too long";
	while (why == NULL && text < end) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (newline == NULL)
			return "the last line does not end";
		why = take_line(kek, text, (size_t)(newline - text));
		text = newline + 1;
	}
	return why;
}

struct kek *
kek_load(const char *path)
{
	struct kek *kek = calloc(1, sizeof(*kek));
	char text[FILE_MAX + 1];
	const char *why;
	size_t len = 0;

	if (kek == NULL)
		why = "no memory";
	else if ((why = slurp(path, text, &len)) == NULL)
		why = take(kek, text, len);
	digest_wipe(text, sizeof(text));
	if (why == NULL)
		return kek;
	ERR_clear_error();
	log_event(LOG_ERROR, "kek_refused", "path", path, "why", why, NULL);
	kek_free(kek);
	return NULL;
}
