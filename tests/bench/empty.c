/* SPDX-License-Identifier: ISC */

/*
 * What gatepost's programs are measured against: a libfcgi program that
 * answers every request with the same bytes and does nothing else.  With
 * "Status: 200" and an empty line for an answer it is an authorizer that
 * lets everything pass.
 *
 *	empty PROCESSES FILE	(the listening socket is descriptor 0)
 */

#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "multiply.h"

static char answer[65536];

static int
read_answer(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t len;

	if (f == NULL)
		return -1;
	len = fread(answer, 1, sizeof(answer), f);
	(void)fclose(f);
	return len > 0 && len < sizeof(answer) ? (int)len : -1;
}

int
main(int argc, char **argv)
{
	FCGX_Request r;
	int len;

	if (argc != 3 || (len = read_answer(argv[2])) == -1) {
		fprintf(stderr, "usage: empty processes file\n");
		return 2;
	}
	multiply(strtol(argv[1], NULL, 10));
	if (FCGX_Init() != 0 || FCGX_InitRequest(&r, 0, 0) != 0)
		return EXIT_FAILURE;
	(void)signal(SIGTERM, SIG_DFL); /* libfcgi would finish first */
	while (FCGX_Accept_r(&r) == 0) {
		(void)FCGX_PutStr(answer, len, r.out);
		FCGX_Finish_r(&r);
	}
	return EXIT_SUCCESS;
}
