# lighttpd in front of the programs, with the configuration that ships.

lighttpd_need()
{
	need lighttpd has lighttpd
	[ -z "$TLS" ] || need lighttpd-mod-openssl \
	    test -e /usr/lib/lighttpd/mod_openssl.so
}

lighttpd_shipped()
{
	printf '%s\n' "$TOP/conf/lighttpd/gatepost.conf"
}

lighttpd_tls()
{
	cat <<-END
		ssl.engine = "enable"
		ssl.pemfile = "$DIR/tls/localhost.crt"
		ssl.privkey = "$DIR/tls/localhost.key"
	END
}

# lighttpd's own settings; gatepost's are in the file that ships.
lighttpd_own()
{
	local modules=
	[ -z "$TLS" ] || modules='"mod_openssl"'
	cat <<-END
		# written by conf/quickstart at each start
		server.document-root = "/var/empty"
		server.bind = "127.0.0.1"
		server.port = $PORT
		server.tag = "lighttpd"
		server.max-keep-alive-requests = 10000
		server.max-keep-alive-idle = 15
		server.max-fds = 4096
		server.upload-dirs = ( "$DIR/upload" )
		server.modules = ( $modules )
	END
	if is_root; then
		printf 'server.username = "%s"\nserver.groupname = "%s"\n' \
		    "$WEB_USER" "$WEB_GROUP"
	fi
	[ -z "$TLS" ] || lighttpd_tls
	if ipv6_here; then
		printf '$SERVER["socket"] == "[::1]:%s" {\n' "$PORT"
		[ -z "$TLS" ] || printf '\tssl.engine = "enable"\n'
		printf '}\n'
	fi
}

lighttpd_configure()
{
	lighttpd_own
	cat <<-END
		var.gatepost_sockets = "$FCGI_SOCK"
		var.gatepost_mcp_url = "$MCP_URL"
		include "$(lighttpd_shipped)"
	END
}

# lighttpd_run NAME FILE
lighttpd_run()
{
	mkdir -p "$DIR/upload"
	give "$WEB_USER:$WEB_GROUP" 0700 "$DIR/upload"
	logged "$1" "lighttpd's look at its configuration" \
	    lighttpd -tt -f "$2"
	service_start "$1" lighttpd -D -f "$2"
}

lighttpd_start()
{
	lighttpd_run lighttpd "$1"
}
