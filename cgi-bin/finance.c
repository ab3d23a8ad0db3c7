/* SPDX-License-Identifier: ISC */

/*
 * A protected MCP server: financial news, and how good or bad it is.  The
 * guard in front has checked the token and hands its scopes over in
 * variables; which scope a tool needs is checked here, by the body.
 */

#include "finance/finance.h"
#include "oauth/app.h"

/* ---- the headlines ---- */

enum { H_COMPANY, H_PUBLISHED, H_SOURCE, H_HEADLINE, H_COLUMNS };
enum { C_TICKER, C_COMPANY, C_HEADLINES, C_NEWEST, C_COLUMNS };

static const struct db_query finance_headlines = { "finance_headlines",
	"select company, published, source, headline "
	"from gatepost.finance_headlines($1)",
	1, H_COLUMNS, DB_ALONE };

static const struct db_query finance_covered = { "finance_covered",
	"select ticker, company, headlines, newest "
	"from gatepost.finance_covered()",
	0, C_COLUMNS, DB_ALONE };

static enum mcp_outcome
call(struct request *r, const struct db_query *q, struct db_args args,
    struct db_rows *rows)
{
	const struct oerr *e = app_call(r, q, args, rows);

	if (e == NULL)
		return MCP_DONE;
	return e == &OERR_UNAVAILABLE ? MCP_UNAVAILABLE : MCP_FAULT;
}

static const char *
text(const struct db_rows *rows, int row, int column)
{
	const char *s = row_text(rows, row, column);

	return s != NULL ? s : "";
}

static enum mcp_outcome
headlines(void *ctx, struct arena *a, const char *ticker,
    struct finance_headline **list, size_t *n)
{
	enum mcp_outcome e;
	struct db_rows rows;
	int i;

	if ((e = call(ctx, &finance_headlines, DB_ARGS(ticker), &rows)) !=
	    MCP_DONE)
		return e;
	*n = (size_t)rows.count;
	*list = arena_alloc(a, (*n + 1) * sizeof(**list));
	for (i = 0; i < rows.count; i++)
		(*list)[i] = (struct finance_headline){
			.company = text(&rows, i, H_COMPANY),
			.published = row_int(&rows, i, H_PUBLISHED),
			.source = text(&rows, i, H_SOURCE),
			.text = text(&rows, i, H_HEADLINE),
		};
	return MCP_DONE;
}

static enum mcp_outcome
covered(void *ctx, struct arena *a, struct finance_cover **list, size_t *n)
{
	enum mcp_outcome e;
	struct db_rows rows;
	int i;

	if ((e = call(ctx, &finance_covered, DB_NO_ARGS, &rows)) != MCP_DONE)
		return e;
	*n = (size_t)rows.count;
	*list = arena_alloc(a, (*n + 1) * sizeof(**list));
	for (i = 0; i < rows.count; i++)
		(*list)[i] = (struct finance_cover){
			.ticker = text(&rows, i, C_TICKER),
			.company = text(&rows, i, C_COMPANY),
			.headlines = row_int(&rows, i, C_HEADLINES),
			.newest = row_int(&rows, i, C_NEWEST),
		};
	return MCP_DONE;
}

/* ---- a request ---- */

static struct mcp_request
message(const struct request *r)
{
	return (struct mcp_request){
		.method = r->method_name,
		.content_type = request_env(r, "CONTENT_TYPE"),
		.accept = request_header(r, "HTTP_ACCEPT"),
		.headers = {
			.protocol_version =
			    request_header(r, "HTTP_MCP_PROTOCOL_VERSION"),
			.method = request_header(r, "HTTP_MCP_METHOD"),
			.name = request_header(r, "HTTP_MCP_NAME"),
		},
		.body = r->body != NULL ? r->body : "",
		.len = r->body_len,
		.scopes = request_env(r, "GATEPOST_SCOPE"),
		.resource_metadata =
		    request_env(r, "GATEPOST_RESOURCE_METADATA"),
	};
}

static void
reply(struct request *r, const struct mcp_answer *answer)
{
	const char *origin = request_env(r, "GATEPOST_ORIGIN");

	response_start(r, answer->status, answer->type);
	buf_raw_n(&r->response.body, answer->body.data, answer->body.len);
	if (answer->allow != NULL)
		response_header(r, "Allow", answer->allow);
	if (answer->challenge != NULL)
		response_header(r, "WWW-Authenticate", answer->challenge);
	if (answer->status == 503)
		response_header(r, "Retry-After", "2");
	if (origin == NULL)
		return;
	/* the guard let this origin pass; its page may see the answer */
	response_header(r, "Access-Control-Allow-Origin", origin);
	response_header(r, "Access-Control-Expose-Headers", "WWW-Authenticate");
	response_header(r, "Vary", "Origin");
}

static void
any(struct request *r)
{
	struct finance_source source = { r, headlines, covered };
	const struct oerr *fault = request_fault(r);
	struct mcp_answer answer;
	struct mcp_request in;

	/* a wrong media type is answered with the rest of HTTP's faults */
	if (fault != NULL && fault != &OERR_CONTENT_TYPE) {
		mcp_refuse(r->arena,
		    fault == &OERR_TOO_LARGE ? &RPC_TOO_LARGE : &RPC_UNREADABLE,
		    &answer);
	} else {
		in = message(r);
		mcp_serve(&finance_server, &source, r->arena, &in, &answer);
	}
	reply(r, &answer);
}

int
main(int argc, char **argv)
{
	static const struct program p = {
		.name = "finance",
		.flags = PROGRAM_JSON,
		.any = any,
		.start = app_start,
		.stop = app_stop,
	};

	return serve_main(argc, argv, &p);
}
