/* SPDX-License-Identifier: ISC */
#include "http/cgi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/exchange.h"

static size_t
cgi_read(void *ctx, char *to, size_t len)
{
	size_t n = fread(to, 1, len, stdin);

	*(size_t *)ctx += n;
	return n;
}

static int
cgi_write(void *ctx, const char *from, size_t len)
{
	(void)ctx;
	return fwrite(from, 1, len, stdout) == len && fflush(stdout) == 0 ? 0
									  : -1;
}

/* How much of the body is worth reading to no purpose, in bytes. */
enum { CGI_REST_MAX = 1024 * 1024 };

static size_t
cgi_length(char *const *envp)
{
	static const char name[] = "CONTENT_LENGTH=";
	unsigned long long len = 0;

	for (; *envp != NULL; envp++)
		if (strncmp(*envp, name, sizeof(name) - 1) == 0)
			len = strtoull(*envp + sizeof(name) - 1, NULL, 10);
	return len < CGI_REST_MAX ? (size_t)len : CGI_REST_MAX;
}

/*
 * Apache's mod_cgid loses the answer of a program that ends before it has read
 * its body: both go through one socket.
 */
static void
cgi_read_rest(char *const *envp, size_t got)
{
	size_t len = cgi_length(envp), n = 1;
	char rest[4096];

	for (; n > 0 && got < len; got += n)
		n = fread(rest, 1,
		    len - got < sizeof(rest) ? len - got : sizeof(rest), stdin);
}

int
cgi_serve(const struct program *p, struct app *app, struct arena *arena,
    char **envp, char *const *behind)
{
	size_t got = 0;
	const struct transport t = {
		.envp = envp,
		.read = cgi_read,
		.write = cgi_write,
		.ctx = &got,
		.program = behind,
	};
	int result = exchange(p, app, arena, &t);

	cgi_read_rest(envp, got);
	return result;
}
