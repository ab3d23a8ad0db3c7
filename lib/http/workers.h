/* SPDX-License-Identifier: ISC */
#ifndef HTTP_WORKERS_H
#define HTTP_WORKERS_H

#include <signal.h>
#include <stdbool.h>

enum {
	WORKERS_MAX = 256,
	WORKERS_END_MS = 8000 /* a worker that is told to end has so long */
};

/*
 * No core dumps, and no reading of this process by others of the same user:
 * it holds keys and passwords.
 */
void workers_harden(void);

/*
 * Fork `n` workers and keep that many alive until SIGTERM, SIGINT or
 * SIGUSR1 comes; then end them.  Returns 0 in the parent when all is over
 * and at once in each worker its number, from 1: that of one that ended is its
 * successor's.
 */
long workers_supervise(long n);

/* Handle the signals that end a worker. */
void workers_signals(void);

/*
 * Block them, to be let in while waiting alone, with the mask that is set here:
 * so none comes just before and is missed.
 */
void workers_hold_signals(sigset_t *while_waiting);

/* Whether such a signal has come, held or not. */
bool workers_stopping(void);

#endif
