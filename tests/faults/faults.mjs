// What a journal of load.mjs says of faults, one after the other.
//
//	faults.mjs JOURNAL MARKS	with the site in the environment
//
// A line of MARKS is a moment (ms since 1970), 'made' or 'healed', and the name
// of a fault.  Prints a table behind '#', then lines of 'ok' or 'not ok'.

import { readFileSync } from 'node:fs';
import { refresh } from '../e2e/lib/oauth.mjs';
import { rows } from '../e2e/lib/site.mjs';
import { table, verdict } from './tally.mjs';

const BACK_MS = 5000, ANSWER_MS = 5000;
const [file, marks] = process.argv.slice(2);
const [setup, ...entries] = readFileSync(file, 'utf8').trim().split('\n')
    .map((line) => JSON.parse(line));
const faults = [];
for (const line of readFileSync(marks, 'utf8').trim().split('\n')) {
	const [at, what, ...name] = line.split(' ');

	if (what === 'made')
		faults.push({ name: name.join(' '), made: Number(at) });
	else
		faults.at(-1).healed = Number(at);
}

// ---- what the database has of each operation, by its id ----

const of = (...lanes) => entries.filter((e) => lanes.includes(e.lane));
const counts = async (event, column, ids) => new Map((await rows(
    `select ${column} as id, count(*)::int as n from gatepost.audit_event ` +
    `where event = '${event}' and outcome <> 'refused' and ${column}::text = ` +
    "any (:'them') group by 1", { them: `{${[...new Set(ids)].join(',')}}` }))
    .map((r) => [r.id, r.n]));

// Each entry that was acknowledged gets `lost`, or `doubled`.
async function judge_once(event, column, list, id) {
	const good = list.filter((e) => e.good);
	const n = await counts(event, column, good.map(id));

	for (const e of good) {
		e.lost = !n.has(id(e));
		e.doubled = n.get(id(e)) > 1;
	}
}

// A grant's generation is that of its last refresh that took effect, and each
// has its record; none has more than were asked for.
async function judge_refreshes() {
	const list = of('refresh').filter((e) => e.grant);
	const grants = [...new Set(list.map((e) => e.grant))];
	const n = await counts('refresh', 'grant_id', grants);
	const stored = new Map((await rows('select id, generation from ' +
	    "gatepost.access_grant where id = any (:'them')",
	{ them: `{${grants.join(',')}}` })).map((r) => [r.id, r.generation]));

	for (const grant of grants) {
		const own = list.filter((e) => e.grant === grant);
		for (const e of own.filter((it) => it.good))
			e.lost = !(stored.get(grant) >= e.generation);
		own.at(-1).doubled = (n.get(grant) ?? 0) > own.length;
		const acked = own.filter((e) => e.good).length;
		if ((n.get(grant) ?? 0) < acked)
			own.at(-1).lost = true;
	}
}

// Those that have no id of their own: as many records as were acknowledged, and
// no more than were asked for.  What is wrong is the last one's.
async function judge_number(list, query, variables = {}) {
	const [{ n }] = await rows(query, variables);
	const acked = list.filter((e) => e.good).length;

	if (list.length > 0) {
		list.at(-1).lost = n < acked;
		list.at(-1).doubled = n > list.length;
	}
	return `${acked} acknowledged of ${list.length}, ${n} records`;
}

await judge_once('register', 'client_id', of('register'), (e) => e.client);
await judge_once('token', 'grant_id', of('code'), (e) => e.grant);
await judge_once('revoke', 'grant_id', of('revoke'), (e) => e.grant);
await judge_refreshes();
const tokens = await judge_number(of('token'), 'select count(*)::int as n from ' +
    "gatepost.audit_event where client_id = :'c' and " +
    "event = 'client_credentials' and outcome = 'issued' and id >= " +
    "gatepost.uuid7_floor(to_timestamp(:'from'::float8 / 1000))",
{ c: setup.machine, from: entries[0].start });
const guarded = await judge_number(of('guarded', 'forged', 'revoked'), 'select ' +
    'count(*)::int as n from gatepost.audit_event where ' +
    "program = 'guard' and outcome in ('passed', 'refused') and id >= " +
    "gatepost.uuid7_floor(to_timestamp(:'from'::float8 / 1000))",
{ from: entries[0].start });
console.log(`# client credentials: ${tokens}; guard: ${guarded}`);

// ---- by fault ----

// When each lane had an answer that began after the end of the fault.
function back(from, until) {
	let last = 0;

	for (const lane of new Set(entries.map((e) => e.lane))) {
		const first = of(lane).find((e) => e.good && e.start >= from &&
		    e.start < until);
		last = Math.max(last, first === undefined ? Infinity :
		    first.end - from);
	}
	return last;
}

const sums = {};
for (const [i, { name, made, healed }] of faults.entries()) {
	const until = faults[i + 1]?.made ?? Infinity;
	const own = entries.filter((e) => e.start >= made && e.start < until);
	const number = (test) => own.filter(test).length;

	sums[name] = { made: own.length, acked: number((e) => e.good),
		lost: number((e) => e.lost), doubled: number((e) => e.doubled),
		back: back(healed, until), felt: own.some((e) => !e.good) };
}
table(sums);
const total = (key) => Object.values(sums).reduce((n, it) => n + it[key], 0);
verdict(total('lost') === 0 && total('doubled') === 0 && total('acked') > 100,
    `${total('made')} requests, ${total('acked')} acknowledged, ${
	total('lost')} lost, ${total('doubled')} doubled`);
const slowest = Object.entries(sums).sort((a, b) => b[1].back - a[1].back)[0];
verdict(slowest[1].back <= BACK_MS, `all programs are back without restart; ` +
    `the slowest, after ${slowest[0]}: ${slowest[1].back} ms`);
const unfelt = Object.keys(sums).filter((name) => !sums[name].felt);
verdict(unfelt.length === 0, `each fault was felt${unfelt.length === 0 ? '' :
    `: not ${unfelt.join(', ')}`}`);

const told = (e) => console.log(`# ${e.lane}, ${e.status}: ${e.wrong ?? ''} ${
	e.text ?? ''}, ${e.end - e.start} ms, ${e.start - faults[0].made} ms ` +
    'after the first fault');
const wrong = entries.filter((e) => e.wrong);
wrong.slice(0, 5).forEach(told);
verdict(wrong.length === 0, `${wrong.length} answers are not well formed`);
const late = entries.filter((e) => !['revoke', 'code'].includes(e.lane) &&
    e.end - e.start > ANSWER_MS);
late.slice(0, 5).forEach(told);
verdict(late.length === 0, `${late.length} came after more than ${ANSWER_MS} ms`);
const passed = of('forged', 'revoked').filter((e) => e.status === 200);
verdict(passed.length === 0 && of('forged').some((e) => e.good),
    `the guard passed ${passed.length} of ${of('forged', 'revoked').length} ` +
    'forged and revoked tokens');

// ---- what is good at the end, and what is not ----

const newest = new Map(of('refresh').filter((e) => e.good)
    .map((e) => [e.grant, e.token]));
const undone = [];
for (const token of newest.values())
	if ((await refresh(setup.client, token)).status !== 200)
		undone.push('a refresh token is not good');
for (const e of of('revoke').filter((it) => it.good))
	if ((await refresh(setup.client, e.token)).status !== 400)
		undone.push('what was revoked came back');
verdict(undone.length === 0 && newest.size > 0, 'the last refresh tokens are ' +
    `good, what was revoked is over: ${undone.length} are otherwise`);
