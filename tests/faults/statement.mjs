// The connection to PostgreSQL cut, and the program killed, before and after
// each SQL function that decides.
//
//	statement.mjs CONTROL SAMPLE	with the site in the environment; CONTROL
//					is proxy.mjs's; 'short': few of them
//
// Before, nothing has happened; after, all of it has, once, and whoever asks
// again does no harm.  Prints a table behind '#', then lines of 'ok' or 'not
// ok'.

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { http } from '../e2e/lib/oauth.mjs';
import { psql, row, site, sleep, until } from '../e2e/lib/site.mjs';
import { KINDS } from './kinds.mjs';
import { table, verdict } from './tally.mjs';
import { whole } from './whole.mjs';

const [control, sample] = process.argv.slice(2);
const BACK_MS = 5000;
const short = sample === 'short';
const SHORT = ['a code redeemed', 'a token refreshed', 'consent, sent',
	'register', 'revoke', 'introspect'];
const FAULTS = {
	...(short ? {} : { 'cut before': { when: 'before', kill: false },
		'killed before': { when: 'before', kill: true } }),
	'cut after': { when: 'after', kill: false },
	'killed after': { when: 'after', kill: true },
};

// What asking again is answered, where it is not as at first: the code, or the
// request, is used up; the client is gone.
const AGAIN = { 'a code redeemed': 400, 'login, sent': 400,
	'consent, sent': 400, 'register, deleted': 401,
	'a client with a key': 401 };

// ---- the proxy ----

function arm({ program, call }, { when, kill }) {
	const socket = connect(control);
	const told = [];
	let text = '';

	socket.setEncoding('utf8');
	socket.on('data', (data) => {
		text += data;
		told.push(...text.split('\n').slice(0, -1));
		text = text.slice(text.lastIndexOf('\n') + 1);
	});
	socket.write(`${JSON.stringify({ user: `gatepost_${program}`, call, when,
		hold: kill })}\n`);
	return {
		told: (what, ms) => until(() => told.includes(what), ms, 5),
		release: () => socket.write('\n'),
		end: () => socket.destroy(),
	};
}

// ---- the programs ----

