// The guard as the web server asks it: challenges, tokens that are none,
// origins, odd paths, and how soon it hears of a revocation.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { forgeries } from './lib/jwt.mjs';
import { account } from './lib/login.mjs';
import { callTool, challenge, rpc } from './lib/mcp.mjs';
import { bearer, call, clientCredentials, flow, grantOf, http, Jar } from
    './lib/oauth.mjs';
import { createClient, psql, site, sleep, unique, until } from
    './lib/site.mjs';

const MACHINE = { grant_types: ['client_credentials'] };
const [ANALYZE, TICKER] = ['mcp:tools:analyze_sentiment',
	'mcp:tools:ticker_sentiment'];
const machine = await createClient({ ...MACHINE, scopes: [ANALYZE] });
const TOKEN = (await clientCredentials(machine)).json.access_token;
const METADATA = site.url('/.well-known/oauth-protected-resource' +
    new URL(site.mcpUrl).pathname);
const analyze = (token, options) => callTool(token, 'analyze_sentiment',
    { text: 'Profits beat expectations' }, options);
const raw = (path, token, options) => http(site.mcpUrl, { path, ...options,
	headers: token ? bearer(token) : {} });

function assertNoBackend(answer) {
	assert.ok(!answer.text.includes('jsonrpc'), answer.text);
	assert.ok(!Object.keys(answer.headers).some((name) =>
	    /^(variable-|x-gatepost|remote)/i.test(name)));
	assert.equal(answer.headers['cache-control'], 'no-store');
}

function assertChallenged(answer, error) {
	assert.equal(answer.status, 401, answer.text);
	assertNoBackend(answer);
	assert.match(answer.headers['content-type'], /^application\/json/);
	const c = challenge(answer);
	assert.equal(c.error, error);
	assert.equal(c.resource_metadata, METADATA);
	assert.equal(c.scope, ANALYZE); // the default scopes
	return answer;
}

suite('without a token', () => {
	test('401 names the metadata and the default scopes (RFC 9728, 5.1)',
	    async () => {
		assertChallenged(await rpc(null, 'tools/list'), undefined);
		assert.equal((await http(METADATA)).json.resource, site.mcpUrl);
	});

	for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD',
		'OPTIONS'])
		test(`${method} is 401`, async () => {
			const answer = await http(site.mcpUrl, { method });

			assert.equal(answer.status, 401);
			assertNoBackend(answer);
		});

	for (const value of ['Basic eDp5', 'Digest x', 'Token x', 'Negotiate x',
		'BearerX x'])
		test(`another scheme is like none: ${value}`, async () =>
			assertChallenged(await rpc(null, 'tools/list', {},
			    { headers: { Authorization: value } }), undefined));
});

