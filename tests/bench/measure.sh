# One run of one side: how many turns, how long they took, and what they cost.
# Sourced by tests/bench/run.
#
# A side has a port, services, and requests in BENCH/request-SIDE-STEP.  Its
# code flow begins with the steps of WAY, which end with a code; a connection
# that has no session yet begins with those of ENTER.

NOTES=()
declare -A AT SERVICES WAY ENTER TOKENS SIGNERS ISSUED

# steps SIDE SCENARIO: sets STEPS, the files that `load` takes
steps()
{
	local side=$1 step
	# shellcheck disable=SC2086
	case $2 in
	code) set -- ${ENTER[$1]-} -- ${WAY[$1]-} code ;;
	refresh) set -- ${ENTER[$1]-} ${WAY[$1]-} code -- refresh ;;
	introspect | guard) set -- ${TOKENS[$1]-client_credentials} -- "$2" ;;
	*) set -- "$2" ;;
	esac
	STEPS=()
	for step; do
		[ "$step" = -- ] || step=$BENCH/request-$side-$step
		STEPS+=("$step")
	done
}

# What a side and PostgreSQL have cost: nanoseconds of CPU, bytes of WAL.
spent()
{
	local name pids=()
	for name in ${SERVICES[$1]}; do
		service_running "$name" || die "$name has ended; see $DIR/log"
		pids+=("$PID")
	done
	cpu "${pids[@]}"
	cpu_postgresql "$(head -n 1 "$DIR/pgdata/postmaster.pid")"
	sql postgres -c "select pg_current_wal_insert_lsn() - '0/0'"
}

# Enough assertions of a side's client for a run.
assertions()
{
	local file=$BENCH/assertions-$1
	[ "$(cat "$file" 2>/dev/null | wc -l)" -ge $((6000 * EACH)) ] ||
	    "$BENCH/sign" "${SIGNERS[$1]}" "http://localhost:${ISSUED[$1]}" \
		$((30000 * EACH)) >"$file" || die "cannot sign"
}

# measure SIDE SCENARIO CONNECTIONS: sets RATE, HALF and MOST (milliseconds),
# ANSWERS, and COST, the microseconds and bytes for each turn
measure()
{
	local side=$1 options=() before after failed status word
	steps "$side" "$2"
	if [ "$2" = private_key_jwt ] && [ -n "${SIGNERS[$side]-}" ]; then
		assertions "$side"
		options=(-l "$BENCH/assertions-$side")
	fi
	[ -p "$BENCH/go" ] || mkfifo "$BENCH/go" "$BENCH/said" || exit 1
	"$BENCH/load" -w "${options[@]}" "${AT[$side]}" "$EACH" "$3" \
	    "${STEPS[@]}" <"$BENCH/go" >"$BENCH/said" 2>"$DIR/log/load.log" &
	exec 4>"$BENCH/go" 5<"$BENCH/said"
	read -r word <&5 || word=
	before=$(spent "$side")
	LOG_SIZE=$(stat -c %s "$DIR/log/postgresql.log")
	[ "$word" = ready ] && echo >&4
	read -r RATE ANSWERS failed status HALF MOST <&5
	exec 4>&- 5<&-
	wait $!
	after=$(spent "$side")
	[ "${failed:-1}" -eq 0 ] || measure_failed "$side" "$2 $3 $side: \
${failed:-all} turns failed, the first with status ${status:-0} \
$(cat "$DIR/log/load.log")"
	COST=$(paste <(echo "$before") <(echo "$after") |
	    awk -v n="$ANSWERS" '{
		each = n > 0 ? ($2 - $1) / n : 0
		printf "\t%.1f", NR < 3 ? each / 1000 : each
	    }')
}

# Of ours nothing may fail; the others may do what they can.
measure_failed()
{
	case $1 in
	oidc-* | glewlwyd)
		NOTES+=("$2")
		[ -n "${RATE-}" ] || RATE=0 ANSWERS=0 HALF=0 MOST=0
		;;
	*)
		INVALID+=("$2")
		RATE=0 ANSWERS=0 HALF=0 MOST=0
		;;
	esac
}

