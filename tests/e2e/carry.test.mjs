// Workers of one program whose calls are carried together, in one transaction
// of one of them, on a site of its own: each call is decided, recorded and
// answered as if it had come alone, and what befalls one is no other's trouble.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ownSite } from './lib/own.mjs';

// As many may lead as there are processors: with fewer workers than that
// nobody would be carried.
const LEADERS = Math.max(2, cpus().length);
const PROCS = Math.min(Math.max(8, 2 * LEADERS), 24);
const TOGETHER = { skip: PROCS <= LEADERS && `${LEADERS} may lead here` };
const own = await ownSite({ server: 'lighttpd', procs: PROCS });
after(() => own.stop());

const { assertJsonError, assertTokens } = await import('./lib/answers.mjs');
const { call, claims, clientCredentials, exchange, flow, grantOf, Jar,
	obtainCode, refresh, registerClient, REDIRECT, tokenRequest } =
    await import('./lib/oauth.mjs');
const { createClient, psql, row, site, until } =
    await import('./lib/site.mjs');

// ---- many at once ----

const LANES = 2 * site.procs;
const times = (n, make) => Array.from({ length: n }, (_, i) => make(i));
const good = (answers) => answers.filter(({ status }) => status === 200);

async function timed(ask) {
	const begin = Date.now();
	const answer = await ask()
	    .catch((error) => ({ status: 0, text: error.message }));

	return { ...answer, took: Date.now() - begin };
}

// The answers to all, in their order.
async function atOnce(asks) {
	const answers = [];
	let next = 0;

	await Promise.all(times(LANES, async () => {
		while (next < asks.length) {
			const i = next++;
			answers[i] = await timed(asks[i]);
		}
	}));
	return answers;
}

// What `work` does while there is load: its answers are in { answers, sent }.
// `ask` is given the number of its lane.
async function under(ask, work) {
	const load = { answers: [], sent: 0 };
	let on = true;
	const lanes = times(LANES, async (lane) => {
		while (on) {
			load.sent++;
			load.answers.push(await timed(() => ask(lane)));
		}
	});

	try {
		await work(load);
	} finally {
		on = false;
		await Promise.all(lanes);
	}
	return load;
}

// ---- what a DBA does, and sees ----

// A record takes its time, as with a disk that is busy, so that all who may
// lead are at it and others wait; one client's are refused.
const slow = (refused) => psql('begin; ' +
    'lock table gatepost.audit_event in access exclusive mode; ' +
    'create function public.slow() returns trigger language plpgsql as $$ ' +
    `begin perform pg_sleep(${LEADERS * 0.0015}); ` +
    `if new.client_id = '${refused}' then raise exception 'no'; end if; ` +
    'return new; end $$; ' +
    'create trigger slow before insert on gatepost.audit_event ' +
    'for each row execute function public.slow(); commit;');
const quick = () => psql('begin; ' +
    'lock table gatepost.audit_event in access exclusive mode; ' +
    'drop function public.slow() cascade; commit;');

async function slowly(work, refused = '') {
	await slow(refused);
	try {
		return await work();
	} finally {
		await quick();
	}
}

const issued = async (client) => Number(await psql('select count(*) from ' +
    "gatepost.audit_event where client_id = :'c' and outcome = 'issued'",
    { c: client.client_id }));

// How often the workers of token have said so.
const said = (what) => readFileSync(join(own.dir, 'log/token.log'), 'utf8')
    .split('\n').filter((line) => what.test(line)).length;

// ---- who asks ----

const SCOPES = ['mcp:tools:analyze_sentiment', 'mcp:tools:ticker_sentiment',
	'mcp:resources:coverage:read'];
// Seven different sets.
const some = (i) => SCOPES.filter((_, bit) => (i % 7 + 1) & (1 << bit));
const sorted = (scopes) => [...scopes].sort().join(' ');

