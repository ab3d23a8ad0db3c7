/* SPDX-License-Identifier: ISC */
#ifndef UNIT_FAKESERVER_H
#define UNIT_FAKESERVER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * A PostgreSQL server as far as libpq can tell: a process that listens on a
 * Unix socket in a directory of its own and plays a part on each connection.
 */
struct fakeserver {
	char dir[64]; /* the "host" of a connection string */
	pid_t pid;
	/* what it was sent up to a Sync, be that many, or one to be prepared */
	volatile int *statements;
};

enum { FAKESERVER_ANSWERS = 4 };

struct fakeserver_part {
	/* the SQLSTATE it refuses the login with; "": says nothing at all;
	 * NULL: lets in */
	const char *login;
	bool standby;
	/*
	 * What is answered to each statement, or to those that are sent
	 * together, the last again and again:
	 *
	 *	a SQLSTATE	an error
	 *	"row X|Y/Z"	rows with one column: two, then one for each of
	 *			the statements that follow
	 *	"warning X"	the same, then a warning with that SQLSTATE
	 *	"fatal X"	an error, and the end
	 *	"lost"		such rows, and the end before they count
	 *	""		nothing
	 */
	const char *answers[FAKESERVER_ANSWERS];
};

/*
 * Start one whose n-th connection is parts[n], and the last of `n` each
 * that follows.  -1 when it cannot be.
 */
int fakeserver_start(
    struct fakeserver *s, const struct fakeserver_part *parts, int n);
void fakeserver_stop(struct fakeserver *s);

#endif
