#!/bin/sh
# What is there is built, run and distributed; what is named is there.
. "${top_srcdir:-.}/tests/check/tap.sh"

makefiles=$(files | grep -E '(^|/)(Makefile\.am|local\.mk)$')
# all words of the make files, without comments
words=$(for f in $makefiles; do
	sed -e 's/#.*//' -e "s/[\\\\='\"]/ /g" "$f" | tr -s ' \t' '\n\n'
done | sort -u)

named()
{
	printf '%s\n' "$words" | grep -qxF -e "$1"
}

# Each name of the list is a word of a make file.
all_named()
{
	report "$1" "$(count "$2")" "$(for f in $2; do
		named "${f%"${3:-}"}" || echo "$f is in no local.mk"
	done)"
}

all_named "folders' fragments are included" "$(files |
    grep -E '^[a-z-]+(/[a-z]+)?/local\.mk$')"
all_named "the library's files are built" "$(files |
    grep -E '^lib/.*\.([ch]|def)$')"
all_named "programs are built" "$(files |
    grep -E '^cgi-bin/[a-z]+\.c$')" .c
all_named "programs have units of systemd" "$(files |
    sed -n 's|^cgi-bin/\([a-z]*\)\.c$|made/gatepost-\1|p')"
all_named "unit tests are run" "$(files |
    grep -E '^tests/unit/test_[a-z0-9_]+\.c$')" .c
all_named "checks are run" "$(files |
    grep -E '^tests/check/[a-z]+\.sh$')"
all_named "SQL is installed" "$(files | grep -E '^sql/.*\.(sql|psql)$')"
all_named "pages are installed" "$(files | grep '^conf/pages/')"
all_named "manual pages are installed" "$(files | grep -E '\.[1-8]$')"

# Each unit test is of a file of the library.
unit=$(files | grep -E '^tests/unit/test_[a-z0-9_]+\.c$')
all=$(files | grep '^lib/')
report "unit tests are called after what they test" "$(count "$unit")" \
    "$(for f in $unit; do
	name=${f#tests/unit/test_}
	printf '%s\n' "$all" | grep -q "/${name%.c}\.[ch]$" ||
	    echo "$f tests no file of lib"
done)"

# Each file of the library has a unit test, or another test instead: serve.c
# and what it is made of are nothing without a web server, jwkpub.c is called by
# jwk.c alone, and conn.c is what db.c is made of.
instead='lib/db/conn.c tests/unit/test_db.c
lib/http/cgi.c tests/e2e/cgi.test.mjs
lib/http/exchange.c tests/e2e/fastcgi.test.mjs
lib/http/fcgi.c tests/e2e/fastcgi.test.mjs
lib/http/serve.c tests/e2e/fastcgi.test.mjs
lib/jose/jwkpub.c tests/unit/test_jwk.c'
own=$(printf '%s\n' "$all" | grep '\.c$')
report "files of the library have a unit test" "$(count "$own")" \
    "$(for f in $own; do
	test="tests/unit/test_$(basename "$f")"
	other=$(printf '%s\n' "$instead" | sed -n "s|^$f ||p")
	if [ -f "$test" ] && [ -n "$other" ]; then
		echo "$f has $test, and is excused"
	elif [ ! -f "${other:-$test}" ]; then
		echo "$f: there is no ${other:-$test}"
	fi
done)"

# Tests that the folder's runner finds by their suffix, or names.
globbed()
{
	there=$(files | grep -E "^$2/[a-z0-9_-]+$3\$" || true)
	runner=$(sed -e '/^[ 	]*#/d' -e 's/\\//g' "$2/run" 2>/dev/null || true)
	report "$1" "$(count "$there")" "$(for f in $there; do
		case $runner in
		*"$3"* | *"$(basename "$f")"*) ;;
		*) named "$f" || echo "$f is run by nobody" ;;
		esac
	done)"
}
globbed "tests of the database are run" tests/sql .sql
globbed "end-to-end tests are run" tests/e2e .test.mjs

# Whatever is kept in these folders is in the tarball too.
kept=$(files | grep -E '^(lib|cgi-bin|sql|conf|po|tests|m4)/' |
    grep -vE '(^|/)local\.mk$|^m4/|/\.gitignore$')
report "everything is distributed" "$(count "$kept")" "$(for f in $kept; do
	d=$f
	while [ "$d" != . ]; do
		if named "$d" || { [ "${d%.c}" != "$d" ] && named "${d%.c}"; }
		then
			continue 2
		fi
		d=$(dirname "$d")
	done
	echo "$f is in no local.mk"
done)"

# A program's source may be meant, and an archive is made.
paths=$(printf '%s\n' "$words" |
    grep -E '^(lib|cgi-bin|sql|conf|tests|m4|build-aux)/' |
    grep -v '\.a$' | sed 's/:$//')
report "everything that is named is there" "$(count "$paths")" \
    "$(for f in $paths; do
	[ -e "$f" ] || [ -f "$f.c" ] || echo "$f is not there"
done)"

scripts=$(files | grep -E '^(tests/(.*/)?run|sql/migrate|conf/quickstart|conf/gatepost-check|conf/examples/backup\.sh|conf/deb|conf/debian/rules|tests/install/deb|\.ci/run)$|^tests/check/[a-z]+\.sh$' |
    grep -v '/tap\.sh$')
report "scripts are executable" "$(count "$scripts")" "$(for f in $scripts; do
	[ -x "$f" ] || echo "$f is not"
done)"
finish
