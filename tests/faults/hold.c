/* SPDX-License-Identifier: ISC */

/*
 * What a service manager does with a program's socket: it holds it, so that
 * requests wait while the program is started anew, or are answered by two
 * that are there at once.
 *
 *	hold SOCKET COMMAND [ARGUMENT...]
 *
 * Starts COMMAND with the listening socket as its descriptor 0.  SIGHUP
 * starts another one beside those that run; SIGUSR1 ends all but the newest;
 * SIGUSR2 ends all and then starts one; SIGTERM ends all, and this.
 */

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <err.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 16, BACKLOG = 1024 };

static struct {
	char **command;
	sigset_t blocked, before;
	pid_t pid[MOST]; /* the newest last */
	int n;
	bool ending, anew;
} hold;

static void
listen_on(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (strlen(path) >= sizeof(at.sun_path))
		errx(2, "%s: too long", path);
	memcpy(at.sun_path, path, strlen(path));
	(void)unlink(path);
	/* who may come near it, the directory says */
	if (fd == -1 || bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1 ||
	    chmod(path, 0666) == -1 || listen(fd, BACKLOG) == -1)
		err(2, "%s", path);
	if (fd != 0 && (dup2(fd, 0) == -1 || close(fd) == -1))
		err(2, "dup2");
}

static void
start(void)
{
	pid_t pid;

	if (hold.n == MOST)
		errx(2, "too many at once");
	if ((pid = fork()) == -1)
		err(2, "fork");
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		(void)sigprocmask(SIG_SETMASK, &hold.before, NULL);
		execvp(hold.command[0], hold.command);
		err(2, "%s", hold.command[0]);
	}
	hold.pid[hold.n++] = pid;
}

static void
end(int n)
{
	for (int i = 0; i < n; i++)
		(void)kill(hold.pid[i], SIGTERM);
}

static void
reap(void)
{
	pid_t pid;
	int i;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		for (i = 0; i < hold.n && hold.pid[i] != pid; i++)
			;
		if (i == hold.n)
			continue;
		hold.n--;
		memmove(&hold.pid[i], &hold.pid[i + 1],
		    (size_t)(hold.n - i) * sizeof(hold.pid[0]));
	}
}

static void
told(int sig)
{
	switch (sig) {
	case SIGHUP:
		start();
		break;
	case SIGUSR1:
		end(hold.n - 1);
		break;
	case SIGUSR2:
		hold.anew = true;
		end(hold.n);
		break;
	case SIGTERM:
	case SIGINT:
		hold.ending = true;
		end(hold.n);
		break;
	default:
		reap();
		break;
	}
}

int
main(int argc, char **argv)
{
	static const int signals[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGTERM,
		SIGINT, SIGCHLD };
	int sig;

	if (argc < 3)
		errx(2, "usage: hold socket command [argument...]");
	hold.command = argv + 2;
	sigemptyset(&hold.blocked);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&hold.blocked, signals[i]);
	(void)sigprocmask(SIG_BLOCK, &hold.blocked, &hold.before);
	listen_on(argv[1]);
	start();
	/* a program that ended unasked is not started again: it is found out */
	while (hold.n > 0) {
		if (sigwait(&hold.blocked, &sig) != 0)
			err(2, "sigwait");
		told(sig);
		if (hold.n == 0 && hold.anew && !hold.ending) {
			hold.anew = false;
			start();
		}
	}
	(void)unlink(argv[1]);
	return hold.ending ? 0 : 1;
}
