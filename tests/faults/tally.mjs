// What the parts print: verdicts, and a table of what came of faults.

export const verdict = (good, text) =>
    console.log(`${good ? 'ok' : 'not ok'} ${text}`);

const COLUMNS = { made: 'requests', acked: 'acknowledged', lost: 'lost',
	doubled: 'doubled', back: 'back (ms)' };

// { fault: { made, acked, lost, doubled, back } }
export function table(faults) {
	const line = (first, cells) => console.log(`# ${first.padEnd(26)}${cells
	    .map((cell) => String(cell).padStart(14)).join('')}`);

	line('fault', Object.values(COLUMNS));
	for (const [name, it] of Object.entries(faults))
		line(name, Object.keys(COLUMNS).map((key) => it[key] ?? '-'));
}
