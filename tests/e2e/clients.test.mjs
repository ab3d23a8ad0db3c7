// The MCP clients that people use: each is replayed as it was seen to behave,
// from what it publishes or registers to the refresh of its tokens.  What a
// client does is a row of CLIENTS, with the threads in which that was seen.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, suite, test } from 'node:test';
import { OAuthClientInformationFullSchema } from
    '@modelcontextprotocol/sdk/shared/auth.js';
import { ownSite } from './lib/own.mjs';

const own = await ownSite({ server: 'lighttpd' });
let net;
after(async () => {
	await net?.stop();
	await own.stop();
});

const { assertRedirectError, assertTokens } = await import('./lib/answers.mjs');
const { jwks, makeKey, prove } = await import('./lib/assertion.mjs');
const { browser, withPage } = await import('./lib/browser.mjs');
const { allow } = await import('./lib/elsewhere.mjs');
const { internet, NO_INTERNET } = await import('./lib/internet.mjs');
const { challenge, rpcLegacy } = await import('./lib/mcp.mjs');
const { claims, decide, encodeForm, grantOf, http, Jar, pkce } =
    await import('./lib/oauth.mjs');
const { createAccount, createClient, psql, SCOPES, site } =
    await import('./lib/site.mjs');

const [ANALYZE, TICKER] = SCOPES;
const BOTH = SCOPES.join(' ');
const ORIGIN = new URL(site.mcpUrl).origin;
const CODE = ['authorization_code', 'refresh_token'];
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const PUBLIC = { grant_types: CODE, response_types: ['code'],
	token_endpoint_auth_method: 'none' };
// the key that ChatGPT's set has, by its name
const CHATGPT = makeKey('RS256', 'cimd-20260428030119');
const CHATGPT_REDIRECT =
    'https://chatgpt.com/connector_platform_oauth_redirect';
const INSPECTOR = 'http://localhost:6274';

const jar = new Jar();
const account = await createAccount();
const server = (await http(site.url('/.well-known/' +
    'oauth-authorization-server'))).json;

before(async () => {
	if (NO_INTERNET)
		return;
	net = await internet();
	await allow('*', { addresses: [], ca: net.ca });
});

// ---- what a client may look at ----

// The statuses of what a page elsewhere on this machine asks for, with the
// header that makes a browser ask first (CORS).
async function inBrowser(calls) {
	const elsewhere = createServer((req, res) => res.end('a page'));

	await new Promise((done) => elsewhere.listen(0, 'localhost', done));
	try {
		return await withPage(await browser(), async (page) => {
			await page.goto(`http://localhost:${elsewhere.address().port}/`);
			return page.evaluate((list) => Promise.all(list.map(
			    async ([address, { headers, ...options } = {}]) => (
				await fetch(address, { ...options, headers: { ...headers,
				    'MCP-Protocol-Version': '2025-06-18' } })).status)),
			    calls);
		});
	} finally {
		elsewhere.close();
		elsewhere.closeAllConnections();
	}
}

function assertNoNulls(value) {
	assert.notEqual(value, null);
	if (typeof value === 'object')
		Object.values(value).forEach(assertNoNulls);
}

// The registration's answer as clients that validate it do (RFC 7591, 3.2.1).
function assertRegistration({ json }, sent) {
	OAuthClientInformationFullSchema.parse(json);
	assertNoNulls(json);
	assert.deepEqual(json.redirect_uris, sent.redirect_uris);
	assert.deepEqual(json.grant_types, CODE);
	assert.ok(Number.isInteger(json.client_id_issued_at));
	if ('client_secret' in json)
		assert.ok(Number.isInteger(json.client_secret_expires_at));
	else
		assert.equal(json.token_endpoint_auth_method, 'none');
}

// ---- the clients ----

