// Registration (RFC 7591) of the clients there are, and its management by
// the client (RFC 7592).

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { suite, test } from 'node:test';
import { assertHeaders, assertJsonError, assertPage } from
    './lib/answers.mjs';
import { authorizeUrl, bearer, flow, http, Jar, pkce, registerClient } from
    './lib/oauth.mjs';
import { assertion, jwks, makeKey, now } from './lib/assertion.mjs';
import { createClient, psql, row, site, unique, until } from
    './lib/site.mjs';

const REGISTER = site.endpoint('register');
const URI = 'https://client.example/callback';
const BOTH = ['authorization_code', 'refresh_token'];
const register = (json) => http(REGISTER, { json });
const manage = (client, options = {}, token =
    client.registration_access_token) => http(client.registration_client_uri,
    { ...options, headers: { ...options.headers, ...bearer(token) } });

function assertNoNulls(value) {
	assert.notEqual(value, null);
	if (typeof value === 'object')
		Object.values(value).forEach(assertNoNulls);
}

function assertRegistered(answer, sent) {
	assert.equal(answer.status, 201, answer.text);
	assert.match(answer.headers['content-type'], /^application\/json/);
	assertHeaders(answer, { cors: true });
	assertNoNulls(answer.json);
	const c = answer.json;
	assert.deepEqual(c.redirect_uris, sent.redirect_uris);
	assert.ok(Number.isInteger(c.client_id_issued_at));
	assert.ok(c.registration_client_uri.startsWith(`${REGISTER}?`));
	assert.match(c.registration_access_token, /^[\w-]{43}$/);
	assert.deepEqual(c.response_types, ['code']);
	if (c.token_endpoint_auth_method === 'none') {
		assert.ok(!('client_secret' in c));
	} else {
		assert.match(c.client_secret, /^[\w-]{43}$/);
		assert.equal(c.client_secret_expires_at, 0);
	}
	return c;
}

suite('real clients', () => {
	for (const [name, sent, grants] of [
		['Cursor: three URIs at once', { client_name: 'Cursor',
			redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback',
				'https://www.cursor.com/agents/mcp/oauth/callback',
				'http://localhost:8787/callback'],
			grant_types: BOTH, response_types: ['code'],
			token_endpoint_auth_method: 'none' }, BOTH],
		['Claude Code: no scope, no application_type', {
			client_name: 'Claude Code (finance)',
			redirect_uris: ['http://localhost:54545/callback'],
			grant_types: BOTH, response_types: ['code'],
			token_endpoint_auth_method: 'none' }, BOTH],
		['claude.ai: grants that it may not use', { client_name: 'Claude',
			redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
			grant_types: [...BOTH, 'urn:ietf:params:oauth:grant-type:' +
			    'jwt-bearer', 'client_credentials'],
			token_endpoint_auth_method: 'client_secret_post' }, BOTH],
		['VS Code', { client_name: 'Visual Studio Code',
			client_uri: 'https://code.visualstudio.com',
			grant_types: [...BOTH,
				'urn:ietf:params:oauth:grant-type:device_code'],
			response_types: ['code'], application_type: 'native',
			redirect_uris: ['https://insiders.vscode.dev/redirect',
				'https://vscode.dev/redirect', 'http://127.0.0.1/',
				'http://127.0.0.1:33418/'],
			token_endpoint_auth_method: 'none' }, BOTH],
		['Gemini CLI: extra members', { client_name: 'Gemini CLI MCP Client',
			redirect_uris: ['http://localhost:7777/oauth/callback'],
			grant_types: BOTH, response_types: ['code'],
			token_endpoint_auth_method: 'none', code_challenge_method:
			    ['S256'], scope: 'openid profile', x: { deep: [1, null] } },
			BOTH],
		['ChatGPT: no method, only those it supports', {
			client_name: 'ChatGPT', redirect_uris:
			    ['https://chatgpt.com/connector_platform_oauth_redirect'],
			token_endpoint_auth_methods_supported: ['none',
				'private_key_jwt'], grant_types: BOTH }, BOTH],
		['members that are null', { client_name: null, client_uri: null,
			scope: null, redirect_uris: [URI], logo_uri: null,
			contacts: null }, ['authorization_code']],
		['no more than a redirect URI', { redirect_uris: [URI] },
			['authorization_code']],
	]) {
		test(name, async () => {
			const client = assertRegistered(await register(sent), sent);

			assert.deepEqual(client.grant_types, grants);
			assert.equal(client.token_endpoint_auth_method,
			    sent.token_endpoint_auth_method ?? 'client_secret_basic');
			assert.ok(!('x' in client));
			assert.ok(client.client_name.length > 0);
		});
	}

	test('the same again is another client (lion-reader #974)', async () => {
		const [one, two] = [await registerClient(), await registerClient()];

		assert.notEqual(one.client_id, two.client_id);
	});

	test('what looks trusted is ignored', async () => {
		const sent = { redirect_uris: [URI], client_id: 'admin',
			client_secret: 'mine', registration_access_token: 'mine',
			registration_client_uri: 'https://evil.example/',
			client_id_issued_at: 1, client_secret_expires_at: 99,
			self_registered: false, consent: 'none', scopes: ['mcp:*'] };
		const { text, json } = await register(sent);

		assertRegistered({ status: 201, text, json, headers: (await
		    register(sent)).headers }, sent);
		assert.doesNotMatch(text, /admin|mine|evil/);
		assert.equal(await psql('select consent from gatepost.clients ' +
		    "where client_id = :'c'", { c: json.client_id }), 'default');
	});

	test('nothing that is sent makes us open a connection', async () => {
		let fetched = 0;
		const server = createServer((_, res) => {
			fetched++;
			res.end();
		}).listen(0, '127.0.0.1');
		await new Promise((wake) => server.once('listening', wake));
		const uri = `http://127.0.0.1:${server.address().port}/x`;
		const { status } = await register({ redirect_uris: [uri],
			jwks_uri: uri, logo_uri: uri, client_uri: uri, policy_uri: uri,
			tos_uri: uri, sector_identifier_uri: uri, request_uris: [uri],
			initiate_login_uri: uri });

		server.close();
		assert.equal(status, 201);
		assert.equal(fetched, 0);
	});
});

