/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "oauth/redirect.h"
#include "oauth/resource.h"
#include "oauth/scope.h"
#include "oauth/uri.h"

/*
 * Made-up URIs and scopes, and what the library says of them, for COPY: what
 * was asked, of one or two texts, and the answer.  agree.sh has the database
 * say the same.
 *
 *	agree INPUTS [SEED]
 */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { TEXT_MAX = 4096 };

static uint64_t chance;

static unsigned
random_of(unsigned n)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (unsigned)(chance >> 16) % n;
}

#define ONE_OF(list) list[random_of(COUNT(list))]

/* ---- inputs ---- */

static const char *const schemes[] = { "https", "http", "https", "http",
	"HTTPS", "Http", "com.example.app", "cursor", "vscode", "javascript",
	"x.JavaScript", "a..b", "a.", "data", "app+x", "1a", "", "urn" };
static const char *const hosts[] = { "a.example", "localhost", "127.0.0.1",
	"[::1]", "A.Example", "127.0.0.01", "0x7f.1", "1.2.3", "1.2.3.4",
	"256.1.1.1", "[2001:db8::1]", "[::ffff:1.2.3.4]", "[::1.2]",
	"[1:2:3:4:5:6:7:8]", "[00001::]", "[::1", "[fe80::1%25eth0]", "a..b",
	"a.", "-a-", "a_b", "", "xn--bcher-kva.example", "u@a.example",
	"localhost.", "[::]", "[:]", "[1::2::3]", "[::1.2.3.04]", "a.0x1",
	"a.09", "LOCALHOST", "[V1.a]", "[::ABCD]", "[::1/64]" };
static const char *const ports[] = { "", "", "", ":80", ":443", ":8080", ":",
	":0", ":080", ":65535", ":65536", ":99999", ":100000", ":8a",
	":80:80" };
static const char *const paths[] = { "", "/", "/cb", "/a/../b", "/a//b", "cb",
	"/%41", "/%4", "/*", "/a;b=c", "/a:b@c", "//x", "/é", "/a b" };
static const char *const queries[] = { "", "", "", "?", "?a=b", "?code=1",
	"?a&co%64e=2", "?state", "?a=code", "?x&iss=&", "?error_uri=%", "?=&",
	"?a=b?c", "?%00=1", "?%63%6f%64%65", "?Code=1", "?error=é" };
static const char *const fragments[] = { "", "", "", "", "", "#", "#x" };

static const char *const segments[] = { "mcp", "tools", "weather", "*", "x",
	"exec", "workflows", "workflowsX", "", "a*", "é", "\"", "a b", "!", "~",
	"\\", "[]", "read" };

/* Change a byte here and there: replaced, left out, doubled. */
static void
mutate(char *text)
{
	static const char bytes[] = "/:@?#[]%.*\\ \t\x01\x7f"
				    "0aZ-_~&=+é'\"";
	size_t len = strlen(text), at;

	if (len == 0 || len + 2 > TEXT_MAX)
		return;
	at = random_of((unsigned)len);
	switch (random_of(4)) {
	case 0:
		/* ASCII alone, so that the text stays UTF-8 */
		if (!(text[at] & 0x80))
			text[at] = bytes[random_of(15)];
		break;
	case 1:
		if (!(text[at] & 0x80))
			memmove(text + at, text + at + 1, len - at);
		break;
	case 2:
		if (!(text[at] & 0x80))
			memmove(text + at + 1, text + at, len - at + 1);
		break;
	default:
		break;
	}
}

static void
uri_make(char *text)
{
	const char *scheme = ONE_OF(schemes);

	snprintf(text, TEXT_MAX, "%s:%s%s%s%s%s%s", scheme,
	    random_of(8) > 0 ? "//" : "", ONE_OF(hosts), ONE_OF(ports),
	    ONE_OF(paths), ONE_OF(queries), ONE_OF(fragments));
	if (random_of(200) == 0) /* around the longest */
		snprintf(text, TEXT_MAX, "https://a.example/%0*d",
		    URI_MAX - 18 + (int)random_of(4) - 2, 0);
	for (unsigned n = random_of(4); n > 0; n--)
		mutate(text);
}

static void
scope_make(char *text)
{
	unsigned n = 1 + random_of(4);

	*text = '\0';
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			strcat(text, ":");
		strcat(text, ONE_OF(segments));
	}
	if (random_of(100) == 0)
		snprintf(text, TEXT_MAX, "%0*d", 254 + (int)random_of(5), 0);
	if (random_of(4) == 0)
		mutate(text);
}

/* ---- answers ---- */

/* A field of COPY; NULL is null. */
static void
field(const char *s)
{
	if (s == NULL) {
		fputs("\\N", stdout);
		return;
	}
	for (; *s != '\0'; s++) {
		if (*s == '\\' || *s == '\t' || *s == '\n' || *s == '\r')
			printf("\\x%02x", (unsigned char)*s);
		else
			putchar(*s);
	}
}

static void
row(const char *kind, const char *a, const char *b, const char *answer)
{
	fputs(kind, stdout);
	putchar('\t');
	field(a);
	putchar('\t');
	field(b);
	putchar('\t');
	field(answer);
	putchar('\n');
}

static const char *
truth(int is)
{
	return is ? "true" : "false";
}

/* Five parts as uri_split has them; NULL for what it refuses. */
static const char *
split(struct arena *a, const char *text)
{
	const struct uri_part *part;
	struct uri u;
	char *all = arena_strdup(a, "");

	if (!uri_split(text, &u) || u.fragment.at != NULL)
		return NULL;
	for (int i = 0; i < 5; i++) {
		part = (const struct uri_part *[]){ &u.scheme, &u.host, &u.port,
			&u.path, &u.query }[i];
		all = part->at == NULL ? arena_printf(a, "%s|none", all)
				       : arena_printf(a, "%s|%.*s", all,
					     (int)part->len, part->at);
	}
	/* what has userinfo is split otherwise, and refused by all rules */
	return u.userinfo.at != NULL ? "userinfo" : all;
}

static void
uri_rows(struct arena *a, const char *text)
{
	const int good = redirect_check(text) == NULL;
	const char *resource = resource_canonical(a, text);

	row("uri_split", text, NULL, split(a, text));
	row("redirect_valid", text, NULL, truth(good));
	row("redirect_match", text, NULL, redirect_match(a, text));
	if (good)
		row("redirect_host", text, NULL, redirect_host(a, text));
	row("resource_valid", text, NULL,
	    truth(resource != NULL && strcmp(resource, text) == 0));
	if (resource != NULL && strlen(resource) <= URI_MAX)
		row("resource_canonical", text, NULL, resource);
}

static void
scope_rows(const char *one, const char *other)
{
	int good = scope_valid(one, strlen(one));

	row("scope_valid", one, NULL, truth(good));
	if (good && scope_valid(other, strlen(other)))
		row("scope_covers", one, other,
		    truth(scope_covers(one, other)));
}

int
main(int argc, char **argv)
{
	struct arena *a = arena_new(1 << 20);
	long n = argc > 1 ? atol(argv[1]) : 1000;
	char one[TEXT_MAX], other[TEXT_MAX];

	chance = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
	fprintf(stderr, "# seed %llu\n", (unsigned long long)chance);
	chance = chance * 6364136223846793005u + 1442695040888963407u;
	for (; a != NULL && n > 0; n--) {
		uri_make(one);
		uri_rows(a, one);
		scope_make(one);
		scope_make(other);
		scope_rows(one, other);
		arena_reset(a);
	}
	arena_free(a);
	return a == NULL;
}
