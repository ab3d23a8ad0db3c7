# Programs that read a hot standby.  Sourced by tests/faults/run.

part_standby()
{
	cluster_new a
	cluster_standby b a
	ASKED=a READS_ALL=a
	# metadata goes to the primary when the standby is away; the others not
	READS=([metadata]=b,a [jwks]=b [introspect]=b)
	CONNECT=([metadata]=target_session_attrs=prefer-standby)
	programs_write_standby
	programs_begin
	verdicts standby way.mjs 'three programs read a standby'
	standby_connections
	verdicts standby standby.mjs lag
	standby_primary_away
	standby_silent
}

# introspect's records go to the primary.
programs_write_standby()
{
	local ASKED=a
	mkdir -p "$DIR/start"
	program_write introspect \
	    "GATEPOST_AUDIT_DSN=$(dsn gatepost gatepost_introspect)"
}

standby_connections()
{
	local ASKED=b
	same 'standby: who is connected to it' \
	    'gatepost_introspect gatepost_jwks gatepost_metadata' \
	    "$(sql gatepost -c "select string_agg(distinct usename::text, ' ')
		from pg_stat_activity where usename ~ '^gatepost_'")"
	ASKED=a
	same 'standby: who of them is connected to the primary' \
	    gatepost_introspect \
	    "$(sql gatepost -c "select string_agg(distinct usename::text, ' ')
		from pg_stat_activity where usename in ('gatepost_introspect',
		    'gatepost_jwks', 'gatepost_metadata')")"
}

# What is recorded nowhere is not answered; what need not be, is.
standby_primary_away()
{
	cluster_ctl a stop -m fast
	verdicts standby standby.mjs away
	cluster_ctl a start
	verdicts standby standby.mjs back
}

# A machine that has stopped without a word, as far as its neighbours can see.
standby_silent()
{
	cluster_signal STOP b
	verdicts standby standby.mjs silent
	cluster_signal CONT b
	wait_until 5 site_serves
	same 'standby: it speaks again, and all read it' 0 $?
}
