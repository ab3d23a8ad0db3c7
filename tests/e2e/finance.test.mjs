// finance checks the scope of what is called, by the body, whatever headers
// a client sends or leaves out.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fcgi, variables } from './lib/fcgi.mjs';
import { callTool, challenge, rpc, rpcLegacy } from './lib/mcp.mjs';
import { bearer, clientCredentials, http } from './lib/oauth.mjs';
import { createClient, psql, site } from './lib/site.mjs';

const [ANALYZE, TICKER, COVERAGE] = ['mcp:tools:analyze_sentiment',
	'mcp:tools:ticker_sentiment', 'mcp:resources:coverage:read'];
const token = async (...scopes) => (await clientCredentials(await createClient(
    { grant_types: ['client_credentials'], scopes }))).json.access_token;
const [analyzer, tickers, reader, all] = await Promise.all([token(ANALYZE),
	token(TICKER), token(COVERAGE), token('mcp:*')]);
const symbol = await psql('select ticker from gatepost.finance_company ' +
    'order by ticker limit 1');
const TEXT = { name: 'analyze_sentiment',
	arguments: { text: 'Profits beat expectations and the debt fell.' } };
const NEWS = { name: 'ticker_sentiment', arguments: { ticker: symbol } };
const LEGACY = ['2025-06-18', '2025-11-25'];

function assertRefused(answer, needed, had) {
	assert.equal(answer.status, 403, answer.text);
	assert.equal(answer.json.jsonrpc, '2.0');
	assert.ok(!('result' in answer.json));
	const c = challenge(answer);
	assert.equal(c.error, 'insufficient_scope');
	assert.deepEqual(c.scope.split(' ').sort(), [needed, had].sort());
	assert.match(c.resource_metadata, /\/\.well-known\/oauth-protected-/);
}

function assertDone(answer) {
	assert.equal(answer.status, 200, answer.text);
	assert.equal(answer.json.result.isError, false, answer.text);
	return answer.json.result.structuredContent;
}

suite('each tool has its scope', () => {
	test('analyze_sentiment', async () => {
		const said = assertDone(await callTool(analyzer, TEXT.name,
		    TEXT.arguments));

		assert.equal(said.label, 'positive');
		assertRefused(await callTool(tickers, TEXT.name, TEXT.arguments),
		    ANALYZE, TICKER);
	});

	test('ticker_sentiment', async () => {
		const said = assertDone(await callTool(tickers, NEWS.name,
		    NEWS.arguments));

		assert.ok(said.headlines.length > 0);
		assertRefused(await callTool(analyzer, NEWS.name, NEWS.arguments),
		    TICKER, ANALYZE);
	});

	test('resources/read', async () => {
		const { json } = await rpc(reader, 'resources/list');
		const { uri } = json.result.resources[0];

		const read = await rpc(reader, 'resources/read', { uri });
		assert.equal(read.status, 200, read.text);
		assert.ok(read.json.result.contents[0].text.includes(symbol));
		assertRefused(await rpc(analyzer, 'resources/read', { uri }),
		    COVERAGE, ANALYZE);
	});

	test('a wildcard covers them all', async () => {
		assertDone(await callTool(all, TEXT.name, TEXT.arguments));
		assertDone(await callTool(all, NEWS.name, NEWS.arguments));
	});
});

