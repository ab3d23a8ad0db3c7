/* SPDX-License-Identifier: ISC */
#include "http/fcgi.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#ifdef HAVE_SYS_EPOLL_H
#include <sys/epoll.h>
#endif

#include <fcgiapp.h>

#include "base/log.h"
#include "http/exchange.h"
#include "http/workers.h"

enum { LISTEN_FD = 0 };

bool
fcgi_listening(void)
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
 * Signals are blocked but while waiting: one that came between accepting and
 * reading would have libfcgi drop a request that was just sent.
 */
static sigset_t while_waiting;

/* Wait until there is something to read; -1 ms is for ever. */
static void
wait_for(const struct program *p, struct app *app, int fd, int ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
	fd_set set;

	do {
		FD_ZERO(&set);
		FD_SET(fd, &set);
	} while (pselect(fd + 1, &set, NULL, NULL, ms < 0 ? NULL : &t,
		     &while_waiting) == 0 &&
		 (p->idle(app), true));
}

/*
 * Wait for a connection; if there is `idle`, not for long.  One waiting worker
 * is woken for each connection, not all of them.
 */
static void
wait_or_idle(const struct program *p, struct app *app)
{
	const int ms = p->idle != NULL ? SERVE_IDLE_MS : -1;
#ifdef HAVE_SYS_EPOLL_H
	static int epoll = -1;
	struct epoll_event e = { .events = EPOLLIN | EPOLLEXCLUSIVE };

	if (epoll == -1) {
		epoll = epoll_create1(EPOLL_CLOEXEC);
		(void)epoll_ctl(epoll, EPOLL_CTL_ADD, LISTEN_FD, &e);
	}
	while (epoll_pwait(epoll, &e, 1, ms, &while_waiting) == 0)
		p->idle(app);
#else
	wait_for(p, app, LISTEN_FD, ms);
#endif
}

/*
 * Not 0 when told to stop, or for good; -EAGAIN means that another worker was
 * quicker.  What waits at the socket then is for those who come after.  Where
 * no descriptor is left, a worker that is started anew does better.
 */
static int
accept_request(const struct program *p, struct app *app, FCGX_Request *f)
{
	int e;

	do {
		if (f->ipcFd < 0)
			wait_or_idle(p, app);
		else
			wait_for(p, app, f->ipcFd,
			    p->idle != NULL ? SERVE_IDLE_MS : -1);
		if (workers_stopping())
			return -EINTR;
		e = FCGX_Accept_r(f);
	} while (e == -EAGAIN || e == -ECONNABORTED);
	return e;
}

/* Whether the server is on this machine. */
static bool
server_here(void)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	return getsockname(LISTEN_FD, (struct sockaddr *)&name, &len) == 0 &&
	       name.ss_family == AF_UNIX;
}

/*
 * libfcgi waits for the server to close first, lest the kernel drop an answer
 * because of what was not read: a third of a short request's cost.  Where
 * everything was read, close at once.  A responder's input has an end, which
 * is read here; an authorizer's may have none (FastCGI, 6.3), but comes in
 * one piece when the server is on this machine.
 */
static void
finish_request(const struct program *p, bool here, FCGX_Request *f)
{
	const bool ended =
	    p->flags & PROGRAM_AUTHORIZER ? here : FCGX_GetChar(f->in) == -1;
	int unread = 0;

	if (ended && !f->keepConnection &&
	    ioctl(f->ipcFd, FIONREAD, &unread) == 0 && unread == 0)
		FCGX_Detach(f);
	FCGX_Finish_r(f);
}

int
fcgi_serve(const struct program *p, struct app *app, struct arena *arena)
{
	FCGX_Request f;
	struct transport t = {
		.read = fcgi_read, .write = fcgi_write, .ctx = &f
	};
	const bool here = server_here();
	int e;

	if (FCGX_Init() != 0 ||
	    FCGX_InitRequest(&f, LISTEN_FD, FCGI_FAIL_ACCEPT_ON_INTR) != 0)
		return -1;
	(void)fcntl(LISTEN_FD, F_SETFL, fcntl(LISTEN_FD, F_GETFL) | O_NONBLOCK);
	workers_hold_signals(&while_waiting);
	while ((e = accept_request(p, app, &f)) == 0) {
		t.envp = f.envp;
		(void)exchange(p, app, arena, &t);
		finish_request(p, here, &f);
		if (p->idle != NULL)
			p->idle(app);
	}
	if (workers_stopping())
		return 0;
	log_event(LOG_ERROR, "accept_failed", "why", strerror(-e), NULL);
	return -1;
}
