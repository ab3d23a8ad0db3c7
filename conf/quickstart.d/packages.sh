# Debian packages: what is missing is found first, then installed at once.

MISSING=()

# need PACKAGE TEST...: the package is missing when the test fails
need()
{
	local package=$1
	shift
	"$@" >/dev/null 2>&1 || MISSING+=("$package")
}

has()
{
	command -v "$1"
}

# The newest PostgreSQL's programs.  Sets PG_BIN.
find_postgresql()
{
	local initdb
	PG_BIN=
	for initdb in $(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null |
	    sort -V); do
		PG_BIN=${initdb%/initdb}
	done
	if [ -z "$PG_BIN" ] && has initdb >/dev/null; then
		PG_BIN=$(dirname "$(readlink -f "$(has initdb)")")
	fi
	[ -n "$PG_BIN" ]
}

need_build()
{
	need gcc has gcc
	need libc6-dev test -e /usr/include/stdlib.h
	need make has make
	need pkg-config has pkg-config
	need autoconf has autoreconf
	need automake has automake
	need autoconf-archive \
	    test -e /usr/share/aclocal/ax_check_compile_flag.m4
	need libfcgi-dev test -e /usr/include/fcgiapp.h
	need libssl-dev pkg-config --exists 'libcrypto >= 3'
	need libjson-c-dev pkg-config --exists json-c
	need libpq-dev pkg-config --exists libpq
	need libcurl4-openssl-dev pkg-config --exists 'libcurl >= 7.87'
	need gettext has msgfmt
	need libcrypt-dev test -e /usr/include/crypt.h
}

need_site()
{
	need postgresql find_postgresql
	need postgresql-client has psql
	need spawn-fcgi has spawn-fcgi
	need openssl has openssl
	server need
}

# A node that is not Debian's brings its own npm, and the two conflict.
need_node()
{
	if ! has node >/dev/null; then
		need nodejs has node
		need npm has npm
	elif ! has npm >/dev/null; then
		dpkg -S "$(readlink -f "$(has node)")" 2>/dev/null |
		    grep -q '^nodejs:' ||
		    die "$(has node) came without npm: install npm beside it"
		need npm has npm
	fi
	need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
}

find_chromium()
{
	has chromium || has chromium-browser || has google-chrome
}

need_browser()
{
	need chromium find_chromium
	need fonts-liberation test -d /usr/share/fonts/truetype
}

libfuzzer_here()
{
	[ -e "$(clang -print-file-name="libclang_rt.fuzzer-$(uname -m).a")" ]
}

need_fuzzer()
{
	need clang has clang
	need libclang-rt-dev libfuzzer_here
}

# Under make check nothing is installed: what is missing is skipped by name, or
# fails when all is required.  skip_missing NAME NEED
skip_missing()
{
	"$2"
	[ ${#MISSING[@]} -gt 0 ] || return 0
	if [ "${GATEPOST_REQUIRE_ALL-}" = 1 ]; then
		printf '1..1\nnot ok 1 - %s: missing: %s\n' "$1" "${MISSING[*]}"
		exit 1
	fi
	printf '1..0 # SKIP %s: missing: %s\n' "$1" "${MISSING[*]}"
	exit 0
}

# Install what the need_* above found missing, and look again with "$@".
install_missing()
{
	local sudo=
	"$@"
	[ ${#MISSING[@]} -gt 0 ] || return 0
	has apt-get >/dev/null ||
	    die "missing, and there is no apt-get here: ${MISSING[*]}"
	if ! is_root; then
		has sudo >/dev/null || die "packages are missing, and there" \
		    "is no sudo here.  As root:" \
		    "apt-get install --no-install-recommends ${MISSING[*]}"
		sudo=sudo
	fi
	say "Installing Debian packages: ${MISSING[*]}"
	logged apt "apt-get update" $sudo apt-get update
	logged apt "apt-get install" $sudo env DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y --no-install-recommends "${MISSING[@]}"
	case " ${MISSING[*]} " in
	*" lighttpd "* | *" nginx-light "* | *" postgresql "* | \
	*" pgbouncer "* | *" fail2ban "*)
		say "  (Debian may have started services of its own with these;" \
		    "they are not used here.)"
		;;
	esac
	MISSING=()
	"$@"
	[ ${#MISSING[@]} -eq 0 ] ||
	    die "still missing after installing: ${MISSING[*]}"
}