# A B C, then C B A, so that what grows slower with time favours none.
# rounds SCENARIO CONNECTIONS SIDE...
rounds()
{
	local scenario=$1 connections=$2 round side order sides
	shift 2
	sides=$*
	for ((round = 0; round < ROUNDS; round++)); do
		order=$sides
		((round % 2 == 0)) || order=$(printf '%s\n' "$@" | tac)
		for side in $order; do
			case $side in
			pgbench) measure_pgbench "$scenario" ;;
			*) measure "$side" "$scenario" "$connections" ;;
			esac
			printf 'run\t%s\t%s\t%s\t%s\t%s\t%s\t%s%s\n' \
			    "$scenario" "$connections" "$side" "$round" \
			    "$RATE" "$HALF" "$MOST" "$COST"
		done
	done >>"$RESULTS"
	awk -v only="$scenario $connections" -v first="$1" \
	    -f "$HERE/median.awk" -f "$HERE/table.awk" "$RESULTS"
}

# The statements of that scenario, over as many connections as one program has
# processes.
measure_pgbench()
{
	HALF=- MOST=- COST=$'\t-\t-\t-'
	"$1_beside"
}

# load_logged SIDE SCENARIO CONNECTIONS: statements.log, of that load
load_logged()
{
	measure "$@"
	tail -c +$((LOG_SIZE + 1)) "$DIR/log/postgresql.log" \
	    >"$BENCH/statements.log"
}

# counts SCENARIO SIDE USERS: statements for each turn, as PostgreSQL's log
# tells of them
counts()
{
	local n
	load_logged "$2" "$1" "$CONNECTIONS"
	n=$(grep -cE "^[^]]*\] ($3) LOG:  (execute|statement)" \
	    "$BENCH/statements.log")
	printf 'count\t%s\t%s\t%s\n' "$1" "$2" \
	    "$(awk "BEGIN { printf \"%.2f\", $n / ($ANSWERS ? $ANSWERS : 1) }")" \
	    >>"$RESULTS"
}

# How much memory each side has now, one beside the other; nothing where a
# process ends meanwhile.
memory_look()
{
	local side now lines=
	for side in "${!SERVICES[@]}"; do
		# shellcheck disable=SC2086
		now=$(pss ${SERVICES[$side]}) || return 0
		lines+=memory$'\t'$side$'\t'$now$'\n'
	done
	printf %s "$lines" >>"$RESULTS"
}

# ---- gatepost as a side ----

# gatepost_requests SIDE PORT: the same site, at a port
gatepost_requests()
{
	local side=$1 PORT=$2 query
	AT[$side]=$2 WAY[$side]='authorize follow' ENTER[$side]=
	SIGNERS[$side]=$SIGNER ISSUED[$side]=${ISSUER##*:}
	query="client_id=$PUBLIC&response_type=code&code_challenge_method=S256"
	query+="&code_challenge=$(challenge "$VERIFIER")"
	query+='&redirect_uri=https%3A%2F%2Fclient.example%2Fcallback'
	request "$side-jwks" GET /oauth2/jwks
	request "$side-metadata" GET "$WELL_KNOWN"
	request "$side-guard" GET /bench/guarded 'Authorization: Bearer @ACCESS@'
	request "$side-client_credentials" POST /oauth2/token "$FORM" \
	    "$CLIENT" -- grant_type=client_credentials
	request "$side-private_key_jwt" POST /oauth2/token "$FORM" -- \
	    "grant_type=client_credentials&$ASSERTION"
	request "$side-authorize" GET "/oauth2/authorize?$query" \
	    "Cookie: gatepost-session=$SESSION"
	request "$side-follow" GET @PATH@ "Cookie: gatepost-session=$SESSION"
	request "$side-code" POST /oauth2/token "$FORM" -- \
	    "grant_type=authorization_code&client_id=$PUBLIC&code=@CODE@\
&code_verifier=$VERIFIER"
	request "$side-refresh" POST /oauth2/token "$FORM" -- \
	    "grant_type=refresh_token&client_id=$PUBLIC&refresh_token=@TOKEN@"
	request "$side-introspect" POST /oauth2/introspect "$FORM" \
	    "$CALLER" -- token=@ACCESS@
}

challenge()
{
	printf %s "$1" | openssl dgst -sha256 -binary | openssl base64 -A |
	    tr '+/' '-_' | tr -d =
}
