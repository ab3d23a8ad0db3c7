#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Put a backup of gatepost's database into a directory, and keep the last few.
#
#	backup.sh DATABASE DIRECTORY [HOW-MANY]
#
# DATABASE is a name or a libpq connection string.  A backup is there whole or
# not at all.  It holds the hashes of passwords, and the signing keys sealed:
# without the file that GATEPOST_KEK names they are of no use, so keep that
# file elsewhere.
#
# To restore one:
#
#  1. Stop the programs.
#  2. On a new cluster, make the roles: createdb -E UTF8 -T template0 x;
#     sql/migrate --database x; dropdb x.
#  3. createdb -E UTF8 -T template0 gatepost (an old one out of the way: alter
#     database ... rename)
#  4. pg_restore --exit-on-error -d gatepost FILE
#  5. sql/migrate --database gatepost, for what a dump has not: the rights on
#     the database itself, and what is newer than it.
#  6. psql -d gatepost -c "select gatepost.revoke_everything('restored')"
#  7. Start the programs.
#
# The sixth matters: a backup has forgotten what was revoked after it was made.
# A token that was stolen and revoked is good again until a new epoch begins.
# Everybody then signs in once more.

set -eu
umask 077

[ $# -ge 2 ] && [ $# -le 3 ] || {
	echo "usage: ${0##*/} DATABASE DIRECTORY [HOW-MANY]" >&2
	exit 2
}
database=$1
directory=$2
keep=${3:-14}
case $keep in
0 | '' | *[!0-9]*)
	echo "${0##*/}: $keep is no number of backups to keep" >&2
	exit 2
	;;
esac

mkdir -p "$directory"
file=$directory/gatepost-$(date -u +%Y%m%dT%H%M%SZ).dump
trap 'rm -f "$file.new"' EXIT
pg_dump -Fc -d "$database" -f "$file.new"
# one that cannot be read is none
pg_restore -l "$file.new" >/dev/null
mv "$file.new" "$file"

# Their names are their age.
ls "$directory" | grep '^gatepost-[0-9]*T[0-9]*Z\.dump$' | sort -r |
    tail -n "+$((keep + 1))" | while read -r old; do
	rm -f "$directory/$old"
done
