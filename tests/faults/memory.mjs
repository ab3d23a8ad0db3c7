// Memory that runs out at the N-th allocation, once or from then on, for every
// N and every kind of request, and for every N while a program begins.
//
//	memory.mjs LIBRARY SAMPLE [KIND]...	with the site in the environment;
//					of the N of each kind SAMPLE are tried,
//					0: all
//
// The program answers as ever, or by 5xx, or ends in good order without a word
// (which the web server answers by 500).  Libraries that crash are counted:
// that is no worse than the latter.  Prints figures behind '#', then lines
// of 'ok' or 'not ok'.

import { mkdtempSync, readFileSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cgi } from './cgi.mjs';
import { KINDS } from './kinds.mjs';
import { site } from '../e2e/lib/site.mjs';

const [library, sample, ...only] = process.argv.slice(2);
const SAMPLE = Number(sample) || Infinity;
const AT_ONCE = 2;
// a key's id is no secret
const SECRETS = /(?<!kid=|[A-Za-z0-9_-])[A-Za-z0-9_-]{43}/;
const dir = mkdtempSync(join(tmpdir(), 'gatepost-memory.'));
chmodSync(dir, 0o777);
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));

const crash_of = ({ errors }) => /crashed in (\S+)/.exec(errors)?.[1];

// What is wrong with an answer, or nothing.
function wrong(kind, { status, code, signal, json, headers, text, ms, errors }) {
	const crash = crash_of({ errors });

	if (crash === kind.program || signal !== null)
		return `crashed, ${signal} ${errors}`;
	if (status === 0)
		return code === 0 ? 'said nothing, as if all were well' : undefined;
	if (SECRETS.test(errors))
		return `logged: ${errors}`;
	if (ms > 5000)
		return `took ${ms} ms`;
	if (status === kind.status)
		return undefined;
	if (status < 500 || status > 599)
		return `answered ${status} ${text.slice(0, 100)}`;
	if (json === undefined && !/^text\/html/.test(headers['content-type']))
		return `answered ${status} in no form: ${text.slice(0, 100)}`;
	return undefined;
}

async function count(program, request, late) {
	const file = join(dir, 'count');
	const answer = await cgi(program, request, { LD_PRELOAD: library,
		FAIL_COUNT: file, FAIL_LATE: late });

	return { n: Number(readFileSync(file, 'utf8')), answer };
}

// token makes thousands when it begins, which are tried once for all.
async function begun(program, late) {
	if (program !== 'token' || late === '')
		return 0;
	const { n } = await count(program, { url: site.endpoint(program),
		options: { method: 'OPTIONS' } }, late);
	return n - 10;
}

// Those to try: all, or so many spread over all.
const numbers = (from, n) => Array.from({ length: Math.min(n, SAMPLE) }, (_, i) =>
    from + 1 + Math.floor((i + (n > SAMPLE ? Math.random() : 0)) * n /
	Math.min(n, SAMPLE)));

// A request that may have been used up is tried once more, anew.
async function attempt(kind, state, env) {
	for (let fresh = false; ; fresh = true) {
		state.request ??= await kind.make();
		const answer = await cgi(kind.program, state.request, env);
		if (kind.once && answer.status < 500 && answer.status !== 0)
			state.request = undefined;
		const found = wrong(kind, answer);
		if (found === undefined || fresh || !kind.once)
			return { answer, found };
		state.request = undefined;
	}
}

async function campaign(name, kind, late) {
	const request = await kind.make();
	const { n, answer } = await count(kind.program, request, late);
	const from = await begun(kind.program, late);
	const found = [], tally = {};
	const work = numbers(from, n - from).flatMap((at) => [`${at}`, `${at}+`]);
	const total = work.length;
	const lane = async () => {
		const state = {};
		for (let at; (at = work.shift()) !== undefined;) {
			const it = await attempt(kind, state, { LD_PRELOAD: library,
				FAIL_MALLOC: at, FAIL_LATE: late });
			const what = it.answer.status || (it.answer.code === 99 ?
			    'crashed in ' + crash_of(it.answer) : 'none');
			tally[what] = (tally[what] ?? 0) + 1;
			if (it.found)
				found.push(`${at}: ${it.found}`);
		}
	};

	if (answer.status !== kind.status)
		found.push(`with all its memory: ${answer.status} ${answer.text}`);
	await Promise.all(Array.from({ length: AT_ONCE }, lane));
	console.log(`# ${name}: ${n - from} allocations, ${total} failures of them, ` +
	    `answered ${JSON.stringify(tally)}`);
	for (const text of found.slice(0, 6))
		console.log(`# ${name}: ${text.replace(/\s+/g, ' ')}`);
	return { name, total, found: found.length };
}

const done = [];
const wanted = (name) => only.length === 0 || only.includes(name);
for (const [name, kind] of Object.entries(KINDS).filter(([n]) => wanted(n)))
	done.push(await campaign(name, kind, '1'));
if (wanted('beginning'))
	done.push(await campaign('beginning', KINDS['client credentials'], ''));
for (const { name, total, found } of done)
	console.log(`${found === 0 && total > 0 ? 'ok' : 'not ok'} no memory: ${
		name}, ${total} times, ${found} wrong`);
