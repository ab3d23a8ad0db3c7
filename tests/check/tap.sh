# What the checks share: TAP, and a check that found nothing to check fails.
#
#	report "lines fit" COUNT "$findings"
#
# COUNT is how many things were looked at; each line of the findings is one
# that is wrong.  `finish` is the last line of a check.

set -eu
LC_ALL=C
export LC_ALL
: "${top_srcdir:=.}"
cd "$top_srcdir"
tests=0
failed=0

report()
{
	tests=$((tests + 1))
	if [ "$2" -gt 0 ] && [ -z "$3" ]; then
		echo "ok $tests - $1 ($2)"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $tests - $1"
	if [ "$2" -eq 0 ]; then
		echo "# there was nothing to check"
	fi
	if [ -n "$3" ]; then
		printf '%s\n' "$3" | sed 's/^/# /'
	fi
}

# For what cannot run here; nothing is skipped when all is required.
skip()
{
	if [ "${GATEPOST_REQUIRE_ALL:-0}" = 1 ]; then
		report "$1" 0 "$2"
	else
		tests=$((tests + 1))
		echo "ok $tests - $1 # SKIP $2"
	fi
}

finish()
{
	echo "1..$tests"
	[ "$failed" -eq 0 ]
}

# The project's own files: what git has or would take; in a tarball, all but
# what a build makes.
files()
{
	if [ -e .git ] && command -v git >/dev/null; then
		git -c safe.directory='*' ls-files -co --exclude-standard |
		    while IFS= read -r f; do
			if [ -f "$f" ]; then
				printf '%s\n' "$f"
			fi
		done
	else
		find README LICENSE configure.ac Makefile.am m4 lib cgi-bin \
		    sql conf po tests \
		    \( -name node_modules -o -name .deps \) -prune -o \
		    -type f ! -name '*.[oa]' ! -name '*.mo' ! -name '*.log' ! -name '*.trs' \
		    ! -name .dirstamp -print |
		    while IFS= read -r f; do
			[ -e "$f.c" ] || printf '%s\n' "$f"
		done
	fi
}

# The columns of gatepost.server, which are the settings, each with its
# definition on one line.
server_columns()
{
	files | grep -E '^sql/.*\.sql$' | sort | xargs cat | awk '
	function out() { if (column != "") print column; column = "" }
	# of what is altered, a clause a line
	/^alter table gatepost\.server/ { inside = 2; sub(/^.*server */, "") }
	inside == 2 {
		last = /;$/
		sub(/^[ \t]*/, "")
		if (/^(add|drop|alter) /) out()
		if (sub(/^add column /, "")) adding = 1
		else if (/^(add|drop|alter) /) adding = 0
		if (adding) column = column (column == "" ? "" : " ") $0
		if (sub(/^alter column /, "") && sub(/ set default/, ""))
			column = $0
		sub(/[,;]$/, "", column)
		if (last) { out(); inside = 0 }
		next
	}
	/^create table gatepost\.server \(/ { inside = 1; next }
	/^\);/ { out(); inside = 0 }
	!inside { next }
	/^\t[a-z_]+ / && $1 !~ /^(check|unique|primary|foreign|constraint)$/ {
		out()
		column = $1
		$1 = ""
	}
	{ gsub(/[ \t]+/, " "); column = column $0 }' | awk '
	# a default that was altered takes the place of the first
	$1 in text && NF < 4 {
		value = $0
		sub(/^[a-z_]+ /, "", value)
		sub(/default .[^ ]*( [a-z]+)?./, "default " value " ", text[$1])
		next
	}
	{ order[++n] = $1; text[$1] = $0 }
	END { for (i = 1; i <= n; i++) print text[order[i]] }'
}

count()
{
	printf '%s\n' "$1" | sed '/^$/d' | wc -l
}
