# nginx in front of the programs, with the configuration that ships.

nginx_need()
{
	need nginx-light has nginx
}

nginx_shipped()
{
	printf '%s\n' "$TOP/conf/nginx/gatepost.conf"
}

# nginx_address ADDRESS
nginx_address()
{
	printf 'listen %s:%s%s;\n' "$1" "$PORT" "${TLS:+ ssl}"
}

nginx_server()
{
	cat <<-END
		server {
		server_name localhost;
		root /var/empty;
	END
	nginx_address 127.0.0.1
	! ipv6_here || nginx_address '[::1]'
	[ -z "$TLS" ] || cat <<-END
		ssl_certificate $DIR/tls/localhost.crt;
		ssl_certificate_key $DIR/tls/localhost.key;
	END
	cat <<-END
		set \$gatepost_sockets "$FCGI_SOCK";
		set \$gatepost_mcp_url "$MCP_URL";
		include $(nginx_shipped);
		}
	END
}

# nginx's own settings; gatepost's are in the file that ships.
nginx_configure()
{
	local temp
	printf '# written by conf/quickstart at each start\n'
	! is_root || printf 'user %s %s;\n' "$WEB_USER" "$WEB_GROUP"
	cat <<-END
		worker_processes $(nproc);
		error_log stderr;
		pid $DIR/nginx.pid;
		daemon off;
		events {
			worker_connections 2048;
		}
		http {
		access_log off;
		server_tokens off;
		keepalive_requests 10000;
		keepalive_timeout 15;
	END
	for temp in client_body proxy fastcgi uwsgi scgi; do
		printf '%s_temp_path %s;\n' "$temp" "$DIR/upload/$temp"
	done
	nginx_server
	printf '}\n'
}

# -e: before it has read its configuration it would write to /var/log
nginx_start()
{
	mkdir -p "$DIR/upload"
	give "$WEB_USER:$WEB_GROUP" 0700 "$DIR/upload"
	logged nginx "nginx's look at its configuration" \
	    nginx -t -q -e stderr -p "$DIR" -c "$1"
	service_start nginx nginx -e stderr -p "$DIR" -c "$1"
}
