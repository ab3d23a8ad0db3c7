// PostgreSQL stopped, hanging, crashed, on a site of its own: every program
// answers 503 within 5 s, is back by itself within 5 s of its return, and
// nothing that was acknowledged is lost.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { ownSite } from './lib/own.mjs';

const own = await ownSite({ procs: 2 });
after(() => own.stop());

const { assertTokens } = await import('./lib/answers.mjs');
const { fcgi, variables } = await import('./lib/fcgi.mjs');
const { NOT_LISTENING } = await import('./lib/programs.mjs');
const { authorizeUrl, basic, bearer, call, clientCredentials, flow, http,
	Jar, obtainCode, pkce, refresh, registerClient } =
    await import('./lib/oauth.mjs');
const { createClient, psql, row, site, sleep, until } =
    await import('./lib/site.mjs');

// ---- the cluster ----

const data = join(own.dir, 'pgdata');
const bin = dirname((await readFile(join(data, 'postmaster.opts'), 'utf8'))
    .split(' ')[0]);

function pgCtl(...args) {
	const command = [join(bin, 'pg_ctl'), '-D', data, '-w', ...args];

	return stat(data).then(({ uid }) => new Promise((resolve, reject) => {
		// PostgreSQL is not run by root
		const [file, ...rest] = process.getuid() === 0 ? ['setpriv',
			`--reuid=${uid}`, '--clear-groups', '--', ...command] : command;
		execFile(file, rest, { cwd: '/', stdio: 'ignore' }, (error, out,
		    errors) => error ? reject(new Error(out + errors)) : resolve());
	}));
}
const start = () => pgCtl('start', '-l', '/dev/null');

const postmaster = async () =>
    Number((await readFile(join(data, 'postmaster.pid'), 'utf8'))
	.split('\n')[0]);

// The postmaster and all that it started.
async function processes() {
	const main = await postmaster();
	const found = [main];

	for (const pid of (await readdir('/proc')).filter((p) => /^\d+$/.test(p)))
		await readFile(`/proc/${pid}/stat`, 'utf8').then((text) => {
			if (Number(text.replace(/^.*\) /s, '').split(' ')[1]) === main)
				found.push(Number(pid));
		}, () => {});
	return found;
}

async function signal(name, pids) {
	for (const pid of pids)
		try {
			process.kill(pid, name);
		} catch {
			// it has ended
		}
	await sleep(20);
}

// ---- a request for each program ----

const client = await createClient({ grant_types: ['client_credentials'] });
const self = await registerClient();
const server = await row('select * from gatepost.resource_server_create(' +
    ":'u', 'Test')", { u: site.mcpUrl });
const { access_token } = assertTokens(await clientCredentials(client));
const jar = new Jar();
await obtainCode({ jar, client: self }); // signs in
const handle = `01a00000-0000-7000-8000-000000000000.${'A'.repeat(43)}`;
const rpc = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call',
	params: { name: 'ticker_sentiment', arguments: { ticker: 'X' } } });

const REQUESTS = {
	metadata: [() => http(site.url('/.well-known/oauth-authorization-server')),
		200],
	jwks: [() => http(site.endpoint('jwks')), 200],
	authorize: [() => http(authorizeUrl(self,
	    { code_challenge: pkce().challenge })), 303],
	'login, shown': [() => http(`${site.endpoint('login')}?request=${
		handle}`), 400],
	'login, sent': [() => http(site.endpoint('login'), { form: { request:
	    handle, csrf: 'A'.repeat(43), username: 'x', password: 'x' } }), 400],
	'consent, shown': [() => jar.request(`${site.endpoint('consent')}` +
	    `?request=${handle}`), 400],
	'consent, sent': [() => jar.request(site.endpoint('consent'), { form: {
		request: handle, csrf: 'A'.repeat(43), decision: 'allow' } }), 400],
	account: [() => jar.request(site.endpoint('account')), 200],
	fetch: [() => jar.request(`${site.endpoint('fetch-client')}` +
	    `?request=${handle}`), 400],
	token: [() => clientCredentials(client), 200],
	'token, a refusal': [() => http(site.endpoint('token'), { form: {
		client_id: 'x' } }), 400],
	register: [() => http(site.endpoint('register'), { json: {
		redirect_uris: ['https://client.example/'] } }), 201],
	'register, read': [() => http(self.registration_client_uri, { headers:
	    bearer(self.registration_access_token) }), 200],
	revoke: [() => call('revoke', self, { token: 'x' }), 200],
	introspect: [() => http(site.endpoint('introspect'), { form: {
		token: access_token }, headers: basic(server.client_id,
		    server.client_secret) }), 200],
	finance: [() => fcgi('finance', variables('/mcp/finance', {
		method: 'POST', body: rpc, type: 'application/json',
		HTTP_ACCEPT: 'application/json, text/event-stream',
		HTTP_MCP_PROTOCOL_VERSION: '2025-11-25', GATEPOST_SCOPE: 'mcp:*' }),
		rpc), 200],
};
const PAGES = /^(authorize|login|consent|account|fetch)/;
const guarded = (token = access_token) => http(site.mcpUrl, {
	headers: { ...bearer(token), Accept: 'application/json, text/event-stream',
		'MCP-Protocol-Version': '2025-11-25' },
	json: { jsonrpc: '2.0', id: 1, method: 'tools/list' } });

