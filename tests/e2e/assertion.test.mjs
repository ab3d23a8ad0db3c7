// private_key_jwt (RFC 7523, 2.2; RFC 10070): a client proves that it has a
// key, once for each request, at token and at revoke.

import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { suite, test } from 'node:test';
import { assertJsonError, assertTokens } from './lib/answers.mjs';
import { ALGORITHMS, assertion, jwks, makeKey, now, prove } from
    './lib/assertion.mjs';
import { basic, call, claims, clientCredentials, exchange, http, obtainCode,
	refresh, registerClient } from './lib/oauth.mjs';
import { createClient, psql, row, site, unique } from './lib/site.mjs';

const MACHINE = { grant_types: ['client_credentials'] };
const CALLBACK = 'https://client.example/callback';
const TOKEN = site.endpoint('token');
const key = makeKey();
const stranger = makeKey();

// A client that a DBA made, with these keys; it signs with the first.
async function machine(keys = [makeKey()], more = {}) {
	const client = await createClient({ ...MACHINE, jwks: jwks(...keys),
		...more });

	assert.equal(client.client_secret, null);
	return { client_id: client.client_id, key: keys[0] };
}

const ask = (form, headers) => http(TOKEN, { headers,
	form: { grant_type: 'client_credentials', ...form } });
const client = await machine([key]);
const other = await machine([stranger]);
const refused = async (form, headers) => {
	const sent = form.client_assertion;

	assertJsonError(await ask(form, headers), 401, 'invalid_client',
	    { sent: typeof sent === 'string' ? [sent] : [] });
};
const why = async (id = client.client_id) => (await row(`select detail ->> 'why'
	as why from gatepost.audit where client_id = :'c' order by id desc
	limit 1`, { c: id })).why;

suite('every algorithm', () => {
	for (const alg of ALGORITHMS) {
		test(`${alg}: client_credentials and revocation`, async () => {
			const one = await machine([makeKey(alg)]);
			const tokens = assertTokens(await clientCredentials(one),
			    { refresh: false });

			assert.equal(claims(tokens.access_token).sub, one.client_id);
			assert.equal((await call('revoke', one,
			    { token: tokens.access_token })).status, 200);
		});

		test(`${alg}: a key that says neither kid nor alg`, async () => {
			const bare = makeKey(alg);
			delete bare.jwk.kid;
			delete bare.jwk.alg;
			delete bare.jwk.use;
			const one = await machine([bare, makeKey(alg), stranger]);

			assertTokens(await ask(prove(one,
			    { header: { kid: undefined } })));
		});

		test(`${alg}: registered, code, refresh, revocation`, async () => {
			const own = makeKey(alg);
			const metadata = { token_endpoint_auth_method:
			    'private_key_jwt', jwks: jwks(own),
				token_endpoint_auth_signing_alg: alg };
			const made = await registerClient(metadata);
			const one = { ...made, key: own };

			assert.ok(!('client_secret' in made));
			assert.ok(!('client_secret_expires_at' in made));
			assert.deepEqual(made.jwks, metadata.jwks);
			assert.equal(made.token_endpoint_auth_signing_alg,
			    alg === 'Ed25519' ? 'EdDSA' : alg);
			const { code, verifier } = await obtainCode({ client: one });
			const first = assertTokens(await exchange(one, code, verifier),
			    { refresh: true });
			const next = assertTokens(await refresh(one,
			    first.refresh_token), { refresh: true });
			assert.equal((await call('revoke', one,
			    { token: next.refresh_token })).status, 200);
			assertJsonError(await refresh(one, next.refresh_token), 400,
			    'invalid_grant');
		});
	}
});

suite('what clients may say', () => {
	for (const [what, options] of [
		['an array of the issuer alone', { claims: { aud: [site.issuer] } }],
		['no iat', { claims: { iat: undefined } }],
		['times with a fraction', { claims: { exp: now() + 60.5,
			iat: now() - 0.5 } }],
		['an hour', { claims: { exp: now() + 3600 } }],
		['a clock that is half a minute ahead', { claims: {
			iat: now() + 30, nbf: now() + 30 } }],
		['nbf', { claims: { nbf: now() } }],
		['typ JWT', { header: { typ: 'JWT' } }],
		['typ client-authentication+jwt', { header: {
			typ: 'client-authentication+jwt' } }],
		['its media type in full', { header: {
			typ: 'application/client-authentication+jwt' } }],
		['claims that nobody knows', { claims: { x: { y: [1] } } }],
		['a jwk header, which is not looked at', { header: {
			jwk: stranger.jwk } }],
	])
		test(`${what}: taken`, async () =>
			assertTokens(await ask(prove(client, options))));

	test('the client_id beside it: taken', async () => assertTokens(
	    await ask({ ...prove(client), client_id: client.client_id })));
});

