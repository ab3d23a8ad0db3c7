// The audit record: one row for each decision, nothing secret in it, nor
// anywhere else that is written.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { callTool } from './lib/mcp.mjs';
import { authorizeUrl, basic, bearer, call, clientCredentials, decide,
	exchange, http, Jar, pkce, refresh, registerClient } from
    './lib/oauth.mjs';
import { LISTENING } from './lib/programs.mjs';
import { createClient, psql, row, rows, site, unique, until } from
    './lib/site.mjs';

const SCOPE = 'mcp:tools:analyze_sentiment';

// The events of a client in their order: [['register', 'created'], ...].
const events = async (client_id, program = '%') => (await rows(
    "select event, outcome, error from gatepost.audit where client_id = :'c' " +
    "and program like :'p' order by id", { c: client_id, p: program }))
    .map((e) => [e.event, e.outcome, ...(e.error ? [e.error] : [])]);

// A whole way with every secret that was on it: { client, secrets }.
async function everything() {
	const jar = new Jar();
	const username = unique('user');
	const password = unique('a good long password');
	const state = unique('state');
	const client = await registerClient({
		token_endpoint_auth_method: 'client_secret_basic' });
	const { verifier, challenge } = pkce();
	const secrets = { password, verifier, secret: client.client_secret,
		registration: client.registration_access_token };

	await psql("select gatepost.account_create(:'u', :'p')",
	    { u: username, p: password });
	const url = authorizeUrl(client, { code_challenge: challenge, state });
	const { location } = await http(url);
	secrets.request = location.split('request=')[1].split('.')[1];
	const wrong = unique('wrong password');
	const failed = await decide(url, { jar, username, password: wrong });
	secrets.wrong = wrong;
	secrets.csrf = failed.form.fields.csrf;
	const { parameters } = await decide(url, { jar, username, password });
	secrets.session = [...jar.cookies.values()][0].split('.')[1];
	secrets.code = parameters.get('code').split('.')[1];
	const bad = unique('not-the-verifier').padEnd(43, 'x');
	secrets.bad = bad;
	await exchange(client, parameters.get('code'), bad);
	const first = (await exchange(client, parameters.get('code'), verifier))
	    .json;
	const second = (await refresh(client, first.refresh_token)).json;
	for (const [name, tokens] of Object.entries({ first, second })) {
		secrets[`${name} access`] = tokens.access_token.split('.')[2];
		const [, secret, , mac] = tokens.refresh_token.split('.');
		Object.assign(secrets, { [`${name} refresh`]: secret,
			[`${name} MAC`]: mac });
	}
	await callTool(second.access_token, 'analyze_sentiment', { text: 'x' });
	await callTool(second.access_token, 'ticker_sentiment', { ticker: 'x' });
	return { client, secrets, tokens: second, username, state };
}

// Things in the wrong place: what is refused must not be kept either.
async function misplaced({ client, tokens, secrets }) {
	const code = secrets.misplaced = unique('misplaced-secret');

	await http(authorizeUrl({ client_id: code }, { code_challenge: code,
		redirect_uri: `https://x.example/${code}` }));
	await http(authorizeUrl(client, { code_challenge: code, scope: code }));
	await http(site.endpoint('token'), { headers: basic(code, code),
		form: { grant_type: code, code, refresh_token: code } });
	await http(`${site.mcpUrl}?access_token=${code}`, { json: {} });
	await http(site.mcpUrl, { json: {}, headers: bearer(code) });
	await http(site.endpoint('register'), { json: { x: code } });
	await http(`${site.endpoint('login')}?request=${code}`);
	await call('revoke', client, { token: code });
	await http(site.endpoint('introspect'), { headers: basic(code, code),
		form: { token: tokens.access_token } });
	await http(site.endpoint('consent'), { headers: { Cookie:
	    `gatepost-session=${code}` }, form: { request: code, csrf: code } });
}

// Every table of the database as text, and what the programs log.
async function traces() {
	const tables = (await psql("select format('%I.%I', schemaname, " +
	    'tablename) from pg_tables where schemaname not in ' +
	    "('pg_catalog', 'information_schema')")).split('\n');
	const found = { tables: await psql(tables.map((name) =>
	    `select t::text from ${name} t;`).join('\n')) };

	assert.ok(tables.length > 20, 'the tables were looked at');
	for (const name of await readdir(join(site.dir, 'log')))
		if (/^(postgresql|metadata|jwks|authorize|login|consent|account|fetch|token|register|revoke|introspect|guard|finance)\.log$/
		    .test(name) || name === `${site.server}.log`)
			found[name] = await readFile(join(site.dir, 'log', name),
			    'utf8');
	assert.ok(`${site.server}.log` in found && 'postgresql.log' in found &&
	    (!LISTENING || Object.keys(found).length > 10), 'and the logs');
	return found;
}

