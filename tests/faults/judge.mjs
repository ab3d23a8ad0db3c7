// What a journal of load.mjs says.
//
//	judge.mjs zero JOURNAL		no request has failed
//	judge.mjs back JOURNAL MOMENT	all was well again within 5 s of MOMENT
//					(ms since 1970), and stayed so
//	judge.mjs lost JOURNAL		the database has all that was
//					acknowledged
//
// Prints figures behind '#', then lines of 'ok' or 'not ok'.

import { readFileSync } from 'node:fs';
import { refresh } from '../e2e/lib/oauth.mjs';
import { psql, rows } from '../e2e/lib/site.mjs';
import { verdict } from './tally.mjs';
import { whole } from './whole.mjs';

const BACK_MS = 5000;
const [what, file, moment] = process.argv.slice(2);
const [setup, ...entries] = readFileSync(file, 'utf8').trim().split('\n')
    .map((line) => JSON.parse(line));
const lanes = new Map();
for (const e of entries)
	if (lanes.has(e.lane))
		lanes.get(e.lane).push(e);
	else
		lanes.set(e.lane, [e]);

const longest = (list) => list.reduce((ms, e) => Math.max(ms, e.end - e.start),
    0);
const told = (e) => `${e.lane}, ${e.status}: ${e.text}`;

function zero() {
	const failed = entries.filter((e) => !e.good);
	const keys = new Set(entries.map((e) => e.kid).filter(Boolean));

	for (const [name, list] of lanes)
		console.log(`# ${name}: ${list.length} answered, ${
			list.filter((e) => !e.good).length} failed, the longest took ${
			longest(list)} ms`);
	for (const e of failed.slice(0, 5))
		console.log(`# ${new Date(e.start).toISOString()} ${told(e)}`);
	verdict(failed.length === 0 && entries.length > 100,
	    `${failed.length} of ${entries.length} requests failed, with tokens ` +
	    `of ${keys.size} ${keys.size === 1 ? 'key' : 'keys'}`);
}

function back() {
	const from = Number(moment);
	const away = entries.filter((e) => !e.good && e.start < from).length;
	let last = 0;

	for (const [name, list] of lanes) {
		const first = list.find((e) => e.good && e.start >= from);
		const after = first === undefined ? Infinity : first.end - from;
		last = Math.max(last, after);
		console.log(`# ${name}: back after ${after} ms, ${list.filter((e) =>
		    !e.good).length} of ${list.length} failed`);
	}
	verdict(away > 0, 'the database was away for the programs');
	verdict(last <= BACK_MS,
	    `all programs are back ${last} ms after the promotion`);
	const later = entries.filter((e) => !e.good && e.start > from + BACK_MS);
	for (const e of later.slice(0, 5))
		console.log(`# ${e.start - from} ms after it: ${told(e)}`);
	verdict(later.length === 0 && entries.some((e) =>
	    e.start > from + BACK_MS),
	`and stay so: ${later.length} requests failed later`);
}

// Of these texts, those that the query does not find.
async function missing(query, wanted) {
	const found = new Set((await rows(query, { them: `{${wanted.join(',')}}` }))
	    .map((r) => r.found));

	return wanted.filter((one) => !found.has(one));
}

async function lost() {
	const acknowledged = (name) =>
	    (lanes.get(name) ?? []).filter((e) => e.good);
	const grantsOf = (name) => acknowledged(name).map((e) => e.grant);
	const newest = new Map(acknowledged('refresh').map((e) => [e.grant, e]));
	const gone = {
		registrations: await missing('select client_id as found from ' +
		    "gatepost.client where client_id = any (:'them')",
		acknowledged('register').map((e) => e.client)),
		codes: await missing('select id as found from ' +
		    "gatepost.access_grant where id = any (:'them')",
		grantsOf('code')),
		revocations: await missing('select id as found from ' +
		    "gatepost.access_grant where id = any (:'them') and ended_at " +
		    'is not null and exists (select from gatepost.revocation v ' +
		    "where v.kind = 'grant' and v.subject = id::text)",
		grantsOf('revoke')),
		refreshes: [],
		tokens: [],
	};

	const generations = new Map((await rows('select id, generation from ' +
	    "gatepost.access_grant where id = any (:'them')",
	{ them: `{${[...newest.keys()].join(',')}}` }))
	    .map((r) => [r.id, r.generation]));
	for (const e of acknowledged('refresh'))
		if (!(generations.get(e.grant) >= e.generation))
			gone.refreshes.push(`${e.grant} ${e.generation}`);
	const issued = Number(await psql('select count(*) from ' +
	    "gatepost.audit_event where client_id = :'c' and " +
	    "event = 'client_credentials' and outcome = 'issued'",
	{ c: setup.machine }));
	const acked = acknowledged('token').length +
	    acknowledged('guarded_anew').length;
	for (let i = issued; i < acked; i++)
		gone.tokens.push('an audit record');

	const counts = { registrations: acknowledged('register').length,
		codes: grantsOf('code').length,
		revocations: grantsOf('revoke').length,
		refreshes: acknowledged('refresh').length, tokens: acked };
	let sum = 0;
	for (const [name, list] of Object.entries(gone)) {
		sum += list.length;
		console.log(`# ${counts[name]} ${name} were acknowledged, ${
			list.length} lost${list.length > 0 ? `: ${list[0]}` : ''}`);
	}
	verdict(sum === 0, `${sum} acknowledged operations were lost`);
	await whole();
	verdict(counts.registrations > 9 && counts.codes > 9 &&
	    counts.revocations > 9 && counts.refreshes > 9 && counts.tokens > 9,
	'there were some of each');

	const undone = [];
	for (const e of newest.values())
		if ((await refresh(setup.client, e.token)).status !== 200)
			undone.push(e.grant);
	for (const e of acknowledged('revoke').slice(-10))
		if ((await refresh(setup.client, e.token)).status !== 400)
			undone.push(e.grant);
	verdict(undone.length === 0, 'the last refresh tokens are good, and what ' +
	    `was revoked is over: ${undone.length} are otherwise`);
}

await { zero, back, lost }[what]();
