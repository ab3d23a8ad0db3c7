// Client authentication: exactly the registered method, one at a time; and
// tokens that clients get for themselves (OAuth 2.1, 4.2).

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertJsonError, assertTokens } from './lib/answers.mjs';
import { basic, call, claims, clientCredentials, grantOf, http,
	registerClient } from './lib/oauth.mjs';
import { createClient, psql, rows, site } from './lib/site.mjs';

const MACHINE = { grant_types: ['client_credentials'] };
const [ANALYZE, TICKER, COVERAGE] = ['mcp:tools:analyze_sentiment',
	'mcp:tools:ticker_sentiment', 'mcp:resources:coverage:read'];
const GRANT = { grant_type: 'client_credentials' };
const token = (headers, form) => http(site.endpoint('token'),
    { headers, form: { ...GRANT, ...form } });
const machine = await createClient(MACHINE);
const b64 = (text) => Buffer.from(text).toString('base64');
const header = (value) => ({ Authorization: value });

suite('the registered method is enforced', () => {
	const METHODS = ['none', 'client_secret_basic', 'client_secret_post'];

	for (const registered of [...METHODS, null]) {
		for (const used of METHODS) {
			const good = registered === used ||
			    (registered === null && used !== 'none');
			test(`${used} by a client of ${registered ??
			    'basic or post'}: ${good ? 'taken' : '401'}`, async () => {
				const client = await createClient({ auth_method: registered,
					redirect_uris: ['https://client.example/'] });
				const answer = await call('revoke', { client_id:
				    client.client_id, client_secret:
				    client.client_secret || 'x',
					token_endpoint_auth_method: used }, { token: 'x' });

				if (good)
					assert.equal(answer.status, 200, answer.text);
				else
					assertJsonError(answer, 401, 'invalid_client');
			});
		}
	}

	test('the same at registration', async () => {
		const client = await registerClient({ token_endpoint_auth_method:
		    'client_secret_basic' });

		for (const method of ['client_secret_post', 'none'])
			assertJsonError(await call('revoke', { ...client,
				token_endpoint_auth_method: method }, { token: 'x' }), 401,
			    'invalid_client');
	});
});

suite('the Authorization header', () => {
	const { client_id: id, client_secret: secret } = machine;
	const every = (s) => [...Buffer.from(s)].map((c) =>
	    `%${c.toString(16).padStart(2, '0')}`).join('');

	for (const [what, value] of [
		['as it is', `Basic ${b64(`${id}:${secret}`)}`],
		['in other case (RFC 9110, 11.1)', `bAsIC ${b64(`${id}:${secret}`)}`],
		['with more spaces', `Basic   ${b64(`${id}:${secret}`)}`],
		['form-encoded on both sides (RFC 6749, 2.3.1)',
			`Basic ${b64(`${every(id)}:${every(secret)}`)}`],
	])
		test(`${what}: taken`, async () =>
			assertTokens(await token(header(value))));

	for (const [what, value, form] of [
		['a wrong secret', `Basic ${b64(`${id}:wrong`)}`],
		['no secret', `Basic ${b64(`${id}:`)}`],
		['no colon', `Basic ${b64(id)}`],
		['no client', `Basic ${b64(`:${secret}`)}`],
		['an unknown client', `Basic ${b64(`nobody:${secret}`)}`],
		['a secret that is longer', `Basic ${b64(`${id}:${secret}x`)}`],
		['a secret of other case', `Basic ${b64(`${id}:${
		    secret.toUpperCase()}`)}`],
		['a NUL', `Basic ${b64(`${id}:${secret}\0`)}`],
		['an encoded NUL', `Basic ${b64(`${id}:${secret}%00`)}`],
		['a newline', `Basic ${b64(`${id}:${secret}\n`)}`],
		['an escape that is none', `Basic ${b64(`${id}:${secret}%`)}`],
		['no base64', 'Basic ?'],
		['nothing', 'Basic'],
		['base64url that is not base64', 'Basic -_-_'],
		['two credentials, folded', `Basic ${b64(`${id}:${secret}`)}, ` +
		    `Basic ${b64(`${id}:${secret}`)}`],
		['another scheme', `Digest username="${id}"`],
		['a bearer token', `Bearer ${b64(`${id}:${secret}`)}`],
		['another client_id in the form', `Basic ${b64(`${id}:${secret}`)}`,
			{ client_id: 'nobody' }],
	]) {
		test(`${what}: 401 with WWW-Authenticate`, async () => {
			const answer = await token(header(value), form);

			assertJsonError(answer, 401, 'invalid_client',
			    { sent: [secret] });
			assert.match(answer.headers['www-authenticate'],
			    /^Basic realm="[^"]+"/);
		});
	}

	test('sent twice: refused', async () => {
		const value = `Basic ${b64(`${id}:${secret}`)}`;
		const answer = await http(site.endpoint('token'), { form: GRANT,
			headers: [['Authorization', value], ['Authorization', value]] });

		assert.ok([400, 401].includes(answer.status));
		assert.ok(!answer.text.includes('access_token'));
	});

	test('and a secret in the form: two methods', async () => {
		for (const client_secret of [secret, 'x'])
			assertJsonError(await token(basic(id, secret),
			    { client_id: id, client_secret }), 400, 'invalid_request');
	});

	test('and the same client_id in the form: taken', async () =>
		assertTokens(await token(basic(id, secret), { client_id: id })));
});

