# Debian's glewlwyd on PostgreSQL as a side.  Sourced by tests/bench/run.
#
# Its package is unpacked, never installed: installing it makes a service and
# a user.  What it links with is installed.

GLEWLWYD_LIBRARIES='libconfig9 libhoel1.4 libiddawc1.1 liborcania2.3
librhonabwy1.1 libulfius2.7 libyder2.0 liboath0'

need_glewlwyd()
{
	local package
	for package in $GLEWLWYD_LIBRARIES; do
		need "$package" dpkg -s "$package"
	done
}

glewlwyd_unpack()
{
	local at=$DIR/glewlwyd
	[ ! -x "$at/usr/bin/glewlwyd" ] || return 0
	say "Fetching Debian's glewlwyd"
	mkdir -p "$at"
	(cd "$at" && logged apt "apt-get download glewlwyd" \
	    apt-get download glewlwyd &&
	    logged apt "dpkg -x" dpkg -x glewlwyd_*.deb .) || exit 1
	chmod -R a+rX "$at"
}

# A new key as a JWKS.
glewlwyd_key()
{
	"$NODE" -e '
	const { privateKey } = require("crypto").generateKeyPairSync("ec",
	    { namedCurve: "P-256" });
	console.log(JSON.stringify({ keys: [{ ...privateKey.export(
	    { format: "jwk" }), use: "sig", alg: "ES256", kid: "bench" }] }));'
}

glewlwyd_database()
{
	local init=$DIR/glewlwyd/usr/share/doc/glewlwyd/database
	peer_database glewlwyd
	sql bench_glewlwyd -c 'create extension pgcrypto' >/dev/null &&
	    { echo 'set client_min_messages = warning;' &&
		echo 'set role bench_glewlwyd;' &&
		gzip -dc "$init/init.postgre.sql.gz" |
		sed '/^create extension/Id' &&
		cat "$PEERS/glewlwyd.sql"; } |
	    sql bench_glewlwyd -v issuer="http://localhost:${AT[glewlwyd]}" \
		-v key="$(glewlwyd_key)" -v jwks="$("$BENCH/sign")" \
		-v secret="$SECRET" -f - >/dev/null ||
	    die "cannot fill bench_glewlwyd"
}

# As it is shipped, with what it does not need left out, and a log of errors
# only.  It has a thread for each connection, and one connection to PostgreSQL.
glewlwyd_configure()
{
	local lib=$DIR/glewlwyd/usr/lib/glewlwyd
	cat <<-END
		port = ${AT[glewlwyd]}
		bind_address = "127.0.0.1"
		external_url = "http://localhost:${AT[glewlwyd]}"
		login_url = "login.html"
		api_prefix = "api"
		log_mode = "console"
		log_level = "ERROR"
		cookie_secure = false
		session_expiration = 2419200
		session_key = "GLEWLWYD2_SESSION_ID"
		admin_scope = "g_admin"
		profile_scope = "g_profile"
		user_module_path = "$lib/user"
		client_module_path = "$lib/client"
		user_auth_scheme_module_path = "$lib/scheme"
		plugin_module_path = "$lib/plugin"
		hash_algorithm = "SHA512"
		database = {
			type = "postgre"
			conninfo = "$(dsn bench_glewlwyd bench_glewlwyd)"
		}
	END
}

glewlwyd_requests()
{
	local PORT=${AT[glewlwyd]} query cookie='Cookie: @COOKIES@' client
	local token=/api/oidc/token/ scope=scope=mcp:tools:news
	query="client_id=web&response_type=code&code_challenge_method=S256"
	query+="&code_challenge=$(challenge "$VERIFIER")&$scope&g_continue"
	query+='&redirect_uri=https%3A%2F%2Fclient.example%2Fcallback'
	client=$(basic bench "$SECRET")
	ENTER[glewlwyd]=enter WAY[glewlwyd]=authorize
	SIGNERS[glewlwyd]=keys ISSUED[glewlwyd]=$PORT${token%/}
	request glewlwyd-jwks GET /api/oidc/jwks
	request glewlwyd-metadata GET \
	    /api/oidc/.well-known/openid-configuration
	request glewlwyd-client_credentials POST $token "$FORM" "$client" -- \
	    "grant_type=client_credentials&$scope"
	request glewlwyd-private_key_jwt POST $token "$FORM" -- \
	    "grant_type=client_credentials&$scope&$ASSERTION"
	request glewlwyd-enter POST /api/auth/ "$JSON" -- \
	    "{\"username\":\"demo\",\"password\":\"$SECRET\"}"
	request glewlwyd-authorize GET "/api/oidc/auth/?$query" "$cookie"
	request glewlwyd-code POST $token "$FORM" -- \
	    "grant_type=authorization_code&client_id=web&code=@CODE@\
&code_verifier=$VERIFIER\
&redirect_uri=https%3A%2F%2Fclient.example%2Fcallback"
	request glewlwyd-refresh POST $token "$FORM" -- \
	    'grant_type=refresh_token&client_id=web&refresh_token=@TOKEN@'
	request glewlwyd-introspect POST /api/oidc/introspect/ "$FORM" \
	    "$client" -- token=@ACCESS@
}

glewlwyd_start()
{
	local port=$PORT
	glewlwyd_unpack
	port_choose
	AT[glewlwyd]=$PORT
	PORT=$port
	glewlwyd_database
	glewlwyd_requests
	glewlwyd_configure >"$BENCH/glewlwyd.conf"
	chmod 0644 "$BENCH/glewlwyd.conf"
	peer_start glewlwyd "$DIR/glewlwyd/usr/bin/glewlwyd" \
	    -c "$BENCH/glewlwyd.conf"
	peer_wait glewlwyd /api/oidc/jwks
}
