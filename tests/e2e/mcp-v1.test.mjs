// The MCP SDK of the first generation, which most clients ship: it speaks up
// to 2025-11-25 and sends no Mcp-* headers but the version.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { rpcLegacy } from './lib/mcp.mjs';
import { sdkSuite } from './lib/sdk.mjs';

const { using } = sdkSuite(1, '2025-11-25');

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
