# A site of a part's own, and the end-to-end tests on it.  Sourced by
# tests/sanitize/run.

SITE=

# site_begin PROCESSES: a new one in DIR/site, of what is in PREFIX, under WRAP
site_begin()
{
	local tries port log=$DIR/log/quickstart.log
	if [ -d "$DIR/site" ]; then
		"$TOP/conf/quickstart" --dir "$DIR/site" --stop >"$log"
		rm -rf "$DIR/site"
	fi
	for tries in 1 2 3; do
		port=$((20000 + RANDOM % 10000))
		if GATEPOST_PREFIX=$PREFIX GATEPOST_WRAP=$WRAP \
		    "$TOP/conf/quickstart" --dir "$DIR/site" --port $port \
		    --procs "$1" --detach >"$log" 2>&1; then
			SITE=$DIR/site
			return
		fi
		grep -q 'is in use' "$log" || break
	done
	SITE=$DIR/site	# what did start has to end
	sed 's/^/# /' "$log"
	return 1
}

# Processes of the site: the first of each program and its workers.
site_processes()
{
	local name pid rest
	for name in $PROGRAMS; do
		read -r pid rest <"$SITE/pid/$name" || continue
		printf '%s\n' "$pid"
		cat "/proc/$pid/task/$pid/children" 2>/dev/null |
		    tr -s ' ' '\n' | sed '/^$/d'
	done
}

site_end()
{
	[ -z "$SITE" ] || "$TOP/conf/quickstart" --dir "$SITE" --stop
	SITE=
}

node_ready()
{
	if [ -z "${GATEPOST_NODE-}" ]; then
		(DIR=$ROOM && find_node && echo "$NODE" >"$ROOM/node.path") ||
		    exit 1
		GATEPOST_NODE=$(cat "$ROOM/node.path")
		export GATEPOST_NODE
	fi
}

modules_ready()
{
	[ -z "${GATEPOST_NODE_MODULES-}" ] || return 0
	(DIR=$ROOM && node_packages "$TOP/tests/e2e" npm >&2) || exit 1
	export GATEPOST_NODE_MODULES=$ROOM/npm/node_modules
}

# e2e NAME...: what failed goes to DIR/e2e.failed, how many ran to E2E.  Sites
# that tests make for themselves take PREFIX and WRAP from the environment.
e2e()
{
	node_ready
	modules_ready
	GATEPOST_PREFIX=$PREFIX GATEPOST_WRAP=$WRAP \
	    "$TOP/tests/e2e/run" --site "$SITE" "$@" >"$DIR/e2e.tap" 2>&1
	E2E=$(grep -c '^ok ' "$DIR/e2e.tap")
	sed -n '/^not ok .*# TODO/d; /^not ok /,/^[^#]/{/^ok /!p}' \
	    "$DIR/e2e.tap" >"$DIR/e2e.failed"
	grep -q '^1\.\.[1-9]' "$DIR/e2e.tap" ||
	    tail -n 20 "$DIR/e2e.tap" >>"$DIR/e2e.failed"
}
