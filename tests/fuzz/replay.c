/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

/*
 * The main() of a target that an ordinary compiler has made: fuzz_NAME
 * replays each file of corpus/NAME.  A corpus that is empty fails.
 */
enum { INPUT_MAX = 256 * 1024 };

/* In memory of its own size, so that a tool sees what reads beyond it. */
static void
replay(const char *path)
{
	static uint8_t all[INPUT_MAX];
	uint8_t *exact;
	size_t n;
	FILE *file = fopen(path, "rb");

	HOLDS(file != NULL);
	n = fread(all, 1, sizeof(all), file);
	HOLDS(n < sizeof(all) && fclose(file) == 0);
	exact = malloc(n + (n == 0));
	HOLDS(exact != NULL);
	memcpy(exact, all, n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
}

int
main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir"), *name = strrchr(argv[0], '/');
	char dir[2048], path[4096];
	struct dirent *entry;
	unsigned n = 0;
	DIR *corpus;

	(void)argc;
	name = name != NULL ? name + 1 : argv[0];
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s",
	    top != NULL ? top : ".", name);
	corpus = opendir(dir);
	while (corpus != NULL && (entry = readdir(corpus)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		printf("# %s\n", entry->d_name);
		fflush(stdout);
		replay(path);
		n++;
	}
	if (corpus != NULL)
		closedir(corpus);
	printf("%sok 1 - %s: %u inputs replayed\n1..1\n", n > 0 ? "" : "not ",
	    name, n);
	return n > 0 ? 0 : 1;
}
