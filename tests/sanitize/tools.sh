# The parts, one for each tool.  Sourced by tests/sanitize/run.
#
# WRAP is put before each program's name (GATEPOST_WRAP of conf/quickstart,
# which gives programs no other environment).  Each process writes a file of
# its own to REPORTS, the programs as another user than we are.

# These suites take too long under valgrind, or cannot stand its slowness:
#	browser mcp-v1 mcp-v2	Chromium, whose waits are for a person's site
#	dbaway fetch		about answers within 5 s
#	installation		about files and the web server
VALGRIND_E2E='metadata jwks authorize redirect login session consent token
refresh clientauth register introspect revoke guard finance fastcgi audit
settings openid-client proxy mcp-proxy'

reports_ready()
{
	REPORTS=$DIR/reports
	rm -rf "$REPORTS"
	mkdir -m 1777 "$REPORTS" && chmod 1777 "$REPORTS" ||
	    die "cannot make $REPORTS"
}

# Build in DIR: with what configure is told here, installed in PREFIX.  With
# other flags than before nothing of the old build may be left.
tool_build()
{
	local arguments=$*
	[ "$arguments" = "$(cat "$DIR/build.arguments" 2>/dev/null)" ] ||
	    rm -rf "$DIR/build" "$DIR/inst"
	build "$@" >"$DIR/log/build.log" || exit 1
	PREFIX=$DIR/inst
}

# ---- AddressSanitizer and UndefinedBehaviorSanitizer ----

# The shared libraries of the two disagree about where reports go: one writes
# to standard error whatever it is told.
# A request's memory comes in blocks; here each object has one of its own.
asan_build()
{
	tool_build --disable-fortify CPPFLAGS=-DARENA_BLOCK_SIZE=1 \
	    CFLAGS="$ASAN_FLAGS" LDFLAGS="$ASAN_LIBS"
}

ASAN_FLAGS='-g -O1 -fsanitize=address,undefined -fno-omit-frame-pointer'
ASAN_LIBS='-static-libasan -static-libubsan'

# atexit: a process that ended as it should, its leaks looked for, says so.
asan_options()
{
	local common=log_path=$REPORTS/report
	ASAN=$common:detect_leaks=1:detect_stack_use_after_return=1
	ASAN+=:strict_string_checks=1:atexit=1
	UBSAN=$common:print_stacktrace=1
	WRAP="ASAN_OPTIONS=$ASAN UBSAN_OPTIONS=$UBSAN"
}

asan_findings()
{
	grep -rhE -A 12 'ERROR: |runtime error: ' "$REPORTS"
}

# ended PID: it said so in its report
asan_ended()
{
	grep -qs 'exit stats' "$REPORTS/report.$1"
}

part_asan()
{
	asan_build
	reports_ready
	asan_options
	self_check asan "$ASAN_FLAGS $ASAN_LIBS" leak end sum
	# test_arena is about the blocks, and reads what was given back
	units asan '$(filter-out %/test_arena,$(UNIT_TESTS))' \
	    "ASAN_OPTIONS=$ASAN" "UBSAN_OPTIONS=$UBSAN"
	# shellcheck disable=SC2086
	[ -n "$SHORT" ] || programs asan 2 ${GATEPOST_E2E-}
}

# ---- valgrind ----

valgrind_options()
{
	WRAP="valgrind --vgdb=no --num-callers=24 --leak-check=full"
	WRAP+=" --errors-for-leak-kinds=definite,possible"
	WRAP+=" --show-leak-kinds=definite,possible --track-fds=yes"
	WRAP+=" --log-file=$REPORTS/report.%p"
}

valgrind_findings()
{
	local f
	for f in $(grep -rlE 'ERROR SUMMARY: [1-9]|unhandled|impossible' \
	    "$REPORTS"); do
		sed 's/^==[0-9]*== *//' "$f" | grep -vE '^$|^Copyright|^Using' |
		    head -n 40
	done
}

valgrind_ended()
{
	grep -qs 'ERROR SUMMARY' "$REPORTS/report.$1"
}

part_valgrind()
{
	tool_build --disable-fortify CFLAGS='-g -O1'
	reports_ready
	valgrind_options
	self_check valgrind '-g -O1' leak end unset
	units valgrind '$(UNIT_TESTS)' "LOG_COMPILER=$WRAP"
	# shellcheck disable=SC2086
	[ -n "$SHORT" ] || GATEPOST_SLOW=10 programs valgrind 1 \
	    ${GATEPOST_E2E:-$VALGRIND_E2E}
}

