# The figures, and the table of them.  Sourced by tests/bench/run.

TABLE=() INVALID=() MISSED=

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
	read -r RATE all failed status _ < <("$BENCH/load" "$@" "$PORT" \
	    "$EACH" "$CONNECTIONS" "$BENCH/request-$name")
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
	if ! "$PG_BIN/pgbench" -n -M prepared -c "$TOKEN_PROCESSES" -j 2 \
	    -T "$EACH" -f "$BENCH/script-$figure" "$@" \
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
	local name=$1 target=$2 rounds=$ROUNDS_HTTP round a b figure middle
	local here=() beside=() ratios=() reached
	EACH=$SECONDS_HTTP
	if [ -f "$BENCH/script-$name" ]; then
		rounds=$ROUNDS_SQL EACH=1	# pgbench's least
	fi
	middle=$((rounds / 2 + 1))
	# once to warm up, and so that a mistake is found early
	$3
	$4
	for ((round = 0; round < rounds; round++)); do
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
	reached=$(judge "$name" "$figure >= $target")
	[ "$reached" = yes ] || MISSED+=" $name"
	row "$name" "$(sorted "${here[@]}" | sed -n "${middle}s/\..*//p")" \
	    "$(sorted "${beside[@]}" | sed -n "${middle}s/\..*//p")" \
	    "$(printf '%.2f' "$figure")" \
	    "$(sorted "${ratios[@]}" | awk 'NR == 1 { least = $1 }
		END { printf "%.2f-%.2f", least, $1 }')" \
	    ">= $target" "$reached"
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
	rate_sql client_credentials gatepost_token \
	    "${ARGS_client_credentials[@]}"
}

private_key_jwt_here()
{
	rate_http private_key_jwt private_key_jwt -l "$BENCH/assertions"
}

private_key_jwt_beside()
{
	rate_sql private_key_jwt gatepost_token "${ARGS_private_key_jwt[@]}"
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
	CHAIN=$((CHAIN + TOKEN_PROCESSES))
}

code_beside()
{
	rate_sql code gatepost_token "${ARGS_code[@]}"
}

introspect_here() { rate_http introspect introspect; }

introspect_beside()
{
	rate_sql introspect gatepost_introspect "${ARGS_introspect[@]}"
}

# ---- where the time goes ----

# Nanoseconds of CPU that these processes and their children have had.  Of one
# with threads, some of which have ended, only ticks of 10 ms are known.
cpu()
{
	local pid child sum=0 one
	for pid in "$@"; do
		for child in $pid \
		    $(cat "/proc/$pid/task/$pid/children" 2>/dev/null); do
			if [ "$(echo "/proc/$child/task/"*)" = \
			    "/proc/$child/task/$child" ]; then
				read -r one _ <"/proc/$child/schedstat"
			else
				one=$(($(ticks "$child" 11 12) * 10000000))
			fi
			sum=$((sum + one))
		done
	done 2>/dev/null
	echo "$sum"
}

# ticks PID FIELD FIELD: the sum of two fields of its stat, from 0 for its state
ticks()
{
	local stat
	stat=$(cat "/proc/$1/stat")
	# shellcheck disable=SC2206
	stat=(${stat##*) })
	echo $((stat[$2] + stat[$3]))
}

# cpu_parts PROGRAM: of lighttpd, the program, the empty ones, PostgreSQL
cpu_parts()
{
	local name extras=()
	service_running lighttpd && cpu "$PID"
	service_running "$1" && cpu "$PID"
	for name in $EXTRAS; do
		service_running "$name" && extras+=("$PID")
	done
	cpu "${extras[@]}"
	cpu_postgresql "$(head -n 1 "$DIR/pgdata/postmaster.pid")"
}

# Also that of connections which have ended, in ticks of 10 ms.
cpu_postgresql()
{
	echo $(($(cpu "$1") + $(ticks "$1" 13 14) * 10000000))
}

# explain NAME: the CPU time of a request, by who spends it
explain()
{
	local name=$1 program=$1 side before
	case $1 in
	client_credentials | private_key_jwt | refresh) program=token ;;
	esac
	printf '\n%s, microseconds of CPU for each request:\n' "$name"
	printf '          '
	printf ' %12s' lighttpd "$program" empty PostgreSQL
	echo
	EACH=1
	for side in here beside; do
		before=$(cpu_parts "$program")
		"${name}_$side"
		printf '  %-8s' "$side"
		paste <(echo "$before") <(cpu_parts "$program") |
		    awk -v n="$RATE" 'n > 0 {
			printf " %12.1f", ($2 - $1) / n / 1000
		    }'
		echo
	done
}
