/* SPDX-License-Identifier: ISC */
#include "http/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/group.h"
#include "base/log.h"
#include "http/cgi.h"
#include "http/fcgi.h"
#include "http/workers.h"

enum { ARENA_LIMIT = 2 * 1024 * 1024 };

extern char **environ;

/*
 * Nothing in the environment may steer libpq (PG*), OpenSSL
 * (OPENSSL_CONF, SSLKEYLOGFILE) or the C library behind our back.  Its
 * strings stay where they are; nobody changes them.
 */
static void
take_environment(struct serve_config *c, char ***request_env)
{
	static char *none[] = { NULL };
	const char *dsn = getenv("GATEPOST_DSN");
	const char *audit = getenv("GATEPOST_AUDIT_DSN");

	c->dsn = dsn != NULL ? dsn : "";
	c->audit_dsn = audit != NULL && *audit != '\0' ? audit : NULL;
	c->kek = getenv("GATEPOST_KEK");
	*request_env = environ;
	environ = none;
}

static int
work(const struct program *p, const struct serve_config *c, char **envp,
    char *const *behind)
{
	struct arena *arena;
	struct app *app;
	int result;

	if ((arena = arena_new(ARENA_LIMIT)) == NULL ||
	    (app = p->start(p, c)) == NULL) {
		log_event(LOG_ERROR, "start_failed", NULL);
		arena_free(arena);
		return EXIT_FAILURE;
	}
	result = c->once ? cgi_serve(p, app, arena, envp, behind)
			 : fcgi_serve(p, app, arena);
	if (p->stop != NULL)
		p->stop(app);
	arena_free(arena);
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
usage(const struct program *p)
{
	fprintf(stderr, "usage: %s [-c%s | -n workers]\n", p->name,
	    p->flags & PROGRAM_AUTHORIZER ? " [program [argument...]]" : "");
	return 2;
}

static bool
workers_read(const char *s, long *workers)
{
	char *end;

	*workers = strtol(s, &end, 10);
	return *end == '\0' && *workers >= 1 && *workers <= WORKERS_MAX;
}

int
serve_main(int argc, char **argv, const struct program *p)
{
	struct serve_config config = { 0 };
	char **envp, *const *behind = NULL;
	long workers = 0, number;
	int opt;

	while ((opt = getopt(argc, argv, "cn:")) != -1) {
		if (opt == 'c')
			config.once = true;
		else if (opt != 'n' || !workers_read(optarg, &workers))
			return usage(p);
	}
	if (optind != argc && config.once && p->flags & PROGRAM_AUTHORIZER)
		behind = argv + optind;
	else if (optind != argc)
		return usage(p);
	if (config.once && workers != 0)
		return usage(p);
	log_init(p->name);
	workers_harden();
	take_environment(&config, &envp);
	if (!config.once && !fcgi_listening())
		return EXIT_FAILURE;
	if (digest_init() == -1 || (p->load != NULL && p->load(&config) == -1))
		return EXIT_FAILURE;
	if (workers > 1)
		config.group = group_new(workers);
	if (workers > 0) {
		if ((number = workers_supervise(workers)) == 0)
			return EXIT_SUCCESS;
		group_join(config.group, number - 1);
	}
	workers_signals();
	return work(p, &config, envp, behind);
}
