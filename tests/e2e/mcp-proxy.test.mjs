// The guard's rules in front of any MCP server behind the web server: the
// block that the shipped configuration shows, with the MCP SDK and with
// clients that say one thing to the guard and another to the server.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, suite, test } from 'node:test';
import { launch } from './lib/browser.mjs';
import { callTool, challenge, rpc, rpcLegacy, sdkClient } from
    './lib/mcp.mjs';
import { bearer, clientCredentials, http } from './lib/oauth.mjs';
import { socketsOf } from './lib/programs.mjs';
import { createAccount, createClient, freePort, psql, unique, until } from
    './lib/site.mjs';
import { shown, startWeb } from './lib/web.mjs';

const MODERN = '2026-07-28';
// this file's own names: scopes are everybody's
const tag = unique('w').replaceAll('-', '');
const LIST = `mcp:${tag}:list`;
const OLD = `mcp:${tag}:legacy`;
const tool = (name) => `mcp:tools:${name}`;
const TOOLS = [`${tag}forecast`, `${tag}history`];
const [FORECAST, HISTORY] = TOOLS;

// ---- an MCP server that knows nothing of tokens ----

const seen = [];

function result(method, params, modern) {
	const more = modern ? { resultType: 'complete' } : {};

	switch (method) {
	case 'server/discover':
		return { ...more, supportedVersions: [MODERN, '2025-11-25'],
			capabilities: { tools: {} }, ttlMs: 0, cacheScope: 'private',
			serverInfo: { name: 'weather', version: '1' } };
	case 'initialize':
		return { protocolVersion: params.protocolVersion,
			capabilities: { tools: {} },
			serverInfo: { name: 'weather', version: '1' } };
	case 'tools/list':
		return { ...more, tools: TOOLS.map((name) => ({ name,
			inputSchema: { type: 'object' } })),
			...(modern ? { ttlMs: 0, cacheScope: 'private' } : {}) };
	case 'tools/call':
		return { ...more, content: [{ type: 'text',
			text: JSON.stringify(params.arguments ?? {}) }] };
	default:
		return null;
	}
}

// As 2026-07-28 obliges it to: headers and body must agree.  Of an older
// version it believes the body.
function respond(headers, body) {
	const { id, method, params } = JSON.parse(body);
	const modern = headers['mcp-protocol-version'] === MODERN;

	if (modern && (headers['mcp-method'] !== method ||
	    (method === 'tools/call' && headers['mcp-name'] !== params.name)))
		return [400, { jsonrpc: '2.0', id, error: { code: -32020,
			message: 'headers and body disagree' } }];
	if (id === undefined)
		return [202, null];
	const answer = result(method, params, modern);
	return [200, { jsonrpc: '2.0', id, ...(answer === null ?
	    { error: { code: -32601, message: 'no such method' } } :
	    { result: answer }) }];
}

const backend = createServer((req, res) => {
	const parts = [];

	req.on('data', (part) => parts.push(part)).on('end', () => {
		const body = Buffer.concat(parts).toString();
		seen.push({ method: req.method, headers: req.headers, body });
		if (req.method !== 'POST') {
			res.writeHead(405).end();
			return;
		}
		const [status, json] = respond(req.headers, body);
		res.writeHead(status, { 'Content-Type': 'application/json' })
		    .end(json === null ? '' : JSON.stringify(json));
	});
});

// ---- a web server, with the block as it is shown ----

let url;

before(async () => {
	const port = await freePort();

	url = `http://127.0.0.1:${port}/mcp/${tag}`;
	await new Promise((done) => backend.listen(0, '127.0.0.1', done));
	await startWeb({ port, sockets: await socketsOf('guard', 'metadata'),
		block: await shown('weather', { url, path: `/mcp/${tag}`,
			more: [['3000', backend.address().port]] }) });
	const scopes = [LIST, OLD, ...TOOLS.map(tool)];
	await psql(scopes.map((s) =>
	    `select gatepost.scope_create('${s}', 'Test ${s}');`).join('\n') + `
	    select gatepost.resource_create(:'uri', 'Weather', '{${scopes}}',
		default_scopes => '{${OLD}}');
	    select gatepost.resource_rule_add(:'uri', '${LIST}',
		mcp_method => 'tools/list');
	    select gatepost.resource_rule_add(:'uri', 'mcp:tools:{name}',
		mcp_method => 'tools/call');`, { uri: url });
	await until(async () => (await http(url).catch(() => ({}))).status === 401);
	seen.length = 0;
});
after(() => backend.close());

// A token for this resource with just these scopes.
const tokens = new Map();
async function token(...scopes) {
	const scope = scopes.join(' ');

	if (!tokens.has(scope)) {
		const client = await createClient(
		    { grant_types: ['client_credentials'] });
		const { json } = await clientCredentials(client,
		    { resource: url, scope });
		assert.equal(json.scope, scope);
		tokens.set(scope, json.access_token);
	}
	return tokens.get(scope);
}

