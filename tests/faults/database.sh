# What happens to PostgreSQL, one after the other, under load.  Its answers cut
# off are in statement.sh; a standby that is gone or promoted in failover.sh.
# Sourced by tests/faults/run.

DATABASE_FAULTS='killed stopped out_of_sessions read_only disk_full
backend_stopped locked record_refused record_fails function_gone'
DATABASE_FAULTS_SHORT='killed out_of_sessions read_only disk_full
record_refused function_gone'

part_database()
{
	local fault faults=$DATABASE_FAULTS
	[ -z "$SHORT" ] || faults=$DATABASE_FAULTS_SHORT
	cluster_new a
	ASKED=a READS_ALL=a
	# more than may lead, so that workers call for each other
	local PROCS=$((2 * $(nproc) + 2))
	small_disk
	programs_begin
	: >"$DIR/marks"
	load_begin metadata jwks authorize*2 login consent token*8 guarded \
	    forged revoked register refresh*4 revoke introspect*4
	sleep 1
	used_before=$(programs_use)
	for fault in $faults; do
		! is_skipped "$fault" || continue
		fault_round "$fault"
	done
	sleep 2
	load_end
	sleep 1.2 # the guard's last batch
	same 'database: workers have called for each other' t "$(sql gatepost -c "
	    select count(*) > count(distinct xmin::text)
	    from gatepost.audit_event
	    where program in ('token', 'introspect')")"
	verdicts database faults.mjs "$DIR/journal" "$DIR/marks"
	[ -n "$SHORT" ] || database_control
	programs_used "$used_before"
	secrets_kept database
	small_disk_gone
}

# That what is lost would be found: a registration that never was.
database_control()
{
	local found at
	at=$(date +%s%3N)
	printf '{"lane":"register","start":%s,"end":%s,"good":true,%s}\n' \
	    "$at" "$at" '"client":"nobody"' >>"$DIR/journal"
	found=$(with_site "$GATEPOST_NODE" "$HERE/faults.mjs" "$DIR/journal" \
	    "$DIR/marks")
	grep -q '^not ok .* 1 lost' <<<"$found"
	same 'database: one that is lost is found' 0 $?
}

fault_mark()
{
	printf '%s %s %s\n' "$(date +%s%3N)" "$1" "${2//_/ }" >>"$DIR/marks"
}

# fault_round NAME
fault_round()
{
	local seconds=5
	[ -z "$SHORT" ] || seconds=0.5
	fault_mark made "$1"
	"make_$1"
	sleep $seconds
	"heal_$1"
	fault_mark healed "$1"
	wait_until 5 site_serves ||
	    report "database: after $1 the site serves" 'it does not'
	# the first ones tell of the last second
	sleep 0.9
}

make_killed()
{
	local pids
	pids=$(cluster_processes a)
	cluster_signal KILL a
	# shellcheck disable=SC2086
	wait_until 5 pids_gone $pids
}
# Who was killed may be waited for by nobody, and then seems to run.
heal_killed()
{
	rm -f "$DIR/a/postmaster.pid" "$SOCK"/a/.s.PGSQL.5432.lock
	cluster_ctl a start
}

make_stopped()
{
	cluster_signal STOP a
	sleep 3
}
heal_stopped()
{
	cluster_signal CONT a
}

# sessions_most NUMBER: for each program, -1: as many as there are
sessions_most()
{
	local name
	for name in $PROGRAMS; do
		printf 'alter role gatepost_%s connection limit %d;\n' \
		    "$name" "$1"
	done | sql gatepost -f -
}

# And those that there are end.
make_out_of_sessions()
{
	sessions_most 0
	sql gatepost -c "select pg_terminate_backend(pid)
	    from pg_stat_activity where usename ~ '^gatepost_'" >/dev/null
}
heal_out_of_sessions()
{
	sessions_most -1
}

make_read_only()
{
	sql postgres -c 'alter system set default_transaction_read_only = on' \
	    -c 'select pg_reload_conf()' >/dev/null
}
heal_read_only()
{
	sql postgres -c 'alter system reset default_transaction_read_only' \
	    -c 'select pg_reload_conf()' >/dev/null
}

