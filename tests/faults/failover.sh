# The primary is lost and its standby promoted.  Sourced by tests/faults/run.

part_failover()
{
	cluster_new a
	cluster_standby b a
	synchronous a b
	ASKED=a,b READS_ALL=a,b
	programs_begin
	failover_doubt
	failover_ended
	failover_round 'killed' KILL a b
	# the other way round: the new primary falls silent
	cluster_standby a b
	synchronous b a
	failover_round 'silent' STOP b a
	[ -n "$SHORT" ] || failover_control
}

# synchronous NAME STANDBY: nothing is acknowledged that the standby has not
synchronous()
{
	local ASKED=$1
	sql postgres -c "alter system set synchronous_standby_names = '$2'" \
	    -c 'select pg_reload_conf()' >/dev/null
	wait_until 10 cluster_says "$1" postgres "select sync_state
	    from pg_stat_replication" sync || die "$2 is not synchronous"
	same "failover: $1 waits for $2" 'on sync' "$(sql postgres -c "select
	    current_setting('synchronous_commit') || ' ' || sync_state
	    from pg_stat_replication")"
}

# The standby hangs, and a DBA cancels what waits for it: that has committed
# here, and there perhaps never will.
failover_doubt()
{
	local ASKED=a status n before
	before=$(sql gatepost -c 'select count(*) from gatepost.client')
	cluster_signal STOP b
	web_register >"$DIR/doubt" &
	wait_until 2 cluster_says a gatepost "select count(*) from
	    pg_stat_activity where usename = 'gatepost_register'
	    and wait_event = 'SyncRep'" 1
	same 'failover: a registration waits for the standby' 0 $?
	sql gatepost -c "select pg_cancel_backend(pid) from pg_stat_activity
	    where wait_event = 'SyncRep'" >/dev/null
	wait $!
	status=$(cat "$DIR/doubt")
	n=$(sql gatepost -c 'select count(*) from gatepost.client')
	same 'failover: one that was cancelled is not acknowledged' 503 \
	    "$status"
	same 'failover: though it is there' $((before + 1)) "$n"
	cluster_signal CONT b
	wait_until 5 site_serves
	same 'failover: the standby is back, and all serve' 0 $?
}

# 57P01 between two requests is nobody's trouble.
failover_ended()
{
	local ASKED=a n
	sleep 1.1
	n=$(sql gatepost -c "select count(pg_terminate_backend(pid))
	    from pg_stat_activity where usename ~ '^gatepost_'")
	sleep 0.2
	site_serves
	same "failover: $n connections were ended, the next request is served" \
	    0 $?
}

# failover_round WHAT SIGNAL FROM TO
failover_round()
{
	local what=$1 signal=$2 from=$3 to=$4 promoted
	# at least as many lanes as a program has processes
	load_begin metadata*2 jwks*2 authorize*2 login*2 consent*2 token*2 \
	    guarded*2 register*2 refresh*2 revoke_unknown*2 introspect*2 \
	    revoke*2
	sleep 1
	cluster_signal "$signal" "$from"
	sleep 0.5
	cluster_ctl "$to" promote
	promoted=$(date +%s%3N)
	sleep 5.3
	load_end
	verdicts "failover, $what" judge.mjs back "$DIR/journal" "$promoted"
	[ "$signal" != STOP ] || cluster_gone "$from"
	verdicts "failover, $what" judge.mjs lost "$DIR/journal"
}

# That what is lost would be found: the same without waiting for the standby,
# which hears nothing more.
failover_control()
{
	local pid found
	cluster_standby b a
	ASKED=a sql postgres -c "alter system reset synchronous_standby_names" \
	    -c 'select pg_reload_conf()' >/dev/null
	load_begin token*2 register*2 refresh*3 revoke*2
	sleep 1
	cluster_signal STOP b
	sleep 2
	cluster_signal KILL a
	cluster_signal CONT b
	cluster_ctl b promote
	sleep 4
	load_end
	found=$(with_site "$GATEPOST_NODE" "$HERE/judge.mjs" lost \
	    "$DIR/journal")
	sed 's/^/# without waiting: /' <<<"$found"
	grep -q '^not ok .* were lost' <<<"$found"
	same 'failover: without waiting for the standby, losses are found' 0 $?
}
