# gatepost beside others, in turns: npm's oidc-provider in memory and on the
# same PostgreSQL, Debian's glewlwyd on it, and what nothing can be faster
# than.  Sourced by tests/bench/run.

PEERS=$HERE/peers
SCENARIOS='jwks metadata guard client_credentials private_key_jwt code refresh'
SCENARIOS+=' introspect'
RESOURCE_URI='https://mcp.example/'	# as peers/oidc-provider.mjs has it
declare -A USERS=([oidc-postgresql]=bench_oidc [glewlwyd]=bench_glewlwyd
    [least]=bench_least)

need_peers()
{
	local SERVER
	for SERVER in lighttpd apache; do
		need_bench
	done
	need_node
	need util-linux has setpriv
	need_glewlwyd
}

# peer_database NAME: a database, and a role that the programs' user may be
peer_database()
{
	sql postgres -c "create role bench_$1 login" \
	    -c "create database bench_$1 owner bench_$1" >/dev/null &&
	    printf 'gatepost "%s" bench_%s\n' "$APP_USER" "$1" \
		>>"$DIR/pgdata/pg_ident.conf" &&
	    sql postgres -c 'select pg_reload_conf()' >/dev/null ||
	    die "cannot make the database bench_$1"
}

# peer_start NAME COMMAND...: as the programs' user
peer_start()
{
	local name=$1 as=()
	shift
	! is_root || as=(setpriv --reuid "$APP_USER" --regid "$APP_GROUP"
	    --clear-groups)
	service_start "$name" env -i PATH="$PATH" "${as[@]}" "$@"
	SERVICES[$name]=$name
}

# peer_wait NAME PATH
peer_wait()
{
	local PORT=${AT[$1]} tries
	for ((tries = 0; tries < 150; tries++)); do
		[ "$(web_status "$2")" != 200 ] || return 0
		sleep 0.2
	done
	die "$1 does not answer: $(tail -n 3 "$DIR/log/$1.log")"
}

# ---- Apache before the same programs ----

apache_side_start()
{
	local port=$PORT
	port_choose
	AT[apache]=$PORT
	(
		SERVER=apache
		echo 9 >"$DIR/guard.port"	# for a guard that is not asked
		apache_configure >"$BENCH/apache.conf"
		chmod 0644 "$BENCH/apache.conf"
		apache_start "$BENCH/apache.conf"
	) || exit 1
	SERVICES[apache]="apache $PROGRAMS"
	PORT=$port
	gatepost_requests apache "${AT[apache]}"
	rm "$BENCH/request-apache-guard"	# only lighttpd has that path
	peer_wait apache /oauth2/jwks
}

# ---- oidc-provider ----

oidc_clients()
{
	SECRET=$(openssl rand -hex 32)
	cat <<-END
		[{"client_id":"bench","client_secret":"$SECRET",
		  "grant_types":["client_credentials"],
		  "redirect_uris":[],"response_types":[]},
		 {"client_id":"keys","jwks":$("$BENCH/sign"),
		  "token_endpoint_auth_method":"private_key_jwt",
		  "token_endpoint_auth_signing_alg":"EdDSA",
		  "grant_types":["client_credentials"],
		  "redirect_uris":[],"response_types":[]},
		 {"client_id":"web","token_endpoint_auth_method":"none",
		  "grant_types":["authorization_code","refresh_token"],
		  "redirect_uris":["https://client.example/callback"],
		  "response_types":["code"]}]
	END
}

# oidc_start SIDE WORKERS: with as many connections altogether as gatepost's
# token program has
oidc_start()
{
	local side=$1 connections=
	[ "$side" = oidc-memory ] ||
	    connections=$(((TOKEN_PROCESSES + $2 - 1) / $2))
	peer_start "$side" env NODE_ENV=production BENCH_PORT="${AT[$side]}" \
	    BENCH_WORKERS="$2" BENCH_CLIENTS="$OIDC_CLIENTS" \
	    BENCH_CONNECTIONS="$connections" PGHOST="$PG_SOCK" \
	    PGDATABASE=bench_oidc PGUSER=bench_oidc \
	    "$NODE" "$BENCH/peers/oidc-provider.mjs"
	peer_wait "$side" /jwks
}

