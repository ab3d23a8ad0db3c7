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
	memory_back
}

# One allocation fails in each process, also in those that take the place of one
# that ended so.  Then none fails any more; what went on is right all the same.
memory_back()
{
	local n file=$ROOM/memory-fails all='60 90 120 150 180 220 300 400 500'
	all+=' 700 900 1100 1400 2000'
	[ -z "$SHORT" ] || all=180
	for n in $all; do
		: >"$file"
		chmod 0644 "$file"
		program_preload "FAIL_MALLOC=$n" FAIL_LATE=1 "FAIL_WHILE=$file"
		for _ in 1 2 3 4; do
			all_as_ever
		done
		rm "$file"
		sleep 1.1	# every process tries again
		wait_until 5 site_serves && all_as_ever
		same "memory: allocation $n failed, then all is as ever" 0 $?
	done
}

all_as_ever()
{
	with_site "$GATEPOST_NODE" "$HERE/process.mjs" works '' 2>/dev/null |
	    grep -q '^ok'
}
