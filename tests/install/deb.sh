# SPDX-License-Identifier: ISC
# Run by tests/install/deb inside a root with PostgreSQL and the package's
# file: installs, uses, upgrades, removes and purges it.  $1 is how often
# lintian found something wrong.

cd /tmp/deb || exit 1
top_srcdir=/tmp/deb
. ./tap.sh
. ./deb-site.sh
set +e -u
PROGRAMS='account authorize consent fetch finance guard introspect jwks login
metadata register revoke token'
KEK=/etc/gatepost/kek
CALLS=/var/log/systemctl

# A systemctl that does nothing but tell.
stand_in()
{
	cat >/usr/local/sbin/systemctl <<-'STANDIN'
		#!/bin/sh
		echo "$*" >>/var/log/systemctl
		case " $* " in
		*" is-enabled "*)
			for unit; do :; done
			if grep -q '^\[Install\]' "/lib/systemd/system/$unit"; then
				echo disabled
			else
				echo static
			fi
			;;
		esac
	STANDIN
	chmod 0755 /usr/local/sbin/systemctl
	mkdir -p /run/systemd/system
	: >$CALLS
}

# called VERB: the units that systemctl was told so about
called()
{
	sed -n "s/^.*\(^\| \)$1 //p" $CALLS | tr ' ' '\n' | grep gatepost |
	    sort -u
}

# step COMMAND...: its output is kept, and shown when it fails
step()
{
	if "$@" >/tmp/deb/out 2>&1; then
		report "$1 $2 ${3-}" 1 ''
	else
		report "$1 $2 ${3-}" 1 "$(tail -n 20 /tmp/deb/out)"
	fi
}

# is WHAT WANTED GOT
is()
{
	if [ "$2" = "$3" ]; then
		report "$1" 1 ''
	else
		report "$1" 1 "wanted $2, got $3"
	fi
}

psql_dba()
{
	(cd / && runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 "$@")
}

# As README.Debian says.
database()
{
	local conf
	pg_ctlcluster --skip-systemctl-redirect "$(ls /etc/postgresql)" main \
	    start || return
	(cd / && runuser -u postgres -- createdb -E UTF8 -T template0 gatepost &&
	    runuser -u postgres -- /usr/share/gatepost/sql/migrate \
		--database gatepost) || return
	conf=$(echo /etc/postgresql/*/main)
	cat /usr/share/doc/gatepost/examples/postgresql/pg_hba.conf \
	    "$conf/pg_hba.conf" >"$conf/new" && cat "$conf/new" \
	    >"$conf/pg_hba.conf"
	cat /usr/share/doc/gatepost/examples/postgresql/pg_ident.conf \
	    >>"$conf/pg_ident.conf"
	psql_dba -d postgres -c 'select pg_reload_conf()'
	psql_dba -d gatepost -v issuer=https://auth.example \
	    -v mcp_uri=https://auth.example/mcp/finance \
	    -f /usr/share/gatepost/sql/demo.sql
}

# started NAME: as its unit says
started()
{
	local unit=/lib/systemd/system/gatepost-$1.service user
	user=$(sed -n 's/^User=//p' "$unit")
	sed -n 's/^Environment=//p' "$unit" | tr -d '"' >/tmp/deb/environment
	mapfile -t environment </tmp/deb/environment
	env -i "${environment[@]}" spawn-fcgi -s "/run/gatepost/$1.sock" \
	    -M 0660 -G www-data -u "$user" -g "$user" -- \
	    "$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$unit")"
}

# asked NAME METHOD URI [VARIABLE=VALUE...]: the answer to the web server
asked()
{
	local name=$1 method=$2 uri=$3
	shift 3
	runuser -u www-data -- env -i REQUEST_METHOD="$method" \
	    REQUEST_URI="$uri" QUERY_STRING= REMOTE_ADDR=127.0.0.1 \
	    CONTENT_LENGTH=29 SERVER_PROTOCOL=HTTP/1.1 \
	    CONTENT_TYPE=application/x-www-form-urlencoded "$@" \
	    cgi-fcgi -bind -connect "/run/gatepost/$name.sock" \
	    <<<'grant_type=client_credentials' 2>&1
}

used()
{
	local name secret
	for name in $PROGRAMS; do
		started "$name" >/dev/null || echo "$name does not start"
	done
	secret=$(psql_dba -F : -d gatepost -c "select * from
	    gatepost.client_create('t', grant_types => '{client_credentials}')")
	asked token POST /oauth2/token HTTP_AUTHORIZATION="Basic $(
	    printf %s "$secret" | base64 -w0)" >/tmp/deb/answer
	grep -q access_token /tmp/deb/answer || cat /tmp/deb/answer
	asked jwks GET /oauth2/jwks | grep -q '"kty"' || echo 'jwks has no key'
	asked login GET /oauth2/login | grep -q '^Status: 400' ||
	    echo 'login does not answer'
	asked guard GET /mcp/finance | grep -q '^Status: 401' ||
	    echo 'guard does not answer'
}

# The same package as a later one.
later()
{
	dpkg-deb -R gatepost_*.deb later &&
	    sed -i 's/^Version: .*/&.1/' later/DEBIAN/control &&
	    dpkg-deb -b later later.deb
}

# Of the tests in the root where the package is built, only this is told.
report "lintian finds nothing" 1 "$([ "$1" = 0 ] || echo "$1 findings")"

stand_in
step apt-get install -y --no-install-recommends "$(echo ./gatepost_*.deb)"
is "the key is its user's alone" "400 gatepost-token gatepost-token 65" \
    "$(stat -c '%a %U %G %s' $KEK)"
report "the key is 32 bytes in hexadecimal" 1 \
    "$(grep -vxE '[0-9a-f]{64}' $KEK)"
is "each program has a user, and the timer" "$(echo "$PROGRAMS sweep" | wc -w)" \
    "$(getent passwd | grep -c '^gatepost-.*/nologin$')"
is "sockets have their directory" "750 root www-data" \
    "$(stat -c '%a %U %G' /run/gatepost)"
report "nothing is started" 1 "$(called '\(start\|restart\|enable\)')"
report "nothing is enabled" 1 "$(find /etc/systemd/system -name 'gatepost*')"
report "the units can be read" 1 \
    "$(systemd-analyze verify --man=no /lib/systemd/system/gatepost* 2>&1 |
	grep gatepost)"