async function timed(work) {
	const begin = Date.now();
	const answer = await work();

	return { answer, took: Date.now() - begin };
}

async function assertAway(name) {
	const { answer, took } = await timed(REQUESTS[name][0]);

	assert.equal(answer.status, 503, `${name}: ${answer.status} ${
		answer.text}`);
	assert.ok(took < 5000, `${name} took ${took} ms`);
	assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
	assert.equal(answer.headers['cache-control'], 'no-store');
	assert.equal(answer.location, undefined);
	assert.deepEqual(answer.cookies, []);
	if (PAGES.test(name))
		assert.match(answer.headers['content-type'], /^text\/html/);
	else if (name === 'finance')
		assert.ok('error' in answer.json);
	else
		assert.equal(answer.json.error, 'temporarily_unavailable');
}

// Every program in the state that it has when all is well.
async function assertBack(ms) {
	await Promise.all(Object.entries(REQUESTS).map(([name, [ask, status]]) =>
	    until(async () => (await ask()).status === status, ms)
		.catch(() => assert.fail(`${name} is not back`))));
	await until(async () => (await guarded()).status === 200, ms);
}

function away(what, stop, resume) {
	suite(what, () => {
		before(async () => {
			await assertBack(5000);
			await stop();
			await sleep(1100); // what was known a moment ago may be told
		});

		test('every program answers 503 within 5 s', async () => {
			// several at once: more than there are workers
			for (let i = 0; i < 2; i++)
				await Promise.all(Object.keys(REQUESTS).map(assertAway));
		});

		test('the guard goes on with what it knows',
		    { skip: NOT_LISTENING }, async () => {
			const { answer, took } = await timed(guarded);

			assert.equal(answer.status, 200, answer.text);
			assert.ok(took < 5000);
			assert.equal((await guarded('x')).status, 401);
		});

		test('all are back within 5 s of its return', async () => {
			await resume();
			await assertBack(5000);
		});

		test('and so is what the guard hears', async () => {
			const own = await createClient(
			    { grant_types: ['client_credentials'] });
			const { access_token } = assertTokens(
			    await clientCredentials(own));

			await psql("select gatepost.client_disable(:'c', 'test')",
			    { c: own.client_id });
			await until(async () => {
				for (let i = 0; i < 8; i++)
					if ((await guarded(access_token)).status !== 401)
						return false;
				return true;
			}, 5000);
		});
	});
}

away('stopped', () => pgCtl('stop', '-m', 'fast'), start);

let stopped = [];
away('hanging', async () => {
	stopped = await processes();
	await signal('SIGSTOP', stopped);
}, () => signal('SIGCONT', stopped));

suite('only the postmaster hangs', () => {
	test('who is connected goes on, and nobody waits for ever', async () => {
		const pid = [await postmaster()];

		await signal('SIGSTOP', pid);
		try {
			await Promise.all(Object.values(REQUESTS).map(
			    async ([ask, status]) => {
				const { answer, took } = await timed(ask);
				assert.ok([status, 503].includes(answer.status));
				assert.ok(took < 5000);
			}));
		} finally {
			await signal('SIGCONT', pid);
		}
		await assertBack(5000);
	});
});

