# Keys are changed while tokens are asked for and used.  Sourced by
# tests/faults/run.

part_rotation()
{
	local old new
	cluster_new a
	ASKED=a READS_ALL=a
	programs_begin
	# however short a time caches may keep keys
	setting cache_seconds 0
	load_begin token*2 guarded_anew*2 guarded jwks introspect refresh*3 \
	    revoke
	key_after 'select gatepost.key_rotate()'
	setting cache_seconds 1
	key_after "select gatepost.setting_set('signing_algorithm', 'EdDSA')"
	read -r old <"$DIR/secret/kek"
	new=$(openssl rand -hex 32)
	kek_change "$old" "$new"
	load_end
	verdicts rotation judge.mjs zero "$DIR/journal"
	kek_forgotten "$old"
}

# key_after STATEMENT: another key signs
key_after()
{
	local newest
	newest=$(sql gatepost -c 'select max(generation) from gatepost.keys')
	sql gatepost -c "$1" >/dev/null
	wait_until 10 cluster_says a gatepost "select coalesce(max(generation),
	    0) > $newest from gatepost.keys where state = 'signs'" t
	same "rotation: key $((newest + 1)) signs" 0 $?
}

# kek_write KEY...: one line each
kek_write()
{
	printf '%s\n' "$@" >"$DIR/secret/kek.new"
	give "$APP_USER" 0600 "$DIR/secret/kek.new"
	mv "$DIR/secret/kek.new" "$DIR/secret/kek"
}

# kek_change OLD NEW.  token reads the file when it starts.  While one process
# has another file than the next, each must understand what the other makes:
# so the new key is the second line first, and the old one goes when nothing
# is left that was made with it.
kek_change()
{
	kek_write "$1" "$2"
	token_beside
	kek_write "$2" "$1"
	token_beside
	key_after 'select gatepost.key_rotate()'
	sleep 0.5
	kek_write "$2"
	token_beside
	sleep 0.5
}

# Another token beside the one there is, then without that.
token_beside()
{
	program_tell HUP token
	programs_are 2 token
	sleep 0.5
	program_tell USR1 token
	programs_are 1 token
}

# The old key alone is good for nothing any more.
kek_forgotten()
{
	kek_write "$1"
	: >"$DIR/log/token.log"
	program_tell USR2 token
	wait_until 5 grep -q 'event=key_not_usable' "$DIR/log/token.log"
	same 'rotation: with the old key the signing keys cannot be opened' 0 $?
}
