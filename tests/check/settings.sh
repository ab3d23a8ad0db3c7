#!/bin/sh
# Every setting is explained where a DBA looks: \d+ gatepost.server.
. "${top_srcdir:-.}/tests/check/tap.sh"

schema=$(files | grep -E '^sql/.*\.sql$')
columns=$(server_columns | sed 's/ .*//' | sort -u)

# A comment is one statement, whose text may be on the next line.
# shellcheck disable=SC2086
comments=$(cat $schema | tr '\n' ' ' | sed 's/;/;\n/g' |
    sed -n "s/.*comment on column gatepost\.server\.\([a-z_]*\) is *'\(.*\)/\1 \2/p")

report "every setting has a comment" "$(count "$columns")" \
    "$(for c in $columns; do
	[ "$c" = only_one ] || printf '%s\n' "$comments" |
	    grep -qE "^$c .{10}" || echo "gatepost.server.$c"
done)"

report "every comment is of a setting" "$(count "$comments")" \
    "$(printf '%s\n' "$comments" | while read -r c rest; do
	printf '%s\n' "$columns" | grep -qx "$c" || echo "gatepost.server.$c"
done)"

# A setting that no function reads is none.
functions=$(files | grep -E '^sql/[^/]*\.sql$' | xargs sed \
    "s/--.*//; /^comment on/,/;\$/d; /'{only_one,/d")
# shellcheck disable=SC2086
report "every setting is read" "$(count "$columns")" \
    "$(for c in $columns; do
	[ "$c" = only_one ] || printf '%s\n' "$functions" | grep -qw "$c" ||
	    echo "gatepost.server.$c"
done)"
finish
