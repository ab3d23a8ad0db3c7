# lighttpd that starts the programs itself, one for each request, with the
# configuration and the scripts that ship.

cgi_need()
{
	lighttpd_need
	need lighttpd test -e /usr/lib/lighttpd/mod_cgi.so
}

cgi_shipped()
{
	printf '%s\n' "$TOP/conf/lighttpd/gatepost-cgi.conf" \
	    "$TOP/conf/cgi/gatepost.cgi" "$TOP/conf/cgi/guarded.cgi"
}

# cgi_script SHIPPED NAME: as it ships, but for where things are here
cgi_script()
{
	local to=$DIR/cgi/$2
	sed -e "s|^\\(programs\\)=.*|\\1=$PREFIX/libexec/gatepost|" \
	    -e "s|^\\(behind\\)=.*|\\1=$DIR/cgi/finance|" \
	    -e "s|host=.* dbname=gatepost user=|$(dsn gatepost '')|" \
	    -e "s|GATEPOST_KEK=.*|GATEPOST_KEK=$DIR/secret/kek|" \
	    -e "s|^exec |exec /usr/bin/env ${GATEPOST_WRAP-} |" \
	    "$TOP/conf/cgi/$1" >"$to.new"
	give "root:$WEB_GROUP" 0550 "$to.new"
	mv "$to.new" "$to"
}

cgi_starts_programs()
{
	local name
	mkdir -p "$DIR/cgi"
	for name in $PROGRAMS; do
		[ "$name" = guard ] || cgi_script gatepost.cgi "$name"
	done
	cgi_script guarded.cgi mcp-finance
	give "root:$WEB_GROUP" 0750 "$DIR/cgi"
	# makes the first key, and then finds that there is no request
	logged token "the first start of token" as "$APP_USER" \
	    "$DIR/cgi/token"
}

cgi_configure()
{
	lighttpd_own
	cat <<-END
		var.gatepost_cgi = "$DIR/cgi"
		var.gatepost_mcp_url = "$MCP_URL"
		include "$TOP/conf/lighttpd/gatepost-cgi.conf"
	END
}

cgi_start()
{
	lighttpd_run cgi "$1"
}
