/* SPDX-License-Identifier: ISC */
#include "pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/templates.h"

const char *const pages_files[PAGES_FILES] = { "style.css", "ar.mo", "de.mo",
	"es.mo", "fr.mo", "ja.mo", "layout.html", "login.html", "consent.html",
	"account.html", "error.html", "wait.html" };

const unsigned char pages_catalog[28] = { 0xde, 0x12, 0x04,
	0x95, [12] = 28, [16] = 28, [24] = 28 };

static char place[] = "gatepost-pages-XXXXXX";
static char back[4096];

static void
clear(void)
{
	int i;

	for (i = 0; i < PAGES_FILES; i++)
		pages_write(pages_files[i], NULL, 0);
}

int
pages_begin(void **state)
{
	char dir[64];

	(void)state;
	if (getcwd(back, sizeof(back)) == NULL || mkdtemp(place) == NULL)
		return -1;
	snprintf(dir, sizeof(dir), "%s/pages", place);
	return mkdir(dir, 0700);
}

int
pages_end(void **state)
{
	char dir[64];

	(void)state;
	clear();
	snprintf(dir, sizeof(dir), "%s/pages", place);
	return rmdir(dir) != 0 ? -1 : rmdir(place);
}

/* Removed first: it may be a link to what is shipped. */
void
pages_write(const char *name, const void *text, size_t len)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/pages/%s", place, name);
	(void)remove(path);
	if (text == NULL)
		return;
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

int
pages_load(void)
{
	int loaded;

	assert_int_equal(chdir(place), 0);
	loaded = templates_load();
	assert_int_equal(chdir(back), 0);
	return loaded;
}

void
pages_load_template(const char *layout, const char *text)
{
	int i;

	for (i = 0; i < PAGES_FILES; i++) {
		if (strstr(pages_files[i], ".mo") != NULL)
			pages_write(pages_files[i], pages_catalog,
			    sizeof(pages_catalog));
		else
			pages_write(pages_files[i], "p { color: red; }", 17);
	}
	pages_write("layout.html", layout, strlen(layout));
	pages_write("error.html", text, strlen(text));
	assert_int_equal(pages_load(), 0);
}

/* An absolute path of a file below the folder that a variable names. */
static void
link_shipped(const char *variable, const char *folder, const char *name)
{
	const char *top = getenv(variable);
	char from[4096], to[64], path[2 * 4096 + 64];

	assert_non_null(realpath(top != NULL ? top : ".", from));
	snprintf(path, sizeof(path), "%s/%s/%s", from, folder, name);
	snprintf(to, sizeof(to), "%s/pages/%s", place, name);
	assert_int_equal(symlink(path, to), 0);
}

void
pages_load_shipped(void)
{
	int i;

	clear();
	for (i = 0; i < PAGES_FILES; i++) {
		if (strstr(pages_files[i], ".mo") != NULL)
			link_shipped("top_builddir", "po", pages_files[i]);
		else
			link_shipped(
			    "top_srcdir", "conf/pages", pages_files[i]);
	}
	assert_int_equal(pages_load(), 0);
}
