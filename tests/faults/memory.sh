# Memory runs out.  Sourced by tests/faults/run.

# preload NAME: what fail.c does, in a library
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
}