suite('a secret', () => {
	test('in the form is not challenged when wrong', async () => {
		const answer = await token({}, { client_id: machine.client_id,
			client_secret: 'wrong' });

		assertJsonError(answer, 401, 'invalid_client');
		assert.equal(answer.headers['www-authenticate'], undefined);
	});

	test('in the query does not count', async () => {
		const query = new URLSearchParams(machine);

		assertJsonError(await http(site.endpoint('token'), { form: GRANT,
			path: `/oauth2/token?${query}` }), 401, 'invalid_client');
	});

	test('of another client is none', async () => {
		const other = await createClient(MACHINE);

		assertJsonError(await token(basic(machine.client_id,
		    other.client_secret)), 401, 'invalid_client');
	});

	test('in two parts of the form: invalid_request', async () =>
		assertJsonError(await token({}, { client_id: machine.client_id,
			client_secret: [machine.client_secret, 'x'] }), 400,
		    'invalid_request'));

	test('that was replaced is good for the overlap', async () => {
		const client = await createClient(MACHINE);
		const rotate = async (overlap) => ({ ...client, client_secret:
		    await psql("select gatepost.client_rotate_secret(:'c', :'o')",
			{ c: client.client_id, o: overlap }) });

		const second = await rotate('1 hour');
		for (const one of [client, second])
			assertTokens(await clientCredentials(one));
		const third = await rotate('0');
		for (const one of [client, second])
			assertJsonError(await clientCredentials(one), 401,
			    'invalid_client');
		const fourth = await rotate('1 hour');
		await psql('update gatepost.client set previous_secret_until = ' +
		    "now() where client_id = :'c'", { c: client.client_id });
		assertJsonError(await clientCredentials(third), 401,
		    'invalid_client');
		assertTokens(await clientCredentials(fourth));
	});

	test('of a disabled client is none, until it is enabled', async () => {
		const client = await createClient(MACHINE);

		await psql("select gatepost.client_disable(:'c', 'test')",
		    { c: client.client_id });
		assertJsonError(await clientCredentials(client), 401,
		    'invalid_client');
		await psql("select gatepost.client_enable(:'c')",
		    { c: client.client_id });
		assertTokens(await clientCredentials(client));
	});
});

