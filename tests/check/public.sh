#!/bin/sh
# Nothing that belongs to one machine or one person is published.
. "${top_srcdir:-.}/tests/check/tap.sh"

all=$(files | grep -v '^tests/check/public\.sh$')
n=$(count "$all")

# Lines of text files that match, short enough to be read.
lines()
{
	printf '%s\n' "$all" | tr '\n' '\0' |
	    xargs -0 grep -nIE -e "$1" | cut -c1-120 || true
}

report "no host of a package registry" "$n" "$(lines \
    '(registry|npm|npmjs|pypi|pythonhosted|crates|rubygems|artifactory|nexus|mirrors?)\.[a-z0-9-]+\.[a-z]{2,}|://(deb|security|archive)\.[a-z]+\.[a-z]+')"
report "locks name no place to download from" "$n" "$(lines \
    '"resolved" *:')"
report "no path of somebody's machine" "$n" "$(lines \
    '(^|[^A-Za-z0-9_.$}/)-])/(home|root|Users|work|workspace|builds?|mnt)/[A-Za-z0-9]')"
report "no address of a machine" "$n" "$(lines \
    '\b(10\.[0-9]+|192\.168|172\.(1[6-9]|2[0-9]|3[01]))\.[0-9]+\.[0-9]+\b' |
    grep -vE '^tests/|^lib/fetch/address' || true)"
# the test of reading key files has an empty one
report "no private key" "$n" "$(lines 'BEGIN ([A-Z]+ )?PRIVATE KEY' |
    grep -v '^tests/unit/test_' || true)"
report "nothing is left of a merge" "$n" "$(lines \
    '^(<<<<<<<|>>>>>>>|\|\|\|\|\|\|\|)( |$)')"

found=$(for f in $all; do
	size=$(wc -c <"$f")
	[ "$size" -le 524288 ] || echo "$f has $size bytes"
done)
report "no file is large" "$n" "$found"
found=$(printf '%s\n' "$all" |
    grep -E '\.(o|a|so|log|trs|orig|rej|swp|pyc)$|~$|(^|/)(core|\.env|env)$' ||
    true)
report "nothing that was made, nothing left over" "$n" "$found"
finish
