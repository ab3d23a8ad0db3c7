// Whether programs grow: memory of their own and descriptors of each, after
// FIRST and after LAST requests of each kind, on a site with one process for
// each program.
//
//	growth.mjs FIRST LAST	with quickstart's DIR/env in the environment
//
// Prints tables behind '#', then lines of 'ok', 'not ok' or 'skip'.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kinds, revocations, run, warmUp } from './load.mjs';
import { psql, site, sleep } from '../e2e/lib/site.mjs';

const REVOCATION = 256; // bytes that the guard may keep for one
const PROGRAMS = ['metadata', 'jwks', 'authorize', 'login', 'consent',
	'account', 'fetch', 'token', 'register', 'revoke', 'introspect', 'guard',
	'finance'];
const [first, last] = process.argv.slice(2).map(Number);
// kB that a program may grow by: less than one object of malloc's smallest
// size, 32 bytes, for each request of one kind
const LIMIT = Math.min(64, Math.round((last - first) * 28 / 1024));

// The program's first process and its worker.
function processes(name) {
	const [pid] = readFileSync(join(site.dir, 'pid', name), 'utf8').split(' ');
	const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');

	return [pid, ...children.trim().split(' ')];
}

// What is a process's alone, in kB: others' pages are not its growth.
function ownMemory(pid) {
	const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
	const of = (name) =>
	    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)[1]);

	return of('Private_Dirty') + of('Swap');
}

function look() {
	return Object.fromEntries(PROGRAMS.map((name) => {
		const pids = processes(name);
		const sum = (of) => pids.reduce((n, pid) => n + of(pid), 0);

		return [name, { pids: pids.join(' '), memory: sum(ownMemory),
			descriptors: sum((pid) => readdirSync(`/proc/${pid}/fd`).length),
		}];
	}));
}

// After what is written in batches, and after the looks at the database.
async function rest() {
	await sleep(2500);
	return look();
}

const verdict = (good, text) =>
    console.log(`${good ? 'ok' : 'not ok'} ${text}`);

const line = (...cells) => console.log('# ' + cells.map((cell, i) =>
    i === 0 ? String(cell).padEnd(30) : String(cell).padStart(9)).join(' '));

try {
	look();
} catch (error) {
	console.log(`skip only root may look into the programs: ${error.message}`);
	process.exit(0);
}

// only the programs are looked at here: the database need not be durable
await psql("alter system set synchronous_commit = 'off'; " +
    'select pg_reload_conf();');
const started = await rest();
await warmUp();
await run(kinds, first);
const early = await rest();
await run(kinds, last - first);
const late = await rest();
const revoked = [];
// what comes first takes its room then: too much to see little behind it
if (last >= 10_000) {
	await run(revocations, first);
	revoked.push(await rest());
	await run(revocations, last - first);
	revoked.push(await rest());
}

line('requests', 'number', 'per s', 'statuses');
const sent = revoked.length > 0 ? [...kinds, ...revocations] : kinds;
for (const { name, count, seconds, statuses } of sent)
	line(name, count, Math.round(count / seconds), Object.entries(statuses)
	    .map(([status, n]) => `${status}: ${n}`).join(', '));
console.log('#');
line('own memory in kB, descriptors', 'at first', `at ${first}`, `at ${last}`,
    'growth', `at ${first}`, `at ${last}`);
for (const name of PROGRAMS) {
	const [a, b, c] = [started, early, late].map((l) => l[name]);
	line(name, a.memory, b.memory, c.memory, c.memory - b.memory,
	    b.descriptors, c.descriptors);
}
const grown = (name, from, to) => to[name].memory - from[name].memory;
const all = [early, late, ...revoked];

for (const name of PROGRAMS)
	verdict(grown(name, early, late) <= LIMIT,
	    `${name} grows by at most ${LIMIT} kB: ${grown(name, early, late)}`);
if (revoked.length > 0) {
	const each = grown('guard', ...revoked) * 1024 / (last - first);

	for (const name of ['revoke', 'register', 'token'])
		verdict(grown(name, ...revoked) <= LIMIT, `${name} grows by at ` +
		    `most ${LIMIT} kB by revoking: ${grown(name, ...revoked)}`);
	verdict(each <= REVOCATION, `guard keeps at most ${REVOCATION} bytes ` +
	    `for a revocation: ${Math.round(each)}`);
}
verdict(PROGRAMS.every((name) => all.every((l) =>
	l[name].descriptors === early[name].descriptors)),
'no program has more descriptors than before');
verdict(PROGRAMS.every((name) => all.every((l) =>
	l[name].pids === started[name].pids)), 'no process has ended');
verdict(sent.every((kind) => kind.wrong === 0 && kind.count === last),
    'every request was answered as it should');
