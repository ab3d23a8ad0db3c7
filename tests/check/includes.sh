#!/bin/sh
# Includes point down, and each outside library has one room that knows it.
. "${top_srcdir:-.}/tests/check/tap.sh"

# Rooms from the ground up; those on one line know nothing of each other.
rooms='base
http jose db fetch
oauth
guard mcp
finance
cgi-bin'

sources=$(files | grep -E '^(lib|cgi-bin)/.*\.[ch]$')

# file, line and what it includes
includes=$(for f in $sources; do
	sed -n 's/^[ 	]*#[ 	]*include[ 	]*\(["<][^">]*[">]\).*/\1/p' "$f" |
	    sed "s|^|$f |"
done)
report "sources include something" "$(count "$includes")" ""

ours=$(printf '%s\n' "$includes" | grep '"' | grep -v '"config.h"' || true)
found=$(printf '%s\n' "$ours" | tr -d '"' | awk -v rooms="$rooms" '
BEGIN {
	n = split(rooms, line, "\n")
	for (i = 1; i <= n; i++) {
		m = split(line[i], name, " ")
		for (j = 1; j <= m; j++)
			level[name[j]] = i
	}
}
{
	split($1, from, "/"); split($2, to, "/")
	here = from[1] == "lib" ? from[2] : from[1]
	there = to[1]
	if ($2 !~ /^[a-z]+\/[a-z0-9_]+\.(h|def)$/)
		print $1 ": \"" $2 "\" is not room/file.h"
	else if (!(here in level))
		print $1 ": its room is not in the list of this check"
	else if (!(there in level))
		print $1 ": " $2 " is of no room"
	else if (here != there && level[there] >= level[here])
		print $1 ": " $2 " is not below it"
}' | sort -u)
report "includes point down" "$(count "$ours")" "$found"

missing=$(printf '%s\n' "$ours" | tr -d '"' | while read -r f h; do
	[ -f "lib/$h" ] || echo "$f: there is no lib/$h"
done)
report "what is included is there" "$(count "$ours")" "$missing"

# only WHERE (a pattern) may include WHAT (a pattern)
only()
{
	users=$(printf '%s\n' "$includes" | grep -E "<($2)>" || true)
	found=$(printf '%s\n' "$users" | grep -vE "^($3) " || true)
	report "$1" "$(count "$users")" "$found"
}
only "only fcgi.c knows FastCGI" 'fcgi.*' 'lib/http/fcgi\.c'
only "only lib/db knows libpq" '(libpq|postgres|pg_).*' 'lib/db/[a-z]+\.c'
only "only lib/jose and the digests know OpenSSL" 'openssl/.*' \
    'lib/jose/[a-z]+\.[ch]|lib/base/digest\.c'
only "only passwords know libcrypt" 'crypt\.h' 'lib/oauth/password\.c'
only "only downloads know libcurl" 'curl/.*' 'lib/fetch/download\.c'

# a source includes its own header, so that the two agree
own=$(printf '%s\n' "$sources" | grep '^lib/.*\.c$' || true)
found=$(for f in $own; do
	h=${f#lib/}
	h=${h%.c}.h
	grep -qF "#include \"$h\"" "$f" || echo "$f does not include $h"
done)
report "each source includes its own header" "$(count "$own")" "$found"
finish
