/* SPDX-License-Identifier: ISC */

/*
 * What a machine does to a program in bad times.  Preloaded:
 *
 *	FAIL_MALLOC=N	the N-th allocation fails; N+, and all after it
 *	FAIL_LATE=1	they are counted from when it handles SIGTERM, which
 *			is when it has begun
 *			A crash says whose code it was in, the C library aside:
 *			"crashed in FILE", and ends it with status 99
 *	FAIL_WHILE=FILE	they fail while it is there
 *	FAIL_COUNT=FILE	how many there were is written there at exit
 *	FAIL_SHORT=1	sockets and pipes take and give a few bytes at a time;
 *			a signal interrupts each third call of libpq's (while
 *			libfcgi reads and writes none is let in)
 *	FAIL_CLOCK=S	the machine's clock is S seconds ahead
 *	FAIL_RANDOM=1	there is no randomness
 */

#include <sys/socket.h>
#include <sys/time.h>

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static struct {
	bool on, onwards, short_io, no_random;
	long at, clock;
	atomic_long calls, interrupted;
	const char *count, *during;
} fail;

static long
number(const char *name)
{
	const char *s = getenv(name);

	return s != NULL ? strtol(s, NULL, 10) : 0;
}

/* Where the frame is, unless that is here or the C library. */
static const char *
whose(void *frame)
{
	Dl_info at;
	const char *name;

	if (dladdr(frame, &at) == 0 || at.dli_fname == NULL)
		return NULL;
	name = strrchr(at.dli_fname, '/');
	name = name != NULL ? name + 1 : at.dli_fname;
	return strncmp(name, "libc.", 5) == 0 || strstr(name, "fail.so") != NULL
		   ? NULL
		   : name;
}

static void
crashed(int sig)
{
	static const char what[] = "crashed in ";
	void *frame[32];
	const char *name = NULL;
	int n = backtrace(frame, 32);

	(void)sig;
	for (int i = 0; i < n && name == NULL; i++)
		name = whose(frame[i]);
	if (name == NULL)
		name = "?";
	(void)!write(STDERR_FILENO, what, sizeof(what) - 1);
	(void)!write(STDERR_FILENO, name, strlen(name));
	_exit(99);
}

static void
watch(void)
{
	const struct sigaction sa = { .sa_handler = crashed };
	void *frame;

	(void)backtrace(&frame, 1); /* what it needs is loaded now */
	(void)sigaction(SIGSEGV, &sa, NULL);
	(void)sigaction(SIGBUS, &sa, NULL);
	(void)sigaction(SIGABRT, &sa, NULL);
}

__attribute__((constructor)) static void
begin(void)
{
	const char *at = getenv("FAIL_MALLOC");

	watch();

	fail.at = number("FAIL_MALLOC");
	fail.onwards = at != NULL && strchr(at, '+') != NULL;
	fail.count = getenv("FAIL_COUNT");
	fail.during = getenv("FAIL_WHILE");
	fail.short_io = number("FAIL_SHORT") != 0;
	fail.clock = number("FAIL_CLOCK");
	fail.no_random = number("FAIL_RANDOM") != 0;
	fail.on = number("FAIL_LATE") == 0;
}

__attribute__((destructor)) static void
end(void)
{
	char text[32];
	int fd, n;

	if (fail.count == NULL ||
	    (fd = open(fail.count, O_WRONLY | O_CREAT | O_TRUNC, 0666)) == -1)
		return;
	n = snprintf(text, sizeof(text), "%ld\n", (long)fail.calls);
	if (write(fd, text, (size_t)n) != n)
		_exit(99);
	close(fd);
}

/* ---- memory ---- */

static bool
no_memory(void)
{
	long call;

	if (!fail.on)
		return false;
	call = ++fail.calls;
	if (fail.at == 0 || call < fail.at || (call > fail.at && !fail.onwards))
		return false;
	if (fail.during != NULL && access(fail.during, F_OK) == -1)
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t size)
{
	return no_memory() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return no_memory() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
	return no_memory() ? NULL : __libc_realloc(p, size);
}

int
posix_memalign(void **p, size_t align, size_t size)
{
	if (no_memory())
		return ENOMEM;
	*p = __libc_memalign(align, size);
	return *p == NULL ? ENOMEM : 0;
}

void *
aligned_alloc(size_t align, size_t size)
{
	return no_memory() ? NULL : __libc_memalign(align, size);
}

int
sigaction(int sig, const struct sigaction *restrict new,
    struct sigaction *restrict old)
{
	fail.on = fail.on || sig == SIGTERM;
	return REAL(sigaction)(sig, new, old);
}

/* ---- sockets and pipes ---- */

enum { BYTES = 7 };

/* How much of `len` a call may do. */
static size_t
some(size_t len)
{
	return fail.short_io && len > BYTES ? BYTES : len;
}

/* Whether a call is interrupted. */
static bool
interrupted(void)
{
	if (!fail.short_io || ++fail.interrupted % 3 != 0)
		return false;
	errno = EINTR;
	return true;
}

ssize_t
read(int fd, void *to, size_t len)
{
	return syscall(SYS_read, fd, to, some(len));
}

ssize_t
write(int fd, const void *from, size_t len)
{
	return syscall(
	    SYS_write, fd, from, fd == STDERR_FILENO ? len : some(len));
}

ssize_t
recv(int fd, void *to, size_t len, int flags)
{
	return interrupted() ? -1 : REAL(recv)(fd, to, some(len), flags);
}

ssize_t
send(int fd, const void *from, size_t len, int flags)
{
	return interrupted() ? -1 : REAL(send)(fd, from, some(len), flags);
}

/* ---- the clock: one that only moves forward is not stepped ---- */

int
clock_gettime(clockid_t clock, struct timespec *t)
{
	long r = syscall(SYS_clock_gettime, clock, t);

	if (r == 0 && clock == CLOCK_REALTIME)
		t->tv_sec += fail.clock;
	return (int)r;
}

time_t
time(time_t *t)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (t != NULL)
		*t = now.tv_sec;
	return now.tv_sec;
}

int
gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	t->tv_sec = now.tv_sec;
	t->tv_usec = now.tv_nsec / 1000;
	return 0;
}

/* ---- randomness ---- */

static bool
no_random(void)
{
	if (fail.no_random)
		errno = ENOSYS;
	return fail.no_random;
}

ssize_t
getrandom(void *to, size_t len, unsigned flags)
{
	return no_random() ? -1 : REAL(getrandom)(to, len, flags);
}

int
getentropy(void *to, size_t len)
{
	return no_random() ? -1 : REAL(getentropy)(to, len);
}

/* What OpenSSL turns to then. */
static bool
random_file(const char *path)
{
	return strncmp(path, "/dev/", 5) == 0 &&
	       strstr(path, "random") != NULL && no_random();
}

static int
open_as_ever(const char *path, int flags, va_list ap)
{
	int mode = flags & O_CREAT ? va_arg(ap, int) : 0;

	if (random_file(path))
		return -1;
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

#define OPEN(name)                                  \
	int name(const char *path, int flags, ...)  \
	{                                           \
		va_list ap;                         \
		int fd;                             \
		va_start(ap, flags);                \
		fd = open_as_ever(path, flags, ap); \
		va_end(ap);                         \
		return fd;                          \
	}

OPEN(open)
OPEN(open64)

FILE *
fopen(const char *restrict path, const char *restrict mode)
{
	return random_file(path) ? NULL : REAL(fopen)(path, mode);
}
