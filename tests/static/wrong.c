/* SPDX-License-Identifier: ISC */

/*
 * What the tools must report, so that their silence about the programs means
 * something: a mistake for each.
 */

#include <stdlib.h>
#include <string.h>

/* gcc */
static void
free_twice(char *p)
{
	free(p);
	free(p);
}

/* clang-tidy */
static int
differ(const char *a, const char *b)
{
	if (strcmp(a, b))
		return 1;
	return 0;
}

/* cppcheck */
static int
beyond(void)
{
	int n[2] = { 0, 0 };

	return n[2];
}

int
main(int argc, char **argv)
{
	(void)argc;
	free_twice(strdup(argv[0]));
	return differ(argv[0], "") + beyond();
}
