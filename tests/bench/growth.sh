# Whether anything slows as tables grow: the same programs and requests before
# an empty database and before a copy of it with many rows, in turns.  Sourced
# by tests/bench/run.

GROWTHS='client_credentials refresh introspect code'

# A copy of the database as it is now, and then many rows.
grown_make()
{
	say "Filling a copy of the database with $ROWS rows of each kind"
	sql postgres <<-END >/dev/null || die "cannot copy the database"
		alter database gatepost allow_connections false;
		select pg_terminate_backend(pid)
		from pg_stat_activity
		where datname = 'gatepost';
		select pg_sleep(1);
		create database grown template gatepost;
		alter database grown allow_connections true;
		alter database gatepost allow_connections true;
	END
	sql grown -v rows="$ROWS" -v resource="$MCP_URL" \
	    -f "$HERE/growth.sql" || die "cannot fill the database"
}

grown_start()
{
	local name port=$PORT own=$FCGI_SOCK
	mkdir -p "$own/grown"
	give "$APP_USER:$WEB_GROUP" 0750 "$own/grown"
	SERVICES[grown]=grown-lighttpd
	for name in "${!BUSY[@]}"; do
		spawned "grown-$name" "$own/grown/$name.sock" \
		    "GATEPOST_DSN=$(dsn grown "gatepost_$name")" \
		    "GATEPOST_KEK=$DIR/secret/kek" \
		    GNUTLS_NO_IMPLICIT_INIT=1 \
		    "$PREFIX/libexec/gatepost/$name" -n "${BUSY[$name]}"
		SERVICES[grown]+=" grown-$name"
	done
	port_choose
	(FCGI_SOCK=$own/grown && lighttpd_configure) >"$BENCH/grown.conf"
	lighttpd_run grown-lighttpd "$BENCH/grown.conf"
	gatepost_requests grown "$PORT"
	PORT=$port
}

growth_main()
{
	local scenario
	install_missing need_bench
	site_tuned
	tools_build
	durable
	seed
	grown_make
	grown_start
	SERVICES[fresh]="lighttpd ${!BUSY[*]}"
	gatepost_requests fresh "$PORT"
	for scenario in ${FIGURES:-$GROWTHS}; do
		# once to warm up
		measure grown "$scenario" "$CONNECTIONS"
		measure fresh "$scenario" "$CONNECTIONS"
		rounds "$scenario" "$CONNECTIONS" fresh grown
		printf '%s grown fresh 0.9\n' "$scenario" >>"$BENCH/targets"
	done
	say "With $ROWS rows of each kind:"
	awk -v first=fresh -v targets="$BENCH/targets" \
	    -f "$HERE/median.awk" -f "$HERE/table.awk" "$RESULTS"
	[ ${#INVALID[@]} -eq 0 ] || printf 'INVALID: %s\n' "${INVALID[@]}"
	sql grown -F ': ' -c "
		select 'size of the database',
			pg_size_pretty(pg_database_size('grown'))"
}
