# Apache that starts the programs itself, by mod_fcgid, with the configuration
# that ships.

apache_fcgid_need()
{
	apache_need
	need libapache2-mod-fcgid test -e "$APACHE_MODULES/mod_fcgid.so"
}

apache_fcgid_shipped()
{
	printf '%s\n' "$TOP/conf/apache/gatepost-fcgid.conf" \
	    "$TOP/conf/apache/gatepost-requests.conf"
}

apache_fcgid_listen()
{
	apache_listen "$@"
}

# The guard is asked as it is behind the other Apache.
apache_fcgid_starts_programs()
{
	say "Starting the guard, $PROCS processes"
	# makes the first key, and then finds that there is no request
	logged token "the first start of token" as "$APP_USER" env -i \
	    "GATEPOST_DSN=$(dsn gatepost gatepost_token)" \
	    "GATEPOST_KEK=$DIR/secret/kek" "$PREFIX/libexec/gatepost/token" -c
	program_start guard
}

apache_fcgid_configure()
{
	apache_own fcgid
	cat <<-END
		FcgidIPCDir "$SOCK/fcgid"
		FcgidProcessTableFile "$DIR/apache/fcgid"
		Define GATEPOST_PROGRAMS "$PREFIX/libexec/gatepost"
		Define GATEPOST_PROCESSES $PROCS
		Define GATEPOST_DSN "$(dsn gatepost '' | sed 's/ user=$//')"
		Define GATEPOST_KEK "$DIR/secret/kek"
	END
	apache_host
}

apache_fcgid_start()
{
	mkdir -p "$SOCK/fcgid"
	give "$WEB_USER:$WEB_GROUP" 0700 "$SOCK/fcgid"
	apache_start "$1"
}
