/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/json.h"
#include "finance/finance.h"
#include "fuzz.h"

static enum mcp_outcome
headlines(void *ctx, struct arena *a, const char *ticker,
    struct finance_headline **list, size_t *n)
{
	(void)ctx;
	*n = strcmp(ticker, "ACME") == 0;
	*list = arena_alloc(a, sizeof(**list));
	**list = (struct finance_headline){ .company = "Acme \"A\" Inc.",
		.published = 1700000000,
		.source = "wire",
		.text = "Acme beats forecasts & raises its dividend" };
	return strcmp(ticker, "AWAY") == 0 ? MCP_UNAVAILABLE : MCP_DONE;
}

static enum mcp_outcome
covered(void *ctx, struct arena *a, struct finance_cover **list, size_t *n)
{
	(void)ctx;
	*n = 1;
	*list = arena_alloc(a, sizeof(**list));
	**list = (struct finance_cover){ "ACME", "Acme", 1, 1700000000 };
	return MCP_DONE;
}

/* An empty line is an absent header. */
static const char *
header(struct fuzz *f)
{
	const char *line = fuzz_line(f);

	return line != NULL && *line != '\0' ? line : NULL;
}

static bool
known(int status)
{
	static const int all[] = { 200, 202, 400, 403, 404, 405, 406, 413, 415,
		500, 503 };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] == status)
			return true;
	return false;
}

/* One JSON object: a result or an error, with the request's own id. */
static void
answered(
    struct arena *a, const struct mcp_request *in, const struct mcp_answer *out)
{
	struct json_object *o, *asked, *id, *theirs;
	bool result, error;

	HOLDS(known(out->status));
	HOLDS((out->status == 202) == (out->body.len == 0));
	if (out->body.len == 0)
		return;
	HOLDS((o = json_read(a, out->body.data, out->body.len)) != NULL);
	HOLDS(fuzz_same(json_str(o, "jsonrpc"), "2.0"));
	result = json_object_object_get_ex(o, "result", NULL);
	error = json_object_object_get_ex(o, "error", NULL);
	HOLDS(result != error);
	if (json_object_object_get_ex(o, "id", &id)) {
		asked = json_read(a, in->body, in->len);
		HOLDS(json_object_object_get_ex(asked, "id", &theirs));
		HOLDS(json_object_equal(id, theirs));
	}
	HOLDS(!result || (out->status == 200 && in->scopes != NULL));
	HOLDS((out->status == 403) == (out->challenge != NULL));
}

/*
 * Lines: the caller's scopes; Content-Type; Accept; MCP-Protocol-Version,
 * Mcp-Method, Mcp-Name; then the body.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct finance_source source = { .headlines = headlines,
		.covered = covered };
	struct fuzz f = fuzz_begin(data, size);
	struct mcp_request in = { .method = "POST" };
	struct mcp_answer out;

	in.scopes = fuzz_line(&f);
	if (in.scopes == NULL)
		return 0;
	in.content_type = header(&f);
	in.accept = header(&f);
	in.headers.protocol_version = header(&f);
	in.headers.method = header(&f);
	in.headers.name = header(&f);
	in.body = f.at;
	in.len = f.left;
	mcp_serve(&finance_server, &source, f.arena, &in, &out);
	answered(f.arena, &in, &out);
	return 0;
}
