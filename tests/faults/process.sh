# What happens to a program and to its machine.  What is killed, and when, is
# in statement.sh.  Sourced by tests/faults/run.

part_process()
{
	preload_make
	cluster_new a
	ASKED=a READS_ALL=a
	programs_begin
	process_hampered
	process_random
	process_descriptors
	process_key
	secrets_kept process
}

# program_preload VARIABLE=VALUE...: all programs begin anew with what fail.c
# does; without any, as ever
program_preload()
{
	local name preload=()
	[ $# -eq 0 ] || preload=("LD_PRELOAD=$ROOM/fail.so")
	for name in $PROGRAMS; do
		program_write "$name" "${preload[@]}" "$@"
	done
	programs_anew_all
}

programs_anew_all()
{
	# shellcheck disable=SC2086
	program_tell USR2 $PROGRAMS
	wait_until 5 site_serves
}

# All is as ever, through sockets that give a few bytes at a time, and with a
# clock that is an hour ahead, or behind.
process_hampered()
{
	program_preload FAIL_SHORT=1
	verdicts process process.mjs works 'sockets that give 7 bytes at a time'
	program_preload FAIL_CLOCK=3600
	verdicts process process.mjs clock 'an hour ahead'
	[ -z "$SHORT" ] || return 0
	program_preload FAIL_CLOCK=-3600
	verdicts process process.mjs clock 'an hour behind'
}

process_random()
{
	program_preload
	GATEPOST_PREFIX=$PREFIX verdicts process process.mjs random \
	    "$ROOM/fail.so"
}

# No more descriptors, and then again.
process_descriptors()
{
	local name pid
	for name in $PROGRAMS; do
		service_running "$name"
		for pid in $(program_workers "$PID"); do
			"${AS_APP[@]}" prlimit --pid "$pid" --nofile=4:
		done
	done
	verdicts process process.mjs descriptors
	grep -q 'event=accept_failed' "$DIR"/log/*.log
	same 'process: workers have felt it' 0 $?
	for name in $PROGRAMS; do
		service_running "$name"
		for pid in $(program_workers "$PID"); do
			"${AS_APP[@]}" prlimit --pid "$pid" --nofile=1024:
		done
	done
	wait_until 5 site_serves
	same 'process: with descriptors again the site serves' 0 $?
	verdicts process process.mjs works 'clients that go away' leaving
}

# The key file missing, loose, or half written: token does not begin, nobody
# gets a token, and it begins by itself when the file is right again.
process_key()
{
	local kek=$DIR/secret/kek what all='missing loose half empty'
	[ -z "$SHORT" ] || all='loose half'
	cp -a "$kek" "$kek.kept"
	for what in $all; do
		"key_$what" "$kek"
		: >"$DIR/log/token.log"
		key_tried "$what"
		cp -a "$kek.kept" "$kek"
	done
	service_start token "${AS_APP[@]}" "$ROOM/hold" \
	    "$FCGI_SOCK/token.sock" /bin/sh "$DIR/start/token"
	wait_until 5 site_serves
	verdicts process process.mjs works 'the key file back'
}

key_missing()
{
	rm "$1"
}

key_loose()
{
	chmod 0640 "$1"
}

key_half()
{
	head -c 33 "$1.kept" >"$1"
}

key_empty()
{
	: >"$1"
}

# key_tried WHAT
key_tried()
{
	services_stop token
	service_start token "${AS_APP[@]}" "$ROOM/hold" \
	    "$FCGI_SOCK/token.sock" /bin/sh "$DIR/start/token"
	wait_until 5 grep -q 'event=kek_refused' "$DIR/log/token.log"
	same "process: a key file that is $1 is refused" 0 $?
	verdicts process process.mjs keyless "$1"
	services_stop token
}
