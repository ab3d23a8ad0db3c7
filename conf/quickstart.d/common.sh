# Words, users and places; sourced by conf/quickstart and tests/run.
#
# Sets: TOP (the source tree).  Expects: DIR, once place_dir has run.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say()
{
	printf '%s\n' "$*"
}

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

is_root()
{
	[ "$(id -u)" -eq 0 ]
}

# Root starts nothing as root: PostgreSQL refuses it, and the programs and
# the web server are each other's keepers only as different users.  Anyone
# else is one user for everything.
if is_root; then
	PG_USER=postgres APP_USER=nobody APP_GROUP=nogroup
	WEB_USER=www-data WEB_GROUP=www-data
else
	PG_USER=$(id -un) APP_USER=$PG_USER APP_GROUP=$(id -gn)
	WEB_USER=$PG_USER WEB_GROUP=$APP_GROUP
fi

# as USER COMMAND...: from the root directory, which every user can enter
as()
{
	local user=$1
	shift
	if is_root; then
		(cd / && exec runuser -u "$user" -- "$@")
	else
		"$@"
	fi
}

# give USER[:GROUP] MODE FILE...: nothing but the mode when not root
give()
{
	local owner=$1 mode=$2
	shift 2
	if is_root; then
		chown -h "$owner" "$@" || die "cannot give $* to $owner"
	fi
	chmod "$mode" "$@" || die "cannot set the mode of $*"
}

# logged NAME WHAT COMMAND...: what it prints goes to DIR/log/NAME.log; when
# it fails, so do we, with the end of that.
logged()
{
	local log=$DIR/log/$1.log what=$2 lines
	shift 2
	lines=$(cat "$log" 2>/dev/null | wc -l)
	if ! "$@" >>"$log" 2>&1 </dev/null; then
		tail -n "+$((lines + 1))" "$log" | tail -n 20 |
		    sed 's/^/    /' >&2
		die "$what failed; all that it said is in $log"
	fi
}

# place_dir PATH: make DIR, an absolute path that the users above can enter.
# Where they cannot (a checkout below /root), the files are in /var/tmp and
# PATH is a link to them.
place_dir()
{
	local path=$1 real
	if [ -L "$path" ] && [ ! -e "$path" ]; then
		rm -f "$path"	# its /var/tmp was tidied up
	fi
	mkdir -p "$path" || die "cannot make $path"
	DIR=$(cd "$path" && pwd -P) || die "cannot enter $path"
	case $DIR in
	*[[:space:]\"\'\\\`\$\&\#,]*)
		die "neither autotools nor lighttpd would cope with $DIR:" \
		    "choose another --dir"
		;;
	esac
	if is_root; then
		chmod 0711 "$DIR"
		if ! as nobody test -x "$DIR/."; then
			rmdir "$DIR" 2>/dev/null || die "other users cannot" \
			    "enter $DIR, and it is not empty: choose another --dir"
			real=$(mktemp -d /var/tmp/gatepost.XXXXXX) || exit 1
			chmod 0711 "$real"
			ln -s "$real" "$DIR" || die "cannot link $DIR"
			say "$DIR cannot be entered by other users: it links to $real"
			DIR=$real
		fi
	else
		chmod 0700 "$DIR"
	fi
	mkdir -p "$DIR/log" || die "cannot write to $DIR"
	chmod 0755 "$DIR/log"
}
