/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *program = "gatepost";

void
log_init(const char *name)
{
	program = name;
}

/* The line is built whole and written at once: workers share stderr. */
struct line {
	char text[1024];
	size_t len;
};

static void
put(struct line *l, char c)
{
	if (l->len < sizeof(l->text) - 1)
		l->text[l->len++] = c;
}

static void
put_word(struct line *l, const char *s)
{
	while (*s != '\0')
		put(l, *s++);
}

/* Quoted when it holds anything but the plainest characters. */
static void
put_value(struct line *l, const char *s)
{
	bool plain;

	plain =
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789-._:/@+*")] == '\0' &&
	    *s != '\0';
	if (!plain)
		put(l, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			put(l, '\\');
		put(l, (unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s);
	}
	if (!plain)
		put(l, '"');
}

void
log_event(enum log_level level, const char *event, ...)
{
	static const char *const name[] = { "error", "warn" };
	struct line l = { .len = 0 };
	const char *key, *value;
	va_list ap;

	put_word(&l, "level=");
	put_word(&l, name[level]);
	put_word(&l, " program=");
	put_word(&l, program);
	put_word(&l, " event=");
	put_word(&l, event);
	va_start(ap, event);
	while ((key = va_arg(ap, const char *)) != NULL) {
		value = va_arg(ap, const char *);
		put(&l, ' ');
		put_word(&l, key);
		put(&l, '=');
		put_value(&l, value != NULL ? value : "-");
	}
	va_end(ap);
	l.text[l.len++] = '\n';
	/* Nobody is left to tell when even this fails. */
	(void)!write(STDERR_FILENO, l.text, l.len);
}