suite('redirect URIs that could never be safe: invalid_redirect_uri', () => {
	for (const uri of [
		'http://client.example/callback', 'https://client.example/#x',
		'https://client.example/#', 'https://user@client.example/',
		'https://client.example\\@evil.example/', 'https://client.example/*',
		'https://*.example/', 'https://', 'https:///callback', 'https:callback',
		'//client.example/', '/callback', '', 'callback',
		'https://client.example/\n', 'https://client.example/ x',
		'https://client.example/\u0000', 'https://cli\u00e9nt.example/',
		'https://client.example:0/', 'https://client.example:65536/',
		'https://client.example/?code=x', 'https://client.example/?a&state=x',
		'https://client.example/?iss=x', 'https://client.example/?error',
		'https://client.example/?c%6fde=x',
		'javascript:alert(1)', 'JavaScript:alert(1)', 'java\tscript:alert(1)',
		'javascript://client.example/%0aalert(1)', 'com.javascript:/x',
		'data:text/html,x', 'DATA:x', 'vbscript:x', 'file:///etc/passwd',
		'about:blank', 'blob:https://x/y', 'view-source:https://x/', 'ftp://x/',
		'mailto:x@y.example', 'urn:ietf:wg:oauth:2.0:oob', 'intent://x',
		'unknown://callback', 'com.example.app', 'com.example.app:callback',
		'http://127.0.0.2/', 'http://127.1/', 'http://0177.0.0.1/',
		'http://0x7f.0.0.1/', 'http://2130706433/', 'http://0.0.0.0/',
		'http://[::]/', 'http://[::ffff:127.0.0.1]/', 'http://LOCALHOST/',
		'http://localhost.example/', 'http://localhost@evil.example/',
		'http://127.0.0.1:0/', 'http://192.168.1.1/', `https://x/${
			'y'.repeat(2048)}`, 7, null, {}, [URI],
	]) {
		test(JSON.stringify(uri).slice(0, 60), async () => assertJsonError(
		    await register({ redirect_uris: [URI, uri] }), 400,
		    'invalid_redirect_uri', { sent: String(uri).length > 9 ?
			[String(uri)] : [] }));
	}

	for (const redirect_uris of [undefined, null, [], URI, {},
		Array(33).fill(URI)])
		test(`redirect_uris: ${JSON.stringify(redirect_uris)?.slice(0, 40)}`,
		    async () => assertJsonError(await register({ redirect_uris }),
			400, 'invalid_redirect_uri'));
});

