/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "http/page.h"

static const struct program program = { .name = "fuzz" };

static struct request *
request_new(struct arena *a)
{
	struct request *r = arena_alloc(a, sizeof(*r));
	char *envp[] = { NULL };

	r->arena = a;
	r->program = &program;
	request_init(r, envp);
	return r;
}

static void
link_into(const char *dir, const char *from, const char *name)
{
	char path[512], place[512];

	snprintf(path, sizeof(path), "%s/%s", from, name);
	snprintf(place, sizeof(place), "%s/%s", dir, name);
	HOLDS(access(path, R_OK) == 0);
	HOLDS(symlink(path, place) == 0);
}

/*
 * Pages are read from the folder where all of them are installed; here that is
 * one of links to where they come from, and gone when they are read.
 */
static void
load(void)
{
	static const char *const pages[] = { "account.html", "consent.html",
		"error.html", "layout.html", "login.html", "style.css",
		"wait.html" };
	static const char *const catalogs[] = { "ar.mo", "de.mo", "es.mo",
		"fr.mo", "ja.mo" };
	char top[] = "/tmp/gatepost-fuzz.XXXXXX", dir[64], path[128];
	char *back = getcwd(NULL, 0);
	size_t i;

	HOLDS(back != NULL && mkdtemp(top) != NULL);
	snprintf(dir, sizeof(dir), "%s/pages", top);
	HOLDS(mkdir(dir, 0700) == 0);
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		link_into(dir, PAGES_SOURCE, pages[i]);
	for (i = 0; i < sizeof(catalogs) / sizeof(catalogs[0]); i++)
		link_into(dir, PAGES_BUILT, catalogs[i]);
	HOLDS(chdir(top) == 0);
	HOLDS(page_load(NULL) == 0);
	HOLDS(chdir(back) == 0);
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, pages[i]);
		(void)unlink(path);
	}
	for (i = 0; i < sizeof(catalogs) / sizeof(catalogs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, catalogs[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
	(void)rmdir(top);
	free(back);
}

/* How often a page has each of the bytes that make HTML what it is. */
struct shape {
	size_t count[3];
};

static struct shape
shape_of(const struct request *r)
{
	static const char marks[] = "<>\"";
	struct shape s = { { 0 } };
	const char *p = r->response.body.data, *mark;

	HOLDS(strlen(p) == r->response.body.len);
	for (; *p != '\0'; p++)
		if ((mark = strchr(marks, *p)) != NULL)
			s.count[mark - marks]++;
	return s;
}

static struct shape
consent(struct arena *a, const char *name, const char *host)
{
	struct request *r = request_new(a);
	struct page *p = page_new(r), *row;

	page_set(p, "client_name", name);
	page_set(p, "client_host", host);
	page_set(p, "redirect_host", host);
	page_set(p, "request", name);
	page_set(p, "csrf", host);
	page_set(p, "resource_name", name);
	page_set(p, "resource_uri", host);
	page_set(p, "username", name);
	page_set(p, "action", host);
	row = page_row(p, "scopes");
	page_set(row, "scope", name);
	page_set(row, "description", host);
	page_send(p, 200, "consent", NULL);
	return shape_of(r);
}

static struct shape
login(struct arena *a, const char *name, const char *host)
{
	struct request *r = request_new(a);
	struct page *p = page_new(r);

	page_set(p, "client_name", name);
	page_set(p, "username", host);
	page_set(p, "redirect_host", host);
	page_set(p, "slow", name);
	page_set(p, "request", host);
	page_set(p, "csrf", name);
	page_set(p, "service", host);
	page_set(p, "title", name);
	page_send(p, 200, "login", NULL);
	return shape_of(r);
}

/* Two values: whatever they are, the page has the same elements. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool loaded;
	struct fuzz f = fuzz_begin(data, size);
	struct shape plain, theirs;
	const char *name, *host;

	if (!loaded)
		load();
	loaded = true;
	if ((name = fuzz_line(&f)) == NULL)
		return 0;
	host = fuzz_rest(&f);
	plain = consent(f.arena, "x", "y");
	theirs = consent(f.arena, name, host);
	HOLDS(memcmp(&plain, &theirs, sizeof(plain)) == 0);
	plain = login(f.arena, "x", "y");
	theirs = login(f.arena, name, host);
	HOLDS(memcmp(&plain, &theirs, sizeof(plain)) == 0);
	return 0;
}
