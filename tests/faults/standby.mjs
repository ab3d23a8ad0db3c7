// Programs that read a hot standby.
//
//	standby.mjs lag | away | back | silent

import assert from 'node:assert/strict';
import { jwks as keySet, makeKey, prove } from '../e2e/lib/assertion.mjs';
import { basic, call, clientCredentials, flow, grantOf, http, Jar } from
	'../e2e/lib/oauth.mjs';
import { createClient, psql, row, rows, site, sleep, until } from
	'../e2e/lib/site.mjs';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [what] = process.argv.slice(2);
const KEPT = join(site.dir, 'standby.json'); // from one run to the next
const BACK_MS = 5000;
const standby = `host=${join(site.dir, 'sock', 'b')} dbname=gatepost ` +
    'user=postgres';
const kept = existsSync(KEPT) ? JSON.parse(readFileSync(KEPT, 'utf8')) : {};

async function step(text, work) {
	try {
		const more = await work();
		console.log(`ok ${text}${more ? `, ${more}` : ''}`);
	} catch (error) {
		console.log(`not ok ${text}`);
		console.log(`# ${error.message.replace(/\s+/g, ' ').slice(0, 300)}`);
	}
}

// Introspection of a token by a resource server, the whole answer.
const ask = (token, { client_id, client_secret } = kept.server) =>
    http(site.endpoint('introspect'),
	{ form: { token }, headers: basic(client_id, client_secret) });
const active = async (token) => (await ask(token)).json?.active;
const metadata = () =>
    http(site.url('/.well-known/oauth-authorization-server'));
const jwks = () => http(site.endpoint('jwks'));
const records = () => rows('select outcome, error, client_id, username, ' +
    'grant_id, resource, address, detail, actor from gatepost.audit where ' +
    "program = 'introspect' order by id");

async function timed(work) {
	const start = Date.now();
	const answer = await work();

	return { answer, took: Date.now() - start };
}