test('no secret is anywhere that is written', async () => {
	const all = await everything();
	const machine = await createClient(
	    { grant_types: ['client_credentials'] });
	const server = await row('select * from gatepost.' +
	    "resource_server_create(:'u', 'Test')", { u: site.mcpUrl });

	all.secrets.machine = machine.client_secret;
	all.secrets.server = server.client_secret;
	all.secrets['machine access'] = (await clientCredentials(machine)).json
	    .access_token.split('.')[2];
	await call('introspect', server, { token: all.tokens.access_token });
	await misplaced(all);
	await until(async () => (await events(all.client.client_id, 'guard'))
	    .length >= 2, 3000);
	const found = await traces();
	for (const [where, text] of Object.entries(found))
		for (const [what, secret] of Object.entries(all.secrets)) {
			assert.ok(secret.length >= 20, what);
			assert.ok(!text.includes(secret), `${what} is in ${where}`);
			assert.ok(!text.includes(Buffer.from(secret).toString('hex')),
			    `${what} is in ${where}, in hexadecimal`);
			assert.ok(!text.includes(Buffer.from(secret).toString('base64')
			    .replace(/=+$/, '').slice(0, -2)),
			    `${what} is in ${where}, in base64`);
		}
	// the search finds what is there
	assert.ok(found.tables.includes(all.client.client_id));
	assert.ok(found.tables.includes(all.username));
});

suite('one row for each decision', () => {
	test('of the whole way, in its order', async () => {
		const { client, tokens } = await everything();
		const id = client.client_id;

		await call('revoke', client, { token: tokens.refresh_token });
		await refresh(client, tokens.refresh_token);
		const got = (await events(id)).filter(([e]) => e !== 'guard');
		assert.deepEqual(got, [['register', 'created'],
			['authorize', 'login'], ['authorize', 'login'],
			['login', 'refused'], ['authorize', 'login'],
			['login', 'open'], ['consent', 'code'],
			['token', 'refused', 'invalid_grant'], ['token', 'issued'],
			['refresh', 'issued'], ['revoke', 'revoked'],
			['refresh', 'refused', 'invalid_grant']]);
		// what the guard decided is there a second later; who has the tool
		// refused was let through by the guard
		assert.deepEqual(await until(async () => {
			const some = await events(id, 'guard');
			return some.length >= 2 && some;
		}, 3000), [['guard', 'passed'], ['guard', 'passed']]);
	});

	test('of refusals before any other statement', async () => {
		const { client_id } = await registerClient();
		const url = authorizeUrl({ client_id }, { code_challenge: 'A' });

		await http(url); // a fault that the statement records
		await http(`${url}&access_token=x`); // one that it does not
		await http(site.endpoint('token'), { form: { client_id } });
		await http(site.endpoint('revoke'), { form: { client_id } });
		assert.deepEqual((await events(client_id)).slice(1), [
			['authorize', 'refused', 'invalid_request'],
			['refused', 'refused', 'invalid_request'],
			['refused', 'refused', 'invalid_request'],
			['refused', 'refused', 'invalid_request']]);
	});

	test('of what a DBA does, by function and by hand, with who it was',
	    async () => {
		const { client_id } = await createClient(
		    { grant_types: ['client_credentials'] });

		await psql("select gatepost.client_disable(:'c', 'a reason'); " +
		    "update gatepost.client set consent = 'always' " +
		    "where client_id = :'c'", { c: client_id });
		const found = await rows('select actor, event, detail from ' +
		    "gatepost.audit where client_id = :'c' order by id",
		    { c: client_id });
		assert.equal(found.length, 3, JSON.stringify(found));
		assert.deepEqual(found.map((e) => e.actor),
		    Array(3).fill(await psql('select session_user')));
		assert.equal(found[1].detail.why, 'a reason');
	});

	test('with the address and the program\'s own role', async () => {
		const client = await createClient(
		    { grant_types: ['client_credentials'], scopes: [SCOPE] });

		await clientCredentials(client);
		const [found] = await rows('select * from gatepost.audit where ' +
		    "client_id = :'c' and program = 'token'",
		    { c: client.client_id });
		assert.match(found.address, /^(127\.0\.0\.1|::1)/);
		assert.equal(found.actor, 'gatepost_token');
		assert.equal(found.scope, SCOPE);
		assert.equal(found.resource, site.mcpUrl);
		assert.ok(Math.abs(new Date(found.at) - Date.now()) < 60_000);
	});

	test('and no program can change or delete one', async () => {
		for (const role of ['token', 'guard', 'login', 'consent'])
			for (const sql of ['delete from gatepost.audit_event',
				'update gatepost.audit_event set outcome = null',
				'select from gatepost.audit_event',
				'truncate gatepost.audit_event'])
				await assert.rejects(psql(sql, {},
				    { role: `gatepost_${role}` }), /permission denied/);
	});

	test('hostile text is one row, and one line', async () => {
		const hostile = 'x\n2026-01-01 forged=1';

		await http(site.endpoint('token'), { form: { client_id: hostile,
			grant_type: 'client_credentials' } });
		await http(site.mcpUrl, { json: {}, headers: { 'Mcp-Name':
		    'a\tforged=1', Authorization: 'Bearer x' } });
		const { tables, ...logs } = await traces();
		for (const text of Object.values(logs))
			assert.doesNotMatch(text, /^2026-01-01 forged/m);
	});
});