// An answer, and the requests that reached the server for it.
async function reaching(work) {
	seen.length = 0;
	const answer = await work();
	return { answer, reached: seen.splice(0) };
}

suite('the SDK against a server that knows nothing of tokens', () => {
	let browser;

	before(async () => { browser = await launch(); });
	after(() => browser?.close());

	for (const version of [2, 1]) {
		test(`version ${version}: the whole way, and step-up to a tool`,
		    async () => {
			const page = await browser.newPage();
			const account = await createAccount();
			const sdk = await sdkClient(version, page, { url, ...account,
				metadata: { grant_types: ['authorization_code'] } });
			try {
				await sdk.connect();
				const { content } = await sdk.callTool(FORECAST,
				    { place: 'Malmö' });
				assert.equal(content[0].text, '{"place":"Malmö"}');
				const scopes = sdk.person.kept.scope.split(' ');
				// of an older version the names are not believed
				assert.deepEqual(scopes.sort(), version === 1 ? [OLD] :
				    [OLD, tool(FORECAST)].sort());
				const { headers, body } = seen.findLast((r) =>
				    r.body.includes('tools/call'));
				assert.equal(headers.authorization,
				    `Bearer ${sdk.person.kept.access_token}`);
				assert.equal(JSON.parse(body).params.name, FORECAST);
			} finally {
				await sdk.close();
				await page.close();
			}
		});
	}
});

suite('rules', () => {
	test('a tool by its name; the body arrives as it was sent', async () => {
		const text = 'å"\\\u2028\n'.repeat(4000);
		const good = await token(tool(FORECAST));
		const { answer, reached } = await reaching(() =>
		    callTool(good, FORECAST, { text }, { url }));

		assert.equal(answer.status, 200, answer.text);
		assert.equal(reached.length, 1);
		assert.equal(JSON.parse(reached[0].body).params.arguments.text, text);
		assert.equal(reached[0].headers['mcp-name'], FORECAST);
	});

	test('another tool: 403 with what it needs and what there is',
	    async () => {
		const good = await token(tool(FORECAST));
		const { answer, reached } = await reaching(() =>
		    callTool(good, HISTORY, {}, { url }));

		assert.equal(answer.status, 403);
		assert.deepEqual(reached, []);
		assert.equal(challenge(answer).error, 'insufficient_scope');
		assert.deepEqual(challenge(answer).scope.split(' ').sort(),
		    TOOLS.map(tool).sort());
	});

	test('a name in base64 is the same name', async () => {
		const name = `=?base64?${Buffer.from(HISTORY)
		    .toString('base64')}?=`;
		const { answer, reached } = await reaching(async () => callTool(
		    await token(tool(FORECAST)), FORECAST, {},
		    { url, headers: { 'Mcp-Name': name } }));

		assert.equal(answer.status, 403);
		assert.deepEqual(reached, []);
	});

	test('an older version needs the fallback, whatever it says it calls',
	    async () => {
		for (const headers of [{}, { 'Mcp-Method': 'tools/list' },
			{ 'Mcp-Method': 'tools/call', 'Mcp-Name': FORECAST }]) {
			const ask = (scopes) => reaching(async () => rpcLegacy(
			    await token(...scopes), 'tools/call',
			    { name: FORECAST }, { url, headers }));
			const low = await ask([LIST, tool(FORECAST)]);
			assert.equal(low.answer.status, 403);
			assert.deepEqual(low.reached, []);
			assert.match(challenge(low.answer).scope, new RegExp(OLD));
			assert.equal((await ask([OLD])).answer.status, 200);
		}
	});

	test('a method that no rule is about needs the fallback', async () => {
		const ask = async (scope) => reaching(async () =>
		    rpc(await token(scope), 'prompts/list', {}, { url }));

		assert.equal((await ask(LIST)).answer.status, 403);
		assert.equal((await ask(OLD)).reached.length, 1);
	});

	test('GET and DELETE as well', async () => {
		for (const method of ['GET', 'DELETE'])
			for (const [scope, count] of [[LIST, 0], [OLD, 1]]) {
				const { reached } = await reaching(async () =>
				    http(url, { method,
					headers: bearer(await token(scope)) }));
				assert.equal(reached.length, count);
			}
	});

	test('a new rule counts within a second or so', async () => {
		const good = await token(tool(HISTORY));
		const call = () => callTool(good, HISTORY, {}, { url });
		const extra = `mcp:${tag}:extra`;

		assert.equal((await call()).status, 200);
		await psql(`select gatepost.scope_create('${extra}', 'Extra');
		    select gatepost.resource_rule_add(:'uri', '${extra}',
			mcp_method => 'tools/call', mcp_name => '${HISTORY}');`,
		    { uri: url });
		const answer = await until(async () => {
			const a = await call();
			return a.status === 403 && a;
		}, 2000);
		assert.match(challenge(answer).scope, new RegExp(extra));
	});
});

