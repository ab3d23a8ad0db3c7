# What make install puts where, as a packager would call it.  Sourced by
# tests/install/run.

# staged TARGET: make it, below ROOT
staged()
{
	make -C "$BUILD" "$1" DESTDIR="$ROOT" prefix=/usr sysconfdir=/etc \
	    sysusersdir=/usr/lib/sysusers.d tmpfilesdir=/usr/lib/tmpfiles.d \
	    systemdsystemunitdir=/usr/lib/systemd/system \
	    >>"$DIR/log/install.log" 2>&1 && return
	tail -n 20 "$DIR/log/install.log" | sed 's/^/# /'
	return 1
}

# The mode and the name of each file that is to be there.
files_expected()
{
	local name
	for name in $PROGRAMS; do
		echo "755 usr/libexec/gatepost/$name"
		echo "644 usr/lib/systemd/system/gatepost-$name.service"
		echo "644 usr/lib/systemd/system/gatepost-$name.socket"
	done
	for name in -guard-tcp.service -guard-tcp.socket -sweep.service \
	    -sweep.timer .target; do
		echo "644 usr/lib/systemd/system/gatepost$name"
	done
	echo "644 usr/lib/sysusers.d/gatepost.conf"
	echo "644 usr/lib/tmpfiles.d/gatepost.conf"
	echo "755 usr/share/gatepost/sql/migrate"
	files | sed -nE 's,^sql/.*\.p?sql$,644 usr/share/gatepost/&,p
	    s,^conf/(pages/.*),644 usr/share/gatepost/\1,p
	    s,^po/(.*)\.po$,644 usr/share/gatepost/pages/\1.mo,p
	    s,^conf/((apache|cgi|lighttpd|nginx)/.*),644 etc/gatepost/\1\
644 usr/share/doc/gatepost/examples/\1,p
	    s,^conf/(examples/.*\.sh)$,755 usr/share/doc/gatepost/\1,p
	    t
	    s,^conf/(examples/.*),644 usr/share/doc/gatepost/\1,p'
	echo "755 usr/bin/gatepost-check"
	echo "644 usr/share/doc/gatepost/README"
	echo "644 usr/share/doc/gatepost/examples/postgresql/pg_hba.conf"
	echo "644 usr/share/doc/gatepost/examples/postgresql/pg_ident.conf"
}

# Manual pages come and go; that they are where man looks is all.
files_there()
{
	find "$ROOT" ! -type d -printf '%m %P\n' |
	    grep -vE '^644 usr/share/man/man[78]/gatepost[a-z-]*\.[78]$' |
	    if [ -d "$ROOT/usr/lib/systemd" ]; then
		cat
	    else	# configured so
		cat
		files_expected | grep usr/lib/
	    fi | sort
}

# A configuration that an admin has changed is kept, and only that.
files_kept()
{
	local own
	for own in "$ROOT"/etc/gatepost/*/*; do
		echo '# changed by the admin' >>"$own"
	done
	staged install || echo "make install fails the second time"
	for own in "$ROOT"/etc/gatepost/*/*; do
		tail -n 1 "$own" | grep -q 'by the admin' ||
		    echo "${own#"$ROOT"} is not kept"
		grep -q 'by the admin' \
		    "$ROOT/usr/share/doc/gatepost/examples/${own##*gatepost/}" &&
		    echo "the example is not the one that ships"
	done
	staged uninstall || echo "make uninstall fails"
	find "$ROOT" ! -type d ! -path '*/etc/gatepost/*' -printf '%P is left\n'
	find "$ROOT/etc" -type f -printf x | grep -q x ||
	    echo "make uninstall takes what the admin wrote"
	rm -rf "$ROOT/etc"
}

files_test()
{
	local expected
	staged install || {
		report "make install" 1 "fails"
		finish
		exit
	}
	expected=$(files_expected | sort)
	report "make install: these files, with these modes, and no others" \
	    "$(count "$expected")" \
	    "$(diff <(printf '%s\n' "$expected") <(files_there) |
		grep '^[<>]')"
	report "everybody may read and enter the directories, root write" \
	    "$(find "$ROOT" -mindepth 1 -type d | wc -l)" \
	    "$(find "$ROOT" -mindepth 1 -type d ! -perm 0755)"
	report "no file says where it was staged" 1 "$(grep -rl "$ROOT" "$ROOT")"
	report "what an admin changed is kept, also by make uninstall" \
	    "$(find "$ROOT/etc" -type f | wc -l)" "$(files_kept)"
	staged install
	staged uninstall
	report "make uninstall leaves nothing" 1 "$(find "$ROOT" ! -type d)"
	staged install
}
