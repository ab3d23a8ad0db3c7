# Many processes share one refresh token.  Sourced by tests/faults/run.

# In short everything happens a hundred times as fast.
part_race()
{
	cluster_new a
	ASKED=a READS_ALL=a PROCS=4
	programs_begin
	if [ -n "$SHORT" ]; then
		setting replay_window '9 seconds'
		verdicts race race.mjs 6 9
	else
		setting replay_window '15 minutes'
		verdicts race race.mjs 600 900
	fi
	PROCS=2
}
