/* SPDX-License-Identifier: ISC */
#include "http/serve.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef HAVE_SYS_EPOLL_H
#include <sys/epoll.h>
#endif

#include <fcgiapp.h>

#include "base/digest.h"
#include "base/log.h"
#include "http/front.h"
#include "http/workers.h"

enum { ARENA_LIMIT = 2 * 1024 * 1024, LISTEN_FD = 0 };

extern char **environ;

/* Where a request's bytes come from and go to. */
struct transport {
	char **envp;
	size_t (*read)(void *ctx, char *to, size_t len);
	int (*write)(void *ctx, const char *from, size_t len);
	void *ctx; /* FCGX_Request, or how much of a CGI body was read */
	char *const *program; /* to hand on to what may pass, or NULL */
};

/* ---- one request ---- */

static void
read_body(struct request *r, const struct transport *t)
{
	size_t want = request_body_length(r);
	char *body;

	if (r->fault != NULL)
		return;
	body = arena_alloc(r->arena, want + 1);
	request_body(r, body, t->read(t->ctx, body, want), want);
}

static handler
handler_of(const struct request *r)
{
	const struct program *p = r->program;

	if (p->any != NULL)
		return p->any;
	switch (r->method) {
	case METHOD_GET:
		return p->get;
	case METHOD_POST:
		return p->post;
	case METHOD_PUT:
		return p->put;
	case METHOD_DELETE:
		return p->delete;
	case METHOD_OPTIONS:
	case METHOD_OTHER:
		break;
	}
	return NULL;
}

static char *
allowed(const struct request *r)
{
	const struct program *p = r->program;

	return arena_printf(r->arena, "%s%s%s%sOPTIONS",
	    p->get != NULL ? "GET, HEAD, " : "",
	    p->post != NULL ? "POST, " : "", p->put != NULL ? "PUT, " : "",
	    p->delete != NULL ? "DELETE, " : "");
}

/* RFC 9110, 9.3.7, and a preflight of CORS where web pages may call. */
static void
answer_options(struct request *r)
{
	response_start(r, 204, NULL);
	response_header(r, "Allow", allowed(r));
	if (!(r->program->flags & PROGRAM_CORS))
		return;
	response_header(r, "Access-Control-Allow-Methods", allowed(r));
	response_header(r, "Access-Control-Allow-Headers",
	    "Authorization, Content-Type, MCP-Protocol-Version");
	response_header(r, "Access-Control-Max-Age", "86400");
}

static void
answer(struct request *r, const struct transport *t)
{
	const struct program *p = r->program;
	handler h = handler_of(r);

	if (h == NULL && r->method == METHOD_OPTIONS) {
		answer_options(r);
	} else if (h == NULL) {
		response_error(r, &OERR_METHOD);
		response_header(r, "Allow", allowed(r));
	} else {
		if (!(p->flags & PROGRAM_AUTHORIZER) &&
		    (r->method == METHOD_POST || r->method == METHOD_PUT))
			read_body(r, t);
		h(r);
	}
}

/* As an authorizer of the program behind, when there is one. */
static void
answer_or_pass(struct request *r, const struct transport *t)
{
	request_init(
	    r, t->program != NULL ? front_asked(r->arena, t->envp) : t->envp);
	answer(r, t);
	if (t->program != NULL && r->response.status == 200)
		front_pass(r, t->program, t->envp);
}

static int
serve_request(const struct program *p, struct app *app, struct arena *arena,
    const struct transport *t)
{
	struct request *r;
	struct buf out;
	jmp_buf exhausted;
	int sent;

	arena_catch(arena, &exhausted);
	if (setjmp(exhausted) != 0) {
		static const char busy[] =
		    "Status: 503\r\nContent-Type: application/json\r\n"
		    "Cache-Control: no-store\r\nRetry-After: 2\r\n\r\n"
		    "{\"error\":\"temporarily_unavailable\"}";

		log_event(LOG_ERROR, "out_of_memory", NULL);
		sent = t->write(t->ctx, busy, sizeof(busy) - 1);
	} else {
		r = arena_alloc(arena, sizeof(*r));
		r->arena = arena;
		r->program = p;
		r->app = app;
		answer_or_pass(r, t);
		buf_init(&out, arena);
		response_write(r, &out);
		sent = t->write(t->ctx, out.data, out.len);
	}
	arena_catch(arena, NULL);
	arena_reset(arena);
	return sent;
}

/* ---- FastCGI ---- */

static size_t
fcgi_read(void *ctx, char *to, size_t len)
{
	FCGX_Request *f = ctx;
	int n;

	/* an aborted request arrives as an empty body */
	if (len == 0)
		return 0;
	n = FCGX_GetStr(to, (int)len, f->in);
	return n < 0 || FCGX_GetError(f->in) != 0 ? 0 : (size_t)n;
}

static int
fcgi_write(void *ctx, const char *from, size_t len)
{
	FCGX_Request *f = ctx;

	return FCGX_PutStr(from, (int)len, f->out) == (int)len ? 0 : -1;
}

#ifndef EPOLLEXCLUSIVE
#define EPOLLEXCLUSIVE 0
#endif

/*
 * Wait for a connection, but not for long, so that `idle` is called.  One
 * waiting worker is woken for each connection, not all of them.
 */
