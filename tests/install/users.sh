# The programs as Unix users of their own and PostgreSQL by peer
# authentication, with the rules that ship.  Sourced by tests/install/run.
#
# Everything is named after a tenant of our own, so that it cannot be mistaken
# for an installation that this machine may have: gatepost-token is TENANT-token
# here, gatepost_token TENANT_token, and the database TENANT.

TENANT='' USERS=()

mine()
{
	sed "s/gatepost/$TENANT/g" "$@"
}

users_make()
{
	local user
	TENANT=gp$(od -An -N3 -tx1 /dev/urandom | tr -d ' ')
	for user in $(sed -n 's/^u \([^ ]*\) .*/\1/p' \
	    "$ROOT/usr/lib/sysusers.d/gatepost.conf" | mine); do
		useradd --system --user-group --no-create-home \
		    --home-dir /nonexistent --shell /usr/sbin/nologin "$user" \
		    >>"$DIR/log/users.log" 2>&1 || return 1
		USERS+=("$user")
	done
}

users_end()
{
	local user
	# shellcheck disable=SC2086
	[ -z "$TENANT" ] || services_stop $PROGRAMS
	[ -z "${PG_BIN-}" ] || [ ! -d "$DIR/pgdata" ] || cluster_stop
	for user in ${USERS+"${USERS[@]}"}; do
		userdel "$user"
	done
	USERS=()
}

# In place of the quickstart's: what ships, and a way in for us.
cluster_configure()
{
	local from=$ROOT/usr/share/doc/gatepost/examples/postgresql
	cat >"$DIR/pgdata/gatepost.conf" <<-END
		listen_addresses = ''
		unix_socket_directories = '$PG_SOCK'
		fsync = off
	END
	{
		mine "$from/pg_hba.conf"
		echo 'local all postgres peer map=dba'
		echo 'local all all peer'
	} >"$DIR/pgdata/pg_hba.conf"
	{
		mine "$from/pg_ident.conf"
		printf 'dba %s postgres\n' root "$PG_USER"
	} >"$DIR/pgdata/pg_ident.conf"
	give "$PG_USER" 0600 "$DIR/pgdata/gatepost.conf" \
	    "$DIR/pgdata/pg_hba.conf" "$DIR/pgdata/pg_ident.conf"
}