suite('other refusals', () => {
	for (const [what, more] of [
		['grant_types without codes', { grant_types: ['refresh_token'] }],
		['no grant types', { grant_types: [] }],
		['implicit alone', { grant_types: ['implicit'] }],
		['client_credentials alone', { grant_types:
		    ['client_credentials'] }],
		['grant_types that is no list', { grant_types:
		    'authorization_code' }],
		['response_types without code', { response_types: ['token'] }],
		['an unknown method', { token_endpoint_auth_method: 'magic' }],
		['a method that is no text', { token_endpoint_auth_method: 1 }],
		['a name of 201 bytes', { client_name: 'x'.repeat(201) }],
		['a name with control characters', { client_name: 'a\u0007b' }],
		['a name that is a number', { client_name: 7 }],
		['a long client_uri', { client_uri: `https://x/${
			'y'.repeat(3000)}` }],
	]) {
		test(`${what}: invalid_client_metadata`, async () =>
			assertJsonError(await register({ redirect_uris: [URI], ...more }),
			    400, 'invalid_client_metadata'));
	}

	const good = JSON.stringify({ redirect_uris: [URI] });
	for (const [what, body, status = 400] of [
		['nothing', ''], ['no JSON', '{'], ['a list', `[${good}]`],
		['a text', '"x"'], ['more after it', `${good}{}`],
		['a name twice', `{"redirect_uris":["${URI}"],"redirect_uris":` +
		    '["https://evil.example/"]}'],
		['too deep', `{"redirect_uris":["${URI}"],"x":${
			'['.repeat(200)}${']'.repeat(200)}}`],
		['invalid UTF-8', Buffer.from([...Buffer.from(good.slice(0, -1)),
			...Buffer.from(',"x":"'), 0xff, 0x22, 0x7d])],
		['a comment', `/* x */${good}`],
		['more than 64 KiB', `{"x":"${'y'.repeat(70_000)}"}`, 413],
	]) {
		test(`a body of ${what}: ${status}`, async () => {
			const answer = await http(REGISTER, { body,
				headers: { 'Content-Type': 'application/json' } });

			assertJsonError(answer, status, answer.json?.error);
			assert.match(answer.json.error, /^invalid_/);
		});
	}

	for (const type of ['application/x-www-form-urlencoded', 'text/json',
		'application/jsonx', undefined])
		test(`a body of type ${type}: 400`, async () => assertJsonError(
		    await http(REGISTER, { body: good, headers: type ?
			{ 'Content-Type': type } : {} }), 400, 'invalid_request'));

	test('PATCH: 405', async () => {
		const answer = await http(REGISTER, { method: 'PATCH' });

		assert.equal(answer.status, 405);
		assert.match(answer.headers.allow, /POST/);
	});
});

suite('software statements (RFC 7591, 2.3)', () => {
	const iss = `https://${unique('signer')}.example`;
	const key = makeKey();
	const statement = (claims, by = key) => assertion({ client_id: iss,
		key: by }, { claims: { aud: undefined, jti: undefined, sub: undefined,
		...claims }, header: { typ: 'JWT' } });
	const send = (software_statement, more) => register({
		redirect_uris: [URI], client_name: 'Mine', software_statement,
		...more });
	const trusted = psql('insert into gatepost.software_signer ' +
	    "values (:'i', 'Test', :'k')", { i: iss, k: JSON.stringify(jwks(key)) });

	test('of somebody trusted: what it says counts', async () => {
		await trusted;
		const sent = statement({ client_name: 'Theirs',
			redirect_uris: [`${URI}/theirs`] });
		const { status, json } = await send(sent);

		assert.equal(status, 201);
		assert.equal(json.client_name, 'Theirs');
		assert.deepEqual(json.redirect_uris, [`${URI}/theirs`]);
		assert.equal(json.software_statement, sent);
		assert.equal((await row('select software_signer as by from ' +
		    `gatepost.clients where client_id = '${json.client_id}'`)).by, iss);
		assert.equal((await manage(json)).json.software_statement, sent);
	});

	for (const [what, made, error = 'invalid_software_statement'] of [
		['of a stranger', () => assertion({ client_id: 'https://x.example',
			key: makeKey() }), 'unapproved_software_statement'],
		['signed by another', () => statement({}, makeKey('ES256', key.kid))],
		['that has expired', () => statement({ exp: now() - 1 })],
		['for another server', () => statement({ aud: 'https://x.example' })],
		['that is no JWT', () => 'x'],
		['that is no string', () => ({})],
		['without a signature', () => `eyJhbGciOiJub25lIn0.${Buffer.from(
		    JSON.stringify({ iss })).toString('base64url')}.`],
		['with an unsafe redirect URI', () => statement({ redirect_uris:
		    ['http://evil.example/'] }), 'invalid_redirect_uri'],
	])
		test(`${what}: ${error}`, async () => {
			await trusted;
			assertJsonError(await send(made()), 400, error);
		});

	test('no more of it when the client changes without', async () => {
		await trusted;
		const { json: client } = await send(statement({}));
		await manage(client, { method: 'PUT', json: { redirect_uris: [URI],
			client_id: client.client_id } });

		assert.equal((await row('select software_signer as by from ' +
		    `gatepost.clients where client_id = '${client.client_id}'`)).by,
		    null);
	});
});

