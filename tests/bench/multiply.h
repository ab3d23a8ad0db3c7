/* SPDX-License-Identifier: ISC */
#ifndef BENCH_MULTIPLY_H
#define BENCH_MULTIPLY_H

#include <sys/prctl.h>

#include <signal.h>
#include <unistd.h>

/*
 * Be so many processes, of which each goes on from here.  The first of them
 * ends the others with itself.
 */
static inline void
multiply(long processes)
{
	while (--processes > 0) {
		if (fork() == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
			return;
		}
	}
}

#endif