suite('with a token', () => {
	test('that is good, the backend answers and nothing leaks', async () => {
		const answer = await analyze(TOKEN);

		assert.equal(answer.status, 200, answer.text);
		assert.equal(answer.json.jsonrpc, '2.0');
		assert.ok(!Object.keys(answer.headers).some((name) =>
		    /^(variable-|x-gatepost|remote)/i.test(name)));
	});

	test('the scheme may be in other case (RFC 9110, 11.1)', async () => {
		for (const scheme of ['bearer', 'BEARER'])
			assert.equal((await analyze(null, { headers:
			    { Authorization: `${scheme} ${TOKEN}` } })).status, 200);
	});

	test('that was forged: 401 invalid_token', async () => {
		for (const [what, token] of await forgeries(TOKEN)) {
			const answer = await analyze(null, { headers:
			    { Authorization: `Bearer ${token}` } });
			if (token.length > 8000 && answer.status === 400) {
				// some web servers have read enough by then
				assert.ok(!answer.text.includes('jsonrpc'));
				continue;
			}
			try {
				assertChallenged(answer, 'invalid_token');
			} catch (error) {
				throw new Error(what, { cause: error });
			}
		}
	});

	for (const [what, value] of [
		['nothing', 'Bearer'], ['a space', 'Bearer  '],
		['two tokens', `Bearer ${TOKEN} ${TOKEN}`],
		['two credentials, folded', `Bearer ${TOKEN}, Bearer ${TOKEN}`],
		['a quoted token', `Bearer "${TOKEN}"`],
		['a token=', `Bearer token=${TOKEN}`],
		['a token of another alphabet', 'Bearer a{b}'],
	])
		test(`${what} after Bearer: 401`, async () => {
			const answer = await analyze(null,
			    { headers: { Authorization: value } });

			assert.equal(answer.status, 401, answer.text);
			assertNoBackend(answer);
		});

	test('that is sent twice: refused', async () => {
		const answer = await http(site.mcpUrl, { json: {}, headers: [
			['Authorization', `Bearer ${TOKEN}`],
			['Authorization', `Bearer ${TOKEN}`]] });

		assert.ok([400, 401].includes(answer.status));
		if (answer.json !== undefined) // else the web server's answer
			assertNoBackend(answer);
		assert.ok(!answer.text.includes('jsonrpc'));
	});

	test('in the query: refused (RFC 9700, 4.3.2)', async () => {
		for (const headers of [{}, bearer(TOKEN)]) {
			const answer = await http(`${site.mcpUrl}?access_token=${TOKEN}`,
			    { json: {}, headers });
			assert.ok([400, 401].includes(answer.status));
			assertNoBackend(answer);
		}
	});

	test('in the form: 401', async () => assertChallenged(await http(
	    site.mcpUrl, { form: { access_token: TOKEN } }), undefined));

	test('for another resource: 401 (RFC 9068, 4)',
	    async () => {
		const uri = site.url(`/mcp/${unique('other')}`);

		await psql("select gatepost.resource_create(:'uri', 'Other', " +
		    "array[:'s'])", { uri, s: ANALYZE });
		const { json } = await clientCredentials(machine,
		    { resource: uri });
		assertChallenged(await analyze(json.access_token),
		    'invalid_token');
	});

	test('with less scope than the tool needs: 403 by the tool', async () => {
		const answer = await callTool(TOKEN, 'ticker_sentiment',
		    { ticker: 'NRTH' });

		assert.equal(answer.status, 403);
		const c = challenge(answer);
		assert.equal(c.error, 'insufficient_scope');
		assert.deepEqual(c.scope.split(' ').sort(), [ANALYZE, TICKER]);
		assert.equal(c.resource_metadata, METADATA);
	});
});

suite('what the client says of itself is not believed', () => {
	const names = ['X-Gatepost-Scope', 'X_Gatepost_Scope', 'GATEPOST_SCOPE',
		'Gatepost-Scope', 'Variable-GATEPOST_SCOPE', 'Variable-Gatepost-Scope',
		'HTTP_GATEPOST_SCOPE', 'x-gatepost-scope'];

	for (const name of names)
		test(`${name}: mcp:*`, async () => {
			const answer = await callTool(TOKEN, 'ticker_sentiment',
			    { ticker: 'X' }, { headers: { [name]: 'mcp:*' } });

			assert.ok([400, 403].includes(answer.status), answer.text);
			assert.notEqual(answer.json?.result?.isError, false);
		});

	test('nor is the resource', async () => {
		for (const headers of [{ 'Gatepost-Resource': 'https://x.example/' },
			{ GATEPOST_RESOURCE: 'https://x.example/' },
			{ Host: 'evil.example' }, { 'X-Forwarded-Host': 'evil.example' },
			{ 'X-Original-URL': '/oauth2/jwks' }]) {
			const answer = await rpc(null, 'tools/list', {}, { headers });
			assertChallenged(answer, undefined);
		}
	});
});

suite('origins (MCP, Streamable HTTP: DNS rebinding)', () => {
	for (const Origin of ['https://evil.example', 'null', site.issuer,
		'http://localhost', 'file://', 'x'])
		test(`${Origin} is not the resource's: 403`, async () => {
			for (const token of [TOKEN, null]) {
				const answer = await analyze(token, { headers: { Origin } });
				assert.equal(answer.status, 403);
				assertNoBackend(answer);
				assert.equal(answer.headers['access-control-allow-origin'],
				    undefined);
			}
			const preflight = await http(site.mcpUrl, { method: 'OPTIONS',
				headers: { Origin,
					'Access-Control-Request-Method': 'POST' } });
			assert.equal(preflight.status, 403);
			assert.equal(preflight.headers['access-control-allow-origin'],
			    undefined);
		});
});