# The record's newest partitions, on a disk of their own.
small_disk()
{
	local n
	SMALL=$DIR/small SKIPPED=
	mkdir -p "$SMALL"
	if ! is_root || ! mount -t tmpfs -o size=64m,mode=0755 none "$SMALL" \
	    2>/dev/null; then
		say '# SKIP disk full: nothing can be mounted here'
		SKIPPED=disk_full
		return
	fi
	give "$PG_USER" 0700 "$SMALL"
	sql gatepost -c "create tablespace small location '$SMALL'" >/dev/null
	for n in $(sql gatepost -c "select inhrelid::regclass from pg_inherits
	    where inhparent = 'gatepost.audit_event'::regclass"); do
		sql gatepost -c "alter table $n set tablespace small" >/dev/null
	done
}

is_skipped()
{
	case " $SKIPPED " in *" $1 "*) ;; *) return 1 ;; esac
}

make_disk_full()
{
	dd if=/dev/zero of="$SMALL/filler" bs=64k 2>/dev/null
	sleep 1
}
heal_disk_full()
{
	rm -f "$SMALL/filler"
}

small_disk_gone()
{
	[ -n "${SMALL-}" ] || return 0
	clusters_end
	! mountpoint -q "$SMALL" || umount "$SMALL"
	SMALL=
}

# One that answers token.
make_backend_stopped()
{
	BACKEND=$(sql gatepost -c "select pid from pg_stat_activity
	    where usename = 'gatepost_token' limit 1")
	kill -STOP "$BACKEND"
	sleep 3
}
heal_backend_stopped()
{
	kill -CONT "$BACKEND"
}

make_locked()
{
	sql gatepost -f - >/dev/null <<-'END'
		begin;
		lock table gatepost.access_grant, gatepost.client,
			gatepost.audit_event in access exclusive mode;
		select pg_sleep(3.5);
		commit;
	END
}
heal_locked()
{
	:
}

make_record_refused()
{
	sql gatepost -c 'revoke insert on gatepost.audit_event
	    from gatepost_owner'
}
heal_record_refused()
{
	sql gatepost -c 'grant insert on gatepost.audit_event to gatepost_owner'
}

make_record_fails()
{
	sql gatepost -f - <<-'END'
		begin;
		lock table gatepost.audit_event in access exclusive mode;
		create function public.no() returns trigger language plpgsql
		as $$ begin raise exception 'no'; end $$;
		create trigger no before insert on gatepost.audit_event
		for each row execute function public.no();
		commit;
	END
}
heal_record_fails()
{
	sql gatepost -f - 2>/dev/null <<-'END'
		begin;
		lock table gatepost.audit_event in access exclusive mode;
		drop function public.no() cascade;
		commit;
	END
}

# A schema of another version.
make_function_gone()
{
	sql gatepost -c "select format('alter function %s rename to gone',
	    oid::regprocedure) from pg_proc
	    where oid::regprocedure::text ~ '^gatepost\.token_refresh\('" |
	    sql gatepost -f -
}
heal_function_gone()
{
	sql gatepost -c "select format('alter function %s rename to
	    token_refresh', oid::regprocedure) from pg_proc
	    where proname = 'gone'" | sql gatepost -f -
}

# programs_use: descriptors, connections to PostgreSQL, and workers
programs_use()
{
	local name pid fds=0 workers=0
	for name in $PROGRAMS; do
		service_running "$name" || die "$name has ended"
		for pid in $(program_workers "$PID"); do
			fds=$((fds + $(ls "/proc/$pid/fd" | wc -l)))
			workers=$((workers + 1))
		done
	done
	printf '%s %s %s' "$fds" "$(ASKED=a sql gatepost -c "select count(*)
	    from pg_stat_activity where usename ~ '^gatepost_'")" "$workers"
}

# program_workers PID: of what hold has started
program_workers()
{
	local child
	for child in $(cat "/proc/$1/task/$1/children"); do
		cat "/proc/$child/task/$child/children"
	done
}

# programs_used BEFORE: no more than then, but that a worker which had not served
# anybody may have connected since, and hold what the server has closed
programs_used()
{
	local fds connections workers now
	read -r fds connections workers <<<"$1"
	now=$(programs_use)
	report "the programs have $now descriptors, connections, workers, as \
before" "$([ "${now%% *}" -le $((fds + 4 + workers - connections)) ] ||
		printf 'before: %s' "$1")"
}
