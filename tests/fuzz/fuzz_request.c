/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "http/exchange.h"
#include "http/front.h"

enum { ENV_MOST = 400 };

static const struct param params[] = { { .name = "code" },
	{ .name = "scope" } };

/* Where the body comes from and the answer goes to. */
struct peer {
	struct fuzz *f;
	char sent[32 * 1024];
	size_t len;
};

static size_t
peer_read(void *ctx, char *to, size_t len)
{
	struct peer *p = ctx;
	size_t n = len < p->f->left ? len : p->f->left;

	memcpy(to, p->f->at, n);
	p->f->at += n;
	p->f->left -= n;
	return n;
}

static int
peer_write(void *ctx, const char *from, size_t len)
{
	struct peer *p = ctx;

	HOLDS(len < sizeof(p->sent));
	memcpy(p->sent, from, len);
	p->sent[len] = '\0';
	p->len = len;
	return 0;
}

/* What a program does with what it was sent: says it back. */
static void
say(struct request *r)
{
	const struct oerr *e = request_fault(r);
	const char *header = request_header(r, "HTTP_MCP_NAME");
	struct buf b;

	for (size_t i = 0; i < 2; i++)
		HOLDS(r->value[i] == NULL ||
		      utf8_clean(r->value[i], strlen(r->value[i])));
	HOLDS(r->path[0] == '/' || *r->path == '\0');
	if (e != NULL) {
		response_error(r, e);
		return;
	}
	buf_init(&b, r->arena);
	buf_raw(&b, "{\"code\":");
	buf_json(&b, r->value[0]);
	buf_raw(&b, "}");
	response_json(r, 200, b.data);
	response_header(r, "X-Path", r->path);
	if (header != NULL)
		response_header(r, "Variable-GATEPOST_NAME", header);
}

static char *environment[ENV_MOST + 1];

/* Nothing of the client's comes through as if we had said it. */
static void
guarded(struct request *r)
{
	int ours = 0;

	say(r);
	for (char **told = front_told(r, environment); *told != NULL; told++) {
		HOLDS(strncmp(*told, "HTTP_X_GATEPOST_", 16) != 0);
		HOLDS(strncmp(*told, "HTTP_PROXY=", 11) != 0);
		ours += strncmp(*told, "GATEPOST_", 9) == 0;
	}
	HOLDS(ours <= (request_header(r, "HTTP_MCP_NAME") != NULL));
}

/* Whole lines of name and value, then an empty one (RFC 3875, 6). */
static void
well_formed(const char *s)
{
	size_t len;

	HOLDS(strncmp(s, "Status: ", 8) == 0);
	for (; (len = strcspn(s, "\r\n")) > 0; s += len + 2) {
		HOLDS(s[len] == '\r' && s[len + 1] == '\n');
		HOLDS(memchr(s, ':', len) != NULL && isalpha(*s & 0x7f));
		for (size_t i = 0; i < len; i++)
			HOLDS((unsigned char)s[i] >= ' ' && s[i] != 0x7f);
	}
	HOLDS(s[0] == '\r' && s[1] == '\n');
}

/*
 * A line with the kind of program; the environment, a variable a line, up to
 * an empty one; the body.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct program programs[] = {
		{ .name = "form",
		    .params = params,
		    .nparams = 2,
		    .get = say,
		    .post = say },
		{ .name = "json",
		    .flags = PROGRAM_JSON | PROGRAM_CORS,
		    .params = params,
		    .nparams = 2,
		    .post = say,
		    .put = say },
		{ .name = "guard",
		    .flags = PROGRAM_AUTHORIZER,
		    .params = params,
		    .nparams = 2,
		    .any = guarded },
	};
	static struct arena *arena;
	static struct peer peer;
	struct fuzz f = fuzz_begin(data, size);
	const struct program *p = &programs[fuzz_choice(&f, 3)];
	size_t n = 0;
	char *line;

	if (arena == NULL)
		HOLDS((arena = arena_new(2 * 1024 * 1024)) != NULL);
	while (n < ENV_MOST && (line = fuzz_line(&f)) != NULL && *line != '\0')
		environment[n++] = line;
	environment[n] = NULL;
	peer = (struct peer){ .f = &f };
	const struct transport t = { .envp = environment,
		.read = peer_read,
		.write = peer_write,
		.ctx = &peer };
	HOLDS(exchange(p, NULL, arena, &t) == 0);
	well_formed(peer.sent);
	return 0;
}