# ---- what both do ----

# self_check TOOL FLAGS MISTAKE...: each is found in the program that makes
# them, and nothing where there is none
self_check()
{
	local tool=$1 flags=$2 what found missed=
	shift 2
	# shellcheck disable=SC2086
	logged cc "compiling wrong.c" "${CC:-cc}" -w $flags -o "$DIR/wrong" \
	    "$HERE/wrong.c"
	for what in "$@" nothing; do
		# shellcheck disable=SC2086
		as "$APP_USER" /usr/bin/env $WRAP "$DIR/wrong" $what \
		    >"$DIR/log/wrong.log" 2>&1
		found=$("${tool}_findings")
		case $what,$found in
		nothing,?*) missed+="found where there is nothing: $found" ;;
		nothing, | *,?*) ;;
		*) missed+="not found: $what"$'\n' ;;
		esac
		rm -rf "$REPORTS"/*
	done
	report "$tool: finds what is wrong on purpose" "$missed"
}

# units TOOL TESTS VARIABLE...: of make's environment
units()
{
	local tool=$1 tests=$2 log=$DIR/log/units.log failed= number reports
	shift 2
	if ! env "$@" make -C "$DIR/build" -j"$(nproc)" -k check \
	    "TESTS=$tests" >"$log" 2>&1; then
		failed=$(grep -E '^(FAIL|ERROR|XPASS):|\*\*\*' "$log")
		: "${failed:=$(tail -n 20 "$log")}"
	fi
	number=$(sed 's/^PASS: \([^ ]*\) .*/\1/;t;d' "$log" | sort -u | wc -l)
	reports=$(reports_count)
	[ "$number" -gt 0 ] || failed+='no test has run'
	report "$tool: the unit tests of $number programs pass" "$failed"
	failed=$("${tool}_findings")
	[ "$reports" -ge "$number" ] || failed+='reports are missing'
	report "$tool: nothing found in their $reports processes" "$failed"
	rm -rf "$REPORTS"/*
}

reports_count()
{
	find "$REPORTS" -type f | wc -l
}

# programs TOOL PROCESSES TEST...
programs()
{
	local tool=$1 pids pid lost=
	if ! site_begin "$2"; then
		report "$tool: the site starts" "see $DIR"
		return
	fi
	shift 2
	e2e "$@"
	report "$tool: $E2E end-to-end tests pass" "$(cat "$DIR/e2e.failed")"
	pids=$(site_processes)
	site_end >"$DIR/log/stop.log"
	for pid in $pids; do
		"${tool}_ended" "$pid" || lost+="process $pid"$'\n'
	done
	grep -q 'killing' "$DIR/log/stop.log" && lost+=$(cat "$DIR/log/stop.log")
	report "$tool: $(wc -w <<<"$pids") processes end by themselves" "$lost"
	report "$tool: nothing found in $(reports_count) processes of the site" \
	    "$("${tool}_findings")"
}

# ---- growth ----

part_growth()
{
	local counts='1000 10000' result=0
	[ -z "$SHORT" ] || counts='100 1000'
	if [ -n "${GATEPOST_PREFIX-}" ]; then
		PREFIX=$GATEPOST_PREFIX
	else
		tool_build
	fi
	node_ready
	WRAP=
	if ! site_begin 1; then
		report "growth: the site starts" "see $DIR"
		return
	fi
	# shellcheck disable=SC2086
	(set -a && . "$SITE/env" && GATEPOST_DIR=$SITE &&
	    exec "$GATEPOST_NODE" "$HERE/growth.mjs" $counts) \
	    >"$DIR/growth.out" 2>&1 || result=$?
	growth_report "$result"
	site_end >"$DIR/log/stop.log"
}

# growth_report STATUS: of growth.mjs, whose verdicts are in DIR/growth.out
growth_report()
{
	local line
	grep '^#' "$DIR/growth.out"
	while read -r line; do
		case $line in
		'ok '*) report "growth: ${line#ok }" ;;
		'not ok '*) report "growth: ${line#not ok }" "see above" ;;
		'skip '*) skip "growth" "${line#skip }" ;;
		esac
	done <"$DIR/growth.out"
	[ "$1" -le 1 ] && grep -qE '^(ok|not ok|skip) ' "$DIR/growth.out" ||
	    report "growth: it was measured" "$(tail -n 20 "$DIR/growth.out")"
}
