/* SPDX-License-Identifier: ISC */

/*
 * Client assertions (RFC 7523) for `load`, by an Ed25519 key that is no secret.
 *
 *	sign			prints the key set
 *	sign CLIENT ISSUER N	prints N assertions, a line each, for an hour
 *
 * None is like one of another call.
 */

#include <openssl/evp.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEY = 32, SIGNATURE = 64, TEXT = 2048 };

/* The bytes in base64url. */
static void
print64(char *out, const void *data, size_t len)
{
	char *p;

	EVP_EncodeBlock((unsigned char *)out, data, (int)len);
	out[strcspn(out, "=")] = '\0';
	for (p = out; *p != '\0'; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
}

static void
key_print(EVP_PKEY *key)
{
	unsigned char x[KEY];
	size_t len = sizeof(x);
	char text[TEXT];

	if (EVP_PKEY_get_raw_public_key(key, x, &len) != 1)
		errx(1, "no public key");
	print64(text, x, len);
	printf("{\"keys\":[{\"kid\":\"bench\",\"kty\":\"OKP\",\"crv\":"
	       "\"Ed25519\",\"x\":\"%s\"}]}"
	       "\n",
	    text);
}

static void
assertion_print(EVP_PKEY *key, EVP_MD_CTX *ctx, const char *client,
    const char *issuer, long began, long number)
{
	static const char header[] = "{\"alg\":\"EdDSA\",\"kid\":\"bench\"}";
	char claims[TEXT], text[2 * TEXT], end[TEXT];
	unsigned char signature[SIGNATURE];
	size_t len = sizeof(signature);

	(void)snprintf(claims, sizeof(claims),
	    "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s\",\"jti\":\"%lx-%ld\","
	    "\"exp\":%lld}",
	    client, client, issuer, began, number,
	    (long long)time(NULL) + 3600);
	print64(text, header, sizeof(header) - 1);
	strcat(text, ".");
	print64(text + strlen(text), claims, strlen(claims));
	if (EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestSign(
		ctx, signature, &len, (unsigned char *)text, strlen(text)) != 1)
		errx(1, "no signature");
	EVP_MD_CTX_reset(ctx);
	print64(end, signature, len);
	printf("%s.%s\n", text, end);
}

int
main(int argc, char **argv)
{
	static const unsigned char seed[KEY] = "gatepost-bench";
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct timespec t;
	long began, i;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	began = t.tv_sec * 1000 + t.tv_nsec / 1000000;

	if (key == NULL || ctx == NULL || (argc != 1 && argc != 4))
		errx(2, "usage: sign [client issuer number]");
	if (argc == 1)
		key_print(key);
	else
		for (i = 0; i < atol(argv[3]); i++)
			assertion_print(key, ctx, argv[1], argv[2], began, i);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return 0;
}
