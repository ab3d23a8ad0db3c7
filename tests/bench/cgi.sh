# Plain CGI beside FastCGI: the same programs, database and requests, by
# another lighttpd.  Sourced by tests/bench/run.

cgi_bench_start()
{
	local port=$PORT
	port_choose
	CGI_PORT=$PORT
	# as the programs' user, which may log in to the database
	(
		WEB_USER=$APP_USER WEB_GROUP=$APP_GROUP
		cgi_starts_programs
		cgi_configure >"$BENCH/cgi.conf"
	) || exit 1
	PORT=$port
	chmod 0644 "$BENCH/cgi.conf"
	service_start bench-cgi lighttpd -D -f "$BENCH/cgi.conf"
	memory_requests
}

by_cgi()
{
	local PORT=$CGI_PORT
	rate_http "$@"
}

# Of a token request, and of a call that the guard lets through.
cgi_token_here() { by_cgi cgi_token client_credentials; }
cgi_token_beside() { rate_http cgi_token client_credentials; }
cgi_guard_here() { by_cgi cgi_guard finance; }
cgi_guard_beside() { rate_http cgi_guard finance; }
