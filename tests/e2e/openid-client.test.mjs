// openid-client, a certified library that nobody here wrote, goes the whole
// way: discovery, registration, PKCE, refresh, revocation, introspection.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as oidc from 'openid-client';
import { ALGORITHMS, jwks, makeKey } from './lib/assertion.mjs';
import { decide, Jar } from './lib/oauth.mjs';
import { createClient, row, site } from './lib/site.mjs';

const REDIRECT = 'http://127.0.0.1:8765/callback';
const [ANALYZE, TICKER] = ['mcp:tools:analyze_sentiment',
	'mcp:tools:ticker_sentiment'];
const OPTIONS = { algorithm: 'oauth2',
	execute: site.issuer.startsWith('http:') ?
	    [oidc.allowInsecureRequests] : [] };
const jar = new Jar();

const register = (more = {}, authentication = oidc.None()) =>
    oidc.dynamicClientRegistration(new URL(site.issuer), {
	client_name: 'openid-client', redirect_uris: [REDIRECT],
	grant_types: ['authorization_code', 'refresh_token'],
	token_endpoint_auth_method: 'none', ...more }, authentication, OPTIONS);

// The private key as WebCrypto has it.
const subtle = ({ alg, privateKey }) => crypto.subtle.importKey('pkcs8',
    privateKey.export({ type: 'pkcs8', format: 'der' }), {
	ES256: { name: 'ECDSA', namedCurve: 'P-256' },
	ES384: { name: 'ECDSA', namedCurve: 'P-384' },
	Ed25519: { name: 'Ed25519' },
	EdDSA: { name: 'Ed25519' },
	PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
	RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    }[alg], false, ['sign']);

async function authorize(config, { scope = `${ANALYZE} ${TICKER}`,
	...person } = {}) {
	const verifier = oidc.randomPKCECodeVerifier();
	const state = oidc.randomState();
	const url = oidc.buildAuthorizationUrl(config, { redirect_uri: REDIRECT,
		scope, state, resource: site.mcpUrl, code_challenge_method: 'S256',
		code_challenge: await oidc.calculatePKCECodeChallenge(verifier) });
	const end = await decide(url.href, { jar, ...person });

	return oidc.authorizationCodeGrant(config, new URL(end.url),
	    { pkceCodeVerifier: verifier, expectedState: state });
}

test('discovery, by both algorithms', async () => {
	for (const algorithm of ['oauth2', 'oidc']) {
		const config = await oidc.discovery(new URL(site.issuer), 'x',
		    undefined, oidc.None(), { ...OPTIONS, algorithm });
		assert.equal(config.serverMetadata().issuer, site.issuer);
		assert.ok(config.serverMetadata().supportsPKCE('S256'));
	}
});

