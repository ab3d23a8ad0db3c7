// The token endpoint and codes: everything is checked before anything
// changes, and one redemption is all that a code has.

import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { suite, test } from 'node:test';
import { assertHeaders, assertJsonError, assertTokens } from
    './lib/answers.mjs';
import { bearer, claims, exchange, grantOf, http, Jar, obtainCode, pkce,
	refresh, registerClient, REDIRECT, tokenRequest } from './lib/oauth.mjs';
import { createClient, psql, site, until } from './lib/site.mjs';

const TOKEN = site.endpoint('token');
const GRANTS = ['authorization_code', 'refresh_token'];
const jar = new Jar();
const client = await registerClient({ grant_types: GRANTS });
const other = await registerClient({ grant_types: GRANTS });
const secret = await registerClient({ grant_types: GRANTS,
	token_endpoint_auth_method: 'client_secret_basic' });
const issue = (options) => obtainCode({ client, jar, ...options });
const redeem = ({ code, verifier }, more) => tokenRequest(client, {
	grant_type: 'authorization_code', code, code_verifier: verifier, ...more });
const guarded = async (token) => (await http(site.mcpUrl,
    { json: {}, headers: bearer(token) })).status;

suite('a refusal leaves the code as it was', () => {
	const refused = [
		['another redirect URI (OAuth 2.1, 4.1.3)',
			{ redirect_uri: 'https://evil.example/' }, 400, 'invalid_grant'],
		['the redirect URI with a port', { redirect_uri:
		    'http://127.0.0.1:80/callback' }, 400, 'invalid_grant'],
		['the redirect URI spelt otherwise', { redirect_uri:
		    'HTTP://127.0.0.1/callback' }, 400, 'invalid_grant'],
		['two redirect URIs', { redirect_uri: [REDIRECT, 'https://x.example/'] },
			400, 'invalid_request'],
		['another verifier', { code_verifier: pkce().verifier }, 400,
			'invalid_grant'],
		['no verifier', { code_verifier: undefined }, 400,
			'invalid_request'],
		['an empty verifier', { code_verifier: '' }, 400, 'invalid_request'],
		['a verifier of 42', { code_verifier: 'a'.repeat(42) }, 400,
			'invalid_request'],
		['a verifier of 129', { code_verifier: 'a'.repeat(129) }, 400,
			'invalid_request'],
		['a verifier of other characters', { code_verifier:
		    '+'.repeat(43) }, 400, 'invalid_request'],
		['two verifiers', { code_verifier: [pkce().verifier, 'x'] }, 400,
			'invalid_request'],
		['another resource', { resource: 'https://other.example/mcp' }, 400,
			'invalid_target'],
		['two resources', { resource: [site.mcpUrl, `${site.mcpUrl}/x`] }, 400,
			'invalid_target'],
		['a resource that is no URL', { resource: 'finance' }, 400,
			'invalid_target'],
		["another client's name", { client_id: other.client_id }, 400,
			'invalid_grant'],
		['an unknown client', { client_id: 'nobody' }, 401,
			'invalid_client'],
		['no client', { client_id: undefined }, 401, 'invalid_client'],
		['two clients', { client_id: [client.client_id, other.client_id] },
			400, 'invalid_request'],
		['a secret that a public client has not', { client_secret: 'x' },
			401, 'invalid_client'],
		['no grant type', { grant_type: undefined }, 400, 'invalid_request'],
		['two grant types', { grant_type: ['authorization_code',
			'refresh_token'] }, 400, 'invalid_request'],
		['a grant type of other case', { grant_type: 'Authorization_Code' },
			400, 'unsupported_grant_type'],
		['an access token in the form (RFC 9700, 4.3.2)',
			{ access_token: 'x' }, 400, 'invalid_request'],
		['a malformed scope', { scope: 'a  b' }, 400, 'invalid_scope'],
	];

	for (const [what, more, status, error] of refused) {
		test(what, async () => {
			const it = await issue();

			assertJsonError(await redeem(it, more), status, error,
			    { sent: Object.values(more).flat()
				.filter((v) => v?.length > 8) });
			assertTokens(await redeem(it), { refresh: true });
		});
	}

	for (const [what, change] of [
		['another secret', ([id, s]) =>
		    `${id}.${s[0] === 'A' ? 'B' : 'A'}${s.slice(1)}`],
		['a secret that is cut', ([id, s]) => `${id}.${s.slice(0, -1)}`],
		['a secret that is longer', ([id, s]) => `${id}.${s}A`],
		['no secret', ([id]) => id],
		['an id in upper case', ([id, s]) => `${id.toUpperCase()}.${s}`],
		['a space after it', ([id, s]) => `${id}.${s} `],
		['the id of nobody', ([, s]) =>
		    `00000000-0000-7000-8000-000000000000.${s}`],
		['something long', () => 'x'.repeat(300)],
		['nothing', () => ''],
	]) {
		test(`a code with ${what}`, async () => {
			const it = await issue();
			const answer = await redeem(it,
			    { code: change(it.code.split('.')) });

			assert.ok(['invalid_grant', 'invalid_request']
			    .includes(answer.json.error));
			assertJsonError(answer, 400, answer.json.error);
			assertTokens(await redeem(it));
		});
	}

	test('another client, though it authenticates itself', async () => {
		const it = await issue();

		assertJsonError(await exchange(secret, it.code, it.verifier), 400,
		    'invalid_grant');
		assertTokens(await redeem(it));
	});

	test('a client that may not use codes', async () => {
		const it = await issue();
		const machine = await createClient(
		    { grant_types: ['client_credentials'] });

		assertJsonError(await exchange(machine, it.code, it.verifier), 400,
		    'unauthorized_client');
		assertTokens(await redeem(it));
	});
});

