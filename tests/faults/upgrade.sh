# A new release beside the old one.  Sourced by tests/faults/run.

part_upgrade()
{
	cluster_new a
	ASKED=a READS_ALL=a
	programs_begin
	other_build
	partitions_drop
	partitions_apart
	partitions_drop
	load_begin metadata jwks authorize token*2 guarded register refresh*2 \
	    revoke introspect
	sleep 0.5
	functions_change
	programs_beside
	functions_change
	programs_anew
	sleep 0.5
	load_end
	same 'upgrade: no partition is missing' 0 "$(partitions_missing)"
	verdicts upgrade judge.mjs zero "$DIR/journal"
}

# Sets OTHER, where it is installed.
other_build()
{
	OTHER=${GATEPOST_OTHER_PREFIX-}
	if [ -n "$OTHER" ]; then
		return
	elif [ -n "$SHORT" ]; then
		OTHER=$DIR/other
		cp -a "$INSTALLED" "$OTHER"
	else
		(place_dir "$DIR/second" && build CFLAGS='-O0 -g') >&2 ||
		    die 'the second build failed'
		OTHER=$DIR/second/inst
	fi
}

# migrate finds each file of functions another than it applied.
functions_change()
{
	local f out
	if [ ! -d "$DIR/sql" ]; then
		cp -R "$INSTALLED/share/gatepost/sql" "$DIR/sql"
		chmod -R u+w "$DIR/sql"
	fi
	for f in "$DIR"/sql/*.sql; do
		printf -- '-- changed\n' >>"$f"
	done
	out=$("$DIR/sql/migrate" --database "$(dsn gatepost postgres)" 2>&1)
	same 'upgrade: migrate applies every file of functions' \
	    "$(ls "$DIR"/sql/*.sql | grep -vc '/demo\.sql$')" \
	    "$(grep -c '^applying ' <<<"$out")"
}

# As if nobody had called sweep() for long: migrate makes them, in use.
partitions_drop()
{
	sql gatepost -c "select format('drop table gatepost.%I;', (
		select max(c.relname)
		from pg_inherits i
		join pg_class c on c.oid = i.inhrelid
		where i.inhparent = format('gatepost.%I', parent)::regclass
		and c.relname ~ '_[0-9]+\$'))
	    from gatepost.partition_plan" | sql gatepost -f -
	same 'upgrade: partitions are missing' "$(sql gatepost \
	    -c 'select count(*) from gatepost.partition_plan')" \
	    "$(partitions_missing)"
}

# Where one table is in use while migrate makes its partitions, the others are
# not kept waiting.
partitions_apart()
{
	local held asked
	sql gatepost -c 'begin; lock table gatepost.code in row exclusive mode;
	    select pg_sleep(2.5)' >/dev/null &
	held=$!
	for _ in {1..25}; do
		sleep 0.1
		sql gatepost -c "set lock_timeout = '200ms'" -c 'select
		    from gatepost.access_grant limit 1' >/dev/null 2>&1 || exit 1
	done &
	asked=$!
	functions_change
	wait "$asked"
	same 'upgrade: a table in use keeps no other from being used' 0 $?
	wait "$held"
	same 'upgrade: nor are its own partitions missing' 0 \
	    "$(partitions_missing)"
}

# As the plan has them, each table with a default one.
partitions_missing()
{
	sql gatepost -c "select sum(p.ahead + 2 - (
		select count(*)
		from pg_inherits i
		where i.inhparent = format('gatepost.%I', p.parent)::regclass))
	    from gatepost.partition_plan p"
}

# Both builds at work, then the other one alone.
programs_beside()
{
	local name
	PREFIX=$OTHER
	for name in $PROGRAMS; do
		program_write "$name"
		program_tell HUP "$name"
	done
	# shellcheck disable=SC2086
	programs_are 2 $PROGRAMS
	sleep 1.5
	# shellcheck disable=SC2086
	program_tell USR1 $PROGRAMS
	# shellcheck disable=SC2086
	programs_are 1 $PROGRAMS
}

# Ended, then started: what comes meanwhile waits at the socket.
programs_anew()
{
	# shellcheck disable=SC2086
	program_tell USR2 $PROGRAMS
	sleep 1
	# shellcheck disable=SC2086
	programs_are 1 $PROGRAMS
}
