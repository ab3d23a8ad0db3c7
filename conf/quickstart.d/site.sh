# The programs and the web server: started, watched and stopped by their
# process ids, each kept in DIR/pid/NAME with the time that process started,
# so that a number used again by another process is never mistaken for ours.

PROGRAMS='metadata jwks authorize login consent account token register revoke
introspect guard finance fetch'
SERVERS='lighttpd apache apache-fcgid nginx cgi'

# Each web server has a file: NAME_need says what it takes, NAME_shipped which
# files of ours it includes, NAME_configure prints the rest, and NAME_start
# looks it over and starts the service NAME.  One that starts the programs by
# itself, as its own user, also has a NAME_starts_programs, which makes what
# they are started by, or starts those that are left.  One that does not find
# all programs at their sockets has a NAME_listen for them.
for name in $SERVERS; do
	. "$TOP/conf/quickstart.d/$name.sh" || exit 1
done

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
	    [ -n "$at" ] && [ "$(started_at "$PID")" = "$at" ]
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
	mkdir -p "$DIR/secret"
	[ -e "$kek" ] || (umask 077 && openssl rand -hex 32 >"$kek") ||
	    die "cannot make $kek"
	give "$APP_USER" 0600 "$kek"
	give "$APP_USER" 0700 "$DIR/secret"
}

# Where a program listens, as spawn-fcgi is told.
program_listens()
{
	if ! server_can listen || ! server listen "$1"; then
		printf -- '-s %s -M 0660' "$FCGI_SOCK/$1.sock"
	fi
}

program_start()
{
	local name=$1 users=() variables
	variables=("GATEPOST_DSN=$(dsn gatepost "gatepost_$name")"
	    GNUTLS_NO_IMPLICIT_INIT=1)	# see gatepost-deploy(7)
	if [ "$name" = token ]; then
		variables+=("GATEPOST_KEK=$DIR/secret/kek")
	fi
	if is_root; then
		users=(-u "$APP_USER" -g "$APP_GROUP"
		    -U "$APP_USER" -G "$WEB_GROUP")
	fi
	# GATEPOST_WRAP: a tool such as valgrind to run the programs under
	# shellcheck disable=SC2046,SC2086
	service_start "$name" env -i PATH="$PATH" "${variables[@]}" \
	    spawn-fcgi -n $(program_listens "$name") "${users[@]}" -- \
	    /usr/bin/env ${GATEPOST_WRAP-} \
	    "$PREFIX/libexec/gatepost/$name" -n "$PROCS"
}

programs_start()
{
	local name
	for name in $PROGRAMS; do
		[ -x "$PREFIX/libexec/gatepost/$name" ] ||
		    die "there is no $PREFIX/libexec/gatepost/$name"
		as "$APP_USER" test -x "$PREFIX/libexec/gatepost/$name" ||
		    die "$APP_USER cannot run what is in $PREFIX"
	done
	rm -f "$FCGI_SOCK"/*.sock
	if starts_programs; then
		server starts_programs
		return
	fi
	say "Starting the programs, $PROCS processes each"
	for name in $PROGRAMS; do
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

port_unused()
{
	! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Sets PORT: one that nothing listens on, below those that the kernel hands out.
port_choose()
{
	local tries
	for ((tries = 0; tries < 50; tries++)); do
		PORT=$((20000 + RANDOM % 12000))
		! port_unused "$PORT" || return 0
	done
	die "cannot find a free port"
}

port_free()
{
	port_unused "$PORT" ||
	    die "port $PORT is in use: choose another with --port"
}

# server FUNCTION ARGUMENT...: that of the web server's own file
server()
{
	local name=${SERVER//-/_}_$1
	shift
	"$name" "$@"
}

# Whether that file has such a function.
server_can()
{
	declare -F "${SERVER//-/_}_$1" >/dev/null
}

# Whether the web server starts the programs: then few are services here.
starts_programs()
{
	server_can starts_programs
}

# What runs here beside PostgreSQL.
services()
{
	local name
	for name in $PROGRAMS; do
		if ! starts_programs || [ -e "$DIR/pid/$name" ]; then
			printf '%s\n' "$name"
		fi
	done
	printf '%s\n' "$SERVER"
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
	for name in $(services); do
		service_running "$name" || die "$name has ended; see" \
		    "$DIR/log/$name.log: $(tail -n 1 "$DIR/log/$name.log")"
	done
}

site_running()
{
	local name
	for name in $(services); do
		service_running "$name" || return 1
	done
	cluster_running
}

# The web server last in, first out.
site_stop()
{
	rm -f "$DIR/started"
	# shellcheck disable=SC2086
	services_stop $SERVERS $PROGRAMS
	cluster_stop
}

site_status()
{
	local name result=0
	for name in $(services); do
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