suite('an assertion that does not hold', () => {
	const es = (text) => Buffer.from(text);
	const hmac = (secret) => (text) =>
	    createHmac('sha256', secret).update(text).digest();
	const rsa = makeKey('RS256', key.kid);
	const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
	    .export({ type: 'spki', format: 'pem' });
	const id = client.client_id;
	const body = (more) => `{"iss":"${id}","sub":"${id}","aud":"${
	    site.issuer}","jti":"${unique('jti')}","exp":${now() + 60}${more}}`;

	for (const [what, options, because] of [
		['the token endpoint as audience', { claims: { aud: TOKEN } },
			'audience'],
		['the issuer among others', { claims: { aud: [site.issuer, TOKEN] } },
			'audience'],
		['the issuer twice', { claims: { aud: [site.issuer, site.issuer] } },
			'audience'],
		['no audience', { claims: { aud: undefined } }, 'audience'],
		['an empty audience', { claims: { aud: [] } }, 'audience'],
		['an audience with a slash', { claims: { aud: `${site.issuer}/` } },
			'audience'],
		['an audience of other case', { claims: {
			aud: site.issuer.toUpperCase() } }, 'audience'],
		['another server', { claims: { aud: 'https://as.example' } },
			'audience'],
		['no exp', { claims: { exp: undefined } }, 'claims'],
		['an exp that is text', { claims: { exp: `${now() + 60}` } },
			'claims'],
		['an exp of the far future', { claims: { exp: 1e300 } }, 'claims'],
		['expired', { claims: { exp: now() - 1 } }, 'expired'],
		['expired long ago', { claims: { exp: 1 } }, 'expired'],
		['good for two hours', { claims: { exp: now() + 7200 } },
			'lifetime'],
		['good for a century', { claims: { exp: now() + 3e9 } },
			'lifetime'],
		['issued two hours ago', { claims: { iat: now() - 7200 } },
			'lifetime'],
		['issued in ten minutes', { claims: { iat: now() + 600 } },
			'not_yet'],
		['not before ten minutes', { claims: { nbf: now() + 600 } },
			'not_yet'],
		['no jti', { claims: { jti: undefined } }, 'claims'],
		['an empty jti', { claims: { jti: '' } }, 'claims'],
		['a jti that is a number', { claims: { jti: 7 } }, 'claims'],
		['alg none', { header: { alg: 'none' }, signer: () => '' },
			'algorithm'],
		['alg none with a signature', { header: { alg: 'none' } },
			'algorithm'],
		['HS256 with the public key', { header: { alg: 'HS256' },
			signer: hmac(pem) }, 'algorithm'],
		['HS256 with its JWK', { header: { alg: 'HS256' },
			signer: hmac(JSON.stringify(key.jwk)) }, 'algorithm'],
		['another algorithm under the kid', { header: { alg: 'RS256' } },
			'algorithm'],
		['ES384 by a key of P-256', { header: { alg: 'ES384' } },
			'algorithm'],
		['ES512, which is not offered', { header: { alg: 'ES512' } },
			'algorithm'],
		['another kid', { header: { kid: 'x' } }, 'unknown_key'],
		['a kid that is a number', { header: { kid: 1 } }, 'unknown_key'],
		['an unknown crit', { header: { crit: ['x'], x: 1 } }, 'critical'],
		['b64 false', { header: { crit: ['b64'], b64: false } },
			'critical'],
		['the type of an access token', { header: { typ: 'at+jwt' } },
			'type'],
		['the type of a DPoP proof', { header: { typ: 'dpop+jwt' } },
			'type'],
		['a signature of zeros', { signer: () => Buffer.alloc(64) },
			'signature'],
		['no signature', { signer: () => '' }, 'signature'],
		['a text for a signature', { signer: es }, 'signature'],
	]) {
		test(`${what}: refused, and recorded`, async () => {
			await refused(prove(client, options));
			assert.equal(await why(), `assertion: ${because}`);
		});
	}

	for (const [what, form] of [
		['iss is not sub', prove(client, { claims: { iss: 'x' } })],
		['sub is another client', prove(client, { claims: {
			sub: other.client_id } })],
		['no iss', prove(client, { claims: { iss: undefined } })],
		['no sub', prove(client, { claims: { sub: undefined } })],
		['an iss of many', prove(client, { claims: {
			iss: [client.client_id], sub: [client.client_id] } })],
		['an unknown client', prove({ client_id: 'nobody', key })],
		['another client_id beside it', { ...prove(client),
			client_id: other.client_id }],
		['another client’s key', prove({ ...client, key: stranger })],
		['another key under the kid', prove({ ...client,
			key: makeKey('ES256', key.kid) })],
		['an RSA key under the kid', prove({ ...client, key: rsa })],
		['a claim twice', prove(client, { claims: body(`,"exp":${
		    now() + 50}`) })],
		['a claim twice, spelt another way', prove(client,
		    { claims: body(',"\\u006ati":"x"') })],
		['a header twice', prove(client, { header: `{"alg":"ES256","kid":"${
		    key.kid}","alg":"ES256"}` })],
		['a header that is no JSON', prove(client, { header: 'x' })],
		['claims that are a list', prove(client, { claims: '[]' })],
		['no type', { client_assertion: assertion(client) }],
		['another type', { ...prove(client), client_assertion_type:
		    'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }],
		['a type and nothing else', { client_assertion_type:
		    prove(client).client_assertion_type,
			client_id: client.client_id }],
		['a word', { ...prove(client), client_assertion: 'x' }],
		['nothing', { ...prove(client), client_assertion: '..' }],
	])
		test(`${what}: refused`, async () => refused(form));

	test('and is no token for its client, nor the other way round',
	    async () => {
		const { access_token } = assertTokens(
		    await clientCredentials(client));

		await refused({ ...prove(client), client_assertion: access_token });
	});

	test('a claim twice would have been good once', async () =>
		assertTokens(await ask(prove(client, { claims: body('') }))));
});

suite('once', () => {
	test('an assertion is used once', async () => {
		const form = prove(client);

		assertTokens(await ask(form));
		await refused(form);
		assert.equal(await why(), 'assertion: used');
	});

	test('at one endpoint or the other', async () => {
		const form = prove(client);

		assert.equal((await http(site.endpoint('revoke'),
		    { form: { ...form, token: 'x' } })).status, 200);
		await refused(form);
		const second = prove(client);
		assertTokens(await ask(second));
		assertJsonError(await http(site.endpoint('revoke'),
		    { form: { ...second, token: 'x' } }), 401, 'invalid_client');
		assert.equal(await why(), 'assertion: used');
	});

	test('by one of 20 at once, in as many processes as there are',
	    async () => {
		for (let round = 0; round < 3; round++) {
			const form = prove(client);
			const all = await Promise.all(Array.from({ length: 20 },
			    () => ask(form)));
			const good = all.filter((a) => a.status === 200);

			assert.equal(good.length, 1);
			for (const answer of all.filter((a) => a !== good[0]))
				assertJsonError(answer, 401, 'invalid_client');
		}
	});

	test('its jti too, when the rest is another', async () => {
		const jti = unique('jti');

		assertTokens(await ask(prove(client, { claims: { jti } })));
		for (const exp of [now() + 30, now() + 1800, now() + 3500])
			await refused(prove(client, { claims: { jti, exp } }));
		assertTokens(await ask(prove(other, { claims: { jti } })));
	});

	test('also when the request is refused for something else',
	    async () => {
		const form = prove(client);

		assertJsonError(await ask({ ...form, scope: 'mcp:tools:x' }), 400,
		    'invalid_scope');
		await refused(form);
	});

	test('not by one that does not hold', async () => {
		const jti = unique('jti');

		await refused(prove({ ...client, key: stranger },
		    { claims: { jti } }));
		await refused(prove(client, { claims: { jti, aud: 'x' } }));
		assertTokens(await ask(prove(client, { claims: { jti } })));
	});

	test('a code is not spent by an assertion that is refused', async () => {
		const own = makeKey();
		const one = { ...await registerClient({ jwks: jwks(own),
			token_endpoint_auth_method: 'private_key_jwt' }), key: own };
		const { code, verifier } = await obtainCode({ client: one });

		assertJsonError(await exchange({ ...one, key: stranger }, code,
		    verifier), 401, 'invalid_client');
		assertTokens(await exchange(one, code, verifier));
	});
});

suite('one way at a time', () => {
	const secret = createClient(MACHINE);

	test('an assertion and a secret: invalid_request', async () => {
		for (const form of [prove(client), { client_assertion_type: 'x' },
			{ client_assertion: 'x' }])
			assertJsonError(await ask({ ...form, client_secret: 'x' }),
			    400, 'invalid_request');
	});

	test('an assertion and Basic: invalid_request', async () => {
		const { client_id, client_secret } = await secret;

		assertJsonError(await ask(prove(client),
		    basic(client_id, client_secret)), 400, 'invalid_request');
		assertJsonError(await ask(prove(client), { Authorization: 'x' }),
		    400, 'invalid_request');
	});

	test('two assertions: invalid_request', async () => {
		const { client_assertion, ...form } = prove(client);

		assertJsonError(await ask({ ...form, client_assertion:
		    [client_assertion, assertion(client)] }), 400,
		    'invalid_request');
	});

	test('a client with a secret has no assertions', async () => {
		const { client_id } = await secret;

		await refused(prove({ client_id, key }));
		assert.equal(await why(client_id), 'assertion: auth_method');
	});

	test('a client with keys has no secret, and needs an assertion',
	    async () => {
		await refused({ client_id: client.client_id });
		await refused({ client_id: client.client_id, client_secret: 'x' });
		await refused({}, basic(client.client_id, 'x'));
		await assert.rejects(psql('select gatepost.client_rotate_secret(' +
		    ":'c')", { c: client.client_id }), /no client with a secret/);
	});
});

suite('a resource server with keys, at introspection', () => {
	const one = (keys) => row('select client_id from ' +
	    "gatepost.resource_server_create(:'u', 'Test', :'k')",
	    { u: site.mcpUrl, k: JSON.stringify(jwks(...keys)) });
	const introspect = async (as, form = {}) => http(
	    site.endpoint('introspect'), { form: { token:
		(await clientCredentials(client)).json.access_token, ...prove(as),
		...form } });

	const turned = (answer) => assertJsonError(answer, 401, 'invalid_client',
	    { cors: false });

	test('is answered, and has no secret', async () => {
		const server = { ...await one([key]), key };
		const { json } = await introspect(server);

		assert.equal(json.active, true);
		turned(await call('introspect', { client_id: server.client_id,
			client_secret: 'x' }, { token: 'x' }));
	});

	for (const alg of ALGORITHMS)
		test(`by ${alg}`, async () => {
			const own = makeKey(alg);

			assert.equal((await introspect({ ...await one([own]),
				key: own })).json.active, true);
		});

	test('each assertion once', async () => {
		const server = { ...await one([key]), key };
		const form = prove(server);
		const statuses = await Promise.all(Array.from({ length: 12 },
		    async () => (await introspect(server, form)).status));

		assert.deepEqual(statuses.sort(), [200, ...Array(11).fill(401)]);
	});

	test('not by another key, nor after it is stopped', async () => {
		const { client_id } = await one([key]);
		const good = { client_id, key };

		assert.equal((await introspect(good)).status, 200);
		turned(await introspect({ client_id, key: makeKey('ES256',
		    key.kid) }));
		const next = makeKey();
		await psql('update gatepost.resource_server set jwks = :' +
		    "'k' where id = :'c'", { k: JSON.stringify(jwks(next)),
			c: client_id });
		turned(await introspect(good));
		assert.equal((await introspect({ client_id, key: next })).status, 200);
		await psql('update gatepost.resource_server set disabled_at = now() ' +
		    "where id = :'c'", { c: client_id });
		turned(await introspect({ client_id, key: next }));
	});

	test('a client’s assertion is none', async () =>
		turned(await introspect(client)));

	test('and a resource server’s gets no token', async () => refused(
	    prove({ ...await one([key]), key })));
});

suite('keys that are refused', () => {
	const pair = (type, options) => makeKey('RS256', 'k',
	    generateKeyPairSync(type, options)).jwk;
	const bare = ({ alg, ...jwk }) => jwk;
	const weak = pair('rsa', { modulusLength: 1024 });
	const point = { ...key.jwk, x: stranger.jwk.x };
	const BAD = [
		['RSA of 1024 bits', { keys: [weak] }],
		['RSA of 1024 bits beside a good one', { keys: [key.jwk, weak] }],
		['RSA with the exponent 3', { keys: [{ ...makeKey('RS256').jwk,
			e: 'Aw' }] }],
		['P-521 alone', { keys: [bare(pair('ec',
		    { namedCurve: 'P-521' }))] }],
		['secp256k1 alone', { keys: [bare(pair('ec',
		    { namedCurve: 'secp256k1' }))] }],
		['X25519 alone', { keys: [bare(pair('x25519'))] }],
		['a key for encryption alone', { keys: [{ ...key.jwk,
			use: 'enc' }] }],
		['a private key', { keys: [key.privateKey.export(
		    { format: 'jwk' })] }],
		['a symmetric key', { keys: [{ kty: 'oct', k: 'AAAA' }] }],
		['no key', { keys: [] }],
		['no set', {}],
		['17 keys', jwks(...Array.from({ length: 17 }, (_, i) =>
		    ({ ...key.jwk, kid: `${i}` })))],
	];

	for (const [what, set] of BAD) {
		test(`${what}: by a DBA`, async () => assert.rejects(
		    createClient({ ...MACHINE, jwks: set }), /not good keys/));
	}
	for (const [what, more] of [
		...BAD.map(([name, set]) => [name, { jwks: set }]),
		['a point that is not on its curve', { jwks: jwks(point) }],
		['two keys of one kid', { jwks: jwks(key, key) }],
		['a set that is a list', { jwks: [key.jwk] }],
		['nothing', {}],
		['a jwks_uri', { jwks_uri: 'https://client.example/jwks' }],
		['keys in both places', { jwks: jwks(key),
			jwks_uri: 'https://client.example/jwks' }],
		['an algorithm that none of them is for', { jwks: jwks(key),
			token_endpoint_auth_signing_alg: 'ES384' }],
		['the algorithm none', { jwks: jwks(key),
			token_endpoint_auth_signing_alg: 'none' }],
		['the algorithm HS256', { jwks: jwks(key),
			token_endpoint_auth_signing_alg: 'HS256' }],
	]) {
		test(`${what}: at registration`, async () => {
			const answer = await http(site.endpoint('register'), { json: {
				redirect_uris: [CALLBACK], ...more,
				token_endpoint_auth_method: 'private_key_jwt' } });

			assertJsonError(answer, 400, 'invalid_client_metadata');
		});
	}

	test('a point that is not on its curve verifies nothing', async () => {
		const one = await machine([{ ...key, jwk: point }]);

		await refused(prove(one));
		assert.equal(await why(one.client_id), 'assertion: keys');
	});
});

suite('what a DBA sets', () => {
	const set = (c, method, keys, alg) => psql('select ' +
	    `gatepost.client_set_auth_method(:'c', ${method}, ${keys ?
	    ":'k'::jsonb" : 'null'}, ${alg ? ":'a'" : 'null'})`,
	    { c: c.client_id, k: JSON.stringify(keys ?? ''), a: alg ?? '' });
	const many = (one) => Promise.all(Array.from({ length: 20 },
	    () => clientCredentials(one)));

	test('new keys count at once, in every process; old ones do not',
	    async () => {
		const one = await machine();
		const two = { ...one, key: makeKey('ES384') };

		for (const answer of await many(one))
			assertTokens(answer);
		await set(one, "'private_key_jwt'", jwks(two.key));
		for (const answer of await many(two))
			assertTokens(answer);
		for (const answer of await many(one))
			assertJsonError(answer, 401, 'invalid_client');
		await set(one, "'private_key_jwt'", jwks(two.key, one.key));
		for (const answer of [...await many(one), ...await many(two)])
			assertTokens(answer);
	});

	test('one algorithm, where its keys would do for two', async () => {
		const one = await machine();
		const two = makeKey('RS256', 'r');
		delete two.jwk.alg;
		const by = (alg) => prove({ ...one, key: { ...two, alg } });

		await set(one, "'private_key_jwt'", jwks(two));
		for (const alg of ['RS256', 'PS256'])
			assertTokens(await ask(by(alg)));
		await set(one, "'private_key_jwt'", jwks(two), 'PS256');
		assertTokens(await ask(by('PS256')));
		await refused(by('RS256'));
		assert.equal(await why(one.client_id), 'assertion: algorithm');
	});

	test('a secret in place of keys, and keys in place of it', async () => {
		const one = await machine();
		const client_secret = await set(one, 'null');

		assertTokens(await clientCredentials({ client_id: one.client_id,
			client_secret }));
		assertJsonError(await clientCredentials(one), 401,
		    'invalid_client');
		assert.equal(await set(one, "'private_key_jwt'", jwks(one.key)), '');
		assertTokens(await clientCredentials(one));
		assertJsonError(await clientCredentials({ client_secret,
			client_id: one.client_id }), 401, 'invalid_client');
		const { auth_method } = await row('select auth_method from ' +
		    "gatepost.clients where client_id = :'c'",
		    { c: one.client_id });
		assert.equal(auth_method, 'private_key_jwt');
	});

	test('the token endpoint as audience, for an old client', async () => {
		const one = await machine();
		const old = (aud) => prove(one, { claims: { aud } });

		await refused(old(TOKEN));
		await psql('update gatepost.client set token_endpoint_audience = ' +
		    "true where client_id = :'c'", { c: one.client_id });
		assertTokens(await ask(old(TOKEN)));
		assertTokens(await ask(old(site.issuer)));
		await refused(old([TOKEN, site.issuer]));
		await refused(old(site.endpoint('revoke')));
	});

	test('a client that is disabled', async () => {
		const one = await machine();

		assertTokens(await clientCredentials(one));
		await psql("select gatepost.client_disable(:'c', 'test')",
		    { c: one.client_id });
		assertJsonError(await clientCredentials(one), 401,
		    'invalid_client');
		await psql("select gatepost.client_enable(:'c')",
		    { c: one.client_id });
		assertTokens(await clientCredentials(one));
	});

	test('what does not go together is refused', async () => {
		for (const options of [
			{ auth_method: 'private_key_jwt' },
			{ auth_method: 'none', jwks: jwks(key) },
			{ auth_method: 'client_secret_basic', jwks: jwks(key) }])
			await assert.rejects(createClient({ redirect_uris: [CALLBACK],
				...options }), /jwks goes with/);
	});
});

suite('a registration with keys', () => {
	const metadata = { redirect_uris: [CALLBACK],
		token_endpoint_auth_method: 'private_key_jwt' };

	test('is read back, and its keys are replaced (RFC 7592)', async () => {
		const [first, second] = [makeKey(), makeKey('EdDSA')];
		const made = await registerClient({ ...metadata,
			jwks: jwks(first) });
		const at = (method, json) => http(made.registration_client_uri,
		    { method, json, headers: { Authorization:
			`Bearer ${made.registration_access_token}` } });
		const update = { ...metadata, client_id: made.client_id,
			jwks: jwks(second) };
		const one = { ...made, key: first };
		const two = { ...made, key: second };

		assert.deepEqual((await at('GET')).json.jwks, jwks(first));
		assert.equal((await call('revoke', one, { token: 'x' })).status,
		    200);
		assert.deepEqual((await at('PUT', update)).json.jwks,
		    jwks(second));
		assert.equal((await call('revoke', two, { token: 'x' })).status,
		    200);
		assertJsonError(await call('revoke', one, { token: 'x' }), 401,
		    'invalid_client');
		assertJsonError(await at('PUT', { ...update, jwks: undefined }),
		    400, 'invalid_client_metadata');
		assertJsonError(await clientCredentials(two), 400,
		    'unauthorized_client');
	});

	test('that wants no keys has none', async () => {
		const made = await registerClient({ jwks: jwks(key),
			token_endpoint_auth_signing_alg: 'ES256' });

		assert.ok(!('jwks' in made));
		assertJsonError(await call('revoke', { ...made, key },
		    { token: 'x' }), 401, 'invalid_client');
	});
});