async function machine(i) {
	const how = i % 2 ? 'client_secret_post' : 'client_secret_basic';

	return { ...await createClient({ grant_types: ['client_credentials'],
		auth_method: how, scopes: some(i) }), scopes: some(i),
	token_endpoint_auth_method: how };
}

const machines = await Promise.all(times(8, machine));
const client = await registerClient();
const jar = new Jar();
await obtainCode({ jar, client }); // signs in
const grants = (n) => Promise.all(times(n, () => flow({ jar, client })));

// A token for this machine and nobody else; its jti.
function assertOwn(answer, { client_id, scopes }) {
	const tokens = assertTokens(answer, { refresh: false });
	const c = claims(tokens.access_token);

	assert.deepEqual([c.client_id, c.sub], [client_id, client_id]);
	assert.equal(sorted(c.scope.split(' ')), sorted(scopes));
	assert.equal(tokens.scope, c.scope);
	return c.jti;
}

// No two of them are the same.
function assertApart(jtis) {
	assert.ok(jtis.length > 0);
	assert.equal(new Set(jtis).size, jtis.length);
}

const refused = (status, error, options) => (answer) =>
    assertJsonError(answer, status, error, options);

// ---- each is its own ----

// So many by one client, and what was recorded of them.
async function count(n) {
	const one = await machine(0);
	const answers = await slowly(() => atOnce(times(n, () => () =>
	    clientCredentials(one))));

	assertApart(answers.map((answer) => assertOwn(answer, one)));
	return row('select count(*) as records, ' +
	    'count(distinct xmin::text) as transactions from ' +
	    "gatepost.audit_event where client_id = :'c' and " +
	    "outcome = 'issued'", { c: one.client_id });
}

test('many at once share transactions, and each is recorded', TOGETHER,
    async () => {
	const { records, transactions } = await count(400);

	assert.equal(records, 400);
	assert.ok(transactions < records, `${transactions} transactions`);
});

test('each has its own answer: tokens', async () => {
	const person = await createClient({ redirect_uris: [REDIRECT] });
	const code = `01a00000-0000-7000-8000-000000000000.${'A'.repeat(43)}`;
	const nobody = { client_id: 'x', client_secret: 'x' };
	const kinds = [
		[(m) => clientCredentials(m), assertOwn],
		[(m) => clientCredentials({ ...m, client_secret: 'x' }),
			refused(401, 'invalid_client')],
		[() => clientCredentials(nobody),
			refused(401, 'invalid_client')],
		[(m) => clientCredentials(m), assertOwn],
		[(m) => exchange(m, code, 'a'.repeat(43)),
			refused(400, 'unauthorized_client')],
		[() => clientCredentials(person),
			refused(400, 'unauthorized_client')],
		[(m) => tokenRequest(m, { grant_type: 'password' }),
			refused(400, 'unsupported_grant_type')],
	];
	// each kind by each of the eight
	const asks = times(6 * 56, (i) => [...kinds[i % 7], machines[i % 8]]);
	const answers = await slowly(() => atOnce(asks.map(([ask, , m]) =>
	    () => ask(m))));

	assertApart(answers.map((answer, i) => {
		const [, judge, m] = asks[i];
		return judge(answer, m);
	}).filter((jti) => jti !== undefined));
});

test('each has its own answer: introspection', async () => {
	const server = await row('select * from ' +
	    "gatepost.resource_server_create(:'u', 'Test')",
	    { u: site.mcpUrl });
	const tokens = await Promise.all(machines.map(async (m) =>
	    assertTokens(await clientCredentials(m)).access_token));
	const ask = (token, more) =>
	    call('introspect', { ...server, ...more }, { token });
	const kinds = [
		[(token) => ask(token), ({ json }, { jti, client_id }) =>
			assert.deepEqual([json?.active, json?.jti,
				json?.client_id], [true, jti, client_id])],
		[(token) => ask(`${token}x`), ({ json }) =>
			assert.deepEqual(json, { active: false })],
		[(token) => ask(token, { client_secret: 'x' }),
			refused(401, 'invalid_client', { cors: false })],
	];
	const asks = times(7 * 24, (i) => [...kinds[i % 3], tokens[i % 8]]);
	const answers = await slowly(() => atOnce(asks.map(
	    ([how, , token]) => () => how(token))));

	answers.forEach((answer, i) => {
		const [, judge, token] = asks[i];
		judge(answer, claims(token));
	});
});

