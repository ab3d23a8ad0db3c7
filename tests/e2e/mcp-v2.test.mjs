// The MCP SDK of the current generation: 2026-07-28, with Mcp-* headers.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Client, ClientCredentialsProvider, createPrivateKeyJwtAuth,
	PrivateKeyJwtProvider, StaticPrivateKeyJwtProvider,
	StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { assertion, jwks, makeKey } from './lib/assertion.mjs';
import { privateKeySuite, sdkSuite } from './lib/sdk.mjs';
import { createClient, SCOPES, site } from './lib/site.mjs';

const { using } = sdkSuite(2, '2026-07-28', createPrivateKeyJwtAuth);
const [ANALYZE, TICKER] = SCOPES;

suite('the current generation', () => {
	test('older protocol versions are spoken to those who ask', async () => {
		await using({ protocol: { mode: 'legacy' } }, async (sdk) => {
			await sdk.connect();
			assert.equal(sdk.protocolVersion(), '2025-11-25');
			assert.ok(!(await sdk.callTool('analyze_sentiment',
			    { text: 'A record profit.' })).isError);
		});
	});

	test('another issuer in the answer is refused by the client',
	    async () => {
		await using({}, async (sdk) => {
			const { person } = sdk;
			const open = person.redirectToAuthorization.bind(person);
			person.redirectToAuthorization = async (url) => {
				await open(url);
				person.answer.set('iss', 'https://evil.example');
			};
			await assert.rejects(sdk.connect());
			assert.equal(person.kept, undefined);
		});
	});
});

suite('client_credentials, with a client that a DBA made', () => {
	const machine = async (options, scope) => {
		const made = await createClient(
		    { grant_types: ['client_credentials'], ...options });
		const provider = new ClientCredentialsProvider({
			clientId: made.client_id, clientSecret: made.client_secret,
			expectedIssuer: site.issuer, scope });
		const client = new Client({ name: 'machine', version: '1' },
		    { versionNegotiation: { mode: 'auto' } });
		const connect = () => client.connect(
		    new StreamableHTTPClientTransport(new URL(site.mcpUrl),
			{ authProvider: provider }));

		return { client, provider, connect };
	};

	test('no person is needed', async () => {
		const { client, provider, connect } = await machine();

		await connect();
		const { structuredContent } = await client.callTool({
			name: 'analyze_sentiment',
			arguments: { text: 'Profit fell short.' } });
		assert.equal(structuredContent.label, 'negative');
		assert.equal(provider.tokens().scope, ANALYZE);
		assert.equal(provider.tokens().refresh_token, undefined);
		await client.close();
	});

	test('step-up as well, as far as the client’s scopes reach', async () => {
		const { client, provider, connect } = await machine();

		await connect();
		await client.callTool({ name: 'ticker_sentiment',
			arguments: { ticker: 'KITE' } });
		assert.deepEqual(provider.tokens().scope.split(' ').sort(),
		    [ANALYZE, TICKER]);
		await client.close();
	});

	test('and no further', async () => {
		const { client, provider, connect } = await machine(
		    { scopes: [ANALYZE] });

		await connect();
		await assert.rejects(client.callTool({ name: 'ticker_sentiment',
			arguments: { ticker: 'KITE' } }), /403|insufficient_scope/);
		assert.equal(provider.tokens().scope, ANALYZE);
		await client.close();
	});

	test('a wrong secret is refused', async () => {
		const { provider, connect } = await machine();

		provider.clientInformation().client_secret += 'x';
		await assert.rejects(connect(), { code: 'invalid_client' });
		assert.equal(provider.tokens(), undefined);
	});

	test('so is a client without that grant', async () => {
		const { connect } = await machine(
		    { grant_types: ['authorization_code'],
			redirect_uris: ['https://client.example/callback'] });

		await assert.rejects(connect(),
		    { code: 'unauthorized_client' });
	});
});

const connecting = (authProvider) => [
	new Client({ name: 'machine', version: '1' },
	    { versionNegotiation: { mode: 'auto' } }),
	new StreamableHTTPClientTransport(new URL(site.mcpUrl), { authProvider })];

privateKeySuite(PrivateKeyJwtProvider, connecting);

test('an assertion that was made elsewhere is good once', async () => {
	const key = makeKey();
	const { client_id } = await createClient({
		grant_types: ['client_credentials'], jwks: jwks(key) });
	const options = { clientId: client_id, expectedIssuer: site.issuer,
		jwtBearerAssertion: assertion({ client_id, key }) };
	const begin = async () => {
		const [client, transport] = connecting(
		    new StaticPrivateKeyJwtProvider(options));
		await client.connect(transport);
		await client.close();
	};

	await begin();
	await assert.rejects(begin(), { code: 'invalid_client' });
});