database_make()
{
	sql postgres -c "create database $TENANT" &&
	    "$ROOT/usr/share/gatepost/sql/migrate" --prefix "$TENANT" \
		--database "$(dsn "$TENANT" postgres)" &&
	    sql "$TENANT" -v issuer=https://auth.example \
		-v mcp_uri=https://auth.example/mcp/finance \
		-f "$ROOT/usr/share/gatepost/sql/demo.sql" &&
	    SECRET=$(sql "$TENANT" -F : -c "select *
		from gatepost.client_create('test',
		    grant_types => '{client_credentials}')")
}

# The files that tmpfiles.d and the admin make.
places_make()
{
	ETC=$DIR/etc
	mkdir "$ETC"
	(umask 077 && openssl rand -hex 32 >"$ETC/kek" &&
	    echo PGPASSWORD=secret >"$ETC/sweep.env")
	give "$TENANT-token" 0400 "$ETC/kek"
	give "root:$WEB_GROUP" 0750 "$FCGI_SOCK"
}

# variables NAME: what its unit puts into its environment
variables()
{
	sed -n 's/^Environment="\(GATEPOST_DSN=.*\)"$/\1/p' \
	    "$UNITS/gatepost-$1.service" | mine |
	    sed "s|/run/postgresql|$PG_SOCK|"
	grep -q '^Environment=GATEPOST_KEK=' "$UNITS/gatepost-$1.service" &&
	    echo "GATEPOST_KEK=$ETC/kek"
}

# program_run NAME [WRAPPER...]: as systemd would, with a socket as its fd 0
program_run()
{
	local name=$1 environment user become=() wrapper=()
	shift
	mapfile -t environment < <(variables "$name")
	user=$(setting User "gatepost-$name.service" | mine)
	if [ $# -eq 0 ]; then
		become=(-u "$user" -g "$user")
	else
		wrapper=("$@" -o "$DIR/trace/$name" -u "$user")
	fi
	service_start "$name" env -i PATH="$PATH" "${environment[@]}" \
	    spawn-fcgi -n -s "$FCGI_SOCK/$name.sock" -M 0660 \
	    -G "$WEB_GROUP" ${become+"${become[@]}"} -- /usr/bin/env \
	    ${wrapper+"${wrapper[@]}"} "$PREFIX/libexec/gatepost/$name" -n 2
}

# programs_run [WRAPPER...]: all of them, until their sockets are there
programs_run()
{
	local name tries
	rm -f "$FCGI_SOCK"/*
	for name in $PROGRAMS; do
		program_run "$name" "$@"
	done
	for name in $PROGRAMS; do
		for ((tries = 0; tries < 50; tries++)); do
			[ ! -S "$FCGI_SOCK/$name.sock" ] || break
			sleep 0.1
		done
		chown root "$FCGI_SOCK/$name.sock"
	done
}

# ask NAME VARIABLE=VALUE...: its answer to the web server, which sends stdin
ask()
{
	local name=$1
	shift
	as "$WEB_USER" env -i PATH="$PATH" SERVER_PROTOCOL=HTTP/1.1 \
	    HTTP_ACCEPT='application/json, text/event-stream' \
	    REQUEST_METHOD=GET QUERY_STRING='' REMOTE_ADDR=127.0.0.1 "$@" \
	    timeout 10 cgi-fcgi -bind -connect "$FCGI_SOCK/$name.sock" 2>&1
}

# For each program a request that makes it ask the database, and the status of
# its answer.
exchanges()
{
	cat <<-END
		metadata 200 GET /.well-known/oauth-authorization-server
		jwks 200 GET /oauth2/jwks
		authorize 400 GET /oauth2/authorize
		login 400 GET /oauth2/login
		consent 400 GET /oauth2/consent
		account 303 GET /oauth2/account
		fetch 400 GET /oauth2/fetch-client
		token 401 POST /oauth2/token
		register 400 POST /oauth2/register
		revoke 401 POST /oauth2/revoke
		introspect 401 POST /oauth2/introspect
		guard 401 GET /mcp/finance
		finance 200 POST /mcp/finance $(rpc tools/call \
		    '{"name":"ticker_sentiment","arguments":{"ticker":"NWND"}}')
	END
}

rpc()
{
	printf '{"jsonrpc":"2.0","id":1,"method":"%s","params":%s}' "$@"
}

exchanges_fail()
{
	local name status method uri body got
	exchanges | while read -r name status method uri body; do
		got=$(printf %s "$body" | ask "$name" \
		    REQUEST_METHOD="$method" REQUEST_URI="$uri" \
		    CONTENT_LENGTH=${#body} CONTENT_TYPE="$(type_of "$body")" \
		    GATEPOST_SCOPE=mcp:tools:ticker_sentiment |
		    sed -n '1s/^Status: \([0-9]*\).*/\1/p')
		[ "$got" = "$status" ] || echo "$name: ${got:-nothing}"
	done
	for name in $PROGRAMS; do
		exchanges | grep -q "^$name " || echo "$name: not in the list"
	done
}

type_of()
{
	case $1 in
	{*) echo application/json ;;
	*) echo application/x-www-form-urlencoded ;;
	esac
}

token_answer()
{
	local body='grant_type=client_credentials'
	printf %s "$body" | ask token REQUEST_METHOD=POST \
	    REQUEST_URI=/oauth2/token CONTENT_LENGTH=${#body} \
	    CONTENT_TYPE="$(type_of "$body")" \
	    HTTP_AUTHORIZATION="Basic $(printf %s "$SECRET" | base64 -w0)"
}

# Each program's processes: its name and a process id a line.
processes()
{
	local name pid at
	for name in $PROGRAMS; do
		read -r pid at <"$DIR/pid/$name"
		for pid in $pid $(cat "/proc/$pid/task/$pid/children"); do
			echo "$name $pid"
		done
	done
}

# Each is its program's user, and in no group but that one's.
processes_wrong()
{
	local name pid
	while read -r name pid; do
		awk -v name="$name" -v uid="$(id -u "$TENANT-$name")" \
		    -v gid="$(id -g "$TENANT-$name")" '
		    $1 == "Uid:" && $0 != "Uid:\t" uid "\t" uid "\t" uid "\t" uid ||
		    $1 == "Gid:" && $0 != "Gid:\t" gid "\t" gid "\t" gid "\t" gid ||
		    $1 == "Groups:" && NF > 1 && ($2 != gid || NF > 2) {
			print name ": " $0
		    }' "/proc/$pid/status"
	done <<<"$PROCESSES"
}

# trespasses NAME: what its user can do and should not
trespasses()
{
	local files="$ETC/sweep.env $DIR/pgdata/PG_VERSION"
	[ "$1" = token ] || files="$files $ETC/kek"
	as "$TENANT-$1" env OWN="$1" FILES="$files" SOCKETS="$FCGI_SOCK" \
	    PROGRAMS="$PROGRAMS" PROCESSES="$PROCESSES" ROLES="$ROLES" \
	    DATABASES="$TENANT postgres" DSN="host=$PG_SOCK" \
	    OWN_DATABASE="$TENANT" OWN_ROLE="${TENANT}_$1" \
	    PSQL="$PG_BIN/psql" sh -s <"$HERE/trespass.sh"
}

# The statements that tests/sql has each role refused, by this user's login.
# Schemas have their names everywhere, roles and databases are the tenant's.
statements()
{
	sed "s/gatepost_\(owner\|dba\)/${TENANT}_\1/g
	    s/alter database gatepost/alter database $TENANT/" \
	    "$TOP/tests/sql/login.psql" |
	    as "$TENANT-$1" "$PG_BIN/psql" -XAtq -v program="$1" -d \
	    "$(dsn "$TENANT" "${TENANT}_$1")" -f - 2>&1
}

# The timer's command line, with its environment.
sweep_run()
{
	local command environment
	command=$(setting ExecStart gatepost-sweep.service)
	environment=$(setting Environment gatepost-sweep.service | mine |
	    sed "s|/run/postgresql|$PG_SOCK|")
	eval "as '$TENANT-sweep' env $environment $command"
}

# refused USER: whether token, as that user, will not start with the key file
refused()
{
	local said
	said=$(as "$1" env GATEPOST_KEK="$ETC/kek" \
	    "$PREFIX/libexec/gatepost/token" -c 2>&1) && return 1
	[ "${said#*kek_refused}" != "$said" ]
}

kek_accepted()
{
	local user
	for user in "${USERS[@]}"; do
		[ "$user" = "$TENANT-token" ] || refused "$user" ||
		    echo "token starts as $user"
	done
	chmod 0440 "$ETC/kek"
	refused "$TENANT-token" || echo "its group may read it"
	chmod 0400 "$ETC/kek"
}

logins_missing()
{
	for name in $PROGRAMS; do
		echo "${TENANT}_$name"
	done | sort | diff - <(sql postgres -c "select distinct usename
	    from pg_stat_activity where datname = '$TENANT' order by 1") |
	    grep '^[<>]'
}

# calls_of NAME...: system calls, or systemd's sets of them, by their names
calls_of()
{
	local name
	for name in "$@"; do
		case $name in
		@*)
			# shellcheck disable=SC2046
			calls_of $(systemd-analyze --no-pager syscall-filter \
			    "$name" | sed -n 's/^  *\([a-z@]\)/\1/p')
			;;
		*) echo "$name" ;;
		esac
	done
}

# The system calls that a program's unit lets it make.
filter()
{
	local good bad
	good=$(setting SystemCallFilter "gatepost-$1.service" | grep -v '^~')
	bad=$(setting SystemCallFilter "gatepost-$1.service" | sed -n 's/^~//p')
	comm -23 <(calls_of $good | sort -u) <(calls_of $bad | sort -u)
	calls_of @default
}

# Which others the programs make from their start to their end.
calls_refused()
{
	local name
	for name in $PROGRAMS; do
		sed -n 's/^[0-9]* *\([a-z][a-z0-9_]*\)(.*/\1/p' \
		    "$DIR/trace/$name" | sort -u |
		    comm -23 - <(filter "$name" | sort -u) |
		    sed "s/^/$name: /"
	done
}

# The same once more, watched.
calls_test()
{
	local n
	if ! has strace >/dev/null || ! has systemd-analyze >/dev/null; then
		skip "the units allow the system calls that are made" \
		    "missing: strace or systemd"
		return
	fi
	# shellcheck disable=SC2086
	services_stop $PROGRAMS
	mkdir "$DIR/trace"
	programs_run strace -D -f
	exchanges_fail >&2
	token_answer >/dev/null
	# shellcheck disable=SC2086
	services_stop $PROGRAMS
	n=$(cat "$DIR"/trace/* | wc -l)
	report "the units allow the system calls that are made" \
	    $((n > 1000 ? n : 0)) "$(calls_refused)"
}

users_test()
{
	local name n answer
	n=$(count "$PROGRAMS")
	users_make || {
		report "users are made" 1 "$(cat "$DIR/log/users.log")"
		return
	}
	mkdir -p "$DIR/pid"
	place_sockets
	find_postgresql
	cluster_start >&2
	logged schema "making the database" database_make
	places_make
	programs_run
	report "each program answers the web server, as a user of its own" \
	    "$n" "$(exchanges_fail)"
	answer=$(token_answer)
	report "token has its key: it signs" 1 "$(grep -q access_token \
	    <<<"$answer" || printf '%s\n' "$answer")"
	report "all of them are logged in, by peer authentication" "$n" \
	    "$(logins_missing)"
	PROCESSES=$(processes)
	report "each process is its program's user, with no other group" \
	    "$(count "$PROCESSES")" "$(processes_wrong)"
	ROLES=$(sql postgres -c "select rolname from pg_roles
	    where rolname ~ '^${TENANT}_|^postgres$'")
	for name in $PROGRAMS sweep; do
		report "$name: no other's file, socket, process or role" \
		    "$(count "$ROLES")" "$(trespasses "$name")"
		answer=$(statements "$name")
		report "$name: no table, no function but its own" \
		    "$(grep -c '^ok' <<<"$answer")" \
		    "$(grep -v '^ok' <<<"$answer")"
	done
	report "token alone reads the key file" 1 "$(as "$TENANT-token" \
	    cat "$ETC/kek" | cmp - "$ETC/kek" 2>&1)"
	report "token starts as no other user, nor with a key others can read" \
	    "${#USERS[@]}" \
	    "$(kek_accepted)"
	report "the timer's command sweeps" 1 "$(sweep_run | grep -q \
	    '^rows deleted|' || sweep_run 2>&1)"
	calls_test
}
