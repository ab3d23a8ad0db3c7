// Introspection (RFC 7662): for resource servers, about tokens for them.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertHeaders, assertJsonError } from './lib/answers.mjs';
import { forgeries } from './lib/jwt.mjs';
import { account } from './lib/login.mjs';
import { basic, call, claims, clientCredentials, flow, grantOf, http, Jar,
	registerClient } from './lib/oauth.mjs';
import { createClient, psql, row, site, unique } from './lib/site.mjs';

const INTROSPECT = site.endpoint('introspect');
const INACTIVE = { active: false };
const jar = new Jar();
const server = (uri = site.mcpUrl) => row('select * from ' +
    "gatepost.resource_server_create(:'uri', 'Test')", { uri });
const caller = await server();
const client = await registerClient();
const grant = (options) => flow({ client, jar, ...options });

async function ask(token, { as = caller, ...form } = {}) {
	const answer = await call('introspect', as, { token, ...form });

	assert.equal(answer.status, 200, answer.text);
	assert.match(answer.headers['content-type'], /^application\/json/);
	assertHeaders(answer);
	return answer.json;
}

suite('a token that holds', () => {
	test('is described (RFC 7662, 2.2)', async () => {
		const { tokens } = await grant();
		const c = claims(tokens.access_token);
		const answer = await ask(tokens.access_token);

		assert.deepEqual(answer, { active: true, token_type: 'Bearer',
			username: site.username, scope: c.scope, client_id: c.client_id,
			sub: c.sub, aud: c.aud, iss: c.iss, jti: c.jti, iat: c.iat,
			exp: c.exp });
	});

	test("of a client for itself has no username", async () => {
		const machine = await createClient(
		    { grant_types: ['client_credentials'] });
		const { json } = await clientCredentials(machine);
		const answer = await ask(json.access_token);

		assert.equal(answer.active, true);
		assert.equal(answer.sub, machine.client_id);
		assert.ok(!('username' in answer));
	});

	for (const token_type_hint of ['access_token', 'refresh_token', 'x'])
		test(`whatever the hint: ${token_type_hint}`, async () =>
			assert.equal((await ask((await grant()).tokens.access_token,
			    { token_type_hint })).active, true));
});

suite('a token that does not hold is inactive, and nothing more', () => {
	for (const [what, how] of [
		['was revoked', (it) => call('revoke', it.client,
		    { token: it.tokens.refresh_token })],
		['is of a grant that a DBA revoked', (it) => psql(
		    "select gatepost.grant_revoke(:'g', 'test')",
		    { g: grantOf(it.tokens.access_token) })],
		['is of a disabled client', (it) => psql(
		    "select gatepost.client_disable(:'c', 'test')",
		    { c: it.client.client_id })],
		['is of a client that was enabled again', (it) => psql(
		    "select gatepost.client_disable(:'c', 'test'); " +
		    "select gatepost.client_enable(:'c')",
		    { c: it.client.client_id })],
		['is of a disabled account', (it, who) => psql(
		    "select gatepost.account_disable(:'u', 'test')",
		    { u: who.username })],
	])
		test(what, async () => {
			const who = await account();
			const it = await flow({ jar: new Jar(), ...who });

			assert.equal((await ask(it.tokens.access_token)).active, true);
			await how(it, who);
			assert.deepEqual(await ask(it.tokens.access_token), INACTIVE);
		});

	test('is for another resource', async () => {
		const uri = site.url(`/mcp/${unique('other')}`);

		await psql("select gatepost.resource_create(:'uri', 'Other', " +
		    "'{mcp:tools:x}')", { uri });
		const { tokens } = await grant();
		const other = await grant({ parameters: { resource: uri } });
		assert.deepEqual(await ask(tokens.access_token,
		    { as: await server(uri) }), INACTIVE);
		assert.deepEqual(await ask(other.tokens.access_token), INACTIVE);
	});

	test('is a refresh token, a code, a session', async () => {
		const it = await grant();

		for (const token of [it.tokens.refresh_token, it.code,
			[...jar.cookies.values()][0], caller.client_secret])
			assert.deepEqual(await ask(token), INACTIVE);
	});

	test('was forged', async () => {
		const { tokens } = await grant();

		for (const [what, token] of await forgeries(tokens.access_token)) {
			const answer = await call('introspect', caller, { token });
			if (answer.status !== 400) // too long
				assert.deepEqual(answer.json, INACTIVE, what);
		}
	});
});

suite('others learn nothing (RFC 7662, 4)', () => {
	const machine = createClient({ grant_types: ['client_credentials'] });

	for (const [what, as] of [
		['nobody', async () => ({})],
		['a public client', async () => client],
		['a confidential client', () => machine],
		['a client about its own token', () => machine],
		['a resource server with a wrong secret', async () =>
		    ({ ...caller, client_secret: 'x' })],
		['a resource server without a secret', async () =>
		    ({ client_id: caller.client_id })],
		["a resource server with another's secret", async () =>
		    ({ ...caller, client_secret: (await server()).client_secret })],
	])
		test(`${what}: 401`, async () => {
			const { json } = await clientCredentials(await machine);

			assertJsonError(await call('introspect', await as(),
			    { token: json.access_token }), 401, 'invalid_client',
			    { cors: false });
		});

	test('a disabled resource server: 401', async () => {
		const own = await server();

		await psql('update gatepost.resource_server set disabled_at = ' +
		    "now() where id = :'id'", { id: own.client_id });
		assertJsonError(await call('introspect', own, { token: 'x' }), 401,
		    'invalid_client', { cors: false });
	});

	for (const [what, form, headers = basic(caller.client_id,
	    caller.client_secret)] of [
		['no token', {}], ['two tokens', { token: ['a', 'b'] }],
		['an access token as such', { token: 'x', access_token: 'x' }],
		['two methods', { token: 'x', client_secret: 'x' }],
	])
		test(`${what}: invalid_request`, async () => assertJsonError(
		    await http(INTROSPECT, { form, headers }), 400,
		    'invalid_request', { cors: false }));

	for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS'])
		test(`${method}: not for it, and no CORS`, async () => {
			const answer = await http(INTROSPECT, { method, headers: {
				Origin: 'https://x.example',
				'Access-Control-Request-Method': 'POST' } });

			assert.ok(method === 'OPTIONS' || answer.status === 405);
			assert.match(answer.headers.allow, /POST/);
			assert.equal(answer.headers['access-control-allow-origin'],
			    undefined);
		});
});
