# The connection to PostgreSQL is cut, and programs killed, before and after
# each statement.  Sourced by tests/faults/run.

part_statement()
{
	cluster_new a
	proxy_begin p a
	ASKED=a READS_ALL=p
	programs_begin
	verdicts statement statement.mjs "$SOCK/proxy" "${SHORT:+short}"
	secrets_kept statement
}

# proxy_begin NAME OF: in front of the cluster OF.  To the programs it is the
# cluster NAME.
proxy_begin()
{
	mkdir -p "$SOCK/$1"
	chmod 0711 "$SOCK/$1"
	BOUNCER=$1
	service_start "$1" "$GATEPOST_NODE" "$HERE/proxy.mjs" \
	    "$SOCK/$1/.s.PGSQL.5432" "$SOCK/$2/.s.PGSQL.5432" "$SOCK/proxy"
	wait_until 5 test -S "$SOCK/proxy" || die "the proxy does not start"
}

# secrets_kept WHAT: nothing that was handed out is in a log or in the record.
# lighttpd names the URL that a killed program did not answer, with the handle
# of a request, which lets nobody in.
secrets_kept()
{
	local found
	# shellcheck disable=SC2046
	found=$(cd "$DIR/log" &&
	    grep -hE '(^|[^=A-Za-z0-9_-])[A-Za-z0-9_-]{43}([^A-Za-z0-9_-]|$)|eyJ' \
		$(printf '%s.log ' $PROGRAMS lighttpd) |
	    grep -v 'response not received.* for [^ ]*?request=')
	found+=$(sql gatepost -c "select a from gatepost.audit_event a
	    where a::text ~ '[A-Za-z0-9_-]{36}\.[A-Za-z0-9_-]{43}|eyJ' limit 3")
	report "$1: no secret is in a log or in the record" "$found"
	same "$1: none has ended by a fault of its own" '' \
	    "$(grep -hE 'worker_ended why="?(Segm|Abor|Bus|Ille|Float)' \
		"$DIR"/log/*.log)"
}