suite('a code', () => {
	test('is good with its redirect URI, and without (OAuth 2.1)',
	    async () => {
		assertTokens(await redeem(await issue(), { redirect_uri: REDIRECT }));
		assertTokens(await redeem(await issue()));
	});

	test("keeps the loopback's port that was asked with", async () => {
		const uri = 'http://127.0.0.1:49152/callback';
		const it = await issue({ parameters: { redirect_uri: uri } });

		assertJsonError(await redeem(it, { redirect_uri: REDIRECT }), 400,
		    'invalid_grant');
		assertTokens(await redeem(it, { redirect_uri: uri }));
	});

	for (const resource of [site.mcpUrl, `${site.mcpUrl}/`, site.issuer])
		test(`is good for ${resource}`, async () => assert.equal(claims(
		    assertTokens(await redeem(await issue(), { resource }))
			.access_token).aud, site.mcpUrl));

	for (const [what, sql, status, error] of [
		['has expired', "update gatepost.code set expires_at = now() " +
		    "where id = :'id'", 400, 'invalid_grant'],
		['is of a session that ended', 'update gatepost.session set ' +
		    "ended_at = now() where id = (select session_id from " +
		    "gatepost.code where id = :'id')", 400, 'invalid_grant'],
		['is of a consent that was taken back', 'delete from ' +
		    "gatepost.consent where client_id = :'c'", 400,
		    'invalid_grant'],
		['is of a client that was disabled',
			"select gatepost.client_disable(:'c', 'test')", 401,
			'invalid_client'],
	]) {
		test(`that ${what} is refused`, async () => {
			const own = await registerClient({ grant_types: GRANTS });
			const it = await obtainCode({ client: own });

			await psql(sql, { id: it.code.split('.')[0],
				c: own.client_id });
			assertJsonError(await exchange(own, it.code, it.verifier),
			    status, error);
		});
	}

	test('used again ends what it gave (OAuth 2.1, 4.1.3)', async () => {
		const it = await issue();
		const tokens = assertTokens(await redeem(it));

		assert.notEqual(await guarded(tokens.access_token), 401);
		assertJsonError(await redeem(it), 400, 'invalid_grant');
		assertJsonError(await refresh(client, tokens.refresh_token), 400,
		    'invalid_grant');
		await until(async () =>
		    await guarded(tokens.access_token) === 401, 1000);
	});

	for (const [what, more] of [
		['with another verifier', { code_verifier: pkce().verifier }],
		['with another redirect URI', { redirect_uri: 'https://x.example/' }],
		['for another resource', { resource: 'https://x.example/' }],
		['by another client', { client_id: other.client_id }],
	]) {
		test(`used again ${what} ends nothing`, async () => {
			const it = await issue();
			const tokens = assertTokens(await redeem(it));

			assert.equal((await redeem(it, more)).status, 400);
			assertTokens(await refresh(client, tokens.refresh_token));
		});
	}

	test('redeemed 50 times at once gives one token', async () => {
		const it = await issue();
		const answers = await Promise.all(Array.from({ length: 50 },
		    () => redeem(it)));
		const count = (status) =>
		    answers.filter((a) => a.status === status).length;

		assert.deepEqual([count(200), count(400)], [1, 49]);
		assert.equal(await psql('select count(*) from ' +
		    "gatepost.access_grant where id = :'id'",
		    { id: it.code.split('.')[0] }), '1');
	});
});

suite('no value is taken for one of another kind (CVE-2026-4282)', () => {
	test('codes, tokens, sessions, requests', async () => {
		const it = await issue();
		const tokens = assertTokens(await redeem(await issue()));
		const values = [tokens.access_token, [...jar.cookies.values()][0],
			client.registration_access_token];

		for (const code of [...values, tokens.refresh_token])
			assert.equal((await redeem(it, { code })).status, 400);
		for (const token of [...values, it.code])
			assert.equal((await refresh(client, token)).status, 400);
		for (const token of [it.code, tokens.refresh_token,
			client.registration_access_token])
			assert.equal(await guarded(token), 401);
		assertJsonError(await exchange({ ...secret, client_secret:
		    secret.registration_access_token }, it.code, it.verifier), 401,
		    'invalid_client');
		assertTokens(await redeem(it));
		assertTokens(await refresh(client, tokens.refresh_token));
	});
});