suite('a client that registers itself', () => {
	for (const [method, authentication] of [['none', () => oidc.None()],
		['client_secret_basic', () => oidc.ClientSecretBasic()],
		['client_secret_post', () => oidc.ClientSecretPost()]])
		test(`${method}: code, refresh, revocation`, async () => {
			const config = await register({ token_endpoint_auth_method:
			    method }, authentication());
			const tokens = await authorize(config);

			assert.equal(tokens.scope, `${ANALYZE} ${TICKER}`);
			assert.equal(tokens.token_type, 'bearer');
			assert.ok(tokens.expiresIn() > 500);
			const next = await oidc.refreshTokenGrant(config,
			    tokens.refresh_token, { scope: TICKER });
			assert.equal(next.scope, TICKER);
			await oidc.tokenRevocation(config, next.refresh_token);
			await assert.rejects(oidc.refreshTokenGrant(config,
			    next.refresh_token), { error: 'invalid_grant' });
		});

	for (const alg of ALGORITHMS)
		test(`private_key_jwt by ${alg}: code, refresh, revocation`,
		    async () => {
			const key = makeKey(alg);
			const config = await register({ jwks: jwks(key),
				token_endpoint_auth_method: 'private_key_jwt',
				token_endpoint_auth_signing_alg: alg },
			    oidc.PrivateKeyJwt({ kid: key.kid,
				key: await subtle(key) }));
			const tokens = await authorize(config);
			const next = await oidc.refreshTokenGrant(config,
			    tokens.refresh_token);

			await oidc.tokenRevocation(config, next.refresh_token);
			await assert.rejects(oidc.refreshTokenGrant(config,
			    next.refresh_token), { error: 'invalid_grant' });
		});

	test('a person who refuses: access_denied, with iss', async () => {
		const config = await register();

		await assert.rejects(authorize(config, { allow: false }),
		    { error: 'access_denied' });
	});

	test('a protected call with the token', async () => {
		const config = await register();
		const { access_token } = await authorize(config);
		const answer = await oidc.fetchProtectedResource(config,
		    access_token, new URL(site.mcpUrl), 'POST', JSON.stringify({
			jsonrpc: '2.0', id: 1, method: 'tools/list' }),
		    new Headers({ 'Content-Type': 'application/json',
			Accept: 'application/json, text/event-stream' }));

		assert.equal(answer.status, 200);
		assert.equal((await answer.json()).result.tools.length, 2);
	});

	test('a bad token: the challenge is understood', async () => {
		const config = await register();
		const error = await oidc.fetchProtectedResource(config, 'bad',
		    new URL(site.mcpUrl), 'GET').catch((e) => e);

		assert.ok(error instanceof oidc.WWWAuthenticateChallengeError);
		assert.equal(error.cause[0].parameters.error, 'invalid_token');
		assert.ok(error.cause[0].parameters.resource_metadata);
	});

	test('wrong metadata: invalid_redirect_uri', async () =>
		assert.rejects(register({ redirect_uris: ['http://x.example/'] }),
		    { error: 'invalid_redirect_uri' }));
});

suite('clients that a DBA made', () => {
	const discover = (client) => oidc.discovery(new URL(site.issuer),
	    client.client_id, client.client_secret, undefined, OPTIONS);

	test('client_credentials and introspection', async () => {
		const config = await discover(await createClient(
		    { grant_types: ['client_credentials'], scopes: [TICKER] }));
		const tokens = await oidc.clientCredentialsGrant(config,
		    { resource: site.mcpUrl });
		const server = await discover(await row('select * from ' +
		    "gatepost.resource_server_create(:'uri', 'openid-client')",
		    { uri: site.mcpUrl }));
		const said = await oidc.tokenIntrospection(server,
		    tokens.access_token);

		assert.equal(tokens.scope, TICKER);
		assert.equal(said.active, true);
		assert.equal(said.aud, site.mcpUrl);
		await oidc.tokenRevocation(config, tokens.access_token);
		assert.equal((await oidc.tokenIntrospection(server,
		    tokens.access_token)).active, false);
	});

	test('client_credentials by private_key_jwt', async () => {
		const key = makeKey('ES384');
		const { client_id } = await createClient({ jwks: jwks(key),
			grant_types: ['client_credentials'], scopes: [TICKER] });
		const by = async (k) => oidc.clientCredentialsGrant(
		    await oidc.discovery(new URL(site.issuer), client_id, undefined,
			oidc.PrivateKeyJwt(await subtle(k)), OPTIONS));

		assert.equal((await by(key)).scope, TICKER);
		assert.equal((await by(makeKey('ES384')).catch((e) => e)).status,
		    401);
	});

	test('a wrong secret: invalid_client', async () => {
		const config = await discover({ ...await createClient(
		    { grant_types: ['client_credentials'] }), client_secret: 'x' });
		const error = await oidc.clientCredentialsGrant(config)
		    .catch((e) => e);

		assert.equal(error.status, 401);
	});

	test('more than allowed: invalid_scope', async () => {
		const config = await discover(await createClient(
		    { grant_types: ['client_credentials'], scopes: [TICKER] }));

		await assert.rejects(oidc.clientCredentialsGrant(config,
		    { scope: ANALYZE }), { error: 'invalid_scope' });
	});
});