step database now
report "the programs work" "$(echo "$PROGRAMS" | wc -w)" "$(used)"
site_test

cp $KEK kek.before
echo '# mine' >>/etc/gatepost/lighttpd/gatepost.conf
echo 'X=1' >/etc/gatepost/token.env
: >$CALLS
later >out 2>&1
step dpkg -i later.deb
is "an upgrade starts anew what runs" 12 \
    "$(called try-restart | grep -c '\.service$')"
report "after systemd has read the units" 1 \
    "$(grep -m1 -E 'daemon-reload|try-restart' $CALLS | grep -v daemon-reload)"
report "and leaves the sockets" 1 "$(called '\(stop\|start\|restart\)'
    called try-restart | grep -v 'service$')"
report "and the key" 1 "$(cmp kek.before $KEK 2>&1)"
is "and what the admin changed" '# mine' \
    "$(tail -n 1 /etc/gatepost/lighttpd/gatepost.conf)"

: >$CALLS
step dpkg --remove gatepost
is "removing it stops what there is" 12 "$(called stop | grep -c '\.socket$')"
report "but leaves the key" 1 "$(cmp kek.before $KEK 2>&1)"
step dpkg -i later.deb
report "which is there when it comes back" 1 "$(cmp kek.before $KEK 2>&1)"
step dpkg --purge gatepost
is "purging it says what becomes of the key" 1 \
    "$(grep -c '/etc/gatepost/kek goes' out)"
report "and takes everything" 1 "$(find / -xdev -path /proc -prune -o \
    -path /tmp -prune -o \( -path '*gatepost*' -a ! -path '*/log/*' \
    -a ! -path '/var/lib/postgresql/*' \) -print)"
is "but the users, whose numbers others might be given" 12 \
    "$(getent passwd | grep -c '^gatepost-')"
step dpkg -i later.deb
report "installed once more it makes another key" 1 \
    "$(cmp -s kek.before $KEK && echo the same)"
finish
