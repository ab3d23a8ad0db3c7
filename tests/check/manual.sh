#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The manual says what there is, all of it, and nothing else.  What pages are
# compared with is read from the sources: the same names, numbers and codes.
. "${top_srcdir:-.}/tests/check/tap.sh"

pages=$(files | grep -E '\.[1-8]$')
programs=$(files | sed -n 's|^cgi-bin/\([a-z]*\)\.c$|\1|p')
sources=$(files | grep -E '^(lib|cgi-bin)/.*\.c$')

page()
{
	case $1 in
	gatepost*) echo "conf/man/$1.7" ;;
	*) echo "cgi-bin/gatepost-$1.8" ;;
	esac
}

# ---- reading pages ----

# joined FILE: without comments, continued lines in one
joined()
{
	[ ! -f "$1" ] || sed -e '/^\.\\"/d' -e :a \
	    -e '/\\$/{' -e 'N;s/\\\n/ /;ta' -e '}' "$1"
}

# section PAGE TITLE: its lines; \& behind a title is for mandoc alone
section()
{
	joined "$(page "$1")" | awk -v title="$2" '
	/^\.Sh / { sub(/^\.Sh /, ""); sub(/\\&$/, ""); on = $0 == title; next }
	on'
}

# entries PAGE TITLE MACRO: what the lists of a section are about, as far as it
# is marked with the macro; behind each a tab, the number that stands before
# it, if any, and the entry's text, which several may share.
entries()
{
	section "$1" "$2" | awk -v macro="$3" '
	function out(  i) {
		for (i = 1; i <= n; i++) print name[i] "\t" text
		n = 0
		text = ""
	}
	/^\.(It|El|Bl|Ss)/ && text != "" { out() }
	/^\.El/ { out() }
	/^\.It / {
		now = ""
		text = text ($2 ~ /^[0-9]+$/ ? $2 : "")
		for (i = 2; i <= NF; i++) {
			if ($i ~ /^(Ar|Cm|Dv|Er|Ev|Fl|Fn|Nm|No|Ns|Pa|Sy|Va)$/)
				now = $i
			else if (now == macro && $i !~ /^[,.:()]$/)
				name[++n] = $i
		}
		next
	}
	!/^\.(El|Bl|Pp)/ { text = text " " $0 }
	END { out() }'
}

names()
{
	entries "$@" | cut -f1 | sort -u
}

# ---- reading sources ----

# One line of each file's code.
flat()
{
	sed -e 's|/\*.*\*/||' "$@" | tr '\n\t\\' '   ' | tr -s ' '
}

# of PROGRAM: its file and those of the library that it includes.  app.c is
# everybody's, and is looked at apart.
of()
{
	f=cgi-bin/$1.c
	echo "$f"
	sed -n 's|^#include "\([a-z]*/[a-z0-9]*\)\.h"$|lib/\1.c|p' "$f" |
	    grep -vE '^lib/(http/.*|oauth/app)\.c$' |
	    while IFS= read -r f; do
		[ ! -f "$f" ] || echo "$f"
	done
}

# variables FILE...: what is read of the environment of a request
variables()
{
	flat "$@" | grep -oE 'request_(env|header|env_begins)\( ?r, "[A-Z_]+"' |
	    sed 's/.*"\(.*\)"/\1/' | sort -u
}

# What there is in the first list and not in the second.
less()
{
	printf '%s\n' "$1" | while IFS= read -r line; do
		[ -z "$line" ] || printf '%s\n' "$2" | grep -qxF -e "$line" ||
		    printf '%s\n' "$line"
	done
}

# same WHAT IS DOCUMENTED WHERE: the two lists are one
same()
{
	report "$1" "$(count "$2")" "$(less "$2" "$3" | sed "s|^|$4 lacks |"
	    less "$3" "$2" | sed "s|^|there is no |; s|\$|, as $4 says|")"
}

# ---- the pages themselves ----

if command -v mandoc >/dev/null; then
	# shellcheck disable=SC2086
	report "mandoc has nothing to say" "$(count "$pages")" \
	    "$(mandoc -Tlint -Wwarning $pages 2>&1 || true)"
else
	skip "mandoc has nothing to say" "mandoc is not here"
fi

report "each page says its licence and is called after its file" \
    "$(count "$pages")" "$(for f in $pages; do
	title=$(basename "$f" | tr 'a-z.' 'A-Z ')
	[ "$(head -n 1 "$f")" = '.\" SPDX-License-Identifier: ISC' ] &&
	    grep -qx "\.Dt $title" "$f" || echo "$f"
done)"

