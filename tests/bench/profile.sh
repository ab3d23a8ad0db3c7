# Which functions take the time, of each program and of what stands before and
# behind it.  Sourced by tests/bench/run.

# The program that a scenario is about.
profiled()
{
	case $1 in
	jwks | metadata | guard | introspect) echo "$1" ;;
	code) echo 'authorize consent token' ;;
	*) echo token ;;
	esac
}

# Everything that runs is sampled; what a report is about, is chosen after.
profile_perf()
{
	local scenario=$1 name data=$BENCH/perf.data
	perf record -q -a -F 997 -o "$data" -- "$BENCH/load" "${OPTIONS[@]}" \
	    "$PORT" "$EACH" "$CONNECTIONS" "${STEPS[@]}" \
	    >"$BENCH/profiled" 2>"$DIR/log/perf.log" ||
	    die "perf does not record: $(cat "$DIR/log/perf.log")"
	read -r RATE _ <"$BENCH/profiled"
	printf '\n%s, %s turns/s; parts of all samples, by process:\n' \
	    "$scenario" "$RATE"
	perf report -i "$data" --stdio -q --sort comm 2>/dev/null |
	    grep -v '^$' | head -n 6
	for name in $(profiled "$scenario") postgres lighttpd; do
		printf '  %s, of its own samples:\n' "$name"
		perf report -i "$data" --stdio -q --percentage relative \
		    --comm "$name" --sort dso,symbol 2>/dev/null |
		    grep -v '^$' | head -n 12 | sed 's/^/  /'
	done
}

# One process of each program and one connection: it is fifty times as slow,
# and says what it has counted when the program ends.
profile_callgrind()
{
	"$BENCH/load" "${OPTIONS[@]}" "$PORT" "$EACH" 1 "${STEPS[@]}" \
	    >/dev/null 2>"$DIR/log/load.log" ||
	    die "no load: $(cat "$DIR/log/load.log")"
}

callgrind_report()
{
	local name pid
	for name in $(for name; do profiled "$name"; done | tr ' ' '\n' |
	    sort -u); do
		service_running "$name" || die "$name has ended"
		pid=$(cat "/proc/$PID/task/$PID/children")
		services_stop "$name"
		printf '\n%s, start included:\n' "$name"
		callgrind_annotate "$BENCH/callgrind/${pid%% *}" |
		    sed -n '/file:function/,$p' | cut -c 1-100 | head -n 16
	done
}

perf_works()
{
	has perf && perf record -q -a -o /dev/null -- true
}

need_profile()
{
	need_bench
	need linux-perf has perf
	! has perf >/dev/null || perf_works >/dev/null 2>&1 ||
	    need valgrind has valgrind
}

profile_main()
{
	local scenario how=perf
	install_missing need_profile
	if ! perf_works >/dev/null 2>&1; then
		say "perf is not to be had here: callgrind"
		how=callgrind
		mkdir -p "$BENCH/callgrind"
		give "$APP_USER" 0755 "$BENCH/callgrind"
		export GATEPOST_WRAP="valgrind --tool=callgrind
		    --callgrind-out-file=$BENCH/callgrind/%p"
	fi
	if [ $how = perf ]; then
		site_tuned
	else
		site_start 1
	fi
	tools_build
	durable
	extras_start
	seed
	gatepost_requests gatepost "$PORT"
	for scenario in ${FIGURES:-$SCENARIOS}; do
		OPTIONS=()
		steps gatepost "$scenario"
		if [ "$scenario" = private_key_jwt ]; then
			assertions gatepost
			OPTIONS=(-l "$BENCH/assertions-gatepost")
		fi
		"profile_$how" "$scenario"
	done
	# shellcheck disable=SC2086
	[ $how = perf ] || callgrind_report ${FIGURES:-$SCENARIOS}
}