test('an allowed origin\'s page may see finance\'s answers', async () => {
	const origin = 'https://page.example';
	const origins = (list) => psql('update gatepost.resource ' +
	    "set origins = :'o' where uri = :'u'",
	    { o: `{${list}}`, u: site.mcpUrl });

	await origins(origin);
	try {
		const answer = await until(async () => {
			const a = await analyze(TOKEN, { headers: { Origin: origin } });
			return a.status === 200 && a;
		}, 3000);
		assert.equal(answer.headers['access-control-allow-origin'], origin);
		assert.match(answer.headers.vary, /Origin/);
		assert.equal((await analyze(TOKEN))
		    .headers['access-control-allow-origin'], undefined);
	} finally {
		await origins('');
	}
});

suite('odd paths reach no backend', () => {
	const path = new URL(site.mcpUrl).pathname; // /mcp/finance

	for (const odd of ['/mcp/%66inance', '/mcp/%2e/finance', '/mcp/./finance',
		'/mcp/x/../finance', '/mcp/%2e%2e/mcp/finance', '//mcp/finance',
		'/mcp//finance', `${path};x=1`, `${path}%00`, `${path}%2f`,
		`${path}/`, `${path}/x`, `${path}/..${path}`, `${path}%20`,
		'/MCP/finance', '/mcp/finance\\', '\\mcp\\finance',
		`/x/..${path}`, `${path}/.well-known/x`, `${path}%3fx`])
		test(odd, async () => {
			for (const token of [null, TOKEN]) {
				const answer = await raw(odd, token, { json: {} });
				assert.ok([400, 401, 403, 404].includes(answer.status),
				    `${answer.status}`);
				assert.ok(!answer.text.includes('jsonrpc'));
			}
		});

	test('an absolute request target is judged by the path alone',
	    async () => {
		const answer = await raw(`http://evil.example${path}`, null,
		    { json: {} });

		assert.ok([400, 401, 403, 404].includes(answer.status));
	});

	test('well-known paths below are not guarded: 404', async () => {
		for (const name of ['oauth-protected-resource',
			'oauth-authorization-server', 'openid-configuration'])
			assert.equal((await raw(`${path}/.well-known/${name}`)).status,
			    404);
	});
});

suite('a revocation is seen within a second', () => {
	for (const [what, how] of [
		['of the refresh token', (it) => call('revoke', it.client,
		    { token: it.tokens.refresh_token })],
		['of the grant, by a DBA', (it) => psql(
		    "select gatepost.grant_revoke(:'g', 'test')",
		    { g: grantOf(it.tokens.access_token) })],
		['of the client', (it) => psql(
		    "select gatepost.client_disable(:'c', 'test')",
		    { c: it.client.client_id })],
		['of the account', (it, who) => psql(
		    "select gatepost.account_disable(:'u', 'test')",
		    { u: who.username })],
	])
		test(what, async () => {
			const who = await account();
			const it = await flow({ jar: new Jar(), ...who });
			const status = async () =>
			    (await analyze(it.tokens.access_token)).status;

			// every worker has it in its cache
			for (let i = 0; i < 3 * site.procs; i++)
				assert.equal(await status(), 200);
			await how(it, who);
			await sleep(1000);
			for (let i = 0; i < 3 * site.procs; i++)
				assertChallenged(await analyze(it.tokens.access_token),
				    'invalid_token');
			assert.equal((await analyze(TOKEN)).status, 200);
		});
});

test('decisions are in the audit record within two seconds', async () => {
	const own = await createClient({ ...MACHINE, scopes: [ANALYZE] });
	const { json } = await clientCredentials(own);
	const sql = "select concat_ws(' ', outcome, error, account_id, resource, " +
	    "host(address), detail ->> 'method', detail ->> 'path', " +
	    "grant_id is not null) from gatepost.audit " +
	    "where client_id = :'c' and program = 'guard'";

	assert.equal((await analyze(json.access_token)).status, 200);
	assert.equal(await until(() => psql(sql, { c: own.client_id }), 2000),
	    `passed ${site.mcpUrl} 127.0.0.1 POST /mcp/finance t`);
});
