# The figures, and the table of them.  Sourced by tests/bench/run.

TABLE=() INVALID=()

# row NAME HERE BESIDE FIGURE RANGE TARGET REACHED
row()
{
	TABLE+=("$(printf '%-29s %8s %8s  %-7s %-14s %-8s %s' "$@")")
	say "${TABLE[-1]}"
}

table_print()
{
	printf '\n%-29s %8s %8s  %-7s %-14s %-8s %s\n' figure 'here /s' \
	    'beside /s' median range target reached
	printf '%s\n' "${TABLE[@]}"
	[ ${#INVALID[@]} -eq 0 ] || printf 'INVALID: %s\n' "${INVALID[@]}"
}

# yes, no or INVALID: judge NAME CONDITION (of awk)
judge()
{
	local bad
	for bad in "${INVALID[@]}"; do
		case $bad in "$1:"*) echo INVALID; return ;; esac
	done
	awk "BEGIN { print ($2) ? \"yes\" : \"no\" }"
}

# ---- rates: each sets RATE, to 0 when it is invalid ----

# rate_http FIGURE REQUEST [OPTION...]
rate_http()
{
	local figure=$1 name=$2 all failed status
	shift 2
	read -r RATE all failed status < <("$BENCH/load" "$@" "$PORT" \
	    "$SECONDS_EACH" "$CONNECTIONS" "$BENCH/request-$name")
	: "${all:=0}"
	if [ "${failed:-1}" -ne 0 ]; then
		INVALID+=("$figure: ${failed:-all} of $all requests of \
request-$name failed, the first with status ${status:-0}")
		RATE=0
	fi
}

# rate_sql FIGURE ROLE [OPTION...]: pgbench with script-FIGURE
rate_sql()
{
	local figure=$1 role=$2 log=$BENCH/pgbench.log
	shift 2
	if ! "$PG_BIN/pgbench" -n -M prepared -c "$PROCS" -j 2 \
	    -T "$PGBENCH_SECONDS" -f "$BENCH/script-$figure" "$@" \
	    "$(dsn gatepost "$role")" >"$log" 2>&1 ||
	    grep -q -i 'aborted\|error:' "$log"; then
		INVALID+=("$figure: pgbench: $(grep -i -m 1 error "$log")")
		RATE=0
		return
	fi
	RATE=$(sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$log")
}

# ---- ratios of alternating runs ----

# ratio NAME TARGET HERE BESIDE: two commands that set RATE
ratio()
{
	local name=$1 target=$2 round a b figure middle=$((ROUNDS / 2 + 1))
	local here=() beside=() ratios=()
	# once to warm up, and so that a mistake is found early
	$3
	$4
	for ((round = 0; round < ROUNDS; round++)); do
		# A B, B A, A B: what grows slower with time favours neither
		if ((round % 2)); then
			$4; b=$RATE
			$3; a=$RATE
		else
			$3; a=$RATE
			$4; b=$RATE
		fi
		here+=("$a") beside+=("$b")
		ratios+=("$(awk "BEGIN { print ($b > 0 ? $a / $b : 0) }")")
	done
	figure=$(sorted "${ratios[@]}" | sed -n "${middle}p")
	row "$name" "$(sorted "${here[@]}" | awk "NR == $middle { print int(\$1) }")" \
	    "$(sorted "${beside[@]}" | awk "NR == $middle { print int(\$1) }")" \
	    "$(printf '%.2f' "$figure")" \
	    "$(sorted "${ratios[@]}" | awk 'NR == 1 { least = $1 }
		END { printf "%.2f-%.2f", least, $1 }')" \
	    ">= $target" "$(judge "$name" "$figure >= $target")"
}

sorted()
{
	printf '%.4f\n' "$@" | sort -g
}

jwks_here() { rate_http jwks jwks; }
jwks_beside() { rate_http jwks empty-jwks; }
metadata_here() { rate_http metadata metadata; }
metadata_beside() { rate_http metadata empty-metadata; }
guard_here() { rate_http guard guard; }
guard_beside() { rate_http guard allowed; }

client_credentials_here()
{
	rate_http client_credentials client_credentials
}

client_credentials_beside()
{
	rate_sql client_credentials gatepost_token "${ARGS_client_credentials[@]}"
}

refresh_here()
{
	rate_http refresh refresh -t "$BENCH/tokens"
}

# Each run of pgbench takes grants that nobody has used yet.
refresh_beside()
{
	rate_sql refresh gatepost_token "${ARGS_refresh[@]}" \
	    -D prefix="$PREFIX_UUID" -D offset="$CHAIN" -D generation=0
	CHAIN=$((CHAIN + PROCS))
}

introspect_here() { rate_http introspect introspect; }

introspect_beside()
{
	rate_sql introspect gatepost_introspect "${ARGS_introspect[@]}"
}

# ---- statements, as PostgreSQL's log tells of them ----

log_statements()
{
	sql gatepost -c "alter system set log_statement = '$1'" \
	    -c 'select pg_reload_conf()' >/dev/null
	sleep 0.5
}

# executed ROLE: what a role executed, by the function that it called
executed()
{
	sed -n -E "/^[^]]*\] gatepost_$1 LOG:  (execute|statement)/{
		s/.* gatepost\.([a-z_]+)\(.*/\1/
		p
	}" "$BENCH/statements.log"
}

# statements NAME ROLE TARGET [OPTION...]: how many for each of the requests
# of request-NAME, apart from the looks and the batches
statements()
{
	local name=$1 role=$2 target=$3 size answers failed n others
	shift 3
	size=$(stat -c %s "$DIR/log/postgresql.log")
	read -r _ answers failed _ < <("$BENCH/load" "$@" "$PORT" 0.3 \
	    "$CONNECTIONS" "$BENCH/request-$name")
	[ "$role" != guard ] || sleep 1.5	# what is written in batches
	tail -c +$((size + 1)) "$DIR/log/postgresql.log" \
	    >"$BENCH/statements.log"
	[ "${failed:-1}" -eq 0 ] ||
	    INVALID+=("statements $name: $failed requests failed")
	n=$(executed "$role" | grep -vcE "^($APART)\$")
	others=$(executed "$role" | grep -cE "^($APART)\$")
	row "statements $name" '' '' \
	    "$(awk "BEGIN { printf \"%.2f\", $answers ? $n / $answers : -1 }")" \
	    "(and $others)" "$target" \
	    "$(judge "statements $name" "$answers > 0 && $n == $target * $answers")"
}

# Looks at the change counter and what follows them, and the guard's records.
APART='server_change|server_read|guard_record|guard_read|guard_revocations'
APART+='|jwks_read|metadata_read|token_keys'

# script_make NAME STATEMENT: script-NAME for pgbench and ARGS_NAME, from the
# last STATEMENT in the log: the very text that the program sent
script_make()
{
	local name=$1 text rest number value
	local -n args=ARGS_$1
	args=()
	text=$(sed -n "s/^.* LOG:  execute $2: //p" "$BENCH/statements.log" |
	    tail -n 1)
	rest=$(sed -n "/ LOG:  execute $2: /{n;s/^.* DETAIL:  parameters: //p}" \
	    "$BENCH/statements.log" | tail -n 1)
	while [[ $rest =~ ^\$([0-9]+)\ =\ (NULL|\'([^\']*)\')(,\ (.*))?$ ]]; do
		number=${BASH_REMATCH[1]} value=${BASH_REMATCH[3]}
		rest=${BASH_REMATCH[5]}
		if [ "${BASH_REMATCH[2]}" = NULL ]; then
			text=$(sed "s/\\\$$number\\b/null/" <<<"$text")
			continue
		fi
		text=$(sed "s/\\\$$number\\b/:p$number/" <<<"$text")
		args+=(-D "p$number=$value")
	done
	case $text$rest in
	'' | *\$*) die "cannot read the statement $2 from PostgreSQL's log" ;;
	esac
	printf '%s;\n' "$text" >"$BENCH/script-$name"
}

# Each client of pgbench moves a grant of its own on.
script_refresh()
{
	script_make refresh token_refresh
	sed -i 's/:p4\b/:grant_id/; s/:p5\b/:generation/' \
	    "$BENCH/script-refresh"
	{
		printf '%s\n' '\if :generation = 0' \
		    '\set number :client_id + :offset' \
		    "select :prefix || lpad(:number::text, 12, '0') as grant_id \\gset" \
		    '\endif' '\set generation :generation + 1'
		cat "$BENCH/script-refresh"
	} >"$BENCH/script-new"
	mv "$BENCH/script-new" "$BENCH/script-refresh"
}

count_statements()
{
	log_statements all
	statements jwks jwks 0
	statements metadata metadata 0
	statements guard guard 0
	statements client_credentials token 1
	script_make client_credentials token_client_credentials
	statements refresh token 1 -t "$BENCH/tokens"
	script_refresh
	statements introspect introspect 1
	script_make introspect introspect_token
	log_statements none
}

# What the database says of it all: every decision was the one expected.
decisions_check()
{
	local line
	while IFS= read -r line; do
		INVALID+=("decisions in the audit record: $line")
	done < <(sql gatepost -F ' ' -c "
		select program, event, outcome, error, detail ->> 'why',
			count(*)
		from gatepost.audit_event
		where id > gatepost.uuid7_floor('$STARTED')
		and program in ('token', 'introspect', 'guard')
		and (outcome not in ('issued', 'active', 'passed')
			or program = 'token' and detail ? 'why')
		group by 1, 2, 3, 4, 5")
}

# ---- memory and start ----

# All processes of a program: the first and its workers.
processes()
{
	local name
	for name in $PROGRAMS; do
		service_running "$name" || die "$name has ended"
		printf '%s ' "$PID" \
		    "$(cat "/proc/$PID/task/$PID/children" 2>/dev/null)"
	done
}

# In kB.
pss()
{
	local pid sum=0 one
	for pid in $(processes); do
		one=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup") ||
		    return
		sum=$((sum + one))
	done
	echo "$sum"
}

memory_requests()
{
	local query="client_id=$PUBLIC&response_type=code&state=s"
	query+="&code_challenge_method=S256&code_challenge=$(printf '%043d' 0)"
	query+="&redirect_uri=http%3A%2F%2Flocalhost%2Fcallback"
	local initialize='{"jsonrpc":"2.0","id":1,"method":"initialize"'
	initialize+=',"params":{"protocolVersion":"2025-06-18"'
	initialize+=',"capabilities":{},"clientInfo":{"name":"b","version":"1"}}}'
	request authorize GET "/oauth2/authorize?$query"
	local to
	to=$(ask_get "/oauth2/authorize?$query" |
	    sed -n 's/^Location: [^/]*\/\/[^/]*\(\/[^\r]*\).*/\1/p')
	[ -n "$to" ] || die "authorize does not lead to login"
	request login GET "$to"
	request consent GET "${to/login/consent}"
	request register POST /oauth2/register "$JSON" -- \
	    '{"client_name":"b","redirect_uris":["http://localhost/c"]}'
	request revoke POST /oauth2/revoke "$FORM" "$CLIENT" -- token=unknown
	request finance POST /mcp/finance "$JSON" \
	    'Accept: application/json, text/event-stream' \
	    "Authorization: Bearer $TOKEN" -- "$initialize"
}

ask_get()
{
	exec 3<>"/dev/tcp/127.0.0.1/$PORT" || return
	printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&3
	timeout 10 cat <&3
	exec 3>&-
}

# All programs at once, 4 connections each; the most of some looks.
memory()
{
	local name most=0 now jobs=() seconds=3 failed
	[ -z "$SHORT" ] || seconds=1.5
	memory_requests
	for name in jwks metadata client_credentials introspect authorize \
	    login consent register revoke finance; do
		"$BENCH/load" -a "$PORT" $seconds 4 "$BENCH/request-$name" \
		    >"$BENCH/memory-$name" 2>&1 &
		jobs+=($!)
	done
	sleep 0.5
	while kill -0 "${jobs[0]}" 2>/dev/null; do
		now=$(pss) || break
		[ "$now" -le "$most" ] || most=$now
		sleep 0.2
	done
	wait "${jobs[@]}"
	for name in $PROGRAMS; do
		case $name in
		token) name=client_credentials ;;
		guard) continue ;;
		esac
		read -r _ now failed _ <"$BENCH/memory-$name"
		[ "${now:-0}" -gt 0 ] && [ "$failed" -eq 0 ] || INVALID+=("memory: \
$name answered ${now:-0} requests, $failed of them badly")
	done
	row memory '' '' "$((most / 1024)) MB" "$(processes | wc -w) processes" \
	    '<= 60 MB' "$(judge memory "$most > 0 && $most <= 60 * 1024")"
}

# The slowest of each program's median of three starts.
first_answers()
{
	local name params took status worst=0 which= times
	for name in $PROGRAMS; do
		params=(REQUEST_METHOD=GET "REQUEST_URI=/oauth2/$name")
		case $name in
		metadata) params[1]=REQUEST_URI=/.well-known/oauth-authorization-server ;;
		token | revoke | introspect | register | finance)
			params[0]=REQUEST_METHOD=POST
			params+=(CONTENT_LENGTH=0 GATEPOST_SCOPE=none)
			;;
		guard)
			params=(-a REQUEST_METHOD=GET REQUEST_URI=/mcp/finance
			    "GATEPOST_RESOURCE=$MCP_URL")
			;;
		esac
		times=
		for _ in 1 2 3; do
			read -r took status < <(program_first "$name" \
			    "${params[@]}" 2>>"$DIR/log/first.log")
			[ "${status:-500}" -lt 500 ] || INVALID+=("first answer: \
$name answers ${status:-nothing}")
			times+="${took:-9999} "
		done
		# shellcheck disable=SC2086
		took=$(sorted $times | sed -n 2p)
		if awk "BEGIN { exit !($took > $worst) }"; then
			worst=$took which=$name
		fi
	done
	row 'first answer' '' '' "$(printf '%.0f ms' "$worst")" "($which)" \
	    '<= 100' "$(judge 'first answer' "$worst <= 100")"
}
