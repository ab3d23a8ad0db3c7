# SPDX-License-Identifier: ISC
# Sourced by deb.sh: lighttpd with TLS in front of the programs, set up as
# gatepost-deploy(7) says, and looked at by gatepost-check, which is to find
# nothing, and then each fault that is made.

SITE=/tmp/deb/site
ISSUER=https://auth.example
GUARDED=$ISSUER/mcp/finance

site_make()
{
	mkdir -p $SITE
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -days 30 -subj /CN=auth.example \
	    -addext subjectAltName=DNS:auth.example \
	    -keyout $SITE/key -out $SITE/cert 2>$SITE/openssl.log || return
	cat >$SITE/lighttpd.conf <<-END
		server.modules = ( "mod_openssl", "mod_redirect" )
		server.document-root = "/var/empty"
		server.username = "www-data"
		server.groupname = "www-data"
		server.port = 443
		ssl.engine = "enable"
		ssl.pemfile = "$SITE/cert"
		ssl.privkey = "$SITE/key"
		\$SERVER["socket"] == ":80" {
			ssl.engine = "disable"
			url.redirect = (
				"" => "https://\${url.authority}\${url.path}\${qsa}" )
		}
		var.gatepost_sockets = "/run/gatepost"
		var.gatepost_mcp_url = "$GUARDED"
		include "/etc/gatepost/lighttpd/gatepost.conf"
	END
}

# looked_at CONFIGURATION ISSUER: what gatepost-check says of it.  In a network
# of its own, since this machine's ports are not ours.
looked_at()
{
	unshare --net sh -c '
		ip link set lo up
		lighttpd -D -f "$1" 2>"$3/lighttpd.log" &
		for i in 1 2 3 4 5 6 7 8 9 10; do
			curl -so /dev/null -k https://127.0.0.1/ && break
			sleep 0.2
		done
		gatepost-check --ca "$3/cert" --mcp "$4" \
		    --resolve auth.example:443:127.0.0.1 \
		    --resolve auth.example:80:127.0.0.1 "$2" 2>&1
		kill $!
		wait' looked_at "$1" "$2" $SITE $GUARDED
}

# fault WHAT PATTERN SED-OF-GATEPOST [SED-OF-LIGHTTPD [ISSUER]]: whether what
# is said of it has that pattern, and nothing else is said
fault()
{
	local said
	sed -E "$3" /etc/gatepost/lighttpd/gatepost.conf >$SITE/gatepost.conf
	sed -E "s|/etc/gatepost/lighttpd/|$SITE/|
	    ${4-}" $SITE/lighttpd.conf >$SITE/fault.conf
	said=$(looked_at $SITE/fault.conf "${5-$ISSUER}" | grep -v '^ok ')
	report "gatepost-check finds: $1" 1 "$(grep -vE -e "^FAULT .*($2)" \
	    <<<"${said:-nothing}")"
}

# away PROGRAM: the same where that one does not answer
away()
{
	mv "/run/gatepost/$1.sock" $SITE/
	fault "$1 is away" "$2" ''
	mv "$SITE/$1.sock" /run/gatepost/
}

site_test()
{
	local well='\/\.well-known' said
	step site_make now
	said=$(looked_at $SITE/lighttpd.conf $ISSUER)
	report "gatepost-check finds nothing" "$(grep -c '^ok ' <<<"$said")" \
	    "$(grep -v '^ok ' <<<"$said")"
	fault 'Authorization does not arrive' Authorization \
	    's/^\t"Proxy" => "",/&\n\t"Authorization" => "",/'
	fault 'a well-known form is missing' 'well-known form' \
	    's/\|openid-configuration\)/)/'
	fault 'the issuer ends in a slash' 'ends in a slash' '' '' $ISSUER/
	fault 'the guard is off' guard \
	    '/\( "mode" => "authorizer"/,/"disable" \),/d'
	fault 'the web server answers errors by itself' \
	    'not JSON|Content-Security-Policy' \
	    's/^server.range-requests.*/&\nserver.error-intercept = "enable"/'
	fault 'CORS twice' 'Access-Control|CORS|cross-origin' \
	    '/^# ---- the authorization server/i setenv.add-response-header = ( "Access-Control-Allow-Origin" => "*" )'
	fault 'TLS 1.0 is spoken' 'TLS 1.0' '' \
	    '/^ssl.engine/a ssl.openssl.ssl-conf-cmd = ( "MinProtocol" => "TLSv1", "CipherString" => "ALL:@SECLEVEL=0" )'
	fault 'it is served without TLS' 'without TLS' '' \
	    '/url.redirect = \(/,/qsa/d'
	fault 'a redirect at token' 'leads to' '' \
	    '/^server.port/i url.redirect = ( "^/oauth2/token" => "/login.php" )'
	fault 'a long query is refused' 'query' \
	    '/^server.max-request-field-size/d'
	away token token
	away guard guard
	away metadata 'well-known|metadata'
}
