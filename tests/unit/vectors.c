/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vectors.h"

void
vectors_open(struct vectors *v, const char *name)
{
	const char *top = getenv("top_srcdir");
	char path[4096];

	memset(v, 0, sizeof(*v));
	snprintf(path, sizeof(path), "%s/tests/unit/vectors/%s",
	    top != NULL ? top : ".", name);
	if ((v->file = fopen(path, "r")) == NULL)
		fail_msg("cannot open %s", path);
	if (fgets(v->text, sizeof(v->text), v->file) == NULL)
		fail_msg("%s has no header", path);
	v->line = 1;
}

/* Undo the escapes of one column, in place. */
static const char *
unescape(char *s)
{
	char *from = s, *to = s, hex[3] = { 0 };

	if (strcmp(s, "\\N") == 0)
		return NULL;
	while (*from != '\0') {
		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		switch (from[1]) {
		case 't':
			*to++ = '\t';
			break;
		case 'n':
			*to++ = '\n';
			break;
		case 'r':
			*to++ = '\r';
			break;
		case 'x':
			memcpy(hex, from + 2, 2);
			*to++ = (char)strtol(hex, NULL, 16);
			from += 2;
			break;
		default:
			*to++ = from[1];
		}
		from += 2;
	}
	*to = '\0';
	return s;
}

bool
vectors_next(struct vectors *v)
{
	char *p = v->text, *tab;

	if (fgets(v->text, sizeof(v->text), v->file) == NULL) {
		fclose(v->file);
		assert_true(v->cases > 0);
		return false;
	}
	v->line++;
	v->cases++;
	p[strcspn(p, "\n")] = '\0';
	for (int i = 0; i < VECTORS_COLUMNS; i++) {
		v->column[i] = NULL;
		if (p == NULL)
			continue;
		if ((tab = strchr(p, '\t')) != NULL)
			*tab++ = '\0';
		v->column[i] = unescape(p);
		p = tab;
	}
	return true;
}

void
vectors_fail(const struct vectors *v, const char *got)
{
	print_error("line %d, got %s:", v->line, got != NULL ? got : "NULL");
	for (int i = 0; i < VECTORS_COLUMNS && v->column[i] != NULL; i++)
		print_error(" [%s]", v->column[i]);
	print_error("\n");
	fail();
	abort();
}
