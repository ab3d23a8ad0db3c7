# What is measured: a site of its own by conf/quickstart, and beside it, behind
# the same lighttpd, programs that do nothing.  Sourced by tests/bench/run.

WELL_KNOWN=/.well-known/oauth-authorization-server
EXTRAS='bench-jwks bench-metadata bench-allow bench-backend'
# How many processes: of what nobody asks here one, and of others as many as
# give more answers.  Now and then a guard waits for its records.  Others wait
# for PostgreSQL each time; they call together, and the more wait, the more is
# carried at once; but a flow is with one of three programs at a time.
PROCESSES=$(nproc)
TOKEN_PROCESSES=$((6 * PROCESSES))
declare -A ASKED=(
	[guard]=$((2 * PROCESSES))
	[finance]=$PROCESSES
	[jwks]=$PROCESSES
	[metadata]=$PROCESSES
)
declare -A BUSY=(
	[authorize]=$((3 * PROCESSES))
	[consent]=$((3 * PROCESSES))
	[token]=$TOKEN_PROCESSES
	[introspect]=$TOKEN_PROCESSES
)

# site_start PROCESSES
site_start()
{
	say "Starting a site, $1 processes for each program"
	logged quickstart conf/quickstart "$TOP/conf/quickstart" --detach \
	    --dir "$DIR" --port "$PORT" --procs "$1"
	PREFIX=${GATEPOST_PREFIX:-$DIR/inst}
	ISSUER=http://localhost:$PORT MCP_URL=http://localhost:$PORT/mcp/finance
	cluster_programs
	place_sockets
}

site_tuned()
{
	local name PROCS
	site_start 1
	services_stop "${!ASKED[@]}" "${!BUSY[@]}"
	for name in "${!ASKED[@]}" "${!BUSY[@]}"; do
		PROCS=${BUSY[$name]-${ASKED[$name]}}
		say "$name: $PROCS processes"
		rm -f "$FCGI_SOCK/$name.sock"
		program_start "$name"
	done
}

bench_stop()
{
	local result=$?
	trap - EXIT
	# shellcheck disable=SC2086
	[ ! -d "$DIR/pid" ] || services_stop $EXTRAS bench-cgi ${SERVICES[*]}
	[ ! -d "$DIR/pgdata" ] || "$TOP/conf/quickstart" --dir "$DIR" --stop \
	    >/dev/null || say "The site in $DIR did not stop"
	[ -z "$TEMPORARY" ] || rm -rf "$DIR"
	exit "$result"
}

tools_build()
{
	local tool
	mkdir -p "$BENCH"
	chmod 0755 "$BENCH"
	for tool in empty 'load script' first sign least; do
		# shellcheck disable=SC2046,SC2086
		logged cc "compiling $tool" "${CC:-cc}" -std=c17 \
		    -D_GNU_SOURCE -O2 -Wall -Wextra -o "$BENCH/${tool% *}" \
		    $(printf "$HERE/%s.c " $tool) -lfcgi -lcrypto \
		    $(pkg-config --cflags --libs libpq)
	done
}

# program_first NAME [OPTION...] NAME=VALUE...: how NAME, started by hand with
# 4 workers, first answers: milliseconds, status
program_first()
{
	local name=$1
	shift
	as "$APP_USER" env -i PATH="$PATH" \
	    "GATEPOST_DSN=$(dsn gatepost "gatepost_$name")" \
	    "GATEPOST_KEK=$DIR/secret/kek" GNUTLS_NO_IMPLICIT_INIT=1 \
	    "$BENCH/first" "$@" REMOTE_ADDR=127.0.0.1 \
	    -- "$PREFIX/libexec/gatepost/$name" -n 4
}

# spawned NAME SOCKET [VARIABLE=VALUE...] PROGRAM [ARGUMENT...]: as the service
# NAME
spawned()
{
	local name=$1 socket=$2 users=()
	shift 2
	! is_root || users=(-u "$APP_USER" -g "$APP_GROUP"
	    -U "$APP_USER" -G "$WEB_GROUP")
	service_start "$name" env -i PATH="$PATH" \
	    spawn-fcgi -n -s "$socket" -M 0660 "${users[@]}" -- \
	    /usr/bin/env "$@"
}

# extra_start NAME ANSWER: the program that answers with that file, as many
# processes as of what is compared with it
extra_start()
{
	local procs=$PROCESSES
	[ "$1" != bench-allow ] || procs=${ASKED[guard]}
	spawned "$1" "$FCGI_SOCK/$1.sock" "$BENCH/empty" "$procs" "$BENCH/$2"
}

web_place()
{
	printf '$HTTP["url"] == "%s" {\n' "$1"
	printf '\tfastcgi.server = ( "%s" => ((\n' "$1"
	printf '\t\t"socket" => "%s/%s.sock",\n' "$FCGI_SOCK" "$2"
	printf '\t\t"check-local" => "disable" )) )\n}\n'
}

web_guarded()
{
	cat <<-END
		\$HTTP["url"] == "$1" {
			setenv.add-environment =
				( "GATEPOST_RESOURCE" => "$MCP_URL" )
			fastcgi.server = ( "$1" => (
				( "mode" => "authorizer",
				  "socket" => "$FCGI_SOCK/$2.sock",
				  "check-local" => "disable" ),
				( "socket" => "$FCGI_SOCK/bench-backend.sock",
				  "check-local" => "disable" )
			) )
		}
	END
}

