/* SPDX-License-Identifier: ISC */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN };

/* The program's name in each line.  Call once, before anything is logged. */
void log_init(const char *program);

/*
 * One line on stderr: level, program, event and then pairs of key and value
 * up to a NULL key, written key=value.  Whatever is in a value stays inside
 * the line.  No secret is ever a value here.
 *
 *	log_event(LOG_WARN, "db_lost", "sqlstate", state, NULL);
 */
void log_event(enum log_level level, const char *event, ...)
    __attribute__((sentinel));

#endif
