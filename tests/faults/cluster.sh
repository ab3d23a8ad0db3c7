# PostgreSQL clusters of a part's own, each with a name: its files are in
# DIR/NAME, its socket in SOCK/NAME.  All begin as copies of one that has the
# schema, the demonstration's site and an account.  Sourced by
# tests/faults/run.

# sql DATABASE [ARGUMENT...] asks the hosts of ASKED, a cluster's name or
# several with commas, of which it takes the one that can be written to.
ASKED=

hosts_of()
{
	printf '%s' "$SOCK/${1//,/,$SOCK/}"
}

# In place of quickstart's.
dsn()
{
	printf 'host=%s dbname=%s user=%s' "$(hosts_of "$ASKED")" "$1" "$2"
	case $ASKED in
	*,*) printf ' target_session_attrs=read-write' ;;
	esac
}

# Who may be whom: as with quickstart; and the server's user, which the pooler
# runs as too, may be any program.
cluster_identities()
{
	local user program
	for user in "$PG_USER" "$(id -un)"; do
		printf 'gatepost "%s" postgres\n' "$user"
	done
	for user in "$APP_USER" "$PG_USER" "$(id -un)"; do
		for program in $PROGRAMS; do
			printf 'gatepost "%s" gatepost_%s\n' "$user" "$program"
		done
	done
}

# cluster_configure NAME [LINE...].  What is killed here are processes, not
# the machine: what they wrote stays, so nobody waits for the disk.
cluster_configure()
{
	local data=$DIR/$1
	{
		cat <<-END
			listen_addresses = ''
			unix_socket_directories = '$SOCK/$1'
			cluster_name = '$1'
			max_connections = 120
			shared_buffers = 32MB
			fsync = off
			dynamic_shared_memory_type = mmap
			log_line_prefix = '%m [%p] %u '
		END
		shift
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$data/gatepost.conf"
	printf 'local all,replication all peer map=gatepost\n' \
	    >"$data/pg_hba.conf"
	cluster_identities >"$data/pg_ident.conf"
	give "$PG_USER" 0600 "$data/gatepost.conf" "$data/pg_hba.conf" \
	    "$data/pg_ident.conf"
}

# cluster_ctl NAME ARGUMENT...
cluster_ctl()
{
	local name=$1
	shift
	touch "$DIR/log/$name.log"
	give "$PG_USER" 0600 "$DIR/log/$name.log"
	logged "$name-ctl" "pg_ctl $1 of $name" as "$PG_USER" "$PG_BIN/pg_ctl" \
	    -D "$DIR/$name" -s -w -t 30 -l "$DIR/log/$name.log" "$@"
}

# cluster_begin NAME [LINE...]
cluster_begin()
{
	CLUSTERS+=" $1"
	mkdir -p "$SOCK/$1"
	give "$PG_USER" 0711 "$SOCK/$1"
	cluster_configure "$@"
	cluster_ctl "$1" start
}

# Once for all parts.
cluster_template()
{
	local data=$DIR/template
	mkdir "$data"
	give "$PG_USER" 0700 "$data"
	logged initdb initdb as "$PG_USER" "$PG_BIN/initdb" -D "$data" \
	    -U postgres -A peer -E UTF8 --locale=C.UTF-8 --no-instructions \
	    --no-sync
	printf "include 'gatepost.conf'\n" >>"$data/postgresql.conf"
	cluster_begin template
	ASKED=template
	PASSWORD=
	schema_load
	account_load
	cluster_ctl template stop -m fast
	CLUSTERS=
}

# cluster_new NAME [LINE...]
cluster_new()
{
	cp -a "$TEMPLATE" "$DIR/$1" || die "cannot make the cluster $1"
	cluster_begin "$@"
}

# cluster_standby NAME OF [LINE...]: and wait until it has caught up
cluster_standby()
{
	local name=$1 of=$2
	shift 2
	cluster_gone "$name"
	mkdir "$DIR/$name"
	give "$PG_USER" 0700 "$DIR/$name"
	logged basebackup "pg_basebackup of $of" as "$PG_USER" \
	    "$PG_BIN/pg_basebackup" -D "$DIR/$name" -R -X stream -c fast \
	    --no-sync -d "host=$SOCK/$of user=postgres"
	cluster_begin "$name" "$@"
	wait_until 10 cluster_says "$of" postgres "select state from
	    pg_stat_replication where application_name = '$name'" streaming ||
	    die "$name does not follow $of"
}

# cluster_says NAME DATABASE QUERY ANSWER
cluster_says()
{
	local ASKED=$1
	[ "$(sql "$2" -c "$3" 2>/dev/null)" = "$4" ]
}

# wait_until SECONDS COMMAND...
wait_until()
{
	local tries=$(($1 * 20))
	shift
	while ! "$@"; do
		[ $((tries -= 1)) -gt 0 ] || return 1
		sleep 0.05
	done
}

# The postmaster and all that it started.
cluster_processes()
{
	local pid
	read -r pid <"$DIR/$1/postmaster.pid" &&
	    printf '%s %s' "$pid" "$(cat "/proc/$pid/task/$pid/children")"
}

# cluster_signal SIGNAL NAME: to each of its processes, as one would see it
# when the machine stops
cluster_signal()
{
	local pids
	pids=$(cluster_processes "$2") || die "$2 does not run"
	# shellcheck disable=SC2086
	kill "-$1" $pids
}

# cluster_gone NAME: killed, if it runs, with its files and what the kernel
# keeps for it
cluster_gone()
{
	local pids segment
	[ -d "$DIR/$1" ] || return 0
	if [ -f "$DIR/$1/postmaster.pid" ]; then
		segment=$(sed -n '7s/.* //p' "$DIR/$1/postmaster.pid")
		pids=$(cluster_processes "$1" 2>/dev/null)
		# shellcheck disable=SC2086
		[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
		wait_until 5 pids_gone $pids
		[ -z "$segment" ] || as "$PG_USER" ipcrm -m "$segment" 2>/dev/null
	fi
	# its lock, too: the next would take for alive what init has not reaped
	rm -rf "${DIR:?}/$1" "${SOCK:?}/$1"
	CLUSTERS=${CLUSTERS/ $1/}
}

pids_gone()
{
	local pid
	for pid in "$@"; do
		! started_at "$pid" >/dev/null || return 1
	done
}

clusters_end()
{
	local name
	for name in $CLUSTERS; do
		cluster_gone "$name"
	done
}
