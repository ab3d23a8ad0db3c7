# TAP of the commands that build for themselves.  Sourced by them.

TESTS=0 FAILED=0

# report WHAT [FINDINGS]: what was found, when it is not empty, is wrong
report()
{
	TESTS=$((TESTS + 1))
	if [ -z "${2-}" ]; then
		say "ok $TESTS - $1"
		return
	fi
	FAILED=$((FAILED + 1))
	say "not ok $TESTS - $1"
	head -n 60 <<<"$2" | sed 's/^/# /'
}

# skip WHAT WHY
skip()
{
	if [ "${GATEPOST_REQUIRE_ALL-}" = 1 ]; then
		report "$1" "$2"
	else
		TESTS=$((TESTS + 1))
		say "ok $TESTS - $1 # SKIP $2"
	fi
}

# room PLACE: a directory for all that is written; without a PLACE one that
# room_end takes away when nothing has failed.  Sets DIR and ROOM.
room()
{
	local place=$1
	TEMPORARY=
	if [ -z "$place" ]; then
		place=$(mktemp -d "${TMPDIR:-/tmp}/gatepost-$(basename "$HERE").XXXXXX") ||
		    exit 1
		TEMPORARY=yes
	fi
	case $place in /*) ;; *) place=$PWD/$place ;; esac
	place_dir "$place"
	ROOM=$DIR
}

# room_end STATUS: of what was done there
room_end()
{
	if [ -n "$TEMPORARY" ] && [ $FAILED -eq 0 ] && [ "$1" -eq 0 ]; then
		rm -rf "$ROOM"
	else
		say "# all is in $ROOM"
	fi
}