suite('the guard, when its time is over', () => {
	test('refuses, and passes again by itself', async () => {
		await psql("select gatepost.setting_set('guard_offline', '1 second')");
		await sleep(1500);
		assert.equal((await guarded()).status, 200);
		await pgCtl('stop', '-m', 'fast');
		try {
			const answer = await until(async () => {
				const { answer: a, took } = await timed(guarded);
				assert.ok(took < 5000);
				return a.status !== 200 && a;
			}, 8000);
			assert.equal(answer.status, 503);
			assert.match(answer.headers['retry-after'], /^\d+$/);
			assert.ok(!answer.text.includes('jsonrpc'));
		} finally {
			await start();
		}
		await assertBack(5000);
		await psql("select gatepost.setting_set('guard_offline', null)");
	});
});

suite('what the guard decided meanwhile', { skip: NOT_LISTENING }, () => {
	test('is recorded soon, though nobody asks it any more', async () => {
		const ASKED = 3200; // many batches
		const name = 'x'.repeat(500);
		const ask = async () => {
			for (let i = 0; i < ASKED / 16; i++)
				assert.equal((await http(site.mcpUrl, { headers: {
					...bearer('x'), 'Mcp-Name': name } })).status, 401);
		};

		await sleep(1500); // all of them have heard of the setting
		await pgCtl('stop', '-m', 'fast');
		try {
			await Promise.all(Array.from({ length: 16 }, ask));
		} finally {
			await start();
		}
		await until(async () => (await row('select count(*)::integer as n ' +
		    "from gatepost.audit where detail ->> 'mcp_name' = :'n'",
		    { n: name })).n === ASKED, 6000);
		await assertBack(5000);
	});
});

suite('a crash', () => {
	test('loses nothing that was acknowledged', async () => {
		const done = { clients: [], grants: [], revoked: [], issued: 0 };
		let crashed = false;
		const chains = await Promise.all(Array.from({ length: 3 },
		    () => flow({ jar, client: self })));
		const doomed = await Promise.all(Array.from({ length: 6 },
		    () => flow({ jar, client: self })));
		const go = async (step) => {
			while (!crashed)
				if (!await step().catch(() => null))
					break;
		};
		const work = [
			...chains.map((it) => {
				done.grants.push(it);
				return go(async () => {
					const { status, json } = await refresh(self,
					    it.tokens.refresh_token);
					if (status === 200)
						it.tokens = json;
					return status === 200;
				});
			}),
			go(async () => {
				const { status, json } = await http(site.endpoint('register'),
				    { json: { redirect_uris: ['https://x.example/'] } });
				if (status === 201)
					done.clients.push(json.client_id);
				return status === 201;
			}),
			go(async () => {
				const { status } = await clientCredentials(client);
				done.issued += status === 200;
				return status === 200;
			}),
			go(async () => {
				const it = doomed.pop();
				if (it === undefined)
					return false;
				const { status } = await call('revoke', self,
				    { token: it.tokens.refresh_token });
				if (status === 200)
					done.revoked.push(it);
				await sleep(100);
				return true;
			}),
		];
		const counted = async () => Number(await psql('select count(*) from ' +
		    "gatepost.audit where event = 'client_credentials' and " +
		    "client_id = :'c' and outcome = 'issued'",
		    { c: client.client_id }));
		const before = await counted() - done.issued;

		await sleep(700);
		await until(() => done.clients.length > 3 && done.issued > 3 &&
		    done.revoked.length > 1, 10_000);
		await pgCtl('stop', '-m', 'immediate'); // as if the power went
		crashed = true;
		await Promise.all(work);
		await start();
		await assertBack(5000);

		assert.equal(await psql('select count(*) from gatepost.clients ' +
		    "where client_id = any (:'c')",
		    { c: `{${done.clients.join(',')}}` }),
		    String(done.clients.length));
		assert.ok(await counted() >= before + done.issued);
		// a process that has not been asked since may find out only now
		for (const it of done.grants)
			assertTokens(await until(async () => {
				const a = await refresh(self, it.tokens.refresh_token);
				return a.status !== 503 && a;
			}), { refresh: true });
		for (const it of done.revoked)
			assert.equal((await refresh(self, it.tokens.refresh_token))
			    .status, 400);
	});
});