test('each has its own answer: what a person allows', async () => {
	const clients = await Promise.all(times(3 * LANES, () =>
	    registerClient()));
	const all = await slowly(() => atOnce(clients.map((one, i) => () =>
	    flow({ jar, client: one, scopes: some(i),
		parameters: { scope: SCOPES.join(' ') } }))));

	all.forEach(({ tokens, text }, i) => {
		assert.ok(tokens !== undefined, text);
		const c = claims(tokens.access_token);
		assert.equal(c.client_id, clients[i].client_id);
		assert.equal(sorted(c.scope.split(' ')), sorted(some(i)));
	});
	assertApart(all.map(({ tokens }) => grantOf(tokens.access_token)));
});

// ---- what befalls one is no other's trouble ----

test('one whose statement fails is refused alone', TOGETHER, async () => {
	const victim = await machine(6);
	const others = await Promise.all(times(LANES, machine));
	const undone = () => said(/not_together.*P0001/);
	const before = undone();
	const ours = [];
	const { answers } = await slowly(() => under(
	    (lane) => clientCredentials(others[lane]),
	    // also when all share again, after a second
	    () => until(async () => {
		ours.push(await clientCredentials(victim));
		return ours.length > 10 && undone() > before + 1;
	}, 15_000, 20)), victim.client_id);

	ours.forEach(refused(500, 'server_error'));
	for (const rows of ['standing_grant where', 'access_grant where',
		"audit_event where program = 'token' and"])
		assert.equal(await psql('select count(*) from ' +
		    `gatepost.${rows} client_id = :'c'`,
		    { c: victim.client_id }), '0', rows);

	const clientOf = (a) => claims(a.json.access_token).client_id;
	assertApart(answers.map((a) => claims(assertTokens(a).access_token)
	    .jti));
	for (const one of others)
		assert.equal(await issued(one), answers.filter((a) =>
		    clientOf(a) === one.client_id).length);

	assertOwn(await until(async () => {
		const answer = await clientCredentials(victim);
		return answer.status === 200 && answer;
	}), victim);
});

// Somebody has the row of a grant for a second and a half.
async function lock(id) {
	const held = psql('begin; select from gatepost.access_grant ' +
	    "where id = :'id' for update; select pg_sleep(1.5); commit;",
	    { id });

	await until(() => psql('select pid from pg_stat_activity ' +
	    "where query ~ '^select pg_sleep'"));
	return { released: held };
}

test('one that waits for a lock holds nobody up', TOGETHER, async () => {
	const [it, ...free] = await grants(1 + LANES / 2);
	const id = grantOf(it.tokens.access_token);
	const undone = () => said(/not_together.*55P03/);
	const before = undone();
	const next = async (one) => {
		const answer = await refresh(client, one.tokens.refresh_token);
		if (answer.status === 200)
			one.tokens = answer.json;
		return answer;
	};
	// every other lane has a chain of refresh tokens
	const ask = (lane) => lane % 2 ? clientCredentials(machines[lane % 8]) :
	    next(free[lane / 2]);

	// it may come when nobody else does, and be the only one of its leader
	await slowly(() => until(async () => {
		const { released } = await lock(id);
		let ours;
		const { answers } = await under(ask, async () => {
			ours = await timed(() => next(it));
		});

		await released;
		assert.ok([200, 503].includes(ours.status), ours.text);
		assert.ok(ours.took < 5000, `${ours.took} ms`);
		for (const answer of answers) {
			assert.equal(answer.status, 200, answer.text);
			assert.ok(answer.took < 1000, `${answer.took} ms`);
		}
		assertTokens(await next(it), { refresh: true });
		return undone() > before;
	}, 20_000));
});

