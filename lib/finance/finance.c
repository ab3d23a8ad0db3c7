/* SPDX-License-Identifier: ISC */
#include "finance/finance.h"

#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "finance/sentiment.h"

enum { TICKER_MAX = 10 };

/* ---- pieces of JSON ---- */

/* Three decimals; a small negative number is not "-0.000". */
static void
write_number(struct buf *b, double value)
{
	buf_rawf(b, "%.3f", fabs(value) < 0.0005 ? 0.0 : value);
}

static void
write_verdict(struct buf *b, double score)
{
	buf_raw(b, "\"score\":");
	write_number(b, score);
	buf_rawf(
	    b, ",\"label\":\"%s\"", sentiment_name(sentiment_label(score)));
}

/* RFC 3339, in UTC; "" for a time that cannot be. */
static void
write_time(struct buf *b, int64_t seconds)
{
	time_t t = (time_t)seconds;
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_json(b, text);
}

/* Whether all arguments are called `name`: the schemas allow no others. */
static bool
only(struct json_object *args, const char *name)
{
	return args == NULL ||
	       json_object_object_length(args) ==
		   (json_object_object_get_ex(args, name, NULL) ? 1 : 0);
}

/* ---- analyze_sentiment ---- */

static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void
write_words(struct buf *b, struct arena *a, const struct sentiment *s)
{
	const struct sentiment_word *w;
	size_t i;

	buf_raw(b, "\"words\":[");
	for (i = 0; i < s->nwords; i++) {
		w = &s->words[i];
		buf_raw(b, i > 0 ? ",{\"word\":" : "{\"word\":");
		buf_json(b, arena_strndup(a, w->at, w->len));
		buf_raw(b, ",\"weight\":");
		write_number(b, w->weight);
		buf_rawf(b, ",\"negated\":%s}", w->negated ? "true" : "false");
	}
	buf_raw(b, "]");
}

static enum mcp_outcome
analyze(void *app, struct arena *a, struct json_object *args, struct buf *out)
{
	const char *text = json_str(args, "text");
	struct sentiment s;

	(void)app;
	if (text == NULL || *text == '\0' || !only(args, "text")) {
		buf_raw(out, "The one argument is text, a string that is not "
			     "empty.");
		return MCP_ARGUMENTS;
	}
	if (characters(text) > SENTIMENT_TEXT_MAX) {
		buf_rawf(out, "The text is longer than %d characters.",
		    SENTIMENT_TEXT_MAX);
		return MCP_ARGUMENTS;
	}
	sentiment_score(text, strlen(text), &s);
	buf_raw(out, "{");
	write_verdict(out, s.score);
	buf_raw(out, ",");
	write_words(out, a, &s);
	buf_raw(out, "}");
	return MCP_DONE;
}

/* ---- ticker_sentiment ---- */

/* The ticker in capitals, or NULL when it can be none. */
static const char *
read_ticker(struct arena *a, struct json_object *args)
{
	const char *given = json_str(args, "ticker");
	char *t, *p;

	if (given == NULL || !only(args, "ticker") || *given == '\0' ||
	    strlen(given) > TICKER_MAX || *given == '.' || *given == '-')
		return NULL;
	t = arena_strdup(a, given);
	for (p = t; *p != '\0'; p++) {
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
		else if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", *p) ==
			 NULL)
			return NULL;
	}
	return t;
}

struct tally {
	double mean;
	size_t of[SENTIMENT_POSITIVE + 1];
};

static void
write_headlines(struct buf *b, const struct finance_headline *list, size_t n,
    struct tally *tally)
{
	struct sentiment s;
	size_t i;

	*tally = (struct tally){ 0 };
	buf_raw(b, ",\"headlines\":[");
	for (i = 0; i < n; i++) {
		sentiment_score(list[i].text, strlen(list[i].text), &s);
		tally->mean += s.score / (double)n;
		tally->of[s.label]++;
		buf_raw(b, i > 0 ? ",{\"published\":" : "{\"published\":");
		write_time(b, list[i].published);
		buf_raw(b, ",\"source\":");
		buf_json(b, list[i].source);
		buf_raw(b, ",\"headline\":");
		buf_json(b, list[i].text);
		buf_raw(b, ",");
		write_verdict(b, s.score);
		buf_raw(b, "}");
	}
	buf_raw(b, "],");
}