// who, and what it `does` of its own; where that was `seen`.  It is known by a
// `document` at a URL (with more that is there), by what it says when it is to
// `register`, or is `made` by a DBA.  Its `requests` are one or several: the
// redirect URI, the other parameters at authorize, those at token beside the
// code, and the scope that is granted.  `also` is what comes of its quirk.
const CLIENTS = [{
	who: 'Claude Code', does: 'has loopback URIs without a port in its ' +
	    'document, and asks with one that has',
	seen: ['claude-code #37767', 'claude-code #42765', 'claude-code #90370'],
	document: ['https://claude.ai/oauth/claude-code-client-metadata', {
		client_name: 'Claude Code', client_uri: 'https://claude.ai',
		redirect_uris: ['http://localhost/callback',
			'http://127.0.0.1/callback'], ...PUBLIC }],
	requests: ['http://localhost:3118/callback',
		'http://localhost:55611/callback',
		'http://127.0.0.1:52163/callback'].map((redirect_uri) =>
	    ({ redirect_uri, ask: { scope: `${ANALYZE} offline_access` } })),
}, {
	who: 'Claude Code', does: 'registers without application_type and scope, ' +
	    'and asks for scopes later',
	seen: ['openstory #1692', 'laravel/mcp #258', 'keycloak #50807'],
	register: { client_name: 'Claude Code (finance)',
		redirect_uris: ['http://localhost:54545/callback'], ...PUBLIC },
	requests: [{ redirect_uri: 'http://localhost:54545/callback',
		ask: { scope: `${BOTH} offline_access` }, scope: BOTH }],
}, {
	who: 'Claude Code', does: 'names the resource with a slash, or its origin',
	seen: ['claude-code #52871'],
	register: { client_name: 'Claude Code (finance)',
		redirect_uris: ['http://localhost:3118/callback'], ...PUBLIC },
	requests: [`${site.mcpUrl}/`, ORIGIN, `${ORIGIN}/`].map((resource) => ({
		redirect_uri: 'http://localhost:3118/callback',
		ask: { resource }, redeem: { resource } })),
}, {
	who: 'Claude', does: 'uses its document if that is supported, and none is',
	seen: ['keycloak #49730'],
	also: () => {
		assert.equal(server.client_id_metadata_document_supported, true);
		assert.ok(server.token_endpoint_auth_methods_supported
		    .includes('none'));
	},
}, {
	who: 'claude.ai', does: 'posts the secret that an administrator gave it, ' +
	    'whatever is advertised',
	seen: ['claude-ai-mcp #667'],
	made: { redirect_uris: ['https://claude.ai/api/mcp/auth_callback',
		'https://claude.com/api/mcp/auth_callback'] },
	requests: ['https://claude.ai/api/mcp/auth_callback',
		'https://claude.com/api/mcp/auth_callback'].map((redirect_uri) =>
	    ({ redirect_uri, ask: { scope: ANALYZE } })),
}, {
	who: 'claude.ai', does: 'has a grant type in its document that a public ' +
	    'client may not use',
	seen: ['the MCP guide of Keycloak'],
	document: ['https://claude.ai/oauth/mcp-oauth-client-metadata', {
		client_name: 'Claude', client_uri: 'https://claude.ai',
		redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
		...PUBLIC, grant_types: [...CODE, JWT_BEARER] }],
	requests: [{ redirect_uri: 'https://claude.ai/api/mcp/auth_callback',
		ask: { scope: BOTH }, scope: BOTH }],
}, {
	who: 'claude.ai', does: 'registers again for every connection, all of ' +
	    'them from the same addresses',
	seen: ['lion-reader #974', 'lion-reader #975', 'mcphub #1174'],
	register: { client_name: 'Claude', ...PUBLIC, scope: 'claudeai',
		redirect_uris: ['https://claude.ai/api/mcp/auth_callback'] },
	requests: [{ redirect_uri: 'https://claude.ai/api/mcp/auth_callback',
		ask: { scope: ANALYZE } }],
	also: async (client, row) => {
		const all = await Promise.all(Array.from({ length: 40 }, () =>
		    http(server.registration_endpoint, { json: row.register })));
		for (const answer of all)
			assertRegistration(answer, row.register);
		assert.equal(new Set(all.map(({ json }) => json.client_id)).size,
		    40);
	},
}, {
	who: 'ChatGPT', does: 'has methods in its document and no one method',
	seen: ['engram #1633', 'sentry-mcp #1271'],
	document: ['https://chatgpt.com/oauth/kDmjx77UnKOM/client.json', {
		client_name: 'ChatGPT', client_uri: 'https://chatgpt.com/',
		redirect_uris: ['https://chatgpt.com/connector/oauth/kDmjx77UnKOM'],
		grant_types: CODE, response_types: ['code'],
		token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
		token_endpoint_auth_signing_alg: 'RS256',
		jwks_uri: 'https://chatgpt.com/oauth/jwks.json' },
	    { 'https://chatgpt.com/oauth/jwks.json': jwks(CHATGPT) }],
	requests: [undefined, CHATGPT].map((key) => ({ key,
		redirect_uri: 'https://chatgpt.com/connector/oauth/kDmjx77UnKOM',
		ask: { scope: ANALYZE } })),
}, {
	who: 'ChatGPT', does: 'prefers to sign, and signs for the token endpoint',
	seen: ['django-oauth-toolkit #1857', 'exomem #380',
		'google_workspace_mcp #1015'],
	document: ['https://chatgpt.com/oauth/client.json', {
		client_name: 'ChatGPT', client_uri: 'https://chatgpt.com/',
		redirect_uris: [CHATGPT_REDIRECT],
		token_endpoint_auth_method: 'private_key_jwt',
		token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
		grant_types: CODE, response_types: ['code'],
		logo_uri: 'https://persistent.oaistatic.com/sonic/misc/' +
		    'openai-logo.png',
		token_endpoint_auth_signing_alg: 'RS256',
		jwks_uri: 'https://chatgpt.com/oauth/jwks.json' },
	    { 'https://chatgpt.com/oauth/jwks.json': jwks(CHATGPT) }],
	requests: [site.endpoint('token'), site.issuer].map((aud) => ({
		redirect_uri: CHATGPT_REDIRECT, key: CHATGPT, aud,
		ask: { scope: `${ANALYZE} offline_access` } })),
}, {
	who: 'ChatGPT', does: 'has one stable callback only if iss is advertised, ' +
	    'and on every response',
	seen: ['worldmonitor #8305', 'worldmonitor #8307'],
	register: { client_name: 'ChatGPT', redirect_uris: [CHATGPT_REDIRECT],
		...PUBLIC },
	requests: [{ redirect_uri: CHATGPT_REDIRECT, ask: { scope: ANALYZE } }],
	also: async (client) => {
		assert.equal(server.authorization_response_iss_parameter_supported,
		    true);
		const end = await decide(url(client, { redirect_uri:
		    CHATGPT_REDIRECT, state: 'st' }),
		    { jar, ...account, allow: false });
		assertRedirectError(end.answer, CHATGPT_REDIRECT,
		    'access_denied', 'st');
	},
}, {
	who: 'Cursor', does: 'registers three URIs at once, one with a scheme of ' +
	    'its own',
	seen: ['better-auth #10946', 'accounted #2225'],
	register: { client_name: 'Cursor', ...PUBLIC, redirect_uris: [
		'cursor://anysphere.cursor-mcp/oauth/callback',
		'https://www.cursor.com/agents/mcp/oauth/callback',
		'http://localhost:8787/callback'] },
	requests: ['cursor://anysphere.cursor-mcp/oauth/callback',
		'https://www.cursor.com/agents/mcp/oauth/callback',
		'http://localhost:8787/callback'].map((redirect_uri) =>
	    ({ redirect_uri, ask: { scope: ANALYZE } })),
}, {
	who: 'Visual Studio Code', does: 'has a logo elsewhere in its document, ' +
	    'and a state that is base64',
	seen: ['vscode #278512', 'vscode #298300', 'tableau-mcp #199'],
	document: ['https://vscode.dev/oauth/client-metadata.json', {
		client_name: 'Visual Studio Code',
		logo_uri: 'https://code.visualstudio.com/assets/branding/' +
		    'code-stable.png',
		...PUBLIC, grant_types: [...CODE, DEVICE],
		application_type: 'native',
		client_uri: 'https://vscode.dev/product',
		redirect_uris: ['http://127.0.0.1:33418/',
			'https://vscode.dev/redirect'] }],
	requests: ['http://127.0.0.1:33418/', 'http://127.0.0.1:51234/',
		'https://vscode.dev/redirect'].map((redirect_uri) =>
	    ({ redirect_uri, state: 'gXVXo0/iMD8WMolDHKxSTg==',
		ask: { scope: ANALYZE } })),
}, {
	who: 'Visual Studio Code', does: 'registers four URIs, and uses one of ' +
	    'them or another port',
	seen: ['vscode #256288'],
	register: { client_name: 'Visual Studio Code',
		client_uri: 'https://code.visualstudio.com', ...PUBLIC,
		redirect_uris: ['https://insiders.vscode.dev/redirect',
			'https://vscode.dev/redirect', 'http://127.0.0.1/',
			'http://127.0.0.1:33418/'],
		scope: BOTH, application_type: 'native' },
	requests: ['https://insiders.vscode.dev/redirect',
		'http://127.0.0.1:33418/', 'http://127.0.0.1:60123/']
	    .map((redirect_uri) => ({ redirect_uri, scope: BOTH,
		ask: { scope: BOTH } })),
}, {
	who: 'Gemini CLI', does: 'registers with members of its own and an empty ' +
	    'scope, and compares the resource as a string',
	seen: ['gemini-cli #7465', 'gemini-cli #12447'],
	register: { client_name: 'Gemini CLI MCP Client', ...PUBLIC,
		redirect_uris: ['http://localhost:7777/oauth/callback'],
		code_challenge_method: ['S256'], scope: '' },
	requests: [{ redirect_uri: 'http://localhost:7777/oauth/callback',
		accept: 'application/json, application/x-www-form-urlencoded' },
		{ redirect_uri: 'http://localhost:41733/oauth/callback',
		ask: { scope: BOTH }, again: { scope: BOTH }, scope: BOTH,
		accept: 'application/json, application/x-www-form-urlencoded' }],
	also: async () => {
		const { protocol, host, pathname } = new URL(site.mcpUrl);
		const { json } = await http(ORIGIN + '/.well-known/' +
		    'oauth-protected-resource' + pathname);
		assert.equal(json.resource, `${protocol}//${host}${pathname}`);
	},
}, {
	who: 'MCP Inspector', does: 'asks from a page in a browser, with ' +
	    'mcp-protocol-version',
	seen: ['keycloak #43514', 'inspector #825'],
	register: { redirect_uris: [`${INSPECTOR}/oauth/callback`,
		`${INSPECTOR}/oauth/callback/debug`], ...PUBLIC,
		client_name: 'MCP Inspector', scope: '',
		client_uri: 'https://github.com/modelcontextprotocol/inspector' },
	requests: ['', '/debug'].map((end) => ({ headers: { Origin: INSPECTOR },
		redirect_uri: `${INSPECTOR}/oauth/callback${end}` })),
	also: async (client, { register }, requests, { refresh_token }) => {
		const wellKnown = `${ORIGIN}/.well-known`;
		const post = (type, body) => ({ method: 'POST', body,
			headers: { 'Content-Type': type } });
		assert.deepEqual(await inBrowser([
			[`${wellKnown}/oauth-protected-resource/mcp/finance`],
			[`${wellKnown}/oauth-authorization-server`],
			[server.registration_endpoint, post('application/json',
			    JSON.stringify(register))],
			[server.token_endpoint,
				post('application/x-www-form-urlencoded', encodeForm({
				    grant_type: 'refresh_token', refresh_token,
				    client_id: client.client_id,
				    resource: site.mcpUrl }))]]),
		    [200, 200, 201, 200]);
	},
}, {
	who: 'LM Studio and clients by openid-client', does: 'validate the ' +
	    'registration’s answer: 201, no nulls, when the secret expires',
	seen: ['agentgateway #1936', 'jitsu #1430', 'workers-oauth-provider #163'],
	register: { client_name: 'LM Studio', grant_types: CODE,
		response_types: ['code'],
		redirect_uris: ['http://127.0.0.1:33389/callback'] },
	requests: [{ redirect_uri: 'http://127.0.0.1:33389/callback' }],
	also: async (client) =>
	    assert.equal(client.client_secret_expires_at, 0),
}, {
	who: 'the TypeScript SDK v2, the Go SDK', does: 'compare the issuer byte ' +
	    'for byte',
	seen: ['typescript-sdk #2344'],
	also: async () => {
		const { json } = await http(`${ORIGIN}/.well-known/` +
		    'oauth-protected-resource/mcp/finance');
		assert.deepEqual(json.authorization_servers, [server.issuer]);
		assert.equal(server.issuer, site.issuer);
		assert.doesNotMatch(server.issuer, /\/$/);
		// that of the authorization response is looked at for everybody
	},
}, {
	who: 'older clients', does: 'try well-known forms and paths that are ' +
	    'nowhere: only 200 and 404 are understood',
	seen: ['nutrition-mcp #51', 'typescript-sdk #2783'],
	also: async () => {
		const statuses = {};
		for (const name of ['oauth-authorization-server',
			'openid-configuration', 'oauth-protected-resource'])
			for (const path of [`/.well-known/${name}`,
				`/.well-known/${name}/mcp/finance`,
				`/.well-known/${name}/mcp`,
				`/mcp/finance/.well-known/${name}`,
				`/mcp/.well-known/${name}`])
				statuses[path] = (await http(ORIGIN + path, { headers: {
				    'MCP-Protocol-Version': '2025-03-26' } })).status;
		for (const [path, status] of Object.entries(statuses))
			assert.ok([200, 404].includes(status), `${path}: ${status}`);
		for (const path of ['/.well-known/oauth-authorization-server',
			'/.well-known/openid-configuration',
			'/.well-known/oauth-protected-resource',
			'/.well-known/oauth-protected-resource/mcp/finance'])
			assert.equal(statuses[path], 200, path);
		// and where a server without metadata would have its endpoints
		for (const path of ['/authorize', '/token', '/register'])
			assert.equal((await http(ORIGIN + path)).status, 404);
	},
}, {
	who: 'Codex', does: 'has a document with loopback URIs without a port',
	seen: ['opencode #47737'],
	document: ['https://chatgpt.com/oauth/codex/client.json', {
		client_name: 'Codex', client_uri: 'https://chatgpt.com/codex',
		application_type: 'native', ...PUBLIC,
		redirect_uris: ['http://127.0.0.1/callback',
			'http://localhost/callback'] }],
	requests: [{ redirect_uri: 'http://127.0.0.1:43123/callback',
		ask: { scope: ANALYZE } }],
}, {
	who: 'Codex and others', does: 'share a refresh token among processes, ' +
	    'which race: five at once, and one 7 minutes 45 later',
	seen: ['codex #46028', 'claude-code #74250', 'claude-code #84440'],
	register: { client_name: 'Codex', ...PUBLIC, application_type: 'native',
		redirect_uris: ['http://127.0.0.1:37819/callback/6MFBM1In3Ey-'] },
	requests: [{ redirect_uri: 'http://127.0.0.1:37819/callback/6MFBM1In3Ey-',
		ask: { scope: ANALYZE } }],
	also: async (client, row, [request], tokens) => {
		const again = () => refresh(client, request, tokens);
		const all = await Promise.all(Array.from({ length: 5 }, again));
		await psql('update gatepost.access_grant set mark_at = array(' +
		    "select t - interval '7 minutes 45 seconds' from unnest(" +
		    "mark_at) t), rotated_at = rotated_at - interval " +
		    "'7 minutes 45 seconds' where id = :'id'",
		    { id: grantOf(tokens.access_token) });
		for (const { refresh_token } of [...all, await again()]) {
			assert.equal(refresh_token, all[0].refresh_token);
			await refresh(client, request, { refresh_token });
		}
	},
}, {
	who: 'several', does: 'never ask for offline_access, and yet refresh',
	seen: ['medplum #9183'],
	register: { client_name: 'A client', ...PUBLIC,
		redirect_uris: ['http://localhost:19876/mcp/oauth/callback'] },
	requests: [{ redirect_uri: 'http://localhost:19876/mcp/oauth/callback' }],
}, {
	who: 'the conformance suite', does: 'names no resource, and is public ' +
	    'where that is advertised',
	seen: ['modelcontextprotocol/conformance'],
	register: { client_name: 'conformance', ...PUBLIC,
		redirect_uris: ['http://127.0.0.1:38765/callback'] },
	requests: [{ redirect_uri: 'http://127.0.0.1:38765/callback',
		ask: { resource: undefined }, redeem: { resource: undefined },
		again: { resource: undefined } }],
}, {
	who: 'the TypeScript SDK v2', does: 'has all of it built in, and sends ' +
	    'Mcp-Method and Mcp-Name',
	seen: ['@modelcontextprotocol/client 2.4'],
	tested: ['mcp-v2.test.mjs', /sdkSuite\(2, '2026-07-28'/],
}, {
	who: 'the TypeScript SDK v1', does: 'speaks up to 2025-11-25, without ' +
	    'such headers',
	seen: ['@modelcontextprotocol/sdk 1.32'],
	tested: ['mcp-v1.test.mjs', /sdkSuite\(1, '2025-11-25'/],
}];

// ---- replaying ----

const page = (json) => ({ status: 200, body: JSON.stringify(json),
	headers: { 'Content-Type': 'application/json',
		'Cache-Control': 'public, max-age=300' } });

// The client as the server is to know it; its credentials.
async function introduce({ document, register, made }) {
	if (document !== undefined) {
		const [client_id, members, more = {}] = document;
		for (const [address, json] of Object.entries(
		    { [client_id]: { client_id, ...members }, ...more }))
			await net.serve(address, page(json));
		return { client_id };
	}
	if (register === undefined)
		return made && createClient(made);
	const answer = await http(server.registration_endpoint,
	    { json: register });
	assert.equal(answer.status, 201, answer.text);
	assertRegistration(answer, register);
	return answer.json;
}

const url = (client, parameters) => `${server.authorization_endpoint}?` +
    encodeForm({ response_type: 'code', client_id: client.client_id,
	code_challenge: pkce().challenge, code_challenge_method: 'S256',
	resource: site.mcpUrl, ...parameters });

// How it says who it is: by what it registered, or as the request has it.
function identify({ client_id, client_secret, token_endpoint_auth_method },
    { key, aud = site.issuer }) {
	if (key !== undefined)
		return { form: { client_id, ...prove({ client_id, key },
		    { claims: { aud } }) } };
	if (token_endpoint_auth_method === 'client_secret_basic')
		return { headers: { Authorization: `Basic ${Buffer.from(
		    `${client_id}:${client_secret}`).toString('base64')}` } };
	return { form: { client_id, client_secret } };
}

async function tokenRequest(client, request, form) {
	const { form: who, headers } = identify(client, request);
	const answer = await http(server.token_endpoint, { headers: {
		Accept: request.accept ?? 'application/json', ...headers,
		...request.headers },
		form: { ...form, resource: site.mcpUrl, ...who } });

	return assertTokens(answer, { refresh: true,
		scope: request.scope ?? ANALYZE });
}

const refresh = (client, request, { refresh_token }) => tokenRequest(client,
    request, { grant_type: 'refresh_token', refresh_token, ...request.again });

// From the authorization request to a refresh; the tokens of the code.
async function walk(client, request) {
	const { verifier, challenge: code_challenge } = pkce();
	const { redirect_uri, state = randomBytes(16).toString('base64url') } =
	    request;
	const end = await decide(url(client, { redirect_uri, code_challenge, state,
		...request.ask }), { jar, ...account });

	assert.ok(end.url.startsWith(`${redirect_uri}?`), `${end.url} ${
	    end.answer.text}`);
	assert.equal(end.parameters.get('state'), state);
	assert.equal(end.parameters.get('iss'), site.issuer);
	const tokens = await tokenRequest(client, request, {
		grant_type: 'authorization_code', redirect_uri,
		code: end.parameters.get('code'), code_verifier: verifier,
		...request.redeem });
	assert.equal(claims(tokens.access_token).aud, site.mcpUrl);
	const next = await refresh(client, request, tokens);
	for (const { access_token } of [tokens, next])
		assert.equal((await rpcLegacy(access_token, 'tools/list')).status,
		    200);
	return tokens;
}

test('a client is told where to begin', async () => {
	const answer = await rpcLegacy(undefined, 'initialize');
	assert.equal(answer.status, 401);
	const { json } = await http(challenge(answer).resource_metadata);
	assert.equal(json.resource, site.mcpUrl);
	assert.deepEqual(json.authorization_servers, [site.issuer]);
});

suite('replayed', () => {
	for (const row of CLIENTS) {
		const skip = row.document !== undefined && NO_INTERNET;
		test(`${row.who} ${row.does} (${row.seen.join(', ')})`, { skip },
		    async () => {
			const client = await introduce(row);
			let tokens;
			for (const request of row.requests ?? [])
				tokens = await walk(client, request);
			await row.also?.(client, row, row.requests, tokens);
			if (row.tested !== undefined)
				assert.match(readFileSync(new URL(row.tested[0],
				    import.meta.url), 'utf8'), row.tested[1]);
		});
	}
});