found=$(for f in $pages; do
	expand -t 8 "$f" | awk -v f="$f" 'length($0) > 80 { print f ":" NR }'
done)
report "pages have 80 columns" "$(count "$pages")" "$found"

found=$(for f in $pages; do
	sed -n 's/^\.Xr \(gatepost[a-z-]*\) \([0-9]\).*/\1.\2/p' "$f" |
	    while IFS= read -r name; do
		printf '%s\n' "$pages" | grep -q "/$name\$" ||
		    echo "$f: there is no $name"
	done
done)
report "pages refer to pages" "$(count "$pages")" "$found"

report "every program has a page with all sections" "$(count "$programs")" \
    "$(for p in $programs; do
	for title in NAME SYNOPSIS DESCRIPTION REQUEST RESPONSE ERRORS \
	    SECURITY STANDARDS; do
		[ -n "$(section "$p" "$title")" ] ||
		    echo "$(page "$p"): $title"
	done
done)"
same "gatepost(7) has every program" "$programs" \
    "$(names gatepost PROGRAMS Nm)" gatepost.7

# ---- what programs are told ----

options=$(sed -n 's/.*getopt(argc, argv, "\([a-z:]*\)").*/\1/p' \
    lib/http/serve.c | tr -d : | sed 's/./&\n/g' | sed '/^$/d')
same "options" "$options" "$(names gatepost OPTIONS Fl)" gatepost.7
report "every synopsis has the options" "$(count "$options")" \
    "$(for p in $programs; do
	for o in $options; do
		section "$p" SYNOPSIS | grep -qw "Fl $o" ||
		    echo "$(page "$p"): -$o"
	done
done)"

# shellcheck disable=SC2086
environment=$(flat $sources | grep -o 'getenv("[A-Z_]*")' |
    sed 's/.*"\(.*\)".*/\1/' | sort -u)
same "the environment" "$environment" \
    "$(names gatepost ENVIRONMENT Ev)" gatepost.7

# Of the web server's and the client's variables, those that every program
# reads are in gatepost(7).  session.c reads two of them for forms.
excused='authorize HTTP_ORIGIN
authorize HTTP_SEC_FETCH_SITE
fetch HTTP_ORIGIN
fetch HTTP_SEC_FETCH_SITE'
common=$(variables lib/http/*.c | sed 's/^/gatepost /')
own=$(for p in $programs; do
	# shellcheck disable=SC2046
	variables $(of "$p") | sed "s/^/$p /"
done)
own=$(less "$own" "$excused")
report "variables of a request" "$(count "$common
$own")" "$(printf '%s\n' "$common" "$own" | while read -r p v; do
	title=REQUEST
	[ "$p" != gatepost ] || title=REQUESTS
	names "$p" "$title" Ev | sed 's/\*$//' | grep -qx "$v" ||
	    echo "$(page "$p") lacks $v"
done)"
told=$(grep -oE '"(Variable-|X-Gatepost-)[A-Za-z_-]+"' lib/guard/verdict.c |
    sed -e 's/^"\(Variable-\)*//' -e 's/"$//')
report "what the guard tells the server" "$(count "$told")" \
    "$(less "$told" "$({
	names guard RESPONSE Ev
	names guard RESPONSE No
})")"
found=$(for p in $programs gatepost; do
	for v in $(section "$p" REQUEST | sed -n 's/^\.It Ev //p' |
	    tr ' ,*' '\n\n\n'); do
		# shellcheck disable=SC2086
		grep -q "\"$v\"" $sources || echo "$(page "$p"): $v"
	done
done)
report "variables that are documented are read" "$(count "$own")" "$found"

# ---- parameters and members ----

# program, parameter and the most bytes it may have
parameters=$(for p in $programs; do
	f=cgi-bin/$p.c
	! grep -q CLIENTAUTH_TABLE "$f" || f="$f lib/oauth/clientauth.h"
	# shellcheck disable=SC2086
	flat $f | grep -oE '\{ "[a-z_]+", ?[A-Z_0-9]+, ?PARAM_' |
	    sed "s/^{ \"\([a-z_]*\)\", *\([A-Z_0-9]*\).*/$p \1 \2/"
done)
report "parameters, with their lengths" "$(count "$parameters")" \
    "$(printf '%s\n' "$parameters" | while read -r p name max; do
	text=$(entries "$p" REQUEST Va | sed -n "s/^$name	//p")
	[ -n "$text" ] || echo "$(page "$p") lacks $name"
	case $max in
	0 | *[!0-9]*) ;;
	*) printf '%s\n' "$text" | grep -qw "$max" ||
	    echo "$(page "$p"): $name has $max bytes" ;;
	esac
done)"