suite('by the name in the body', () => {
	for (const version of LEGACY) {
		test(`without Mcp-Name, as of ${version}`, async () => {
			const legacy = (t, params, headers) =>
			    rpcLegacy(t, 'tools/call', params, { version, headers });

			assertDone(await legacy(analyzer, TEXT));
			assertRefused(await legacy(analyzer, NEWS), TICKER, ANALYZE);
			// headers of a later revision decide nothing
			assertRefused(await legacy(analyzer, NEWS, { 'Mcp-Method':
			    'tools/call', 'Mcp-Name': TEXT.name }), TICKER, ANALYZE);
		});

		test(`initialize, list and ping need no scope of their own, as of ${
		    version}`, async () => {
			const init = await rpcLegacy(reader, 'initialize', {
				protocolVersion: version, capabilities: {},
				clientInfo: { name: 'x', version: '1' } }, { version });

			assert.equal(init.json.result.protocolVersion, version);
			const { json } = await rpcLegacy(reader, 'tools/list', {},
			    { version });
			assert.deepEqual(json.result.tools.map((t) => t.name).sort(),
			    [TEXT.name, NEWS.name].sort());
			assert.equal((await rpcLegacy(reader, 'ping', {}, { version }))
			    .status, 200);
		});
	}

	for (const [what, headers] of [
		['another Mcp-Name', { 'Mcp-Name': TEXT.name }],
		['another Mcp-Method', { 'Mcp-Method': 'tools/list' }],
		['no Mcp-Name', { 'Mcp-Name': undefined }],
		['no Mcp-Method', { 'Mcp-Method': undefined }],
	])
		test(`2026-07-28 with ${what}: refused, not run`, async () => {
			for (const t of [analyzer, all]) {
				const answer = await callTool(t, NEWS.name, NEWS.arguments,
				    { headers });
				assert.ok([400, 403].includes(answer.status), answer.text);
				assert.ok(!('result' in answer.json));
			}
		});
});

suite('refusals', () => {
	const post = (body, headers = {}) => http(site.mcpUrl, { method: 'POST',
		body, headers: { Accept: 'application/json, text/event-stream',
			'Content-Type': 'application/json', ...bearer(all), ...headers } });
	const call = JSON.stringify({ jsonrpc: '2.0', id: 1,
		method: 'tools/call', params: TEXT });

	for (const [what, body, headers] of [
		['no JSON', '{'], ['nothing', ''], ['a text', '"x"'],
		['a batch', `[${call}]`], ['another JSON-RPC',
			call.replace('2.0', '1.0')],
		['a member twice', call.replace('"id":1', '"id":1,"id":2')],
		['an id that is null', call.replace('"id":1', '"id":null')],
		['no method', '{"jsonrpc":"2.0","id":1}'],
		['another type', call, { 'Content-Type': 'text/plain' }],
		['an Accept without JSON', call, { Accept: 'text/html' }],
		['an unknown revision', call, { 'MCP-Protocol-Version': '1999-01-01' }],
		['a hostile revision', call, { 'MCP-Protocol-Version': '<script>' }],
		['more than 64 KiB', call.replace('Profits', 'x'.repeat(70_000))],
	])
		test(`${what}: 4xx in JSON-RPC`, async () => {
			const answer = await post(body, headers);

			assert.ok(answer.status >= 400 && answer.status < 500,
			    answer.text);
			assert.ok(!('result' in (answer.json ?? {})), answer.text);
			assert.match(answer.headers['content-type'],
			    /^application\/json/);
		});

	for (const method of ['GET', 'DELETE', 'PUT'])
		test(`${method}: 405`, async () => {
			const answer = await http(site.mcpUrl,
			    { method, headers: bearer(all) });

			assert.equal(answer.status, 405);
			assert.match(answer.headers.allow, /POST/);
		});

	test('an unknown tool, and arguments that are none', async () => {
		assert.ok('error' in (await callTool(all, 'rm', {})).json);
		for (const args of [{}, { text: 7 }, { text: '' }]) {
			const { json } = await callTool(all, TEXT.name, args);
			assert.ok(json.error || json.result.isError);
		}
		assert.ok((await callTool(all, NEWS.name, { ticker: 'NOBODY' })).json
		    .result?.isError);
	});

	test('without the guard before it nothing is served', async () => {
		for (const more of [{}, { HTTP_AUTHORIZATION: `Bearer ${all}` },
			{ HTTP_GATEPOST_SCOPE: 'mcp:*' }, { HTTP_X_GATEPOST_SCOPE:
			    'mcp:*' }, { GATEPOST_SCOPE: '' }]) {
			const answer = await fcgi('finance', variables('/mcp/finance', {
				method: 'POST', body: call, type: 'application/json',
				HTTP_ACCEPT: 'application/json, text/event-stream',
				...more }), call);
			assert.ok(answer.status >= 400, answer.text);
			assert.ok(!('result' in (answer.json ?? {})));
		}
	});
});