static void
wait_or_idle(const struct program *p, struct app *app)
{
#ifdef HAVE_SYS_EPOLL_H
	static int epoll = -1;
	struct epoll_event e = { .events = EPOLLIN | EPOLLEXCLUSIVE };

	if (epoll == -1) {
		epoll = epoll_create1(EPOLL_CLOEXEC);
		(void)epoll_ctl(epoll, EPOLL_CTL_ADD, LISTEN_FD, &e);
	}
	while (epoll_wait(epoll, &e, 1, SERVE_IDLE_MS) == 0)
		p->idle(app);
#else
	struct pollfd fd = { .fd = LISTEN_FD, .events = POLLIN };

	while (poll(&fd, 1, SERVE_IDLE_MS) == 0)
		p->idle(app);
#endif
}

/* The same on a connection that the server keeps for its next request. */
static void
wait_kept(const struct program *p, struct app *app, int connection)
{
	struct pollfd fd = { .fd = connection, .events = POLLIN };

	while (poll(&fd, 1, SERVE_IDLE_MS) == 0)
		p->idle(app);
}

/*
 * FCGX_Accept_r fails for good only when it is told to stop: -EAGAIN means
 * that another worker was quicker, -EINTR that a signal came.
 */
static int
accept_request(const struct program *p, struct app *app, FCGX_Request *f)
{
	int e;

	do {
		if (p->idle != NULL && f->ipcFd < 0)
			wait_or_idle(p, app);
		else if (p->idle != NULL)
			wait_kept(p, app, f->ipcFd);
		e = FCGX_Accept_r(f);
	} while (!workers_stopping() &&
		 (e == -EAGAIN || e == -ECONNABORTED || e == -EMFILE));
	return e;
}

/*
 * libfcgi waits for the server to close first, lest the kernel drop an answer
 * because of what was not read: a third of a short request's cost.  Where
 * everything was read, close at once.  A responder's input has an end, which
 * is read here; an authorizer's may have none (FastCGI, 6.3), but comes in
 * one piece when the server is on this machine.
 */
static void
finish_request(const struct program *p, FCGX_Request *f)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);
	int unread = 0;
	bool ended;

	if (p->flags & PROGRAM_AUTHORIZER)
		ended = getsockname(f->ipcFd, (struct sockaddr *)&name, &len) ==
			    0 &&
			name.ss_family == AF_UNIX;
	else
		ended = FCGX_GetChar(f->in) == -1;
	if (ended && !f->keepConnection &&
	    ioctl(f->ipcFd, FIONREAD, &unread) == 0 && unread == 0)
		FCGX_Detach(f);
	FCGX_Finish_r(f);
}

static int
serve_fcgi(const struct program *p, struct app *app, struct arena *arena)
{
	FCGX_Request f;
	struct transport t = {
		.read = fcgi_read, .write = fcgi_write, .ctx = &f
	};

	if (FCGX_Init() != 0 ||
	    FCGX_InitRequest(&f, LISTEN_FD, FCGI_FAIL_ACCEPT_ON_INTR) != 0)
		return -1;
	if (p->idle != NULL)
		(void)fcntl(
		    LISTEN_FD, F_SETFL, fcntl(LISTEN_FD, F_GETFL) | O_NONBLOCK);
	while (!workers_stopping() && accept_request(p, app, &f) == 0) {
		t.envp = f.envp;
		(void)serve_request(p, app, arena, &t);
		finish_request(p, &f);
		if (p->idle != NULL)
			p->idle(app);
	}
	return 0;
}

/* ---- CGI ---- */

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
cgi_read_rest(const struct transport *t)
{
	size_t len = cgi_length(t->envp), *got = t->ctx, n = 1;
	char rest[4096];

	for (; n > 0 && *got < len; *got += n)
		n = fread(rest, 1,
		    len - *got < sizeof(rest) ? len - *got : sizeof(rest),
		    stdin);
}

/* ---- the process ---- */

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
work(const struct program *p, const struct serve_config *c,
    const struct transport *cgi)
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
	result = c->once ? serve_request(p, app, arena, cgi)
			 : serve_fcgi(p, app, arena);
	if (c->once)
		cgi_read_rest(cgi);
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

/* What starts a FastCGI program gives it a socket that listens. */
static bool
listening(void)
{
	int accepts = 0;
	socklen_t len = sizeof(accepts);

	if (getsockopt(LISTEN_FD, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &len) ==
		0 &&
	    accepts)
		return true;
	log_event(LOG_ERROR, "no_socket", NULL);
	return false;
}

int
serve_main(int argc, char **argv, const struct program *p)
{
	struct serve_config config = { 0 };
	size_t got = 0;
	struct transport cgi = {
		.read = cgi_read, .write = cgi_write, .ctx = &got
	};
	long workers = 0;
	int opt;

	while ((opt = getopt(argc, argv, "cn:")) != -1) {
		if (opt == 'c')
			config.once = true;
		else if (opt != 'n' || !workers_read(optarg, &workers))
			return usage(p);
	}
	if (optind != argc && config.once && p->flags & PROGRAM_AUTHORIZER)
		cgi.program = argv + optind;
	else if (optind != argc)
		return usage(p);
	if (config.once && workers != 0)
		return usage(p);
	log_init(p->name);
	workers_harden();
	take_environment(&config, &cgi.envp);
	if (!config.once && !listening())
		return EXIT_FAILURE;
	if (digest_init() == -1 || (p->load != NULL && p->load(&config) == -1))
		return EXIT_FAILURE;
	if (workers > 0 && workers_supervise(workers) == 0)
		return EXIT_SUCCESS;
	workers_signals();
	return work(p, &config, &cgi);
}
