# The programs, each behind a socket that is held for it, and lighttpd in
# front of them; the loads and what they say.  Sourced by tests/faults/run.

# READS names, for each program, the clusters that it is connected to, as
# "a" or "a,b"; CONNECT is what else its connection string has.
declare -A READS=() CONNECT=()

# program_dsn NAME
program_dsn()
{
	local ASKED=${READS[$1]-$READS_ALL}
	printf '%s %s' "$(dsn gatepost "gatepost_$1")" "${CONNECT[$1]-}"
}

# program_write NAME [VARIABLE=VALUE...]: what starts it from now on, as it is
# in PREFIX.  For one that runs, see program_tell.
program_write()
{
	local name=$1
	shift
	{
		printf 'exec env -i'
		printf ' %q' "PATH=$PATH" "$@" \
		    "GATEPOST_DSN=$(program_dsn "$name")"
		[ "$name" != token ] ||
		    printf ' %q' "GATEPOST_KEK=$DIR/secret/kek"
		printf ' %q -n %d\n' "$PREFIX/libexec/gatepost/$name" "$PROCS"
	} >"$DIR/start/$name.new"
	mv "$DIR/start/$name.new" "$DIR/start/$name"
}

# What runs as the programs' user, in our stead.
app_prefix()
{
	AS_APP=()
	! is_root || AS_APP=(setpriv --reuid "$APP_USER" --regid "$APP_GROUP"
	    --clear-groups --)
}

programs_begin()
{
	local name
	mkdir -p "$DIR/start"
	chmod 0755 "$DIR/start"
	kek_make
	app_prefix
	for name in $PROGRAMS; do
		[ -e "$DIR/start/$name" ] || program_write "$name"
		service_start "$name" "${AS_APP[@]}" "$ROOM/hold" \
		    "$FCGI_SOCK/$name.sock" /bin/sh "$DIR/start/$name"
	done
	web_start >/dev/null
	site_wait
}

# program_tell SIGNAL NAME...: HUP, another one beside; USR1, only the newest
# stays; USR2, ended and started
program_tell()
{
	local signal=$1 name
	shift
	for name in "$@"; do
		service_running "$name" || die "$name has ended"
		kill "-$signal" "$PID"
	done
}

# How many of it run.
program_count()
{
	service_running "$1" && wc -w <"/proc/$PID/task/$PID/children"
}

# programs_are NUMBER NAME...: wait for it
programs_are()
{
	local number=$1 name
	shift
	for name in "$@"; do
		wait_until 10 program_number "$name" "$number" ||
		    die "$name: $(program_count "$name") run, not $number"
	done
}

program_number()
{
	[ "$(program_count "$1")" -eq "$2" ]
}

# The status that the site answers to a registration.
web_register()
{
	local body='{"redirect_uris":["https://client.example/"]}'
	(exec 3<>"/dev/tcp/127.0.0.1/$PORT" || exit
	    printf '%s\r\n' 'POST /oauth2/register HTTP/1.0' \
		"Host: localhost:$PORT" 'Content-Type: application/json' \
		"Content-Length: ${#body}" '' >&3
	    printf '%s' "$body" >&3
	    timeout 8 cat <&3) 2>/dev/null |
	    sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p'
}

# Whether programs that read, and one that writes, have their database.
site_serves()
{
	[ "$(web_status /.well-known/oauth-authorization-server)" = 200 ] &&
	    [ "$(web_status /oauth2/jwks)" = 200 ] &&
	    [ "$(web_status '/oauth2/authorize?client_id=x')" = 400 ] &&
	    [ "$(web_status /oauth2/token)" = 405 ] &&
	    [ "$(web_register)" = 201 ]
}

# setting NAME VALUE: and until programs have heard of it
setting()
{
	sql gatepost -c "select gatepost.setting_set('$1', '$2')" >/dev/null
	sleep 1.1
}

# ---- pgbouncer ----