members=$(for p in $programs; do
	case $p in
	finance) continue ;; # MCP's
	register) f=lib/oauth/clientmeta.c ;;
	token) f="cgi-bin/token.c lib/oauth/signing.c" ;;
	*) f=cgi-bin/$p.c ;;
	esac
	# shellcheck disable=SC2086
	{
		cat $f | grep -oE '\\"[a-z_]+\\":' | tr -d '\\":'
		flat $f | grep -oE 'put_url\( ?&b, "[a-z_]+"' |
		    sed 's/.*"\(.*\)"/\1/'
	} | sort -u | sed "s/^/$p /"
done)
report "members of answers" "$(count "$members")" \
    "$(printf '%s\n' "$members" | while read -r p name; do
	section "$p" RESPONSE | grep -E '^\.(It )?Va ' | grep -qw "$name" ||
	    echo "$(page "$p") lacks $name"
done)"

found=$(for p in $programs; do
	for name in $(names "$p" REQUEST Va; names "$p" RESPONSE Va); do
		# shellcheck disable=SC2086
		grep -qE "\\\\?\"$name\\\\?\"" $sources lib/*/*.h ||
		    echo "$(page "$p"): $name"
	done
done)
report "parameters and members that are documented are there" \
    "$(count "$parameters")" "$found"

# ---- errors ----

# name, status and code of what programs answer with
errors=$(flat lib/http/oerr.c lib/guard/verdict.c |
    sed 's/OERR(\|const struct oerr /\n&/g' | sed -n \
    -e 's/^OERR(\([A-Z_]*\), \([0-9]*\), "\([a-z_]*\)".*/\1 \2 \3/p' \
    -e 's/^const struct oerr \(VERDICT_[A-Z_]*\) = { "\([a-z_]*\)", \([0-9]*\).*/\1 \3 \2/p')

# What is named, but is no answer: files are included for other things; what is
# wrong with a document is recorded and not told; the guard takes every method, and preflight is no error.
excused='consent INVALID_REDIRECT_URI
fetch INVALID_CLIENT_METADATA
fetch INVALID_REDIRECT_URI
fetch JWKS_URI
guard METHOD
guard VERDICT_PREFLIGHT
metadata INVALID_TARGET'
every=$(grep -ohE '\bOERR_[A-Z_]+' lib/http/exchange.c lib/http/request.c \
    lib/http/form.c lib/oauth/app.c | sort -u)
answers=$(for p in $programs; do
	[ "$p" != finance ] || continue
	{
		printf '%s\n' "$every"
		of "$p" | xargs grep -ohE '\b(OERR|VERDICT)_[A-Z_]+' || true
	} | sed "s/^OERR_//; s/^/$p /" | sort -u
done)
answers=$(less "$answers" "$excused" | while read -r p name; do
	printf '%s\n' "$errors" | sed -n "s/^$name /$p /p"
done | sort -u)

# documented PROGRAM: status and code
documented()
{
	section "$1" ERRORS |
	    sed -n 's/^\.It \([0-9]*\) Er \([a-z0-9_-]*\)$/\1 \2/p'
}
report "errors, with their status" "$(count "$answers")" \
    "$(printf '%s\n' "$answers" | while read -r p status code; do
	documented "$p" | grep -qxE "($status|303) $code" ||
	    echo "$(page "$p") lacks $status $code"
done)"

codes=$(printf '%s\n' "$errors" | cut -d' ' -f3 | sort -u)
decided=$(for p in $programs; do
	for code in $codes; do
		! cat sql/"$p"*.sql | grep -q "'$code'" || echo "$p $code"
	done
done)
report "errors that the database decides on" "$(count "$decided")" \
    "$(printf '%s\n' "$decided" | while read -r p code; do
	documented "$p" | grep -q " $code\$" ||
	    echo "$(page "$p") lacks $code"
done)"

all=$(for p in $programs; do
	[ "$p" = finance ] || documented "$p"
done | sort -u)
same "every code is in a page" "$(printf '%s\n' "$codes" | grep -vx preflight)" \
    "$(printf '%s\n' "$all" | cut -d' ' -f2 | sort -u)" "the manual"
report "a code has the status it is documented with" "$(count "$all")" \
    "$(less "$(printf '%s\n' "$all" | grep -v '^303 ')" \
    "$(printf '%s\n' "$errors" | cut -d' ' -f2-)")"
same "errors of JSON-RPC, with their status" "$(flat lib/mcp/rpc.c |
    grep -oE 'RPC\([A-Z_]+, -?[0-9]+, [0-9]+' |
    sed 's/.*, \(.*\), \(.*\)/\2 \1/' | sort -u)" "$(documented finance)" \
    "$(page finance)"

# ---- the log ----

