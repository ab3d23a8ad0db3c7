# Apache in front of the programs, with the configuration that ships.

APACHE_MODULES=/usr/lib/apache2/modules

apache_need()
{
	need apache2-bin has apache2
}

apache_shipped()
{
	printf '%s\n' "$TOP/conf/apache/gatepost-proxy-fcgi.conf" \
	    "$TOP/conf/apache/gatepost-requests.conf"
}

# mod_authnz_fcgi connects to the guard by TCP alone: at a port that is free
# when the guard is started, and kept in DIR/guard.port.
apache_listen()
{
	local port
	[ "$1" = guard ] || return 1
	until port=$((30000 + RANDOM % 2000)) && port_unused "$port"; do :; done
	printf '%s\n' "$port" >"$DIR/guard.port"
	printf -- '-a 127.0.0.1 -p %s' "$port"
}

# apache_own MODULE...: Apache's own settings; gatepost's are in the file that
# ships.
apache_own()
{
	local name
	cat <<-END
		# written by conf/quickstart at each start
		ServerRoot "$DIR/apache"
		DefaultRuntimeDir "$DIR/apache"
		PidFile "$DIR/apache/pid"
		ErrorLog "$DIR/log/$SERVER.log"
		ServerName localhost
		ServerTokens Prod
		DocumentRoot "$DIR/apache/htdocs"
		MaxKeepAliveRequests 10000
		KeepAliveTimeout 15
		Listen 127.0.0.1:$PORT
	END
	! ipv6_here || printf 'Listen [::1]:%s\n' "$PORT"
	! is_root || printf 'User %s\nGroup %s\n' "$WEB_USER" "$WEB_GROUP"
	[ -z "$TLS" ] || set -- ssl "$@"
	for name in mpm_event alias authn_core authz_core authz_user \
	    authnz_fcgi env headers macro setenvif "$@"; do
		printf 'LoadModule %s_module %s/mod_%s.so\n' "$name" \
		    "$APACHE_MODULES" "$name"
	done
	cat <<-END
		Define GATEPOST_CONF "$TOP/conf/apache"
		Define GATEPOST_MCP_URL "$MCP_URL"
		AuthnzFcgiDefineProvider authn gatepost \
		    fcgi://127.0.0.1:$(cat "$DIR/guard.port")/
	END
}

# The virtual host that gatepost's own configuration is for.
apache_host()
{
	printf '<VirtualHost *:%s>\n' "$PORT"
	[ -z "$TLS" ] || cat <<-END
		SSLEngine On
		SSLCertificateFile "$DIR/tls/localhost.crt"
		SSLCertificateKeyFile "$DIR/tls/localhost.key"
	END
	printf 'Include "%s"\n</VirtualHost>\n' "$(server shipped | head -n 1)"
}

apache_configure()
{
	apache_own proxy proxy_fcgi
	printf 'Define GATEPOST_SOCKETS "%s"\n' "$FCGI_SOCK"
	apache_host
}

apache_start()
{
	mkdir -p "$DIR/apache/htdocs"
	chmod 0755 "$DIR/apache" "$DIR/apache/htdocs"
	logged "$SERVER" "Apache's look at its configuration" \
	    apache2 -t -f "$1"
	service_start "$SERVER" apache2 -D FOREGROUND -f "$1"
}
