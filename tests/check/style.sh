#!/bin/sh
# How the code reads, as far as a program can tell.
. "${top_srcdir:-.}/tests/check/tap.sh"

code=$(files | grep -E '^(lib|cgi-bin)/.*\.[ch]$')
tests_code=$(files | grep -E '^tests/(unit|fuzz|faults|bench)/.*\.[ch]$' || true)
both="$code $tests_code"
n=$(count "$code")
nboth=$((n + $(count "$tests_code")))

# Columns, not bytes: what continues a UTF-8 character takes no room.
found=$(for f in $code; do
	expand -t 8 "$f" | tr -d '\200-\277' | awk -v f="$f" '
	    length($0) > 80 { print f ":" NR ": " length($0) " columns" }'
done)
report "lines have 80 columns" "$n" "$found"

sql=$(files | grep '^sql/.*\.sql$')
# shellcheck disable=SC2086
report "and comments in SQL" "$(count "$sql")" \
    "$(grep -nE '^--.{79}' $sql | cut -c1-80 || true)"

# shellcheck disable=SC2086
found=$(grep -nE '[ 	]$|^ {8}|^	* {8}' $both | cut -c1-80 || true)
report "tabs of 8, nothing behind the end" "$nboth" "$found"

# shellcheck disable=SC2086
found=$(for f in $both; do
	[ "$(head -n 1 "$f")" = '/* SPDX-License-Identifier: ISC */' ] ||
	    echo "$f"
done)
report "each file says its licence" "$nboth" "$found"

# Functions begin and end in the first column.
# shellcheck disable=SC2086
functions=$(awk '
FNR == 1 { start = 0 }
/^[a-z_].*\(/ { name = $0; sub(/\(.*/, "", name) }
/^\{$/ { start = FNR }
/^\}$/ && start {
	print FNR - start - 1, FILENAME ":" start, name
	start = 0
}' $code)
found=$(printf '%s\n' "$functions" | awk '$1 > 60 { print $2, $3, $1, "lines" }')
report "functions have 60 lines at most" "$(count "$functions")" "$found"

# Half of all functions are much shorter than that.
median=$(printf '%s\n' "$functions" | sort -n | awk '
    { l[NR] = $1 } END { print l[int((NR + 1) / 2)] }')
found=
if [ "$median" -gt 25 ]; then
	found="the median is $median lines"
fi
report "functions are short" "$(count "$functions")" "$found"

# Lines of code: what explains it is not counted.
longer_than()
{
	for f in $(printf '%s\n' "$code" | grep -E "$1"); do
		awk -v f="$f" -v max="$2" '
		/^[ \t]*\/\*/ { comment = 1 }
		!comment && NF { n++ }
		/\*\// { comment = 0 }
		END { if (n > max) print f ": " n " lines of code" }' "$f"
	done
}
report "library files have 400 lines of code at most" "$n" \
    "$(longer_than '^lib/' 400)"
report "programs have 250 lines of code at most" "$n" \
    "$(longer_than '^cgi-bin/' 250)"

# Calls that are not made, but for those in files that may.
calls=$(for f in $code; do
	sed -e 's|/\*.*\*/||' -e 's/"\([^"\\]\|\\.\)*"/""/g' "$f" |
	    grep -oE '\b[a-z_0-9]+\(' | sed "s|^|$f |"
done | sort -u)
never()
{
	found=$(printf '%s\n' "$calls" | grep -E " ($2)\($" |
	    grep -vE "^(${3:-nowhere}) " || true)
	report "$1" "$(count "$calls")" "$found"
}
never "nothing is written without a limit" \
    'gets|v?sprintf|v?s?scanf|stpcpy|strtok|alloca'
never "no strcpy and the like" 'strn?cpy|strn?cat'
never "numbers are parsed with their faults" 'ato[ifl]l?|ato[lf]|rand|srand'
# what has passed the guard is the one exception: it becomes that
never "no program runs another" 'system|popen|exec[lv]p?e?|posix_spawnp?' \
    'lib/http/front\.c'
never "the environment is read in one place" \
    '(secure_)?getenv|setenv|putenv' 'lib/http/serve\.c'
never "diagnostics go through log_event" \
    'v?f?printf|perror|syslog|puts|fputs' 'lib/http/serve\.c'
never "handlers neither allocate nor free" \
    'malloc|calloc|realloc|strdup|free' 'lib/.*|cgi-bin/guard\.c'
never "memory ends where it is said to" 'setjmp|longjmp' \
    'lib/base/arena\.[ch]|lib/http/exchange\.c|lib/oauth/(patience|signing)\.c|lib/guard/[a-z]+\.c'

# What clang-format says depends on its version; ours is Debian 12's.
if command -v clang-format >/dev/null &&
    clang-format --version | grep -q 'version 14\.'; then
	# shellcheck disable=SC2086
	found=$(clang-format --dry-run $code 2>&1 | grep warning: || true)
	report "clang-format has nothing to say" "$n" "$found"
else
	skip "clang-format has nothing to say" "clang-format 14 is not here"
fi
finish