// A request that means tools/call to a server of an older version.  The token
// is good for listing alone.
suite('what the guard hears is what the server hears', () => {
	const forged = async (headers, name = FORECAST) => http(url, {
		headers: [['Accept', 'application/json, text/event-stream'],
			['Authorization', `Bearer ${await token(LIST)}`], ...headers],
		json: { jsonrpc: '2.0', id: 1, method: 'tools/call',
			params: { name } } });
	const VERSION = ['MCP-Protocol-Version', MODERN];
	const METHOD = ['Mcp-Method', 'tools/list'];
	const SPELT = ['MCP_Protocol_Version', 'MCP.Protocol.Version',
		'mcp_protocol-version', 'MCP~Protocol~Version',
		'Mcp-Protocol!Version', "mcp'protocol'version"];

	for (const name of SPELT) {
		test(`the version as ${name}: not believed`, async () => {
			for (const headers of [[[name, MODERN], METHOD],
				[[name, MODERN], ['Mcp_Method', 'tools/list']],
				[[name, MODERN], [VERSION[0], '2025-11-25'], METHOD],
				[[VERSION[0], '2025-11-25'], [name, MODERN], METHOD],
				[[name, MODERN], [VERSION[0], ''], METHOD]]) {
				const { answer, reached } =
				    await reaching(() => forged(headers));
				assert.ok([400, 403].includes(answer.status),
				    `${answer.status} ${headers.join()}`);
				assert.deepEqual(reached, [], headers.join());
			}
		});
	}

	test('the version twice: refused', async () => {
		for (const headers of [
			[VERSION, ['MCP-Protocol-Version', '2025-11-25'], METHOD],
			[['MCP-Protocol-Version', '2025-11-25'], VERSION, METHOD],
			[['MCP-Protocol-Version', `${MODERN}, 2025-11-25`], METHOD]]) {
			const { answer, reached } =
			    await reaching(() => forged(headers));
			assert.equal(answer.status, 400);
			assert.deepEqual(reached, []);
		}
	});

	test('a method that is spelt otherwise: not believed', async () => {
		for (const name of ['Mcp_Method', 'Mcp.Method', 'mcp_method']) {
			const { answer, reached } = await reaching(() => forged(
			    [VERSION, [name, 'tools/list']]));
			assert.equal(answer.status, 403);
			assert.deepEqual(reached, []);
		}
	});

	test('another method, or a name that is spelt otherwise: the server ' +
	    'refuses', async () => {
		for (const headers of [[VERSION, METHOD],
			[VERSION, METHOD, ['Mcp_Name', FORECAST]]]) {
			const { answer } = await reaching(() => forged(headers));
			assert.ok([400, 403].includes(answer.status));
			assert.ok(!answer.text.includes('result'));
		}
	});

	test('a method or name twice: refused by the guard', async () => {
		for (const headers of [
			[VERSION, METHOD, ['Mcp-Method', 'tools/call']],
			[VERSION, ['Mcp-Method', 'tools/call'],
				['Mcp-Name', FORECAST], ['Mcp-Name', HISTORY]],
			[VERSION, ['Mcp-Method', 'tools/call'],
				['Mcp-Name', FORECAST], ['Mcp_Name', HISTORY]]]) {
			const { answer, reached } =
			    await reaching(() => forged(headers));
			assert.ok([400, 403].includes(answer.status),
			    `${answer.status} ${headers.join()}`);
			assert.deepEqual(reached, [], headers.join());
		}
	});

	test('a method twice, once spelt otherwise: refused by the guard, or ' +
	    'the web server has dropped that one', async () => {
		const { answer, reached } = await reaching(() => forged(
		    [VERSION, METHOD, ['Mcp_Method', 'tools/call']]));

		assert.equal(answer.status, 400);
		assert.ok(!answer.text.includes('result'));
		for (const { headers } of reached) {
			assert.equal(headers['mcp-method'], METHOD[1]);
			assert.ok(!('mcp_method' in headers));
		}
	});

	test('the variable that lets headers count cannot be sent', async () => {
		for (const name of ['GATEPOST_MCP_HEADERS', 'Gatepost-Mcp-Headers',
			'HTTP_GATEPOST_MCP_HEADERS', 'Variable-GATEPOST_MCP_HEADERS',
			'GATEPOST-RESOURCE']) {
			const { reached } = await reaching(() => forged(
			    [[name, '1'], ['MCP_Protocol_Version', MODERN], METHOD]));
			assert.deepEqual(reached, []);
		}
	});

	test('the same headers, spelt well, count: the test means something',
	    async () => {
		const { answer, reached } = await reaching(async () => rpc(
		    await token(LIST), 'tools/list', {}, { url }));

		assert.equal(answer.status, 200);
		assert.equal(reached.length, 1);
	});
});
