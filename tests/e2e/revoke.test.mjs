// Revocation (RFC 7009): what is the caller's ends with its grant; all else
// is answered alike and changes nothing.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertHeaders, assertJsonError, assertTokens } from
    './lib/answers.mjs';
import { forgeries } from './lib/jwt.mjs';
import { basic, bearer, call, flow, grantOf, http, Jar, refresh,
	registerClient } from './lib/oauth.mjs';
import { psql, site, unique, until } from './lib/site.mjs';

const REVOKE = site.endpoint('revoke');
const jar = new Jar();
const client = await registerClient();
const other = await registerClient();
const secret = await registerClient({ token_endpoint_auth_method:
    'client_secret_basic' });
const grant = (options) => flow({ client, jar, ...options });
const guarded = async ({ tokens }) => (await http(site.mcpUrl,
    { json: {}, headers: bearer(tokens.access_token) })).status;

function assertAnswered(answer) {
	assert.equal(answer.status, 200, answer.text);
	assertHeaders(answer, { cors: true });
}

async function assertOver(it) {
	assertJsonError(await refresh(it.client, it.tokens.refresh_token), 400,
	    'invalid_grant');
	await until(async () => await guarded(it) === 401, 1000, 20);
}

const assertAlive = async (it) =>
    assertTokens(await refresh(it.client, it.tokens.refresh_token));

suite('revoking', () => {
	test('a refresh token ends its grant, and no other', async () => {
		const [it, sibling] = [await grant(), await grant()];

		assert.notEqual(await guarded(it), 401);
		assertAnswered(await call('revoke', client,
		    { token: it.tokens.refresh_token }));
		await assertOver(it);
		assert.notEqual(await guarded(sibling), 401);
		await assertAlive(sibling);
	});

	test('an access token ends its grant', async () => {
		const it = await grant();

		assertAnswered(await call('revoke', client,
		    { token: it.tokens.access_token }));
		await assertOver(it);
	});

	test('so does any refresh token that it had', async () => {
		const it = await grant();

		for (let token = it.tokens.refresh_token, i = 0; i < 3; i++)
			token = (await refresh(client, token)).json.refresh_token;
		assertAnswered(await call('revoke', client,
		    { token: it.tokens.refresh_token }));
		await assertOver(it);
	});

	test('by a confidential client', async () => {
		const it = await grant({ client: secret });

		assertAnswered(await call('revoke', secret,
		    { token: it.tokens.refresh_token }));
		await assertOver(it);
	});

	test('is the same the second time', async () => {
		const it = await grant();

		for (let i = 0; i < 2; i++)
			assertAnswered(await call('revoke', client,
			    { token: it.tokens.refresh_token }));
	});

	for (const token_type_hint of ['access_token', 'refresh_token', 'other',
		'"<>', ''])
		test(`the hint ${JSON.stringify(token_type_hint)} does not matter`,
		    async () => {
			for (const token of ['access_token', 'refresh_token']) {
				const it = await grant();
				assertAnswered(await call('revoke', client,
				    { token: it.tokens[token], token_type_hint }));
				await assertOver(it);
			}
		});
});

suite('what is not the caller\'s is answered alike, without effect', () => {
	for (const kind of ['access_token', 'refresh_token'])
		test(`another client's ${kind}`, async () => {
			const it = await grant();

			for (const caller of [other, secret])
				assertAnswered(await call('revoke', caller,
				    { token: it.tokens[kind] }));
			await assertAlive(it);
		});

	test('a refresh token with another secret', async () => {
		const it = await grant();
		const [id, secret, n, mac] = it.tokens.refresh_token.split('.');
		const other = (secret[0] === 'A' ? 'B' : 'A') + secret.slice(1);

		for (const token of [`${id}.${other}.${n}.${mac}`,
			`${id}.${mac}.${n}.${secret}`, `${id}.${secret}`, id])
			assertAnswered(await call('revoke', client, { token }));
		await assertAlive(it);
	});

	test('forged access tokens', async () => {
		const it = await grant();

		for (const [what, token] of await forgeries(it.tokens.access_token)) {
			const answer = await call('revoke', client, { token });
			assert.ok([200, 400].includes(answer.status), what);
		}
		assert.notEqual(await guarded(it), 401);
		await assertAlive(it);
	});

	for (const token of ['x', unique('token'), '.', '..', 'a.b.c',
		'00000000-0000-7000-8000-000000000000.1.x'])
		test(`no token at all: ${token}`, async () =>
			assertAnswered(await call('revoke', client, { token })));

	test('an unused code', async () => {
		const it = await grant();

		assertAnswered(await call('revoke', client, { token: it.code }));
		await assertAlive(it);
	});
});

suite('refusals', () => {
	for (const [what, form, status, error] of [
		['no token', { client_id: client.client_id }, 400,
			'invalid_request'],
		['an empty one', { client_id: client.client_id, token: '' }, 400,
			'invalid_request'],
		['two', { client_id: client.client_id, token: ['a', 'b'] }, 400,
			'invalid_request'],
		['no client', { token: 'x' }, 401, 'invalid_client'],
		['an unknown client', { client_id: 'x', token: 'x' }, 401,
			'invalid_client'],
		['a confidential client without its secret',
			{ client_id: secret.client_id, token: 'x' }, 401,
			'invalid_client'],
		['an access token as such (RFC 9700, 4.3.2)', { client_id:
		    client.client_id, token: 'x', access_token: 'x' }, 400,
			'invalid_request'],
	])
		test(`${what}: ${error}`, async () => assertJsonError(
		    await http(REVOKE, { form }), status, error));

	test('a failed authentication leaves the token alone', async () => {
		const it = await grant({ client: secret });

		assertJsonError(await http(REVOKE, { form:
		    { token: it.tokens.refresh_token }, headers:
			basic(secret.client_id, 'wrong') }), 401, 'invalid_client');
		await assertAlive(it);
	});

	test('a disabled client', async () => {
		const own = await registerClient();
		const it = await grant({ client: own });

		await psql("select gatepost.client_disable(:'c', 'test')",
		    { c: own.client_id });
		assertJsonError(await call('revoke', own,
		    { token: it.tokens.refresh_token }), 401, 'invalid_client');
		assert.equal(await psql('select ended_at is null from ' +
		    "gatepost.grants where id = :'g'",
		    { g: grantOf(it.tokens.access_token) }), 't');
	});

	for (const method of ['GET', 'PUT', 'DELETE'])
		test(`${method}: 405 with Allow`, async () => {
			const answer = await http(REVOKE, { method,
				path: '/oauth2/revoke?token=x' });

			assert.equal(answer.status, 405);
			assert.match(answer.headers.allow, /POST/);
		});

	test('JSON', async () => assertJsonError(await http(REVOKE,
	    { json: { token: 'x' } }), 400, 'invalid_request'));
});
