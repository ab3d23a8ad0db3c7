/* SPDX-License-Identifier: ISC */
#ifndef GUARD_JUDGE_H
#define GUARD_JUDGE_H

#include "guard/known.h"
#include "guard/verdict.h"

/*
 * Judge a request by what is known.  NULL: it may pass; or why not.  What
 * came to light is in *v, which the caller has set to zeros.
 *
 * In this order: what cannot be read; well-known and unplain paths; the
 * resource, named by the variable GATEPOST_RESOURCE of the web server's
 * configuration, else found by the path; Origin, and a browser's preflight;
 * the token: signature, typ, iss, aud, exp, nbf, revocation; its scope.
 *
 * MCP's headers count for the scope only when the web server has set
 * GATEPOST_MCP_HEADERS, which says that the backend compares them with the
 * body, and that MCP-Protocol-Version and Mcp-Method were spelt so.
 */
const struct oerr *judge_request(struct request *r, const struct known *k,
    struct verdict *v) __attribute__((warn_unused_result));

#endif
