# The programs and the web server: started, watched and stopped by their
# process ids, each kept in DIR/pid/NAME with the time that process started,
# so that a number used again by another process is never mistaken for ours.

PROGRAMS='metadata jwks authorize login consent token register revoke
introspect guard finance fetch'
SERVERS=lighttpd

# The kernel's start time of a process, in ticks since boot; fails if gone.
started_at()
{
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
	stat=${stat##*) }
	# shellcheck disable=SC2086
	set -- $stat
	[ "$1" != Z ] && printf '%s' "${20}"
}

# service_running NAME: sets PID
service_running()
{
	local at
	PID=
	[ -f "$DIR/pid/$1" ] && read -r PID at <"$DIR/pid/$1" &&
	    [ "$(started_at "$PID")" = "$at" ]
}

# service_start NAME COMMAND...: in a session of its own, so that Ctrl-C is
# for us to handle
service_start()
{
	local name=$1 pid
	shift
	setsid "$@" </dev/null >>"$DIR/log/$name.log" 2>&1 &
	pid=$!
	printf '%s %s\n' "$pid" "$(started_at "$pid")" >"$DIR/pid/$name"
	disown "$pid" 2>/dev/null
}

# services_stop NAME...: told all at once, then waited for
services_stop()
{
	local name tries
	for name in "$@"; do
		service_running "$name" && kill -TERM "$PID" 2>/dev/null
	done
	for name in "$@"; do
		for ((tries = 0; tries < 100; tries++)); do
			service_running "$name" || break
			sleep 0.1
		done
		if service_running "$name"; then
			say "$name does not stop: killing process $PID"
			kill -KILL "$PID"
		fi
		rm -f "$DIR/pid/$name"
	done
}

# The key-encryption key is the token program's alone.
kek_make()
{
	local kek=$DIR/secret/kek
	[ ! -e "$kek" ] || return 0
	mkdir -p "$DIR/secret"
	(umask 077 && openssl rand -hex 32 >"$kek") || die "cannot make $kek"
	give "$APP_USER" 0600 "$kek"
	give "$APP_USER" 0700 "$DIR/secret"
}

program_start()
{
	local name=$1 socket=$FCGI_SOCK/$1.sock users=() variables
	variables=("GATEPOST_DSN=$(dsn gatepost "gatepost_$name")")
	if [ "$name" = token ]; then
		variables+=("GATEPOST_KEK=$DIR/secret/kek")
	fi
	if is_root; then
		users=(-u "$APP_USER" -g "$APP_GROUP"
		    -U "$APP_USER" -G "$WEB_GROUP")
	fi
	# GATEPOST_WRAP: a tool such as valgrind to run the programs under
	# shellcheck disable=SC2086
	service_start "$name" env -i PATH="$PATH" "${variables[@]}" \
	    spawn-fcgi -n -s "$socket" -M 0660 "${users[@]}" -- \
	    /usr/bin/env ${GATEPOST_WRAP-} \
	    "$PREFIX/libexec/gatepost/$name" -n "$PROCS"
}

programs_start()
{
	local name
	say "Starting the programs, $PROCS processes each"
	for name in $PROGRAMS; do
		[ -x "$PREFIX/libexec/gatepost/$name" ] ||
		    die "there is no $PREFIX/libexec/gatepost/$name"
		as "$APP_USER" test -x "$PREFIX/libexec/gatepost/$name" ||
		    die "$APP_USER cannot run what is in $PREFIX"
		program_start "$name"
	done
}

# A certificate authority of our own and a certificate for localhost.
tls_make()
{
	local t=$DIR/tls
	[ ! -e "$t/localhost.crt" ] || return 0
	say "Making a certificate for localhost"
	mkdir -p "$t"
	chmod 0700 "$t"
	cat >"$t/localhost.ext" <<-END
		basicConstraints = critical, CA:FALSE
		extendedKeyUsage = serverAuth
		subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
	END
	logged openssl "making the CA" openssl req -x509 -newkey ec \
	    -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
	    -subj "/CN=gatepost quickstart $(date +%F)" \
	    -addext "keyUsage = critical, keyCertSign" \
	    -keyout "$t/ca.key" -out "$t/ca.crt"
	logged openssl "asking for a certificate" openssl req -newkey ec \
	    -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
	    -keyout "$t/localhost.key" -out "$t/localhost.csr"
	logged openssl "making a certificate" openssl x509 -req -days 820 \
	    -in "$t/localhost.csr" -CA "$t/ca.crt" -CAkey "$t/ca.key" \
	    -extfile "$t/localhost.ext" -out "$t/localhost.new"
	mv "$t/localhost.new" "$t/localhost.crt"
}

# "localhost" is both addresses, where there is IPv6 at all.
ipv6_here()
{
	grep -qs '^0\{31\}1 ' /proc/net/if_inet6
}

port_free()
{
	if (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then
		die "port $PORT is in use: choose another with --port"
	fi
}

# server FUNCTION ARGUMENT...: that of the web server's own file
server()
{
	local name=${SERVER//-/_}_$1
	shift
	"$name" "$@"
}

web_start()
{
	say "Starting $SERVER"
	printf '%s\n' "$SERVER" >"$DIR/server"
	server configure >"$DIR/$SERVER.conf"
	chmod 0644 "$DIR/$SERVER.conf"
	server start "$DIR/$SERVER.conf"
}

# The status that the site answers to GET $1.
web_status()
{
	local request="GET $1 HTTP/1.0\r\nHost: localhost:$PORT\r\n\r\n"
	if [ -n "$TLS" ]; then
		printf '%b' "$request" | timeout 5 openssl s_client -quiet \
		    -verify_return_error -CAfile "$DIR/tls/ca.crt" \
		    -servername localhost -connect "localhost:$PORT" 2>/dev/null
	else
		(exec 3<>"/dev/tcp/127.0.0.1/$PORT" || exit
		    printf '%b' "$request" >&3 && timeout 5 cat <&3) 2>/dev/null
	fi | sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p'
}

# Wait until every part answers, or say which one does not.
site_wait()
{
	local path name status tries
	for path in /.well-known/oauth-authorization-server /oauth2/jwks; do
		for ((tries = 0; tries < 75; tries++)); do
			status=$(web_status "$path")
			[ "$status" != 200 ] || break
			sleep 0.2
		done
		[ "$status" = 200 ] ||
		    die "GET $path answers ${status:-nothing}; see $DIR/log"
	done
	for name in $SERVER $PROGRAMS; do
		service_running "$name" || die "$name has ended; see" \
		    "$DIR/log/$name.log: $(tail -n 1 "$DIR/log/$name.log")"
	done
}

site_running()
{
	local name
	for name in $SERVER $PROGRAMS; do
		service_running "$name" || return 1
	done
	cluster_running
}

# The web server last in, first out.
site_stop()
{
	# shellcheck disable=SC2086
	services_stop $SERVERS $PROGRAMS
	cluster_stop
}

site_status()
{
	local name result=0
	for name in $PROGRAMS $SERVER; do
		if service_running "$name"; then
			say "$name: process $PID"
		else
			say "$name: not running"
			result=3
		fi
	done
	if cluster_running; then
		say "postgresql: process $(head -n 1 "$DIR/pgdata/postmaster.pid")"
	else
		say "postgresql: not running"
		result=3
	fi
	return $result
}