# bouncer_begin NAME OF [LINE...]: in front of the cluster OF.  To the programs
# it is the cluster NAME.
bouncer_begin()
{
	local name=$1 of=$2 program
	shift 2
	mkdir -p "$SOCK/$name"
	give "$PG_USER" 0711 "$SOCK/$name"
	for program in $PROGRAMS; do
		printf '"gatepost_%s" ""\n' "$program"
	done >"$DIR/$name.users"
	{
		cat <<-END
			[databases]
			gatepost = host=$SOCK/$of dbname=gatepost
			[pgbouncer]
			listen_addr =
			unix_socket_dir = $SOCK/$name
			listen_port = 5432
			auth_type = trust
			auth_file = $DIR/$name.users
			pool_mode = transaction
			server_login_retry = 1
		END
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$DIR/$name.ini"
	give "$PG_USER" 0600 "$DIR/$name.ini" "$DIR/$name.users"
	BOUNCER_COMMAND=(pgbouncer -q "$DIR/$name.ini")
	! is_root || BOUNCER_COMMAND=(setpriv --reuid "$PG_USER" --regid
	    "$PG_USER" --clear-groups -- "${BOUNCER_COMMAND[@]}")
	BOUNCER=$name
	service_start "$name" "${BOUNCER_COMMAND[@]}"
	wait_until 5 test -S "$SOCK/$name/.s.PGSQL.5432" ||
	    die "pgbouncer does not start; see $DIR/log/$name.log"
}

# ---- a part's site ----

# Its place; the part then says READS_ALL, if all programs may read another.
site_begin()
{
	mkdir -p "$DIR/pid"
	place_sockets
	PREFIX=$INSTALLED CLUSTERS='' BOUNCER='' READS=() CONNECT=()
}

site_end()
{
	[ -d "$DIR/pid" ] || return 0
	# shellcheck disable=SC2086
	services_stop load $SERVERS $PROGRAMS ${BOUNCER:-}
	clusters_end
	small_disk_gone
	[ ! -L "$DIR/sock" ] || rm -rf "$(readlink "$DIR/sock")"
}

# ---- node ----

# with_site COMMAND...: the site in its environment
with_site()
{
	GATEPOST_ISSUER=$ISSUER GATEPOST_MCP_URL=$MCP_URL \
	    GATEPOST_DSN_OWNER=$(dsn gatepost postgres) GATEPOST_USER=demo \
	    GATEPOST_PASSWORD=$PASSWORD GATEPOST_PROCS=$PROCS \
	    GATEPOST_DIR=$DIR "$@"
}

# verdicts WHAT SCRIPT ARGUMENT...: reports what a script of ours finds
verdicts()
{
	local what=$1 script=$2 line out=$DIR/log/$2.out
	shift 2
	with_site "$GATEPOST_NODE" "$HERE/$script" "$@" >"$out" 2>&1 ||
	    report "$what: $script runs to its end" "$(tail -n 20 "$out")"
	grep '^#' "$out"
	while read -r line; do
		case $line in
		'ok '*) report "$what: ${line#ok }" ;;
		'not ok '*) report "$what: ${line#not ok }" "see above" ;;
		esac
	done <"$out"
	grep -qE '^(ok|not ok) ' "$out" ||
	    report "$what: it was looked at" "$(tail -n 20 "$out")"
}

# load_begin LANE...: its journal is DIR/journal
load_begin()
{
	: >"$DIR/log/load.log"
	with_site service_start load "$GATEPOST_NODE" "$HERE/load.mjs" \
	    "$DIR/journal" "$@"
	wait_until 20 grep -qx ready "$DIR/log/load.log" ||
	    die "the load does not begin: $(tail -n 5 "$DIR/log/load.log")"
}

load_end()
{
	service_running load || report 'the load goes on' \
	    "$(tail -n 5 "$DIR/log/load.log")"
	services_stop load
}