const children = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`,
    'utf8').trim().split(' ').filter(Boolean).map(Number);

// hold has one child, whose children are the workers.
function workers(program) {
	const [hold] = readFileSync(join(site.dir, 'pid', program), 'utf8')
	    .split(' ');

	return children(hold).flatMap(children);
}

async function killed(program) {
	const before = workers(program);

	before.forEach((pid) => process.kill(pid, 'SIGKILL'));
	await until(() => {
		const now = workers(program);
		return now.length === before.length &&
		    now.every((pid) => !before.includes(pid));
	}, BACK_MS, 20);
}

// ---- what came of it ----

const records = async (program) => Number(await psql('select count(*) from ' +
    "gatepost.audit_event where program = :'p'", { p: program }));

async function ask(request) {
	const begin = Date.now();
	const answer = await http(request.url, request.options)
	    .catch((error) => ({ status: 0, text: error.message }));

	return { ...answer, ms: Date.now() - begin };
}

// Well formed, and no more than a refusal for the moment.
const excused = ({ status, json, text, headers }, kill) =>
    (kill && [0, 500, 502, 503].includes(status)) || (status === 503 &&
    (json !== undefined || /<\/html>/.test(text)) && 'retry-after' in headers);

// A batch of the guard's is written when it is due.
const settled = (kind) => kind.batch ? sleep(1300) : undefined;

// Asks, and lets it happen.
async function suffer(kind, fault, request) {
	const armed = arm(kind, fault);

	try {
		await armed.told('armed', 1000);
		const asked = ask(request);
		if (fault.kill) {
			await armed.told('held', 4000);
			await killed(kind.program);
			armed.release();
		}
		await armed.told('cut', 4000);
		return await asked;
	} finally {
		armed.end();
	}
}

async function once(name, kind, fault, request) {
	const { program } = kind;
	const found = [];
	await settled(kind);
	const before = await records(program);
	const answer = await suffer(kind, fault, request);
	const begin = Date.now();
	const effect = fault.when === 'after' && !kind.batch ? kind.records : 0;
	const kept = await records(program) - before;
	if (!kind.batch && !excused(answer, fault.kill))
		found.push(`answered ${answer.status} ${answer.text?.slice(0, 90)}`);
	if (answer.ms > 5000)
		found.push(`answered after ${answer.ms} ms`);
	if (!kind.batch && kept !== effect)
		found.push(`${kept} records, not ${effect}`);

	let again, asks = 1, acked = 0;
	try {
		again = await until(async () => {
			asks++;
			const it = await ask(request);
			return ![0, 500, 502, 503].includes(it.status) && it;
		}, BACK_MS, 20);
		acked++;
	} catch {
		again = { status: 0 };
	}
	const back = Date.now() - begin;
	const wanted = fault.when === 'after' && AGAIN[name] || kind.status;
	if (again.status !== wanted)
		found.push(`then ${again.status}, not ${wanted} ${
			again.text?.slice(0, 90)}`);
	await settled(kind);
	const all = await records(program) - before - (kind.batch ? 0 : effect);
	return { made: asks, acked, lost: Math.max(0, acked * kind.records - all),
		doubled: kind.batch ? Math.max(0, all - asks) :
		    Math.max(0, all - acked * kind.records), back, found };
}

// Who redeemed a code whose answer was lost, and tries again, has nothing.
async function left_over(name, fault, { grant }) {
	if (name !== 'a code redeemed' || fault.when !== 'after')
		return [];
	const { alive } = await row('select ended_at is null as alive from ' +
	    `gatepost.access_grant where id = '${grant}'`);
	return alive ? ['the grant of a code used twice is alive'] : [];
}

// ---- all of them: those of one program one after the other ----

const sums = Object.fromEntries(Object.keys(FAULTS).map((fault) =>
    [fault, { made: 0, acked: 0, lost: 0, doubled: 0, back: 0 }]));
const found = [];
let tried = 0;

async function one([name, kind, request], fault) {
	const how = FAULTS[fault];
	const it = await once(name, kind, how, request)
	    .catch((error) => ({ found: [error.message] }));
	const wrong = [...it.found, ...await left_over(name, how, request)];
	const sum = sums[fault];

	for (const key of ['made', 'acked', 'lost', 'doubled'])
		sum[key] += it[key] ?? 0;
	sum.back = Math.max(sum.back, it.back ?? 0);
	found.push(...wrong.map((text) => `${fault}, ${name}: ${text}`));
	tried++;
}

// Programs side by side, but for finance, whose requests the guard records.  All
// requests are made first, with nothing amiss.
async function round(fault, kinds) {
	const lanes = new Map();

	for (const [name, kind] of kinds) {
		const lane = kind.program === 'finance' ? 'guard' : kind.program;
		lanes.set(lane, [...lanes.get(lane) ?? [],
			[name, kind, await kind.make()]]);
	}
	await Promise.all([...lanes.values()].map(async (lane) => {
		for (const it of lane)
			await one(it, fault);
	}));
	await sleep(1100); // every process tries again
}

const wanted = Object.entries(KINDS).filter(([name]) => !short ||
    SHORT.includes(name));
for (const fault of Object.keys(FAULTS))
	await round(fault, wanted);
table(sums);
found.slice(0, 20).forEach((text) => console.log(`# ${
	text.replace(/\s+/g, ' ')}`));
verdict(tried >= Object.keys(FAULTS).length * SHORT.length &&
    found.length === 0, `${tried} times nothing happened before, and all of ` +
    `it once after; ${found.length} times otherwise`);
await whole();
for (const [fault, { lost, doubled, back }] of Object.entries(sums))
	verdict(lost === 0 && doubled === 0 && back < BACK_MS, `${fault}: ${
		lost} lost, ${doubled} doubled, back after ${back} ms`);
