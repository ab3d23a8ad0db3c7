# The programs behind pgbouncer in transaction mode.  Sourced by
# tests/faults/run.

# Whether it prepares statements itself, as it does from 1.21 on.
bouncer_prepares()
{
	local version
	version=$(pgbouncer --version | sed -n 's/^PgBouncer //p')
	[ "$(printf '%s\n' 1.21 "$version" | sort -V | head -n 1)" = 1.21 ]
}

part_pgbouncer()
{
	local more=() value
	! bouncer_prepares || more=('max_prepared_statements = 50')
	cluster_new a
	# fewer connections than there are processes
	bouncer_begin bouncer a 'default_pool_size = 2' "${more[@]}"
	ASKED=a READS_ALL=bouncer PROCS=3
	programs_begin
	# where it does not, true has to work too: it is the default, and who
	# puts a pooler between may be late in changing it
	for value in false true; do
		setting prepared_statements "$value"
		verdicts pgbouncer way.mjs "prepared_statements $value"
	done
	bouncer_shares
	bouncer_limits
	bouncer_again
	PROCS=2
}

bouncer_shares()
{
	local n
	n=$(sql gatepost -c "select max(n) from (select count(*) n
	    from pg_stat_activity where usename ~ '^gatepost_'
	    group by usename) c")
	same "pgbouncer: three processes share two connections" 2 "$n"
}

# through ROLE [STATEMENT...]: by way of the pooler
through()
{
	local role=$1
	shift
	psql -XqAt -d "host=$SOCK/bouncer dbname=gatepost user=gatepost_$role" \
	    "$@" 2>&1
}

# Limits are the roles' own: the pooler takes no options, and keeps none.
bouncer_limits()
{
	local role got begin took missing=
	for role in $PROGRAMS; do
		got=$(through "$role" -c 'show statement_timeout' \
		    -c 'show lock_timeout' \
		    -c 'show idle_in_transaction_session_timeout' \
		    -c 'show search_path' | paste -sd' ')
		[ "$got" = '3s 2s 5s pg_catalog' ] || missing+="$role: $got"
	done
	report 'pgbouncer: every role has its limits' "$missing"
	begin=$(date +%s%N)
	got=$(through token -c 'select pg_sleep(9)')
	took=$((($(date +%s%N) - begin) / 1000000))
	case $got in
	*'statement timeout'*) got= ;;
	esac
	[ $took -lt 4500 ] || got+=" after $took ms"
	report "pgbouncer: a statement ends after $took ms" "$got"
	# a row that somebody holds
	sql gatepost -c 'begin' -c 'lock gatepost.client' \
	    -c 'select pg_sleep(2.7)' >/dev/null &
	sleep 0.3
	begin=$(date +%s%N)
	got=$(web_register)
	took=$((($(date +%s%N) - begin) / 1000000))
	same "pgbouncer: who waits for a lock is answered after $took ms" 503 \
	    "$got"
	wait $!
}

# The pooler is started anew, then the server behind it: nobody has to start
# the programs.
bouncer_again()
{
	services_stop "$BOUNCER"
	service_start "$BOUNCER" "${BOUNCER_COMMAND[@]}"
	wait_until 5 site_serves
	same 'pgbouncer: started anew, it is found by the programs' 0 $?
	cluster_ctl a stop -m fast
	cluster_ctl a start
	wait_until 5 site_serves
	same 'pgbouncer: and so is the server behind it' 0 $?
}
