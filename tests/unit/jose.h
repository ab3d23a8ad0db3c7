/* SPDX-License-Identifier: ISC */
#ifndef UNIT_JOSE_H
#define UNIT_JOSE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jose/kek.h"

/*
 * The line in tests/unit/vectors/`name`, without its newline.  A test that
 * cannot read its vector has found nothing to check, so it fails.
 */
static inline char *
jose_vector(const char *name, char *out, size_t cap)
{
	const char *top = getenv("top_srcdir");
	char path[4096];
	FILE *f;

	if (top == NULL && (top = getenv("srcdir")) == NULL)
		top = ".";
	snprintf(path, sizeof(path), "%s/tests/unit/vectors/%s", top, name);
	if ((f = fopen(path, "r")) == NULL || fgets(out, (int)cap, f) == NULL) {
		printf("Bail out! cannot read %s\n", path);
		exit(99);
	}
	fclose(f);
	out[strcspn(out, "\n")] = '\0';
	return out;
}

/* A KEK from a file with these lines, which is gone when this returns. */
static inline struct kek *
jose_kek(const char *lines)
{
	char path[] = "test_kekfile.XXXXXX";
	int fd = mkstemp(path); /* 0600 */
	struct kek *kek = NULL;

	if (fd == -1)
		return NULL;
	if (dprintf(fd, "%s", lines) > 0)
		kek = kek_load(path);
	close(fd);
	unlink(path);
	return kek;
}

#endif