async function lag() {
	kept.server = await row('select * from gatepost.resource_server_create(' +
	    ":'u', 'Test')", { u: site.mcpUrl });
	const jar = new Jar();
	const it = await flow({ jar });
	const grant = grantOf(it.tokens.access_token);

	await step('each answer is recorded on the primary, once', async () => {
		await until(() => active(it.tokens.access_token), 3000);
		const before = (await records()).length;

		assert.equal(await active(it.tokens.access_token), true);
		assert.deepEqual((await ask('x')).json, { active: false });
		assert.equal((await ask('x', { client_id: kept.server.client_id,
			client_secret: 'wrong' })).status, 401);
		assert.equal((await http(site.endpoint('introspect'),
		    { form: { token: 'x' } })).status, 401);
		const made = (await records()).slice(before);
		assert.deepEqual(made.map((r) => [r.outcome, r.error, r.username,
			r.grant_id, r.actor]), [
			['active', null, site.username, grant, 'gatepost_introspect'],
			['inactive', null, null, null, 'gatepost_introspect'],
			['invalid_client', 'invalid_client', null, null,
				'gatepost_introspect'],
			['refused', 'invalid_client', null, null,
				'gatepost_introspect']]);
		assert.equal(made[0].client_id, it.client.client_id);
		assert.equal(made[0].resource, site.mcpUrl);
		assert.equal(made[0].detail.caller, kept.server.client_id);
		return `${made.length} of 4`;
	});

	await step('what was revoked is not active, though the standby has not ' +
	    'heard of it', async () => {
		await psql(`\\connect '${standby}'\nselect pg_wal_replay_pause()`);
		try {
			assert.equal(await active(it.tokens.access_token), true);
			assert.equal((await call('revoke', it.client,
			    { token: it.tokens.refresh_token })).status, 200);
			assert.equal(await active(it.tokens.access_token), false);
			assert.equal((await records()).at(-1).outcome, 'inactive');
		} finally {
			await psql(`\\connect '${standby}'\n` +
			    'select pg_wal_replay_resume()');
		}
	});

	await step('a resource server whose new keys the standby has not heard ' +
	    'of is refused, and that is recorded', async () => {
		const server = { ...await row('select client_id from ' +
		    "gatepost.resource_server_create(:'u', 'Test', :'k')",
		    { u: site.mcpUrl, k: JSON.stringify(keySet(makeKey())) }),
			key: makeKey() };
		const proved = async () => http(site.endpoint('introspect'),
		    { form: { token: 'x', ...prove(server) } });

		await until(async () => await psql(`\\connect '${standby}'\n` +
		    "select id from gatepost.resource_server where id = :'c'",
		    { c: server.client_id }) !== '', 3000);
		await psql(`\\connect '${standby}'\nselect pg_wal_replay_pause()`);
		try {
			await psql('update gatepost.resource_server set jwks = :' +
			    "'k' where id = :'c'", { c: server.client_id,
				k: JSON.stringify(keySet(server.key)) });
			const before = (await records()).length;
			assert.equal((await proved()).status, 401);
			assert.deepEqual((await records()).slice(before)
			    .map((r) => [r.outcome, r.error]),
			    [['refused', 'invalid_client']]);
		} finally {
			await psql(`\\connect '${standby}'\n` +
			    'select pg_wal_replay_resume()');
		}
		await until(async () => (await proved()).status === 200, 3000);
	});

	await step('a change is heard of by way of it', async () => {
		const machine = await createClient(
		    { grant_types: ['client_credentials'] });
		const had = (await jwks()).json.keys.length;
		await psql('select gatepost.key_rotate(); ' +
		    "select gatepost.setting_set('registration', 'closed')");
		const start = Date.now();
		await until(async () => {
			await clientCredentials(machine);
			return (await jwks()).json.keys.length > had &&
			    !('registration_endpoint' in (await metadata()).json);
		}, 3000);
		const took = Date.now() - start;
		await psql("select gatepost.setting_set('registration', 'open')");
		return `after ${took} ms`;
	});

	kept.token = (await flow({ jar })).tokens.access_token;
	await until(() => active(kept.token), 3000);
	writeFileSync(KEPT, JSON.stringify(kept), { mode: 0o600 });
}

// The primary is.
async function away() {
	await sleep(1100); // what was known a moment ago may be told
	await step('the primary away: metadata and keys are there', async () => {
		for (let i = 0; i < 6; i++)
			for (const ask of [metadata, jwks])
				assert.equal((await ask()).status, 200);
	});
	await step('but nothing is told that is not recorded', async () => {
		let longest = 0;
		for (const [token, server] of [[kept.token], ['x'], ['x',
			{ client_id: 'x', client_secret: 'x' }]])
			for (let i = 0; i < 2; i++) {
				const { answer, took } = await timed(() => ask(token, server));
				assert.equal(answer.status, 503, answer.text);
				assert.equal(answer.json.error, 'temporarily_unavailable');
				assert.match(answer.headers['retry-after'], /^[1-9]/);
				assert.ok(!answer.text.includes('active'));
				longest = Math.max(longest, took);
			}
		assert.ok(longest < 5000);
		return `in ${longest} ms`;
	});
}

async function back() {
	await step('the primary back: so is introspection', async () => {
		const { took } = await timed(() => until(() => active(kept.token),
		    BACK_MS));
		return `after ${took} ms`;
	});
}

// The standby is, to all that is asked of it.
async function silent() {
	await step('a silent standby: metadata is had from the primary',
	    async () => {
		// each process
		const { took } = await timed(() => until(async () => (await Promise
		    .all(Array.from({ length: 4 }, metadata)))
		    .every((answer) => answer.status === 200), 9000));
		return `after ${took} ms`;
	});
	await step('who has no other says so, in time', async () => {
		for (const work of [jwks, () => ask(kept.token)]) {
			const { answer, took } = await timed(work);
			assert.equal(answer.status, 503, answer.text);
			assert.ok(took < 5000);
		}
	});
}

await { lag, away, back, silent }[what]();
