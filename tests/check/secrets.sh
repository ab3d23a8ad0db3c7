#!/bin/sh
# No secret reaches a log: what log_event may be given is listed here, whole
# expressions, and what is called like a secret can be in no list.
. "${top_srcdir:-.}/tests/check/tap.sh"

# The values, each with where it comes from:
#	argv[0]			the guarded program's path
#	client_id		public (RFC 6749, 2.2)
#	id kid			names of keys
#	jwk_alg_name(key->alg)	a constant
#	kind			of a revocation, from the database
#	name			a header's or a resource's, ours
#	path			of a file of ours
#	q->name			a statement's name, without its arguments
#	r->address		REMOTE_ADDR
#	sqlstate state		five characters (libpq's messages quote values)
#	strerror(errno) strerror(-e)
#				the system's words
#	why			a constant
#	NULL			what ends the list
allowed='argv[0]
client_id
id
jwk_alg_name(key->alg)
kid
kind
name
path
q->name
r->address
sqlstate
state
strerror(errno)
strerror(-e)
why'

secret='secret|passw|token|verifier|assertion|credential|authorization|cookie'
secret="$secret|csrf|kek|(^|[^a-z])(mac|code|key|hash|dsn|body|value|env|jwt)"

# FILE:LINE, then event, keys and values of each log_event, by tabs.
calls()
{
	awk '
	function out() { arg[++n] = text; text = "" }
	FNR == 1 { depth = 0 }
	/^log_event\(/ { next }	# what it is itself
	!depth && match($0, /[^a-z_]log_event\(/) {
		at = FILENAME ":" FNR
		$0 = substr($0, RSTART + RLENGTH)
		depth = 1; n = 0; text = ""
	}
	!depth { next }
	{
		for (i = 1; i <= length($0) && depth; i++) {
			c = substr($0, i, 1)
			if (quoted) {
				text = text c
				if (c == "\\") text = text substr($0, ++i, 1)
				else if (c == "\"") quoted = 0
				continue
			}
			if (substr($0, i, 2) == "/*") break
			if (c == "\"") quoted = 1
			if (c == "(") depth++
			if (c == ")" && --depth == 0) break
			if (c == "," && depth == 1) { out(); continue }
			if (c != " " && c != "\t") text = text c
		}
		if (depth) next
		out()
		printf "%s", at
		for (i = 2; i <= n; i++) printf "\t%s", arg[i]
		print ""
	}' "$@"
}

# What is wrong with the calls that are read.
judge()
{
	awk -F '\t' -v allowed="$allowed" -v secret="$secret" '
	BEGIN {
		n = split(allowed, line, "\n")
		for (i = 1; i <= n; i++) may[line[i]] = 1
	}
	function text(s) { return s ~ /^("([^"\\]|\\.)*")+$/ }
	!text($2) { print $1 ": the event is no text: " $2 }
	$NF != "NULL" { print $1 ": it does not end with NULL" }
	{
		for (i = 3; i < NF; i += 2) {
			if (!text($i)) print $1 ": the key is no text: " $i
			if (!text($(i + 1)) && !($(i + 1) in may))
				print $1 ": not in the list: " $(i + 1)
		}
	}'
}

# The check itself: all that is wrong on purpose, and nothing else.
fixture=tests/check/logged.c
wrong=$(grep -n '; /\* wrong \*/\|, /\* wrong \*/' $fixture | cut -d: -f1 | sort)
seen=$(calls $fixture | judge | cut -d: -f2 | sort -u)
report "what is logged on purpose is found" "$(count "$wrong")" \
    "$([ "$wrong" = "$seen" ] ||
    printf 'marked in %s:\n%s\nfound:\n%s\n' "$fixture" "$wrong" "$seen")"

code=$(files | grep -E '^(lib|cgi-bin)/.*\.c$')
# shellcheck disable=SC2086
made=$(calls $code)
# shellcheck disable=SC2086
written=$(cat $code | grep -cE '[^a-z_]log_event\(')
report "every call is read" "$written" \
    "$([ "$(count "$made")" = "$written" ] ||
    echo "$written are there, $(count "$made") were read")"
report "only what is listed is logged" "$(count "$made")" \
    "$(printf '%s\n' "$made" | judge)"
report "nothing in the list is called like a secret" "$(count "$allowed")" \
    "$(printf '%s\n' "$allowed" | grep -v '^jwk_alg_name(key->alg)$' |
    grep -E "$secret" || true)"

listed=$(printf '%s\n' "$allowed")
report "everything in the list is logged" "$(count "$listed")" \
    "$(printf '%s\n' "$listed" | while IFS= read -r v; do
	printf '%s\n' "$made" | tr '\t' '\n' | grep -qxF -e "$v" ||
	    echo "$v is not"
done)"

# Messages of libraries may quote what they were given.
# shellcheck disable=SC2086
found=$(grep -nE '\b(PQ(result)?ErrorMessage|PQresultVerboseErrorMessage|PG_DIAG_(MESSAGE|CONTEXT|STATEMENT)[A-Z_]*|ERR_error_string|ERR_print_errors|json_tokener_error_desc)\b' $code ||
    true)
report "no library's message is passed on" "$(count "$code")" "$found"
finish
