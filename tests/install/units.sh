# systemd's units, without systemd: its tools read them.  Sourced by
# tests/install/run.

# The units with the programs where they were staged, for tools that look.
units_copy()
{
	mkdir "$UNITS"
	cp "$ROOT"/usr/lib/systemd/system/* "$UNITS/"
	sed -i "s|=/.*/libexec/gatepost/|=$ROOT/usr/libexec/gatepost/|" \
	    "$UNITS"/*.service
}

# setting NAME UNIT: its values
setting()
{
	sed -n "s/^$1=//p" "$UNITS/$2"
}

# Findings about units, each for one of the tests below.
units_of_programs()
{
	local name unit
	for name in $PROGRAMS; do
		unit=gatepost-$name.service
		[ "$(setting User "$unit")" = "gatepost-$name" ] ||
		    echo "$unit: another user"
		grep -q "user=gatepost_$name\"\$" "$UNITS/$unit" ||
		    echo "$unit: another role"
		[ "$(setting StandardInput "$unit")" = socket ] ||
		    echo "$unit: not from its socket"
		unit=gatepost-$name.socket
		[ "$(setting ListenStream "$unit")" = \
		    "/run/gatepost/$name.sock" ] ||
		    echo "$unit: listens elsewhere"
		[ "$(setting SocketUser "$unit") $(setting SocketMode "$unit")" \
		    = "root 0660" ] || echo "$unit: open to others"
		[ "$(setting Accept "$unit")" = no ] || echo "$unit: accepts"
	done
}

units_enabled()
{
	{
		for name in $PROGRAMS; do echo "gatepost-$name.socket"; done
		echo gatepost-sweep.timer
	} | sort | diff - <(setting Also gatepost.target | sort) |
	    grep '^[<>]'
}

units_verify()
{
	systemd-analyze verify --man=no "$UNITS"/gatepost* 2>&1 |
	    grep gatepost
}

# fetch connects to other hosts, so its unit has a network.
units_security()
{
	local unit most
	for unit in "$UNITS"/*.service; do
		most=10
		[ "${unit##*/}" != gatepost-fetch.service ] || most=11
		systemd-analyze security --no-pager --offline=yes \
		    --threshold=$most "$unit" >"$DIR/security" 2>&1 ||
		    printf '%s: %s\n' "${unit##*/}" "$(tail -n 1 "$DIR/security")"
	done
}

# What the two tools make of their files, in a root directory of its own.
units_root()
{
	local root=$DIR/system
	mkdir -p "$root/etc/gatepost" "$root/usr"
	cp -r "$ROOT/usr/lib" "$root/usr/"
	printf '%s:x:33:\n' "$1" >"$root/etc/group"
	touch "$root/etc/gatepost/kek" "$root/etc/gatepost/token.env"
	# the names of files are those of this installation
	sed -i 's| /.*/gatepost/| /etc/gatepost/|' \
	    "$root/usr/lib/tmpfiles.d/gatepost.conf"
	systemd-sysusers --root="$root" 2>&1 |
	    grep -v '^Creating \(user\|group\) '
	awk -F: '$3 == 0 || $7 !~ /nologin$/ || used[$3]++' "$root/etc/passwd"
	{
		for name in $PROGRAMS sweep; do echo "gatepost-$name"; done
	} | sort | diff - <(cut -d: -f1 "$root/etc/passwd" | sort) |
	    grep '^[<>]'
	systemd-tmpfiles --root="$root" --create 2>&1
	(cd "$root" && stat -c '%a %u %g %n' run/gatepost \
	    etc/gatepost/kek etc/gatepost/token.env) | diff - <(
		id=$(grep ^gatepost-token: "$root/etc/passwd" |
		    cut -d: -f3,4 --output-delimiter=' ')
		echo "750 0 33 run/gatepost"
		echo "400 $id etc/gatepost/kek"
		echo "600 0 0 etc/gatepost/token.env") | grep '^[<>]'
}

units_test()
{
	local n group
	n=$(count "$PROGRAMS")
	group=$(setting SocketGroup gatepost-token.socket)
	report "each program has a socket, a user and a role of its own" "$n" \
	    "$(units_of_programs)"
	report "gatepost.target enables these sockets and the timer" "$n" \
	    "$(units_enabled)"
	report "only the guard for Apache listens on TCP, on loopback" "$n" \
	    "$(grep -H '^ListenStream=[^/]' "$UNITS"/*.socket |
		grep -v 'guard-tcp\.socket:ListenStream=127\.0\.0\.1:')"
	report "only token is told of the key file" 1 \
	    "$(grep -l GATEPOST_KEK "$UNITS"/* | grep -v gatepost-token.service)"
	report "and to all others it is not there" "$n" \
	    "$(grep -L "^InaccessiblePaths=-.*/gatepost\$" \
		"$UNITS"/*.service | grep -v gatepost-token.service)"
	if ! has systemd-analyze >/dev/null; then
		skip "systemd reads the units" "missing: systemd"
		return
	fi
	report "systemd-analyze verify has nothing to say" \
	    "$(ls "$UNITS" | wc -l)" "$(units_verify)"
	report "systemd-analyze security: 1.0 at most, for fetch 1.1" \
	    "$(ls "$UNITS"/*.service | wc -l)" "$(units_security)"
	if is_root; then
		report "users and directories are made as they should be" "$n" \
		    "$(units_root "$group")"
	else
		skip "users and directories are made as they should be" \
		    "not root"
	fi
}
