#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The guard in front of a CGI program: a copy of this for each that is
# protected, e.g. mcp-finance, beside those of gatepost.cgi and kept like
# them.  The web server sets GATEPOST_RESOURCE, the resource's URI; where that
# does not arrive, as through mod_suexec, set it here.
#
# The guard answers by itself what may not pass, and else becomes the program
# behind: with the request's environment and body, and what it found out in
# GATEPOST_SUB, GATEPOST_SCOPE and so on.  It hands on nothing that a client
# called so, nor its own connection string.

programs=/usr/libexec/gatepost
behind=/usr/local/lib/gatepost/cgi/finance

GATEPOST_DSN="host=/run/postgresql dbname=gatepost user=gatepost_guard"
export GATEPOST_DSN
exec "$programs/guard" -c "$behind"
