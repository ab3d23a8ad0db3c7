/* SPDX-License-Identifier: ISC */
#include "mcp/envelope.h"

#include <stdbool.h>
#include <string.h>

#include "base/json.h"
#include "oauth/mcpheader.h"

#define META "io.modelcontextprotocol/"

static const char *const names[] = {
	[MCP_2025_03_26] = "2025-03-26",
	[MCP_2025_06_18] = "2025-06-18",
	[MCP_2025_11_25] = "2025-11-25",
	[MCP_2026_07_28] = "2026-07-28",
};

const char mcp_versions[] = "[\"2026-07-28\",\"2025-11-25\",\"2025-06-18\"]";

const char *
mcp_version_name(enum mcp_version v)
{
	return names[v];
}

int
mcp_version_find(const char *name)
{
	int v;

	for (v = MCP_2026_07_28; v >= MCP_2025_06_18; v--)
		if (strcmp(name, names[v]) == 0)
			return v;
	return -1;
}

static bool
agree(struct arena *a, const struct envelope *h, const struct rpc_message *m)
{
	const char *member = mcpheader_member(m->method), *told, *meant;

	if (h->method == NULL || strcmp(h->method, m->method) != 0)
		return false;
	if (member == NULL)
		return true;
	return h->name != NULL &&
	       (told = mcpheader_decode(a, h->name)) != NULL &&
	       (meant = json_str(m->params, member)) != NULL &&
	       strcmp(told, meant) == 0;
}

/* What 2026-07-28 demands of every request; of notifications nothing. */
static const struct rpc_error *
check_modern(struct arena *a, const struct envelope *h,
    const struct rpc_message *m, struct json_object *meta)
{
	struct json_object *info;

	if (json_str(meta, META "protocolVersion") == NULL ||
	    json_member(meta, META "clientCapabilities", json_type_object) ==
		NULL)
		return &RPC_META;
	if (json_object_object_get_ex(meta, META "clientInfo", &info) &&
	    (json_str(info, "name") == NULL ||
		json_str(info, "version") == NULL))
		return &RPC_META;
	if (h->protocol_version == NULL || !agree(a, h, m))
		return &RPC_MISMATCH;
	return NULL;
}

const struct rpc_error *
envelope_open(struct arena *a, const struct envelope *h,
    const struct rpc_message *m, enum mcp_version *version, const char **asked)
{
	struct json_object *o,
	    *meta = json_member(m->params, "_meta", json_type_object);
	const char *header = h->protocol_version, *body = NULL;
	int v;

	*version = MCP_2025_03_26;
	if (meta != NULL &&
	    json_object_object_get_ex(meta, META "protocolVersion", &o) &&
	    (body = json_str(meta, META "protocolVersion")) == NULL)
		return &RPC_META;
	if (body != NULL && header != NULL && strcmp(body, header) != 0)
		return &RPC_MISMATCH;
	if ((*asked = body != NULL ? body : header) == NULL)
		return NULL;
	v = mcp_version_find(*asked);
	if (body == NULL && v != MCP_2026_07_28 &&
	    strcmp(m->method, "initialize") == 0)
		return NULL;
	if (v == -1)
		return &RPC_UNSUPPORTED;
	*version = (enum mcp_version)v;
	if (v < MCP_2026_07_28 || m->id == NULL)
		return NULL;
	return check_modern(a, h, m, meta);
}
