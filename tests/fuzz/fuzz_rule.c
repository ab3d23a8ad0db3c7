/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "fuzz.h"
#include "oauth/mcpheader.h"
#include "oauth/rule.h"
#include "oauth/scope.h"

static const struct rule rules[] = {
	{ "mcp:read", "GET", "/mcp", NULL, NULL },
	{ "mcp:tools:{name}", "POST", NULL, "tools/call", NULL },
	{ "mcp:admin", NULL, "/mcp/admin", NULL, NULL },
	{ "mcp:weather", NULL, NULL, NULL, "weather" },
	{ "mcp:exec:{name}:run", NULL, "/mcp/exec/", NULL, NULL },
};
static const char *const fallback[] = { "mcp:all", "mcp:other" };
static const struct rule_set set = { rules, 5, fallback, 2 };

static bool
needs(const struct rule_answer *answer, const char *scope)
{
	for (size_t i = 0; i < answer->n; i++)
		if (strcmp(answer->scopes[i], scope) == 0)
			return true;
	return false;
}

/* An empty line is an absent header. */
static const char *
header(struct fuzz *f)
{
	const char *line = fuzz_line(f);

	return line != NULL && *line != '\0' ? line : NULL;
}

static void
check_answer(const struct rule_answer *answer)
{
	if (answer->outcome != RULE_NEEDS) {
		HOLDS(answer->n == 0 && answer->scopes == NULL);
		return;
	}
	HOLDS(answer->n > 0 && answer->n <= 7);
	for (size_t i = 0; i < answer->n; i++) {
		HOLDS(
		    scope_valid(answer->scopes[i], strlen(answer->scopes[i])));
		HOLDS(strchr(answer->scopes[i], '*') == NULL);
	}
}

/*
 * Who leaves the headers out, or says that he is an old client, never needs
 * less than the fallback where a rule might have read them.
 */
static void
less_is_no_less(struct arena *a, struct rule_request r)
{
	struct rule_answer answer;

	r.version = NULL;
	answer = rule_judge(a, &set, &r);
	if (answer.outcome != RULE_NEEDS)
		return;
	HOLDS(answer.name == NULL);
	HOLDS(needs(&answer, "mcp:all") && needs(&answer, "mcp:other"));
}

/* Lines: method, path, MCP-Protocol-Version, Mcp-Method, Mcp-Name. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = fuzz_begin(data, size);
	struct rule_request r = { 0 };
	struct rule_answer answer;
	const char *name;

	r.method = fuzz_line(&f);
	r.path = fuzz_line(&f);
	r.version = header(&f);
	r.mcp_method = header(&f);
	r.mcp_name = header(&f);
	answer = rule_judge(f.arena, &set, &r);
	check_answer(&answer);
	if (answer.outcome == RULE_NEEDS)
		less_is_no_less(f.arena, r);
	if (r.mcp_name != NULL &&
	    (name = mcpheader_decode(f.arena, r.mcp_name)) != NULL)
		HOLDS(*name != '\0' && strpbrk(name, "\r\n") == NULL);
	return 0;
}
