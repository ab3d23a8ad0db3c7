#!/bin/sh
# SPDX-License-Identifier: ISC
#
# gatepost by plain CGI: what the web server starts for each request.  There
# is a copy of this for each program, called after it:
#
#	for name in metadata jwks authorize login consent account token \
#	    register revoke introspect fetch finance; do
#		install -m 0500 -o USER gatepost.cgi DIRECTORY/$name
#	done
#
# Where a password is in the connection string, nobody may read it but the
# user that CGI programs run as.  That user is all of them at once: who can
# run a program as it can read the key, and be any of the roles.
#
# "$@" is not handed on: servers make arguments of a query without "=" (RFC
# 3875, 4.4), and those are a stranger's.

programs=/usr/libexec/gatepost
name=${0##*/}

GATEPOST_DSN="host=/run/postgresql dbname=gatepost user=gatepost_$name"
export GATEPOST_DSN
GNUTLS_NO_IMPLICIT_INIT=1	# see gatepost-deploy(7)
export GNUTLS_NO_IMPLICIT_INIT
case $name in
token)
	GATEPOST_KEK=/etc/gatepost/kek
	export GATEPOST_KEK
	;;
esac
exec "$programs/$name" -c
