/* SPDX-License-Identifier: ISC */
#include "http/templates.h"

#include <assert.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/b64url.h"
#include "base/digest.h"
#include "base/log.h"
#include "http/catalog.h"

enum { FILE_MAX = 64 * 1024 };

enum { LAYOUT, LOGIN, CONSENT, ACCOUNT, WAIT, ERROR, TEMPLATES };

static const char *const template_name[] = {
	[LAYOUT] = "layout",
	[LOGIN] = "login",
	[CONSENT] = "consent",
	[ACCOUNT] = "account",
	[WAIT] = "wait",
	[ERROR] = "error",
};
static_assert(sizeof(template_name) / sizeof(template_name[0]) == TEMPLATES,
    "one name each");

static struct {
	struct {
		char *file;
		struct catalog catalog;
		char *template[TEMPLATES];
	} in[LANGUAGES];
	char *style;
	char style_source[64];
} loaded;

static int
refuse(const char *path)
{
	log_event(LOG_ERROR, "no_template", "file", path, NULL);
	return -1;
}

/* Give back what is not needed; programs keep these for good. */
static char *
shrunk(char *text, size_t len)
{
	char *less = realloc(text, len + 1);

	if (less == NULL)
		return text;
	return less;
}

/* The file at a path, ended by a NUL that is not counted in `len`. */
static char *
read_file(const char *path, size_t *len)
{
	char *text;
	ssize_t got = -1;
	size_t n = 0;
	int fd;

	if ((text = calloc(1, FILE_MAX + 1)) == NULL)
		return NULL;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) != -1) {
		while ((got = read(fd, text + n, FILE_MAX + 1 - n)) > 0)
			n += (size_t)got;
		close(fd);
	}
	if (got == -1 || n == 0 || n > FILE_MAX) {
		(void)refuse(path);
		free(text);
		return NULL;
	}
	text[n] = '\0';
	*len = n;
	return shrunk(text, n);
}

/* What a text is in a language; NULL: itself. */
static const char *
find(ptrdiff_t l, const char *text, size_t len)
{
	return l == 0 ? NULL : catalog_find(&loaded.in[l].catalog, text, len);
}

static bool
append(char *to, size_t *len, const char *s, size_t n)
{
	if (n > FILE_MAX - *len)
		return false;
	memcpy(to + *len, s, n);
	*len += n;
	return true;
}

static bool
append_text(char *to, size_t *len, ptrdiff_t l, const char *s, size_t n)
{
	const char *text = find(l, s, n);

	return text != NULL ? append(to, len, text, strlen(text))
			    : append(to, len, s, n);
}

/*
 * A template with its texts in a language, without the marks around them.
 * NULL if it is too long then.  What is not closed stays as it is.
 */
static char *
translate(const char *from, ptrdiff_t l)
{
	static const char begin[] = "{{_}}", end[] = "{{/_}}";
	char *to = calloc(1, FILE_MAX + 1);
	const char *text, *behind;
	bool fits = to != NULL;
	size_t len = 0;

	for (; fits && (text = strstr(from, begin)) != NULL &&
	       (behind = strstr(text, end)) != NULL;
	     from = behind + strlen(end)) {
		fits = append(to, &len, from, (size_t)(text - from));
		text += strlen(begin);
		fits = fits &&
		       append_text(to, &len, l, text, (size_t)(behind - text));
	}
	if (fits && append(to, &len, from, strlen(from)))
		return shrunk(to, len);
	free(to);
	return NULL;
}

static int
load_catalog(int l)
{
	char path[512];
	size_t len;

	(void)snprintf(
	    path, sizeof(path), PAGES_DIR "/%s.mo", languages[l].tag);
	free(loaded.in[l].file);
	if ((loaded.in[l].file = read_file(path, &len)) == NULL)
		return -1;
	return catalog_open(&loaded.in[l].catalog, loaded.in[l].file, len)
		   ? 0
		   : refuse(path);
}

static int
load_template(int t)
{
	char path[512], *text;
	size_t len;
	int l, result = 0;

	(void)snprintf(
	    path, sizeof(path), PAGES_DIR "/%s.html", template_name[t]);
	if ((text = read_file(path, &len)) == NULL)
		return -1;
	for (l = 0; l < LANGUAGES && result == 0; l++) {
		free(loaded.in[l].template[t]);
		loaded.in[l].template[t] = translate(text, l);
		if (loaded.in[l].template[t] == NULL)
			result = refuse(path);
	}
	free(text);
	return result;
}

/*
 * CSP 3, 2.3.1: 'sha256-...' over what is between <style> and </style>, in
 * base64 of either alphabet, but padded.
 */
static int
load_style(void)
{
	uint8_t digest[DIGEST_LEN];
	char text[B64URL_LEN(DIGEST_LEN) + 1];
	size_t len;

	free(loaded.style);
	if ((loaded.style = read_file(PAGES_DIR "/style.css", &len)) == NULL)
		return -1;
	digest_sha256(loaded.style, len, digest);
	b64url_encode(digest, sizeof(digest), text);
	(void)snprintf(loaded.style_source, sizeof(loaded.style_source),
	    "'sha256-%s='", text);
	return 0;
}

int
templates_load(void)
{
	int i, result = load_style();

	/* the first language is the one that all is written in */
	for (i = 1; i < LANGUAGES && result == 0; i++)
		result = load_catalog(i);
	for (i = 0; i < TEMPLATES && result == 0; i++)
		result = load_template(i);
	return result;
}

const char *
templates_get(const struct language *l, const char *name)
{
	int i;

	for (i = 0; i < TEMPLATES; i++) {
		if (strcmp(template_name[i], name) == 0)
			return loaded.in[l - languages].template[i];
	}
	abort();
}

const char *
templates_text(const struct language *l, const char *text)
{
	const char *found = find(l - languages, text, strlen(text));

	return found != NULL ? found : text;
}

const char *
templates_style(void)
{
	return loaded.style;
}

const char *
templates_style_source(void)
{
	return loaded.style_source;
}