# The empty programs give the very answers that they are compared with.
extras_start()
{
	local name
	chmod 0777 "$BENCH"	# for the answers that follow
	program_first jwks -o "$BENCH/answer-jwks" REQUEST_METHOD=GET \
	    REQUEST_URI=/oauth2/jwks >/dev/null &&
	    program_first metadata -o "$BENCH/answer-metadata" \
		REQUEST_METHOD=GET "REQUEST_URI=$WELL_KNOWN" >/dev/null ||
	    die "cannot keep the answers of jwks and metadata"
	chmod 0755 "$BENCH"
	printf 'Status: 200\r\n\r\n' >"$BENCH/answer-allow"
	printf '%s\r\n' 'Status: 200' 'Content-Type: text/plain' \
	    'Content-Length: 3' '' 'ok' | head -c -1 >"$BENCH/answer-backend"
	for name in $EXTRAS; do
		extra_start "$name" "answer-${name#bench-}"
	done
	services_stop lighttpd
	{
		lighttpd_configure
		web_place /bench/jwks bench-jwks
		web_place /bench/metadata bench-metadata
		web_place /bench/least bench-least
		web_guarded /bench/guarded guard
		web_guarded /bench/allowed bench-allow
	} >"$BENCH/lighttpd.conf"
	chmod 0644 "$BENCH/lighttpd.conf"
	service_start lighttpd lighttpd -D -f "$BENCH/lighttpd.conf"
	site_wait
	for name in $EXTRAS; do
		service_running "$name" || die "$name has ended:" \
		    "$(tail -n 1 "$DIR/log/$name.log")"
	done
}

# ---- requests ----

# request NAME METHOD PATH [HEADER...] [-- BODY]: writes BENCH/request-NAME
request()
{
	local name=$1 body=
	printf '%s %s HTTP/1.1\r\nHost: localhost:%s\r\n' "$2" "$3" "$PORT" \
	    >"$BENCH/request-$name"
	shift 3
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		printf '%s\r\n' "$1"
		shift
	done >>"$BENCH/request-$name"
	[ $# -lt 2 ] || body=$2
	printf '\r\n%s' "$body" >>"$BENCH/request-$name"
}

FORM='Content-Type: application/x-www-form-urlencoded'
JSON='Content-Type: application/json'
ASSERTION='client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A'
ASSERTION+='client-assertion-type%3Ajwt-bearer&client_assertion=@TOKEN@'

# ask PATH [HEADER...] -- BODY: the answer to one POST
ask()
{
	local path=$1 headers=
	shift
	while [ "$1" != -- ]; do
		headers+="$1"$'\r\n'
		shift
	done
	exec 3<>"/dev/tcp/127.0.0.1/$PORT" || return
	printf 'POST %s HTTP/1.0\r\n%sContent-Length: %d\r\n\r\n%s' \
	    "$path" "$headers" "${#2}" "$2" >&3
	timeout 10 cat <&3
	exec 3>&-
}

# member NAME: a string of the JSON on standard input
member()
{
	{ cat; echo; } | sed -n "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/p"
}

basic()
{
	printf 'Authorization: Basic %s' \
	    "$(printf '%s:%s' "$1" "$2" | openssl base64 -A)"
}

# Clients, tokens and chains; then the requests that will be sent.
seed()
{
	local word one two body code verifier='' codes=()
	sql gatepost -F ' ' -v resource="$MCP_URL" \
	    -v jwks="$("$BENCH/sign")" -v http=$CONNECTIONS \
	    -v chains="$CHAINS" -f "$HERE/seed.sql" \
	    >"$BENCH/seed" || die "cannot seed"
	while read -r word one two; do
		case $word in
		client) CLIENT=$(basic "$one" "$two") ;;
		signer) SIGNER=$one ;;
		caller) CALLER=$(basic "$one" "$two") ;;
		public) PUBLIC=$one ;;
		session) SESSION=$one ;;
		code) codes+=("$one") ;;
		verifier) verifier=$one ;;
		prefix) PREFIX_UUID=$one ;;
		esac
	done <"$BENCH/seed"
	VERIFIER=$verifier
	: >"$BENCH/tokens"
	for code in "${codes[@]}"; do
		body="grant_type=authorization_code&client_id=$PUBLIC"
		body+="&code=$code&code_verifier=$verifier"
		ask /oauth2/token "$FORM" -- "$body" | member refresh_token
	done >>"$BENCH/tokens"
	[ "$(wc -l <"$BENCH/tokens")" -eq $CONNECTIONS ] ||
	    die "not every code was redeemed"
	requests
}

requests()
{
	TOKEN=$(ask /oauth2/token "$FORM" "$CLIENT" -- \
	    grant_type=client_credentials | member access_token)
	[ -n "$TOKEN" ] || die "no token by client_credentials"
	request jwks GET /oauth2/jwks
	request empty-jwks GET /bench/jwks
	request metadata GET "$WELL_KNOWN"
	request empty-metadata GET /bench/metadata
	request guard GET /bench/guarded "Authorization: Bearer $TOKEN"
	request allowed GET /bench/allowed "Authorization: Bearer $TOKEN"
	request client_credentials POST /oauth2/token "$FORM" "$CLIENT" \
	    -- grant_type=client_credentials
	request private_key_jwt POST /oauth2/token "$FORM" -- \
	    "grant_type=client_credentials&$ASSERTION"
	request refresh POST /oauth2/token "$FORM" -- \
	    "grant_type=refresh_token&client_id=$PUBLIC&refresh_token=@TOKEN@"
	request introspect POST /oauth2/introspect "$FORM" "$CALLER" \
	    -- "token=$TOKEN"
}
