# Strangers register clients without end.  Sourced by tests/faults/run.

part_flood()
{
	cluster_new a
	ASKED=a READS_ALL=a
	programs_begin
	setting registration_rate 10
	verdicts flood flood.mjs "$([ -n "$SHORT" ] && echo 1500 || echo 100000)"
}