# shellcheck disable=SC2086
events=$(flat $sources | grep -oE 'log_event\( ?LOG_[A-Z]+, "[a-z0-9_]+"' |
    sed 's/.*"\(.*\)"/\1/' | sort -u)
same "events of the log" "$events" "$(names gatepost LOG Cm)" gatepost.7

# ---- the database ----

sql=$(files | grep -E '^sql/.*\.sql$')

# Settings, and each string and number of a setting's definition.
settings=$(server_columns |
    grep -vE '^(only_one|key_rotation_asked_at|epoch_at) ')
same "settings" "$(printf '%s\n' "$settings" | sed 's/ .*//' | sort)" \
    "$(names gatepost-sql SETTINGS Va)" gatepost-sql.7
report "settings' defaults and ranges" "$(count "$settings")" \
    "$(printf '%s\n' "$settings" | while read -r name definition; do
	text=$(entries gatepost-sql SETTINGS Va | sed -n "s/^$name	//p")
	printf '%s\n' "$definition" |
	    grep -oE "'[^']+'|default (true|false)|\b[0-9]+\b" |
	    sed "s/^default //; s/'//g" | while IFS= read -r value; do
		printf '%s\n' "$text" | grep -qF -e "$value" ||
		    echo "gatepost-sql.7: $name: $value"
	done
done)"

# shellcheck disable=SC2086
statements=$(cat $sql | sed 's/--.*//' | tr '\n\t' '  ' | tr -s ' ' |
    sed 's/;/\n/g; s/create \(or replace \)*function/\n&/g')
signatures=$(printf '%s\n' "$statements" | sed -n \
    's/^create \(or replace \)*function gatepost\.\([a-z0-9_]*\)( *\([^)]*[^ )]\)* *).*/\2(\3)/p' |
    sed 's/ default / = /g' | sort -u)
granted=$(printf '%s\n' "$statements" | grep 'grant execute on function.*to :"dba"' |
    grep -oE 'gatepost\.[a-z0-9_]+\(' | sed 's/^gatepost\.//; s/($//' | sort -u)
documented=$(joined "$(page gatepost-sql)" | sed -n 's/^\.It Fn //p' |
    sed 's/ /(/; s/"  *"/, /g; s/"//g; /(/!s/$/(/; s/$/)/')
report "functions for DBAs are there as documented" \
    "$(count "$documented")" "$(less "$documented" "$signatures")"
report "every function for DBAs is documented" "$(count "$granted")" \
    "$(for f in $granted; do
	section gatepost-sql FUNCTIONS | grep -qE "^\.(It )?Fn $f( |\$)" ||
	    echo "gatepost-sql.7 lacks $f"
done)"
# shellcheck disable=SC2086
mentioned=$(sed -n 's/^\.Fn \([a-z0-9_]*\).*/\1/p' $pages | sort -u)
report "functions that are mentioned are there" "$(count "$mentioned")" \
    "$(less "$mentioned" "$(printf '%s\n' "$signatures" | sed 's/(.*//')")"

# The columns of a view: the last words of what is selected.
columns=$(printf '%s\n' "$statements" |
    sed -n 's/^ *create or replace view gatepost\.//p' | awk '{
	view = $1
	sub(/^[a-z]+ as select /, "")
	depth = 0
	column = ""
	for (i = 1; i <= length($0); i++) {
		c = substr($0, i, 1)
		depth += (c == "(") - (c == ")")
		end = depth == 0 && substr($0, i, 6) == " from "
		if (depth > 0 || (c != "," && !end)) {
			column = column c
			continue
		}
		sub(/^.*[ .]/, "", column)
		print view, column
		column = ""
		if (end)
			break
	}
}' | sort)
same "views and their columns" "$columns" "$(section gatepost-sql VIEWS | awk '
    /^\.Ss / { view = $2 }
    /^\.It Va / { for (i = 3; i <= NF; i++) if ($i != ",") print view, $i }' |
    sort)" gatepost-sql.7

# Events that have a name of their own in the sources.
events=$(printf '%s\n' "$statements" | grep -oE "event => '[a-z_]+'" |
    sed "s/.*'\(.*\)'/\1/" | sort -u)
documented=$(names gatepost-sql AUDIT Cm)
report "events of the audit" "$(count "$events")" \
    "$(less "$events" "$documented
$(printf '%s\n' "$documented" | sed 's/^direct_.*/direct_/')")"
report "events that are documented are there" "$(count "$documented")" \
    "$(for e in $documented; do
	printf '%s\n' "$statements" | grep -qE "'(${e%_*}_|$e)'" ||
	    echo "gatepost-sql.7: $e"
done)"
finish
