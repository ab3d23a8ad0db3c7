/* SPDX-License-Identifier: ISC */
#ifndef FINANCE_FINANCE_H
#define FINANCE_FINANCE_H

#include <stddef.h>
#include <stdint.h>

#include "mcp/mcp.h"

/* What the scopes of this server are called. */
#define FINANCE_SCOPE_ANALYZE "mcp:tools:analyze_sentiment"
#define FINANCE_SCOPE_TICKER "mcp:tools:ticker_sentiment"
#define FINANCE_SCOPE_COVERAGE "mcp:resources:coverage:read"

/* Texts are never NULL. */
struct finance_headline {
	const char *company;
	int64_t published; /* seconds since 1970 */
	const char *source;
	const char *text;
};

struct finance_cover {
	const char *ticker;
	const char *company;
	int64_t headlines;
	int64_t newest; /* seconds since 1970; 0 when there is none */
};

/*
 * Where the headlines are.  Each sets an array in the arena and its length;
 * MCP_DONE, MCP_UNAVAILABLE or MCP_FAULT.
 */
struct finance_source {
	void *ctx;
	/* newest first; none for a ticker that is not covered */
	enum mcp_outcome (*headlines)(void *ctx, struct arena *a,
	    const char *ticker, struct finance_headline **list, size_t *n);
	enum mcp_outcome (*covered)(
	    void *ctx, struct arena *a, struct finance_cover **list, size_t *n);
};

/*
 * The server: the tools analyze_sentiment and ticker_sentiment, and the
 * resource finance://coverage.  Its `app` is a struct finance_source.
 */
extern const struct mcp_server finance_server;

#endif