suite('client_credentials', () => {
	test('is a token for the client itself, without a refresh token',
	    async () => {
		const tokens = assertTokens(await clientCredentials(machine),
		    { refresh: false });
		const c = claims(tokens.access_token);

		assert.equal(c.sub, machine.client_id);
		assert.equal(c.client_id, machine.client_id);
		assert.equal(c.aud, site.mcpUrl);
		assert.equal(c.scope, tokens.scope);
	});

	for (const [what, scopes, asked, want] of [
		['no limit and nothing asked: the defaults', null, undefined,
			ANALYZE],
		['a limit and nothing asked: the limit', [TICKER, COVERAGE],
			undefined, `${TICKER} ${COVERAGE}`],
		['a part of it', [TICKER, COVERAGE], COVERAGE, COVERAGE],
		['more than the limit is cut', [TICKER], `${ANALYZE} ${TICKER}`,
			TICKER],
		['a wildcard as limit', ['mcp:tools:*'], TICKER, TICKER],
		['a wildcard that is asked', [TICKER, COVERAGE], 'mcp:tools:*',
			TICKER],
		['a limit beyond the resource', [TICKER, 'other:thing'], undefined,
			TICKER],
		['offline_access', [TICKER], `offline_access ${TICKER}`, TICKER],
	]) {
		test(`scope: ${what}`, async () => {
			const client = await createClient({ ...MACHINE, scopes });

			assertTokens(await clientCredentials(client, { scope: asked }),
			    { scope: want, refresh: false });
		});
	}

	for (const [what, more, error] of [
		['a scope of which nothing is left', { scope: 'mcp:tools:x' },
			'invalid_scope'],
		['a malformed scope', { scope: 'a:*:b' }, 'invalid_scope'],
		['two scopes', { scope: [ANALYZE, TICKER] }, 'invalid_request'],
		['an unknown resource', { resource: 'https://x.example/' },
			'invalid_target'],
		['two resources', { resource: [site.mcpUrl, 'https://x.example/'] },
			'invalid_target'],
		['a resource that is no URL', { resource: 'x' }, 'invalid_target'],
	]) {
		test(`${what}: ${error}`, async () => assertJsonError(
		    await clientCredentials(machine, more), 400, error));
	}

	test('what was not named is not said to have been', async () => {
		const client = await createClient({ ...MACHINE,
			scopes: ['other:thing'] });
		const said = async (more) =>
		    (await clientCredentials(client, more)).json.error_description;

		assert.match(await said(), /^no scope was named/);
		assert.match(await said({ scope: TICKER }), /that was asked for/);
		await psql("select gatepost.setting_set('default_resource', null)");
		try {
			assert.match(await said(), /^no resource was named/);
			assert.match(await said({ resource: 'https://x.example/' }),
			    /^the resource is unknown/);
		} finally {
			await psql('select gatepost.setting_set(' +
			    `'default_resource', '${site.mcpUrl}')`);
		}
	});

	for (const resource of [site.mcpUrl, `${site.mcpUrl}/`, site.issuer])
		test(`resource ${resource}`, async () => assert.equal(claims(
		    assertTokens(await clientCredentials(machine, { resource }))
			.access_token).aud, site.mcpUrl));

	test('is not for a client without the grant type', async () => {
		const client = await createClient(
		    { redirect_uris: ['https://client.example/'] });

		assertJsonError(await clientCredentials(client), 400,
		    'unauthorized_client');
	});

	test('nor for one that registered itself, whatever it asked for',
	    async () => {
		const client = await registerClient({ grant_types:
		    ['authorization_code', 'client_credentials'],
			token_endpoint_auth_method: 'client_secret_basic' });

		assert.deepEqual(client.grant_types, ['authorization_code']);
		assertJsonError(await clientCredentials(client), 400,
		    'unauthorized_client');
	});

	test('nor for a public client', async () => {
		const client = await registerClient();

		assertJsonError(await clientCredentials(client), 400,
		    'unauthorized_client');
		await assert.rejects(createClient({ ...MACHINE,
			auth_method: 'none' }), /client_credentials/);
	});

	test('is one standing grant, also for 20 at once', async () => {
		const client = await createClient(MACHINE);
		const all = await Promise.all(Array.from({ length: 20 },
		    () => clientCredentials(client)));
		const grants = new Set(all.map((a) =>
		    grantOf(assertTokens(a).access_token)));

		assert.equal(grants.size, 1);
		assert.equal((await rows('select 1 from gatepost.access_grant ' +
		    "where client_id = :'c'", { c: client.client_id })).length, 1);
	});

	test('is another grant after that one was revoked', async () => {
		const client = await createClient(MACHINE);
		const one = assertTokens(await clientCredentials(client));

		assert.equal((await call('revoke', client,
		    { token: one.access_token })).status, 200);
		const two = assertTokens(await clientCredentials(client));
		assert.notEqual(grantOf(one.access_token),
		    grantOf(two.access_token));
	});
});