// Of token: those that answer.
function workers() {
	const [pid] = readFileSync(join(own.dir, 'pid/token'), 'utf8')
	    .split(' ');

	return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
	    .split(' ').filter((s) => s !== '').map(Number);
}

// Three of them; until others are there, and there are answers again.
async function kill(first, load) {
	const before = good(load.answers).length;
	const killed = workers().slice(first, first + 3);

	killed.forEach((pid) => process.kill(pid, 'SIGKILL'));
	await until(() => workers().length === site.procs &&
	    workers().every((pid) => !killed.includes(pid)) &&
	    good(load.answers).length > before, 5000, 10);
}

test('a worker that is killed takes along what it led, and no more',
    TOGETHER, async () => {
	const one = await machine(6);
	const lost = () => said(/database_away.*leader/);
	const before = lost();
	const { answers, sent } = await slowly(() => under(
	    () => clientCredentials(one), async (load) => {
		for (let n = 0; n < 8 || lost() < before + 2; n++) {
			assert.ok(n < 80, 'nobody was killed who led others');
			await kill(n % site.procs, load);
		}
	}));
	const more = [];

	await until(async () => {
		more.push(await clientCredentials(one));
		return good(more.slice(-50)).length === 50;
	}, 5000, 0);
	for (const { status, json, text, took } of answers) {
		// the web server says in its own words that one went away
		assert.ok([200, 503].includes(status) || json === undefined &&
		    [0, 500, 502, 504].includes(status), `${status} ${text}`);
		assert.ok(took < 3000, `${took} ms`);
	}

	const all = good([...answers, ...more]);
	const n = await issued(one);
	assertApart(all.map((answer) => assertOwn(answer, one)));
	assert.ok(n >= all.length && n <= sent + more.length, `${n}`);
	// and nobody waits for the dead
	await until(async () => (await count(100)).transactions < 100);
});

// ---- what is single ----

// Each of the list is asked with 16 times; the answers, one list for each.
async function sixteen(list, ask) {
	const answers = await slowly(() => atOnce(times(16 * list.length,
	    (i) => () => ask(list[Math.floor(i / 16)]))));

	return list.map((it, k) => [it, answers.slice(16 * k, 16 * k + 16)]);
}

test('a code used by 16 at once is good once, and what it gave is ended',
    async () => {
	const codes = await Promise.all(times(4, () =>
	    obtainCode({ jar, client })));

	for (const [{ code }, answers] of await sixteen(codes,
	    (it) => exchange(client, it.code, it.verifier))) {
		assert.equal(answers.length, 16);
		assert.equal(good(answers).length, 1);
		answers.filter(({ status }) => status !== 200)
		    .forEach(refused(400, 'invalid_grant'));
		const { refresh_token } = assertTokens(good(answers)[0]);
		refused(400, 'invalid_grant')(await refresh(client,
		    refresh_token));
		assert.equal(await psql('select ended_at is not null from ' +
		    "gatepost.access_grant where id = :'id'",
		    { id: code.split('.')[0] }), 't');
	}
});

test('a refresh token used by 16 at once has one successor', async () => {
	for (const [it, answers] of await sixteen(await grants(4),
	    (one) => refresh(client, one.tokens.refresh_token))) {
		const id = grantOf(it.tokens.access_token);
		const successors = new Set(answers.map((answer) =>
		    assertTokens(answer, { refresh: true }).refresh_token));

		assert.equal(successors.size, 1);
		for (const { json } of answers)
			assert.equal(grantOf(json.access_token), id);
		assert.equal(await psql('select generation from ' +
		    "gatepost.access_grant where id = :'id'", { id }), '2');
		assertTokens(await refresh(client, [...successors][0]));
	}
});
