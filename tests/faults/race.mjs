// Twenty processes that share one stored refresh token: each reads it when it
// likes, refreshes, and stores what it gets.  One more comes back late, with
// what it read at the beginning.  Nobody may be logged out.  Then somebody uses
// that old token when its time is over.
//
//	race.mjs SECONDS WINDOW		with the site in the environment;
//					WINDOW is the setting replay_window
//
// Prints figures behind '#', then lines of 'ok' or 'not ok'.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from
    'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flow, grantOf, Jar, refresh, registerClient } from
    '../e2e/lib/oauth.mjs';
import { row, sleep } from '../e2e/lib/site.mjs';
import { verdict } from './tally.mjs';

const PROCESSES = 20;
const LATE = 0.8; // of the time
const PAUSE = 1 / 120; // of the time, on average, between two refreshes

// ---- one of the processes ----

async function child(store, client_id, seconds) {
	const client = { client_id };
	const end = Date.now() + seconds * 1000;
	const told = { asked: 0, refused: [] };

	while (Date.now() < end) {
		const { status, json, text } = await refresh(client,
		    readFileSync(store, 'utf8'));

		told.asked++;
		if (status === 200) {
			told.first ??= Date.now();
			writeFileSync(`${store}.${process.pid}`, json.refresh_token);
			renameSync(`${store}.${process.pid}`, store);
		} else {
			told.refused.push(`${status} ${text}`);
		}
		await sleep(Math.random() * 2 * PAUSE * seconds * 1000);
	}
	process.send(told);
	process.disconnect();
}

// ---- all of them ----

async function race(seconds, window) {
	const dir = mkdtempSync(join(tmpdir(), 'gatepost-race.'));
	const store = join(dir, 'token');
	const client = await registerClient();
	const { tokens: first } = await flow({ client, jar: new Jar() });
	const grant = grantOf(first.access_token);

	writeFileSync(store, first.refresh_token, { mode: 0o600 });
	const children = Array.from({ length: PROCESSES }, () =>
	    fork(fileURLToPath(import.meta.url), ['child', store,
		client.client_id, seconds]));
	const answers = children.map(async (it) => (await once(it, 'message'))[0]);
	await sleep(LATE * seconds * 1000);
	const late = await refresh(client, first.refresh_token);
	const all = await Promise.all(answers);
	const refused = all.flatMap((it) => it.refused);
	const { generation, state } = await row('select generation, state from ' +
	    `gatepost.grants where id = '${grant}'`);
	console.log(`# ${all.reduce((n, it) => n + it.asked, 0)} refreshes by ${
		PROCESSES} processes in ${seconds} s, ${generation} generations`);
	refused.slice(0, 3).forEach((text) => console.log(`# ${text}`));
	verdict(refused.length === 0 && all.every((it) => it.asked > 3) &&
	    state === 'alive', 'nobody is logged out');
	verdict(late.status === 200, `nor who comes back after ${
		Math.round(LATE * seconds)} s`);
	const last = await refresh(client, readFileSync(store, 'utf8'));
	verdict(last.status === 200, 'what was stored last is good');

	// of the first token; some processes begin late on a busy machine
	const over = Math.min(...all.map((it) => it.first)) +
	    (window * 1.1 + 1) * 1000;
	await sleep(Math.max(0, over - Date.now()));
	const stolen = await refresh(client, first.refresh_token);
	const after = await refresh(client, last.json?.refresh_token);
	const audited = await row('select count(*) as n from gatepost.audit ' +
	    `where grant_id = '${grant}' and detail ->> 'why' = 'replayed'`);
	for (const { status, text } of [stolen, after])
		console.log(`# ${status} ${text.slice(0, 200)}`);
	verdict(stolen.status === 400 && stolen.json.error === 'invalid_grant',
	    'when its time is over, the first token is refused');
	verdict(after.status === 400, 'and the family ends');
	verdict(audited.n === 1, 'which the audit has');
	rmSync(dir, { recursive: true });
}

const [what, ...rest] = process.argv.slice(2);
if (what === 'child')
	await child(rest[0], rest[1], Number(rest[2]));
else
	await race(Number(what), Number(rest[0]));
