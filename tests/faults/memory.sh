# Memory runs out.  Sourced by tests/faults/run.

# What fail.c does, in a library.
preload_make()
{
	[ ! -e "$ROOM/fail.so" ] || return 0
	logged cc "compiling fail.c" "${CC:-cc}" -std=c17 -D_GNU_SOURCE -O2 \
	    -Wall -Wextra -shared -fPIC -o "$ROOM/fail.so" "$HERE/fail.c" -ldl
	chmod 0755 "$ROOM/fail.so"
}

part_memory()
{
	preload_make
	cluster_new a
	ASKED=a READS_ALL=a
	programs_begin
	GATEPOST_PREFIX=$PREFIX verdicts memory memory.mjs "$ROOM/fail.so" \
	    "${SHORT:+4}"
	[ -n "$SHORT" ] || memory_back
}

# One allocation fails in each process, which then goes on: what it keeps is
# right all the same.
memory_back()
{
	local n tries
	for n in 60 90 120 150 180 220 300 400 500 700 900 1100 1400 2000; do
		program_preload "FAIL_MALLOC=$n" FAIL_LATE=1
		for ((tries = 0; tries < 8; tries++)); do
			! all_as_ever || break
		done
		[ "$tries" -lt 8 ]
		same "memory: allocation $n failed, then all is as ever" 0 $?
	done
}

all_as_ever()
{
	with_site "$GATEPOST_NODE" "$HERE/process.mjs" works '' 2>/dev/null |
	    grep -q '^ok'
}