# The number of processes with which it gives most tokens: sets WORKERS.
oidc_tune()
{
	local side=$1 n round best=0
	for n in 1 2 3 4; do
		[ "$n" -le $(($(nproc) * 2)) ] || break
		oidc_start "$side" "$n"
		rates=()
		for round in 1 2 3; do
			measure "$side" client_credentials "$CONNECTIONS"
			rates+=("$RATE")
		done
		RATE=$(sorted "${rates[@]}" | sed -n 2p)
		say "  $side with $n processes: $RATE tokens a second"
		if awk "BEGIN { exit !($RATE > 1.03 * $best) }"; then
			best=$RATE WORKERS=$n
		fi
		services_stop "$side"
	done
}

oidc_requests()
{
	local side=$1 PORT=${AT[$1]} query cookie='Cookie: @COOKIES@' client
	query="client_id=web&response_type=code&code_challenge_method=S256"
	query+="&code_challenge=$(challenge "$VERIFIER")&scope=mcp:tools:news"
	query+='&redirect_uri=https%3A%2F%2Fclient.example%2Fcallback'
	client=$(basic bench "$SECRET")
	ENTER[$side]='enter follow follow' WAY[$side]=authorize
	TOKENS[$side]=opaque SIGNERS[$side]=keys ISSUED[$side]=$PORT
	request "$side-jwks" GET /jwks
	request "$side-metadata" GET /.well-known/openid-configuration
	request "$side-client_credentials" POST /token "$FORM" "$client" -- \
	    'grant_type=client_credentials&scope=mcp:tools:news'
	request "$side-private_key_jwt" POST /token "$FORM" -- \
	    "grant_type=client_credentials&scope=mcp:tools:news&$ASSERTION"
	request "$side-opaque" POST /token "$FORM" "$client" -- \
	    'grant_type=client_credentials&resource=urn:opaque'
	request "$side-enter" GET "/auth?$query"
	request "$side-follow" GET @PATH@ "$cookie"
	request "$side-authorize" GET "/auth?$query" "$cookie"
	request "$side-code" POST /token "$FORM" -- \
	    "grant_type=authorization_code&client_id=web&code=@CODE@\
&code_verifier=$VERIFIER\
&redirect_uri=https%3A%2F%2Fclient.example%2Fcallback"
	request "$side-refresh" POST /token "$FORM" -- \
	    'grant_type=refresh_token&client_id=web&refresh_token=@TOKEN@'
	request "$side-introspect" POST /token/introspection "$FORM" \
	    "$client" -- token=@ACCESS@
}

