# SPDX-License-Identifier: ISC
# Run as one of the users, by users.sh, to try what none of them may do.
# Prints what it can do all the same.
#
# OWN is the program's name; FILES are those that it may not read; SOCKETS the
# directory and PROGRAMS what is in it; PROCESSES lines of program and process
# id; ROLES and DATABASES those in PostgreSQL at DSN, of which it has only
# OWN_ROLE in OWN_DATABASE; PSQL is psql.

# can WHAT COMMAND...
can()
{
	what=$1
	shift
	if "$@" >/dev/null 2>&1 </dev/null; then
		echo "$OWN $what"
	fi
}

connect()
{
	timeout 2 cgi-fcgi -bind -connect "$1"
}

append()
{
	echo x >>"$1"
}

login()
{
	"$PSQL" -XAtq -d "$DSN dbname=$1 user=$2" -c 'select 1'
}

for file in $FILES; do
	can "reads $file" cat "$file"
	can "writes $file" append "$file"
done

can "lists the sockets" ls "$SOCKETS"
can "makes a file beside the sockets" append "$SOCKETS/x"
for program in $PROGRAMS; do
	can "connects to $program" connect "$SOCKETS/$program.sock"
done

printf '%s\n' "$PROCESSES" | while read -r program pid; do
	[ "$program" = "$OWN" ] ||
		can "sends signals to $program" kill -0 "$pid"
	# not even its own: somebody else's code must not find secrets there
	for part in environ maps mem; do
		can "reads $part of $program" head -c 1 "/proc/$pid/$part"
	done
	can "lists descriptors of $program" ls "/proc/$pid/fd"
done

for database in $DATABASES; do
	for role in $ROLES; do
		[ "$database $role" = "$OWN_DATABASE $OWN_ROLE" ] ||
			can "logs in to $database as $role" \
			    login "$database" "$role"
	done
done
login "$OWN_DATABASE" "$OWN_ROLE" >/dev/null 2>&1 ||
	echo "$OWN cannot log in as itself"
