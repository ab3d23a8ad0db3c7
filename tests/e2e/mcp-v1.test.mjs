// The MCP SDK of the first generation, which most clients ship: it speaks up
// to 2025-11-25 and sends no Mcp-* headers but the version.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createPrivateKeyJwtAuth, PrivateKeyJwtProvider } from
    '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from
    '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { rpcLegacy } from './lib/mcp.mjs';
import { privateKeySuite, sdkSuite } from './lib/sdk.mjs';
import { site } from './lib/site.mjs';

const { using } = sdkSuite(1, '2025-11-25', createPrivateKeyJwtAuth);

suite('the generation before', () => {
	test('an older protocol version is spoken as well', async () => {
		await using({}, async (sdk) => {
			await sdk.connect();
			const answer = await rpcLegacy(
			    sdk.person.kept.access_token, 'initialize', {
				protocolVersion: '2025-06-18', capabilities: {},
				clientInfo: { name: 'test', version: '1' } });
			assert.equal(answer.json.result.protocolVersion,
			    '2025-06-18');
		});
	});

	// known, and not ours: the demonstration of it says when that changes
	test('with a refresh token it gives up on step-up by itself',
	    async () => {
		await using({}, async (sdk) => {
			await sdk.connect();
			await assert.rejects(sdk.callTool('ticker_sentiment',
			    { ticker: 'KITE' }), /403 after trying upscoping/);
			assert.equal(sdk.person.authorizations, 1);
			assert.ok(!(await sdk.callTool('analyze_sentiment',
			    { text: 'A record profit.' })).isError);
		});
	});
});

privateKeySuite(PrivateKeyJwtProvider, (provider) => [
	new Client({ name: 'machine', version: '1' }),
	new StreamableHTTPClientTransport(new URL(site.mcpUrl),
	    { authProvider: provider })]);