oidc_sides_start()
{
	local side port=$PORT
	mkdir -p "$BENCH/peers"
	cp "$PEERS"/*.mjs "$BENCH/peers/"
	[ -e "$BENCH/peers/node_modules" ] ||
	    ln -s "$DIR/npm-peers/node_modules" "$BENCH/peers/node_modules"
	chmod -R a+rX "$BENCH/peers" "$DIR/npm-peers"
	oidc_clients >"$BENCH/oidc-clients"
	OIDC_CLIENTS=$(cat "$BENCH/oidc-clients")
	peer_database oidc
	sql bench_oidc -v clients="$OIDC_CLIENTS" \
	    -f "$PEERS/oidc-provider.sql" || die "cannot fill bench_oidc"
	for side in oidc-memory oidc-postgresql; do
		port_choose
		AT[$side]=$PORT
		oidc_requests "$side"
		WORKERS=${GATEPOST_BENCH_WORKERS-}
		[ -n "$WORKERS" ] || oidc_tune "$side"
		say "Starting $side, $WORKERS processes"
		oidc_start "$side" "$WORKERS"
	done
	PORT=$port
}

# ---- the limits ----

# An empty program in the place of jwks and metadata, and behind an authorizer
# that always says 200.
empty_requests()
{
	AT[empty]=$PORT SERVICES[empty]="lighttpd $EXTRAS"
	request empty-jwks GET /bench/jwks
	request empty-metadata GET /bench/metadata
	cp "$BENCH/request-gatepost-client_credentials" \
	    "$BENCH/request-allowed-token"
	AT[allowed]=$PORT TOKENS[allowed]=token SERVICES[allowed]="lighttpd $EXTRAS"
	request allowed-guard GET /bench/allowed 'Authorization: Bearer @ACCESS@'
}

# What keeps one row for each request, and signs for those that end with a
# token: see least.c.
least_start()
{
	local name
	peer_database least
	sql bench_least -c 'create table decision (
		id bigint primary key generated always as identity,
		at timestamptz not null default now(), what text not null)' \
	    -c 'alter table decision owner to bench_least' >/dev/null ||
	    die "cannot fill bench_least"
	spawned least "$FCGI_SOCK/bench-least.sock" PGHOST="$PG_SOCK" \
	    PGDATABASE=bench_least PGUSER=bench_least \
	    "$BENCH/least" "$TOKEN_PROCESSES"
	AT[least]=$PORT SERVICES[least]="lighttpd least"
	WAY[least]='authorize follow'
	for name in client_credentials private_key_jwt code refresh; do
		request least-$name POST '/bench/least?sign' "$FORM" -- x=1
	done
	for name in authorize follow introspect; do
		request least-$name POST /bench/least "$FORM" -- x=1
	done
}

openssl_limits()
{
	local line
	line=$(openssl speed -seconds 1 ecdsap256 2>/dev/null | tail -n 1)
	# shellcheck disable=SC2086
	set -- $line
	printf 'limit\topenssl speed, one core\t%s signatures by ES256, %s %s\n' \
	    "${@: -2:1}" "${@: -1}" 'verifications a second' >>"$RESULTS"
}

# ---- all ----

# The sides that have a scenario; the first is what the others are compared to.
# sides SCENARIO CONNECTIONS
sides()
{
	local side
	for side in gatepost apache empty allowed least oidc-memory \
	    oidc-postgresql glewlwyd; do
		[ -n "${SERVICES[$side]-}" ] || continue
		steps "$side" "$1"
		[ ! -e "${STEPS[-1]}" ] || printf '%s ' "$side"
	done
	if [ "$2" = "$CONNECTIONS" ] && [ -f "$BENCH/script-$1" ]; then
		printf pgbench
	fi
}

count_scenario()
{
	local side
	for side in $(sides "$1" 0); do
		counts "$1" "$side" "${USERS[$side]-gatepost_[a-z]+}"
		[ "$side" = gatepost ] || continue
		# each for one request
		load_logged gatepost "$1" 1
		case $1 in
		client_credentials)
			script_make "$1" token_client_credentials
			;;
		private_key_jwt) script_private_key_jwt ;;
		code) script_code ;;
		refresh) script_refresh ;;
		introspect) script_make introspect introspect_token ;;
		esac
	done
}

peers_start()
{
	site_tuned
	tools_build
	durable
	extras_start
	seed
	rm -f "$BENCH"/assertions-* "$BENCH"/request-oidc* "$BENCH"/request-g*
	find_node
	node_packages "$PEERS" npm-peers
	SERVICES[gatepost]="lighttpd $PROGRAMS"
	gatepost_requests gatepost "$PORT"
	empty_requests
	least_start
	apache_side_start
	oidc_sides_start
	glewlwyd_start
}

# Only where gatepost is slower than is aimed at at its own limits.
peers_explain()
{
	local name
	requests
	"$BENCH/sign" "$SIGNER" "$ISSUER" 20000 >"$BENCH/assertions"
	for name in $(awk '/missed$/ && !/oidc|glewlwyd/ { print $1 }' "$1"); do
		# a flow is of three programs: see profile
		[ "$name" = PSS ] || [ "$name" = code ] || explain "$name"
	done
}

peers_main()
{
	local scenario connections
	: "${FIGURES:=$SCENARIOS}"
	install_missing need_peers
	peers_start
	openssl_limits
	STARTED=$(sql gatepost -c 'select clock_timestamp()')
	log_statements all
	for scenario in $FIGURES; do
		count_scenario "$scenario"
	done
	log_statements none
	for scenario in $FIGURES; do
		# which are good for an hour
		rm -f "$BENCH"/assertions-*
		for connections in 1 $CONNECTIONS 64; do
			# shellcheck disable=SC2046
			rounds "$scenario" "$connections" \
			    $(sides "$scenario" "$connections")
			memory_look
		done
	done
	decisions_check
	awk -v first=gatepost -v targets="$PEERS/targets" \
	    -f "$HERE/median.awk" -f "$HERE/table.awk" "$RESULTS" | tee "$BENCH/table"
	awk -v at="$CONNECTIONS" -f "$HERE/median.awk" -f "$HERE/plot.awk" \
	    "$RESULTS" >peers.svg
	say "The plot is in $PWD/peers.svg"
	[ ${#INVALID[@]} -eq 0 ] || printf 'INVALID: %s\n' "${INVALID[@]}"
	[ ${#NOTES[@]} -eq 0 ] || printf 'Note: %s\n' "${NOTES[@]}"
	peers_explain "$BENCH/table"
}