suite('the access token (RFC 9068)', () => {
	test('is signed by a published key and says what was granted',
	    async () => {
		const tokens = assertTokens(await redeem(await issue()));
		const [header, payload, signature] = tokens.access_token.split('.');
		const { alg, kid, typ } =
		    JSON.parse(Buffer.from(header, 'base64url'));
		const { json: { keys } } = await http(site.endpoint('jwks'));
		const key = createPublicKey({ format: 'jwk',
			key: keys.find((k) => k.kid === kid) });
		const c = claims(tokens.access_token);

		assert.deepEqual([alg, typ], ['ES256', 'at+jwt']);
		assert.ok(verify('sha256', `${header}.${payload}`,
		    { key, dsaEncoding: 'ieee-p1363' },
		    Buffer.from(signature, 'base64url')));
		assert.equal(c.iss, site.issuer);
		assert.equal(c.aud, site.mcpUrl);
		assert.equal(c.client_id, client.client_id);
		assert.equal(c.scope, tokens.scope);
		assert.equal(c.exp - c.iat, tokens.expires_in);
		assert.equal(tokens.expires_in, 600);
		assert.ok(Math.abs(c.iat - Date.now() / 1000) < 5);
		assert.equal(c.sub, await psql('select id from gatepost.accounts ' +
		    "where username = :'u'", { u: site.username }));
		assert.match(c.jti, /^[0-9a-f-]{36}\.[\w-]{16,}$/);
	});

	test('has the grant in its jti, and another jti each time', async () => {
		const it = await issue();
		const one = assertTokens(await redeem(it));
		const two = assertTokens(await refresh(client, one.refresh_token));

		assert.equal(grantOf(one.access_token), it.code.split('.')[0]);
		assert.equal(grantOf(two.access_token), it.code.split('.')[0]);
		assert.notEqual(claims(one.access_token).jti,
		    claims(two.access_token).jti);
	});
});

suite('requests that are none', () => {
	for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH']) {
		test(`${method}: 405 with Allow`, async () => {
			const answer = await http(TOKEN, { method });

			assert.equal(answer.status, 405);
			assert.match(answer.headers.allow, /POST/);
			assert.doesNotMatch(answer.headers.allow, /GET/);
			assertHeaders(answer, { cors: true });
		});
	}

	const form = { grant_type: 'authorization_code',
		client_id: client.client_id };
	const text = new URLSearchParams(form).toString();

	for (const [what, options, status] of [
		['JSON', { json: form }, 400],
		['text', { body: text, headers: { 'Content-Type': 'text/plain' } },
			400],
		['multipart', { body: text, headers: { 'Content-Type':
		    'multipart/form-data; boundary=x' } }, 400],
		['a type that only begins alike', { body: text, headers: {
			'Content-Type': 'application/x-www-form-urlencodedx' } }, 400],
		['no type', { body: text }, 400],
		['no body', { method: 'POST' }, 400],
		['more than 64 KiB', { form: { ...form, x: 'y'.repeat(70_000) } },
			413],
		['an access token in the query', { form, path:
		    '/oauth2/token?access_token=x' }, 400],
		['a NUL', { body: `${text}&code=%00`, headers: { 'Content-Type':
		    'application/x-www-form-urlencoded' } }, 400],
		['invalid UTF-8', { body: `${text}&code=%ff`, headers: {
			'Content-Type': 'application/x-www-form-urlencoded' } }, 400],
		['an escape that is none', { body: `${text}&code=%4`, headers: {
			'Content-Type': 'application/x-www-form-urlencoded' } }, 400],
	]) {
		test(`${what}: ${status}`, async () => assertJsonError(
		    await http(TOKEN, options), status, 'invalid_request'));
	}

	test('parameters in the query do not count', async () => {
		const it = await issue();
		const query = new URLSearchParams({ code: it.code,
			code_verifier: it.verifier });

		assertJsonError(await http(TOKEN, { form,
			path: `/oauth2/token?${query}` }), 400, 'invalid_request');
		assertTokens(await redeem(it));
	});

	test('a charset does not matter', async () => {
		const it = await issue();
		const body = new URLSearchParams({ ...form, code: it.code,
			code_verifier: it.verifier }).toString();

		assertTokens(await http(TOKEN, { body, headers: { 'Content-Type':
		    'Application/X-WWW-Form-Urlencoded ; charset=UTF-8' } }));
	});

	test('a preflight is answered', async () => {
		const answer = await http(TOKEN, { method: 'OPTIONS', headers: {
			Origin: 'https://x.example',
			'Access-Control-Request-Method': 'POST' } });

		assert.equal(answer.status, 204);
		assertHeaders(answer, { cors: true });
		assert.match(answer.headers['access-control-allow-headers'],
		    /authorization/i);
	});
});
