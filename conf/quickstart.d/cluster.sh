# The private PostgreSQL cluster: DIR/pgdata, reached by a Unix socket only.

# What the environment says of another PostgreSQL is not for this one.
unset PGHOST PGHOSTADDR PGPORT PGDATABASE PGUSER PGPASSWORD PGPASSFILE \
    PGSERVICE PGSERVICEFILE PGOPTIONS PGSSLMODE PGTARGETSESSIONATTRS

# place_sockets: a socket's path must fit in 107 bytes, so below a long DIR
# they are in /tmp.  Sets SOCK (ours to write), PG_SOCK, FCGI_SOCK.
place_sockets()
{
	SOCK=$DIR/sock
	if [ ${#SOCK} -gt 80 ]; then
		if [ ! -d "$SOCK" ]; then
			rm -f "$SOCK"
			ln -s "$(mktemp -d /tmp/gatepost.XXXXXX)" "$SOCK" ||
			    die "cannot make $SOCK"
		fi
		SOCK=$(cd "$SOCK" && pwd -P)
	fi
	PG_SOCK=$SOCK/pg FCGI_SOCK=$SOCK/fcgi
	mkdir -p "$PG_SOCK" "$FCGI_SOCK" || die "cannot make $SOCK"
	chmod 0711 "$SOCK"
	give "$PG_USER" 0711 "$PG_SOCK"
	give "$APP_USER:$WEB_GROUP" 0750 "$FCGI_SOCK"
}

dsn()
{
	printf "host='%s' dbname=%s user=%s" "$PG_SOCK" "$1" "$2"
}

# Who may log in as whom: the operating system says who is at the other end
# of the socket.  Here one user runs all the programs, so each may be any of
# them, and none may be a DBA, unless it is the one who started this.
identities()
{
	local user program
	for user in "$PG_USER" "$(id -un)"; do
		printf 'gatepost "%s" postgres\n' "$user"
	done
	for user in "$APP_USER" "$(id -un)"; do
		for program in $PROGRAMS; do
			printf 'gatepost "%s" gatepost_%s\n' "$user" "$program"
		done
	done
}

cluster_make()
{
	say "Making a PostgreSQL cluster"
	rm -rf "$DIR/pgdata.new"
	mkdir "$DIR/pgdata.new"
	give "$PG_USER" 0700 "$DIR/pgdata.new"
	logged postgresql-initdb initdb as "$PG_USER" "$PG_BIN/initdb" \
	    -D "$DIR/pgdata.new" -U postgres -A peer -E UTF8 \
	    --locale=C.UTF-8 --no-instructions
	printf "include 'gatepost.conf'\n" \
	    >>"$DIR/pgdata.new/postgresql.conf"
	mv "$DIR/pgdata.new" "$DIR/pgdata"
}

cluster_configure()
{
	cat >"$DIR/pgdata/gatepost.conf" <<-END
		# written by conf/quickstart at each start
		listen_addresses = ''
		unix_socket_directories = '$PG_SOCK'
		max_connections = 300
		log_line_prefix = '%m [%p] %u '
	END
	printf 'local all all peer map=gatepost\n' >"$DIR/pgdata/pg_hba.conf"
	identities >"$DIR/pgdata/pg_ident.conf"
	give "$PG_USER" 0600 "$DIR/pgdata/gatepost.conf" \
	    "$DIR/pgdata/pg_hba.conf" "$DIR/pgdata/pg_ident.conf"
}

# The same release that made the cluster must run it.
cluster_programs()
{
	local version
	if [ -f "$DIR/pgdata/PG_VERSION" ]; then
		version=$(cat "$DIR/pgdata/PG_VERSION")
		if [ -x "/usr/lib/postgresql/$version/bin/postgres" ]; then
			PG_BIN=/usr/lib/postgresql/$version/bin
			return
		fi
	fi
	find_postgresql || die "there is no PostgreSQL server here"
}

cluster_running()
{
	[ -d "$DIR/pgdata" ] &&
	    as "$PG_USER" "$PG_BIN/pg_ctl" -D "$DIR/pgdata" status >/dev/null
}

cluster_start()
{
	[ -d "$DIR/pgdata" ] || cluster_make
	cluster_configure
	if cluster_running; then
		logged postgresql-ctl "reloading PostgreSQL" as "$PG_USER" \
		    "$PG_BIN/pg_ctl" -D "$DIR/pgdata" reload
		return
	fi
	say "Starting PostgreSQL"
	touch "$DIR/log/postgresql.log"
	give "$PG_USER" 0600 "$DIR/log/postgresql.log"
	logged postgresql-ctl "starting PostgreSQL" as "$PG_USER" \
	    "$PG_BIN/pg_ctl" -D "$DIR/pgdata" -w -t 60 \
	    -l "$DIR/log/postgresql.log" start
}

cluster_stop()
{
	cluster_running || return 0
	logged postgresql-ctl "stopping PostgreSQL" as "$PG_USER" \
	    "$PG_BIN/pg_ctl" -D "$DIR/pgdata" -w -m fast stop
}

# sql DATABASE [ARGUMENT...]: psql as the DBA
sql()
{
	local database=$1
	shift
	psql -XqAt -v ON_ERROR_STOP=1 -d "$(dsn "$database" postgres)" "$@"
}

schema_load()
{
	local found
	found=$(sql postgres \
	    -c "select 1 from pg_database where datname = 'gatepost'") ||
	    die "cannot connect to PostgreSQL as a DBA: $(dsn postgres postgres)"
	[ -n "$found" ] || logged schema "making the database" \
	    sql postgres -c 'create database gatepost'
	logged schema "sql/migrate" "$PREFIX/share/gatepost/sql/migrate" \
	    --prefix gatepost --database "$(dsn gatepost postgres)"
	logged schema "sql/demo.sql" sql gatepost -v issuer="$ISSUER" \
	    -v mcp_uri="$MCP_URL" -f "$PREFIX/share/gatepost/sql/demo.sql"
}

# The demonstration's account.  The password goes by standard input: what is
# in a command line, others can read.
account_load()
{
	local known function=account_set_password
	known=$(sql gatepost -c \
	    "select 1 from gatepost.accounts where username = 'demo'")
	[ -n "$known" ] || function=account_create
	[ -z "$known" ] || [ -z "$PASSWORD" ] || return 0
	[ -n "$PASSWORD" ] || PASSWORD=$(openssl rand -hex 12)
	printf "select from gatepost.%s('demo', '%s');\n" \
	    "$function" "${PASSWORD//\'/\'\'}" |
	    sql gatepost -f - >>"$DIR/log/schema.log" 2>&1 ||
	    die "making the account failed; see $DIR/log/schema.log"
}