static void
write_summary(struct buf *b, struct arena *a, const struct tally *t, size_t n,
    const char *ticker, const char *company)
{
	const size_t up = t->of[SENTIMENT_POSITIVE];
	const size_t flat = t->of[SENTIMENT_NEUTRAL];
	const size_t down = t->of[SENTIMENT_NEGATIVE];

	write_verdict(b, t->mean);
	buf_rawf(b,
	    ",\"counts\":{\"positive\":%zu,\"neutral\":%zu,"
	    "\"negative\":%zu},\"summary\":",
	    up, flat, down);
	buf_json(
	    b, arena_printf(a,
		   "The news of %s (%s) is %s. Recent "
		   "headlines: %zu; good: %zu, neutral: %zu, "
		   "bad: %zu.",
		   company, ticker, sentiment_name(sentiment_label(t->mean)), n,
		   up, flat, down));
}

static enum mcp_outcome
ticker(void *app, struct arena *a, struct json_object *args, struct buf *out)
{
	const struct finance_source *source = app;
	const char *symbol = read_ticker(a, args);
	struct finance_headline *list;
	enum mcp_outcome e;
	struct tally tally;
	size_t n;

	if (symbol == NULL) {
		buf_raw(out, "The one argument is ticker, 1 to 10 letters, "
			     "digits, dots or hyphens.");
		return MCP_ARGUMENTS;
	}
	e = source->headlines(source->ctx, a, symbol, &list, &n);
	if (e != MCP_DONE)
		return e;
	if (n == 0) {
		buf_raw(out, "No headlines of that ticker are known. The "
			     "resource finance://coverage lists those that "
			     "are covered.");
		return MCP_REFUSED;
	}
	buf_raw(out, "{\"ticker\":");
	buf_json(out, symbol);
	buf_raw(out, ",\"company\":");
	buf_json(out, list[0].company);
	write_headlines(out, list, n, &tally);
	write_summary(out, a, &tally, n, symbol, list[0].company);
	buf_raw(out, "}");
	return MCP_DONE;
}

/* ---- finance://coverage ---- */

static enum mcp_outcome
coverage(void *app, struct arena *a, struct buf *out)
{
	const struct finance_source *source = app;
	struct finance_cover *list;
	enum mcp_outcome e;
	size_t i, n;

	if ((e = source->covered(source->ctx, a, &list, &n)) != MCP_DONE)
		return e;
	buf_raw(out, "{\"tickers\":[");
	for (i = 0; i < n; i++) {
		buf_raw(out, i > 0 ? ",{\"ticker\":" : "{\"ticker\":");
		buf_json(out, list[i].ticker);
		buf_raw(out, ",\"company\":");
		buf_json(out, list[i].company);
		buf_rawf(out, ",\"headlines\":%" PRId64 ",\"newest\":",
		    list[i].headlines);
		if (list[i].newest != 0)
			write_time(out, list[i].newest);
		else
			buf_raw(out, "null");
		buf_raw(out, "}");
	}
	buf_raw(out, "]}");
	return MCP_DONE;
}

/* ---- what clients are told of them ---- */

#define LABEL                                                      \
	"{\"type\":\"string\",\"enum\":[\"positive\",\"neutral\"," \
	"\"negative\"]}"
#define SCORE "{\"type\":\"number\",\"minimum\":-1,\"maximum\":1}"
#define STRING "{\"type\":\"string\"}"
#define COUNT "{\"type\":\"integer\",\"minimum\":0}"
#define READ_ONLY                                            \
	"\"annotations\":{\"readOnlyHint\":true,"            \
	"\"destructiveHint\":false,\"idempotentHint\":true," \
	"\"openWorldHint\":false}"

