#!/bin/sh
# SPDX-License-Identifier: ISC
# Every text of the pages is in every language, and the same in all of them.
. "${top_srcdir:-.}/tests/check/tap.sh"

catalogs=$(files | grep '^po/.*\.po$')
tags=$(printf '%s\n' "$catalogs" | sed 's|po/\(.*\)\.po|\1|' | sort)
n=$(count "$catalogs")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/gatepost-languages.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

po/update --print >"$scratch/pot"
report "gatepost.pot has the texts there are (else: po/update)" \
    "$(grep -c '^msgid "..*"$' "$scratch/pot")" \
    "$(diff "$scratch/pot" po/gatepost.pot || true)"

report "msgfmt has nothing to say" "$n" "$(for f in $catalogs; do
	msgfmt -c -o /dev/null "$f" 2>&1 || true
done)"
report "nothing is left to translate, in doubt or left over" "$n" \
    "$(for f in $catalogs; do
	for kind in untranslated only-fuzzy only-obsolete; do
		msgattrib --no-wrap "--$kind" "$f" |
		    sed -n "s|^\(#~ \)*msgid \"[^\"].*|$f: $kind: &|p"
	done
	msgcmp "$f" po/gatepost.pot 2>&1 || true
done)"

# Values and markup, in any order; the first text is the header.
marks()
{
	printf '%s\n' "$1" | grep -oE '\{\{[^}]*\}\}|<[^>]*>' | sort
}
report "translations keep values and markup" "$n" "$(for f in $catalogs; do
	msgcat --no-wrap "$f" | sed '1,/^$/d' | sed -n '/^msg/p' |
	    while IFS= read -r id && IFS= read -r str; do
		[ "$(marks "$id")" = "$(marks "$str")" ] || echo "$f: $id"
	done
done)"

# same FILE LIST: the languages are just these, in their order
same()
{
	report "languages are those of $1" "$(count "$2")" "$(
	    [ "$(echo $2)" = "$(echo $3)" ] || echo "$1: $2")"
}
all=$(printf '%s\nen\n' "$tags" | sort)
same lib/http/language.c "$(sed -n 's/^\t{ "\([a-z]*\)", "...".*/\1/p' \
    lib/http/language.c | sort)" "$all"
same gatepost.scope_translation "$(cat sql/schema/*.sql | tr '\n' ' ' |
    grep -oE "check \(language in \([^)]*" | grep -oE "'[a-z]+'" |
    tr -d "'")" "$all"
same po/local.mk "$(grep -oE 'po/[a-z]+\.mo' po/local.mk |
    sed 's|po/\(.*\)\.mo|\1|')" "$tags"
finish
