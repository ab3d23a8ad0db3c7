# The web server reads its configuration anew.  Sourced by tests/faults/run.

# Each as its manual says, so that no request is lost.
declare -A GRACEFUL=([lighttpd]=USR1 [apache]=USR1 [nginx]=HUP)

reload_servers()
{
	local name
	for name in $SERVERS; do
		[ -z "${GRACEFUL[$name]-}" ] || printf '%s\n' "$name"
	done
}

reload_need()
{
	for SERVER in $(reload_servers); do
		server need
	done
	SERVER=lighttpd
}

part_reload()
{
	cluster_new a
	ASKED=a
	kek_make
	for SERVER in $(reload_servers); do
		programs_start >/dev/null
		web_start >/dev/null
		site_wait
		load_begin metadata jwks authorize token*2 guarded*2 register \
		    refresh*2 revoke introspect
		web_reload
		web_reload
		load_end
		verdicts "reload of $SERVER" judge.mjs zero "$DIR/journal"
		# shellcheck disable=SC2086
		services_stop "$SERVER" $PROGRAMS
	done
	SERVER=lighttpd
}

# What shows that it has: other processes, or a line in its log.
web_traces()
{
	cat "/proc/$PID/task/$PID/children"
	wc -c <"$DIR/log/$SERVER.log"
}

web_reloaded()
{
	[ "$(web_traces)" != "$1" ]
}

web_reload()
{
	local before
	sleep 0.7
	service_running "$SERVER" || die "$SERVER has ended"
	before=$(web_traces)
	kill "-${GRACEFUL[$SERVER]}" "$PID"
	wait_until 5 web_reloaded "$before"
	same "reload of $SERVER: it has read its configuration" 0 $?
	sleep 0.7
}