static const char analyze_definition[] =
    "{\"name\":\"analyze_sentiment\",\"title\":\"Analyze sentiment\","
    "\"description\":\"How good or bad a text is for the business it speaks "
    "of, judged by the words of financial news: a score from -1 to 1, a "
    "label, and the words that decided. English only.\","
    "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"text\":{"
    "\"type\":\"string\",\"minLength\":1,\"maxLength\":20000,"
    "\"description\":\"A headline, report or other text about business\"}},"
    "\"required\":[\"text\"],\"additionalProperties\":false},"
    "\"outputSchema\":{\"type\":\"object\",\"properties\":{"
    "\"score\":" SCORE ",\"label\":" LABEL ",\"words\":{\"type\":\"array\","
    "\"items\":{\"type\":\"object\",\"properties\":{\"word\":" STRING ","
    "\"weight\":{\"type\":\"number\"},\"negated\":{\"type\":\"boolean\"}},"
    "\"required\":[\"word\",\"weight\",\"negated\"]}}},"
    "\"required\":[\"score\",\"label\",\"words\"]}," READ_ONLY "}";

static const char ticker_definition[] =
    "{\"name\":\"ticker_sentiment\",\"title\":\"Sentiment of a ticker\","
    "\"description\":\"The recent headlines of a company, each with its "
    "score, and a summary. The resource finance://coverage lists the "
    "tickers that are covered.\","
    "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"ticker\":{"
    "\"type\":\"string\",\"minLength\":1,\"maxLength\":10,"
    "\"pattern\":\"^[A-Za-z0-9][A-Za-z0-9.-]*$\","
    "\"description\":\"Ticker symbol\"}},"
    "\"required\":[\"ticker\"],\"additionalProperties\":false},"
    "\"outputSchema\":{\"type\":\"object\",\"properties\":{"
    "\"ticker\":" STRING ",\"company\":" STRING ",\"score\":" SCORE ","
    "\"label\":" LABEL ",\"counts\":{\"type\":\"object\",\"properties\":{"
    "\"positive\":" COUNT ",\"neutral\":" COUNT ",\"negative\":" COUNT "},"
    "\"required\":[\"positive\",\"neutral\",\"negative\"]},"
    "\"summary\":" STRING ",\"headlines\":{\"type\":\"array\",\"items\":{"
    "\"type\":\"object\",\"properties\":{\"published\":{"
    "\"type\":\"string\",\"format\":\"date-time\"},\"source\":" STRING ","
    "\"headline\":" STRING ",\"score\":" SCORE ",\"label\":" LABEL "},"
    "\"required\":[\"published\",\"source\",\"headline\",\"score\","
    "\"label\"]}}},\"required\":[\"ticker\",\"company\",\"score\","
    "\"label\",\"counts\",\"summary\",\"headlines\"]}," READ_ONLY "}";

static const char coverage_definition[] =
    "{\"uri\":\"finance://coverage\",\"name\":\"coverage\","
    "\"title\":\"Covered tickers\",\"description\":\"The tickers whose "
    "headlines are known, with how many and the newest\","
    "\"mimeType\":\"application/json\"}";

static const struct mcp_tool tools[] = {
	{ "analyze_sentiment", FINANCE_SCOPE_ANALYZE, analyze_definition,
	    analyze },
	{ "ticker_sentiment", FINANCE_SCOPE_TICKER, ticker_definition, ticker },
};

static const struct mcp_resource resources[] = {
	{ "finance://coverage", FINANCE_SCOPE_COVERAGE, "application/json",
	    coverage_definition, 60, coverage },
};

const struct mcp_server finance_server = {
	.info = "{\"name\":\"gatepost-finance\",\"title\":\"gatepost finance\","
		"\"version\":\"" PACKAGE_VERSION "\"}",
	.instructions = "Scores English financial text. Use analyze_sentiment "
			"for a text that you have, ticker_sentiment for the "
			"recent headlines of a company.",
	.tools = tools,
	.ntools = sizeof(tools) / sizeof(tools[0]),
	.resources = resources,
	.nresources = sizeof(resources) / sizeof(resources[0]),
};
