// The key set (RFC 7517): public keys, nothing of the private ones.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite, test } from 'node:test';
import { assertHeaders } from './lib/answers.mjs';
import { clientCredentials, http } from './lib/oauth.mjs';
import { createClient, rows, site } from './lib/site.mjs';

const JWKS = site.endpoint('jwks');
const answer = await http(JWKS);

test('is JSON that may be cached and read by pages', () => {
	assert.equal(answer.status, 200);
	assert.match(answer.headers['content-type'],
	    /^application\/(jwk-set\+)?json/);
	assertHeaders(answer, { cache: 'public, max-age=300', cors: true });
});

test('has public keys alone, each with what verifiers need', () => {
	assert.ok(answer.json.keys.length > 0);
	for (const key of answer.json.keys) {
		assert.equal(key.use, 'sig');
		assert.ok(key.kid.length > 0);
		assert.ok(['ES256', 'EdDSA', 'RS256'].includes(key.alg));
		for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])
			assert.ok(!(name in key), name);
	}
	assert.equal(new Set(answer.json.keys.map((key) => key.kid)).size,
	    answer.json.keys.length);
});

test('names keys by their thumbprint (RFC 7638)', () => {
	for (const { kty, crv, x, y, kid } of answer.json.keys)
		if (kty === 'EC')
			assert.equal(kid, createHash('sha256').update(
			    JSON.stringify({ crv, kty, x, y })).digest('base64url'));
});

test('has the key of a new token', async () => {
	const client = await createClient(
	    { grant_types: ['client_credentials'] });
	const { json } = await clientCredentials(client);
	const { kid } = JSON.parse(Buffer.from(
	    json.access_token.split('.')[0], 'base64url'));

	assert.ok((await http(JWKS)).json.keys.some((key) => key.kid === kid));
});

test('private keys are sealed in the database', async () => {
	const keys = await rows("select encode(sealed, 'hex') as sealed, " +
	    'public_jwk, s::text as row from gatepost.signing_key s');

	assert.ok(keys.length > 0);
	for (const { sealed, public_jwk, row } of keys) {
		assert.ok(!('d' in public_jwk));
		assert.doesNotMatch(row, /PRIVATE KEY/);
		// PKCS #8 in the clear would begin so
		assert.doesNotMatch(sealed, /^30[0-9a-f]{2,6}020100/);
	}
});

suite('methods', () => {
	test('HEAD has no body', async () => {
		const head = await http(JWKS, { method: 'HEAD' });

		assert.equal(head.status, 200);
		assert.equal(head.text, '');
	});

	for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
		test(`${method}: 405 with Allow`, async () => {
			const refused = await http(JWKS, { method });

			assert.equal(refused.status, 405);
			assert.match(refused.headers.allow, /GET/);
		});

	test('a preflight is answered', async () => {
		const { status, headers } = await http(JWKS, { method: 'OPTIONS',
			headers: { Origin: 'https://x.example',
				'Access-Control-Request-Method': 'GET' } });

		assert.equal(status, 204);
		assert.equal(headers['access-control-allow-origin'], '*');
	});

	for (const path of ['/oauth2/jwks/', '/oauth2/jwks/x', '/oauth2/JWKS',
		'/oauth2/jwks%2f'])
		test(`${path} is 404`, async () =>
			assert.equal((await http(JWKS, { path })).status, 404));
});
