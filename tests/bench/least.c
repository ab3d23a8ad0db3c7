/* SPDX-License-Identifier: ISC */

/*
 * The least that a program of gatepost's shape does for a token: it is told a
 * request by the web server, lets PostgreSQL keep one row of it, durably, and
 * signs once.  It reads, checks and looks up nothing: so nothing that keeps a
 * record of each decision can be faster, on this machine and in this shape.
 *
 *	least PROCESSES	(the listening socket is descriptor 0; the
 *			database is where libpq's variables say)
 *
 * With the query "sign" it signs too.
 */

#include <err.h>
#include <fcgiapp.h>
#include <libpq-fe.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "multiply.h"

static const char signed_bytes[600] = "as long as a token is, unsigned";

static PGconn *
database(void)
{
	PGconn *c = PQconnectdb("");
	PGresult *r = PQprepare(
	    c, "keep", "insert into decision (what) values ($1)", 1, NULL);

	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		errx(1, "%s", PQerrorMessage(c));
	PQclear(r);
	return c;
}

static int
keep(PGconn *c)
{
	static const char *const what[] = { "one decision, in a few words" };
	PGresult *r = PQexecPrepared(c, "keep", 1, what, NULL, NULL, 0);
	int kept = PQresultStatus(r) == PGRES_COMMAND_OK;

	PQclear(r);
	return kept;
}

static int
sign(EVP_PKEY *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char signature[128];
	size_t len = sizeof(signature);
	int done =
	    ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(ctx, signature, &len,
		(const unsigned char *)signed_bytes, sizeof(signed_bytes)) == 1;

	EVP_MD_CTX_free(ctx);
	return done;
}

int
main(int argc, char **argv)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	const char *query;
	FCGX_Request r;
	PGconn *c;

	if (argc != 2 || key == NULL)
		errx(2, "usage: least processes");
	multiply(strtol(argv[1], NULL, 10));
	c = database();
	if (FCGX_Init() != 0 || FCGX_InitRequest(&r, 0, 0) != 0)
		return EXIT_FAILURE;
	(void)signal(SIGTERM, SIG_DFL); /* libfcgi would finish first */
	while (FCGX_Accept_r(&r) == 0) {
		query = FCGX_GetParam("QUERY_STRING", r.envp);
		if (!keep(c) ||
		    (query != NULL && strcmp(query, "sign") == 0 && !sign(key)))
			errx(1, "%s", PQerrorMessage(c));
		(void)FCGX_FPrintF(r.out,
		    "Content-Type: application/json\r\n"
		    "Content-Length: %d\r\n\r\n",
		    (int)sizeof(signed_bytes));
		(void)FCGX_PutStr(
		    signed_bytes, (int)sizeof(signed_bytes), r.out);
		FCGX_Finish_r(&r);
	}
	return EXIT_SUCCESS;
}