suite('management (RFC 7592)', () => {
	const SECRET = { token_endpoint_auth_method: 'client_secret_post',
		redirect_uris: [URI], grant_types: BOTH };

	test('reads: all but the secret, with the token presented', async () => {
		const client = await registerClient(SECRET);
		const { client_secret, ...rest } = client;
		const answer = await manage(client);

		assert.ok(client_secret);
		assert.equal(answer.status, 200);
		assertHeaders(answer, { cors: true });
		assertNoNulls(answer.json);
		assert.deepEqual(answer.json, rest);
	});

	test('updates: name and URIs are replaced', async () => {
		const client = await registerClient(SECRET);
		const other = 'https://client.example/other';
		const answer = await manage(client, { method: 'PUT', json: {
			client_id: client.client_id, client_secret: client.client_secret,
			client_name: 'Renamed', redirect_uris: [other],
			grant_types: ['authorization_code'] } });
		const ask = (redirect_uri) => http(authorizeUrl(client, {
			redirect_uri, code_challenge: pkce().challenge }));

		assert.equal(answer.status, 200, answer.text);
		assert.equal(answer.json.client_name, 'Renamed');
		assert.deepEqual(answer.json.redirect_uris, [other]);
		assert.deepEqual((await manage(client)).json, answer.json);
		assertPage(await ask(URI));
		assert.equal((await ask(other)).status, 303);
	});

	for (const [what, more, error = 'invalid_client_metadata'] of [
		['no client_id', { client_id: undefined }],
		['another client_id', { client_id: 'x' }],
		['another secret', { client_secret: 'x' }],
		['a bad URI', { redirect_uris: ['http://evil.example/'] },
			'invalid_redirect_uri'],
		['no URI', { redirect_uris: undefined }, 'invalid_redirect_uri'],
		['a bad method', { token_endpoint_auth_method: 'magic' }],
	]) {
		test(`an update with ${what} changes nothing: ${error}`, async () => {
			const client = await registerClient(SECRET);
			const before = (await manage(client)).json;

			assertJsonError(await manage(client, { method: 'PUT', json: {
				client_id: client.client_id, redirect_uris: [
				    'https://client.example/new'], ...more } }), 400, error);
			assert.deepEqual((await manage(client)).json, before);
		});
	}

	test('deletes: its tokens are over', async () => {
		const client = await registerClient({ grant_types: BOTH });
		const { tokens } = await flow({ client, jar: new Jar() });
		const guarded = async () => (await http(site.mcpUrl, { json: {},
			headers: bearer(tokens.access_token) })).status;

		assert.notEqual(await guarded(), 401);
		const answer = await manage(client, { method: 'DELETE' });
		assert.equal(answer.status, 204);
		assert.equal(answer.text, '');
		await until(async () => await guarded() === 401, 1000);
		for (const method of ['GET', 'DELETE'])
			assertJsonError(await manage(client, { method }), 401,
			    'invalid_token');
		assertPage(await http(authorizeUrl(client,
		    { code_challenge: pkce().challenge })));
	});

	for (const method of ['GET', 'PUT', 'DELETE']) {
		test(`${method} without the client's token: 401`, async () => {
			const client = await registerClient(SECRET);
			const other = await registerClient(SECRET);
			const dba = await createClient({ redirect_uris: [URI] });
			const body = (uri) => method !== 'PUT' ? undefined : {
				client_id: new URL(uri).searchParams.get('client_id'),
				redirect_uris: [URI] };
			const url = client.registration_client_uri;

			for (const [uri, headers] of [[url, {}],
				[url, bearer(other.registration_access_token)],
				[url, bearer(client.client_secret)],
				[url, bearer('x')], [url, { Authorization:
				    `Basic ${client.registration_access_token}` }],
				[`${REGISTER}?client_id=${dba.client_id}`,
					bearer(client.registration_access_token)],
				[`${REGISTER}?client_id=nobody`,
					bearer(client.registration_access_token)]]) {
				const answer = await http(uri,
				    { method, json: body(uri), headers });
				assertJsonError(answer, 401, 'invalid_token');
				assert.match(answer.headers['www-authenticate'], /^Bearer/);
			}
			assertJsonError(await http(`${url}&access_token=${
				client.registration_access_token}`,
			    { method, json: body(url) }), 400,
			    'invalid_request');
			assertJsonError(await http(REGISTER, { method,
				json: body(url),
				headers: bearer(client.registration_access_token) }), 400,
			    'invalid_request');
			assert.equal((await manage(client)).status, 200);
		});
	}
});
