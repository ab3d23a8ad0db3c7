// What a web server would not send, sent to the programs' sockets: they
// refuse it in their own form, and are there for the next request.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { fcgi, variables } from './lib/fcgi.mjs';
import { clientCredentials } from './lib/oauth.mjs';
import { NOT_LISTENING, PREFIX, socketOf } from './lib/programs.mjs';
import { createClient, psql, site, taken, unique } from './lib/site.mjs';

const machine = await createClient({ grant_types: ['client_credentials'],
	auth_method: 'client_secret_post' });
const FORM = new URLSearchParams({ grant_type: 'client_credentials',
	...machine }).toString();
const post = (more) => variables('/oauth2/token',
    { method: 'POST', body: FORM, ...more });
const token = (list = post(), body = FORM, options) =>
    fcgi('token', list, body, options);

const PATHS = { metadata: '/.well-known/oauth-authorization-server',
	finance: '/mcp/finance', guard: '/mcp/finance',
	fetch: '/oauth2/fetch-client' };
const PROGRAMS = ['metadata', 'jwks', 'authorize', 'login', 'consent',
	'account', 'fetch', 'token', 'register', 'revoke', 'introspect', 'guard',
	'finance'];
const POSTED = ['login', 'consent', 'account', 'token', 'register', 'revoke',
	'introspect', 'finance'];
const pathOf = (program) => PATHS[program] ?? `/oauth2/${program}`;

function assertRefused(answer, status = 400) {
	assert.equal(answer.status, status, answer.text);
	assert.doesNotMatch(answer.text, /access_token"|"result"/);
	assert.equal(answer.location, undefined);
	assert.deepEqual(answer.cookies, []);
}

test('a good request is answered, so that the rest means something',
    async () => assert.equal((await token()).status, 200));

test('on a connection that the web server keeps, too', async () => {
	for (const times of [2, 5])
		assert.equal((await token(post(), FORM, { times })).status, 200);
	const answer = await fcgi('guard', variables('/mcp/finance',
	    { HTTP_AUTHORIZATION: 'Bearer x' }),
	'', { role: 'authorizer', times: 3 });
	assert.equal(answer.status, 401);
});

suite('a body that is not what it says', () => {
	for (const program of POSTED) {
		const body = ['register', 'finance'].includes(program) ?
		    '{"jsonrpc":"2.0"}' : FORM;
		const list = (more) => variables(pathOf(program), { method: 'POST',
			body, GATEPOST_SCOPE: 'mcp:*', HTTP_ACCEPT: 'application/json',
			type: body[0] === '{' ? 'application/json' : undefined,
			...more });

		test(`${program}: shorter than CONTENT_LENGTH`, async () =>
			assertRefused(await fcgi(program, list(), body.slice(0, -1))));

		test(`${program}: aborted`, async () => {
			const answer = await fcgi(program, list(), body,
			    { abort: true, timeout: 3000 });
			assert.notEqual(answer.status, 200);
		});
	}

	for (const CONTENT_LENGTH of ['-1', '+10', '0x10', '1e2', ' 10', '10 ',
		'10,10', 'x', '18446744073709551626'])
		test(`CONTENT_LENGTH ${JSON.stringify(CONTENT_LENGTH)}`, async () => {
			const answer = await token(post({ CONTENT_LENGTH }));

			assert.ok([400, 413].includes(answer.status), answer.text);
			assert.ok(!('access_token' in answer.json));
		});

	test('without CONTENT_LENGTH it is not read', async () =>
		assertRefused(await token(post({ CONTENT_LENGTH: null })), 401));

	test('what is beyond CONTENT_LENGTH is not read', async () => {
		assert.equal((await token(post(), `${FORM}&scope=x`)).status, 200);
		assert.equal((await token(post(), `${FORM}&grant_type=x`)).status,
		    200);
	});

	test('65 KiB', async () => {
		const body = `${FORM}&x=${'y'.repeat(66_000)}`;

		assertRefused(await token(variables('/oauth2/token',
		    { method: 'POST', body }), body), 413);
	});
});

suite('a name that is there twice is refused', () => {
	for (const [name, value] of [['HTTP_AUTHORIZATION', 'Basic x'],
		['REQUEST_METHOD', 'GET'], ['CONTENT_LENGTH', '3'],
		['REMOTE_ADDR', '192.0.2.1'], ['HTTP_X', '1'], ['HTTP_X', '2']])
		test(name, async () => assertRefused(await token([...post(),
			[name, value], [name, value]])));

	for (const program of PROGRAMS)
		test(`${program}: REMOTE_USER`, async () => {
			const answer = await fcgi(program, [...variables(pathOf(program),
			    { REMOTE_USER: 'demo' }), ['REMOTE_USER', 'x']]);
			assert.ok(answer.status >= 400, `${answer.status}`);
		});
});

suite('variables', () => {
	test('300 of them', async () => {
		const more = Object.fromEntries(Array.from({ length: 300 },
		    (_, i) => [`HTTP_X${i}`, 'y']));

		assertRefused(await token(post(more)), 413);
	});

	test('none at all', async () => {
		for (const program of PROGRAMS) {
			const answer = await fcgi(program, []);
			assert.ok(answer.status >= 400, `${program}: ${answer.status}`);
			assert.deepEqual(answer.cookies, []);
		}
	});

	test('an absolute REQUEST_URI is none of ours', async () =>
		assertRefused(await fcgi('metadata', variables('x', { REQUEST_URI:
		    `http://evil.example${PATHS.metadata}` })), 404));

	test('SERVER_NAME and Host are not believed', async () => {
		const answer = await fcgi('metadata', variables(PATHS.metadata,
		    { SERVER_NAME: 'evil.example', HTTP_HOST: 'evil.example',
			HTTPS: 'on', SERVER_PORT: '1' }));

		assert.equal(answer.json.issuer, site.issuer);
		assert.ok(!answer.text.includes('evil'));
	});

	test('REMOTE_USER is nobody while the setting is off', async () => {
		const answer = await fcgi('login', variables('/oauth2/login',
		    { REMOTE_USER: site.username, AUTH_TYPE: 'Basic' }));

		assertRefused(answer);
	});

	test('an address that is none is no trouble', async () => {
		for (const REMOTE_ADDR of ['unix:', '', '<script>', null,
			'::ffff:127.0.0.1'])
			assert.equal((await token(post({ REMOTE_ADDR }))).status, 200);
	});
});

// ---- the guard as an authorizer, for a resource with rules ----

suite('the guard', () => {
	const path = `/mcp/${unique('rules')}`;
	const uri = site.url(path);
	const scopes = ['mcp:tools:list', 'mcp:tools:weather', 'mcp:tools:admin',
		'mcp:write'];
	const ORIGIN = 'https://app.example';
	const ready = psql("select gatepost.resource_create(:'uri', 'Rules', " +
	    "'{mcp:tools:*,mcp:write}', '{mcp:tools:list}', :'origins'); " +
	    "select gatepost.resource_rule_add(:'uri', 'mcp:tools:{name}', " +
	    "mcp_method => 'tools/call'); select gatepost.resource_rule_add(" +
	    ":'uri', 'mcp:write', method => 'DELETE')",
	    { uri, origins: `{${ORIGIN}}` }).then(taken);
	const tokenOf = async (...some) => {
		await ready;
		const client = await createClient({ scopes: some,
			grant_types: ['client_credentials'] });
		const { json } = await clientCredentials(client, { resource: uri });
		return { ...json, client_id: client.client_id };
	};
	const ask = (token, more = {}, at = path) => fcgi('guard', variables(at, {
		method: 'POST', GATEPOST_RESOURCE: uri,
		HTTP_AUTHORIZATION: token && `Bearer ${token}`, ...more }), '',
	    { role: 'authorizer' });
	const MODERN = { GATEPOST_MCP_HEADERS: '1',
		HTTP_MCP_PROTOCOL_VERSION: '2026-07-28',
		GATEPOST_MCP_HEADERS: '1', HTTP_MCP_METHOD: 'tools/call',
		HTTP_MCP_NAME: 'weather' };

	test('tells the backend who it is', async () => {
		const t = await tokenOf('mcp:tools:list', 'mcp:tools:weather');
		const answer = await ask(t.access_token, MODERN);
		const told = (name) => answer.headers[`variable-${name}`];

		assert.equal(answer.status, 200, answer.text);
		assert.equal(answer.text, '');
		assert.equal(told('gatepost_sub'), t.client_id);
		assert.equal(told('gatepost_client_id'), t.client_id);
		assert.equal(told('gatepost_scope'), t.scope);
		assert.equal(told('gatepost_audience'), uri);
		assert.equal(told('gatepost_resource_metadata'), site.url(
		    `/.well-known/oauth-protected-resource${path}`));
	});

	for (const [what, more, needed] of [
		['a tool of another name', { ...MODERN, HTTP_MCP_NAME: 'admin' },
			'mcp:tools:admin'],
		['the name in base64', { ...MODERN, HTTP_MCP_NAME: '=?base64?' +
		    `${Buffer.from('admin').toString('base64')}?=` },
			'mcp:tools:admin'],
		['a method that needs more', { REQUEST_METHOD: 'DELETE' },
			'mcp:write'],
	])
		test(`${what}: 403 with every scope that is needed`, async () => {
			const t = await tokenOf('mcp:tools:list', 'mcp:tools:weather');
			const answer = await ask(t.access_token, more);
			const header = answer.headers['www-authenticate'];

			assert.equal(answer.status, 403, answer.text);
			assert.match(header, /error="insufficient_scope"/);
			const scope = /scope="([^"]*)"/.exec(header)[1].split(' ');
			for (const one of [needed, 'mcp:tools:list', 'mcp:tools:weather'])
				assert.ok(scope.includes(one), header);
			assert.match(header, /resource_metadata="[^"]+"/);
		});

	test('without the headers of 2026-07-28, or the web server\'s word that ' +
	    'they are spelt so, the fallback applies',
	    async () => {
		const weather = await tokenOf('mcp:tools:weather');
		const list = await tokenOf('mcp:tools:list');

		for (const HTTP_MCP_PROTOCOL_VERSION of [undefined, '2025-11-25',
			'x']) {
			const more = Object.fromEntries(Object.entries({ ...MODERN,
				HTTP_MCP_PROTOCOL_VERSION }).filter(([, v]) => v));
			assert.equal((await ask(weather.access_token, more)).status, 403);
		}
		const { GATEPOST_MCP_HEADERS, ...rest } = MODERN;
		assert.equal((await ask(weather.access_token, rest)).status, 403);
		assert.equal((await ask(list.access_token)).status, 200);
	});

	for (const name of ['*', '', 'a b', '../admin', 'weather:x\n', 'a"b',
		'=?base64?%%?=', `=?base64?${Buffer.from('*').toString('base64')}?=`,
		'w\u00e9', 'x'.repeat(2000)])
		test(`the name ${JSON.stringify(name).slice(0, 40)} opens nothing`,
		    async () => {
			const t = await tokenOf('mcp:tools:list', 'mcp:tools:weather');
			const answer = await ask(t.access_token,
			    { ...MODERN, HTTP_MCP_NAME: name });

			assert.ok([400, 403].includes(answer.status), answer.text);
		});

	for (const [what, more, at] of [
		['a resource that is unknown', { GATEPOST_RESOURCE:
		    'https://x.example/' }],
		['no resource and a path of none', { GATEPOST_RESOURCE: null },
			'/nowhere'],
		['a path with an escape', {}, `${path}/%2e%2e`],
		['a path with dots', {}, `${path}/../x`],
		['a path with two slashes', {}, `${path}//x`],
		['a path with a semicolon', {}, `${path};x`],
		['a path with a backslash', {}, `${path}\\x`],
		['a foreign origin', { HTTP_ORIGIN: 'https://evil.example' }],
		['the origin null', { HTTP_ORIGIN: 'null' }],
		['an origin of other case', { HTTP_ORIGIN: ORIGIN.toUpperCase() }],
		['an origin with a port', { HTTP_ORIGIN: `${ORIGIN}:8443` }],
		['a token in the query', { QUERY_STRING: 'access_token=x' }],
	])
		test(`${what}: refused, with a good token`, async () => {
			const t = await tokenOf(...scopes);
			const answer = await ask(t.access_token, more, at);

			assert.ok([400, 403].includes(answer.status),
			    `${answer.status} ${answer.text}`);
			assert.ok(!Object.keys(answer.headers)
			    .some((name) => name.startsWith('variable-')));
		});

	test('an origin of the resource may call, and preflight', async () => {
		const t = await tokenOf('mcp:tools:list');
		const good = await ask(t.access_token, { HTTP_ORIGIN: ORIGIN });
		const none = await ask(null, { HTTP_ORIGIN: ORIGIN });
		const preflight = await ask(null, { HTTP_ORIGIN: ORIGIN,
			REQUEST_METHOD: 'OPTIONS',
			HTTP_ACCESS_CONTROL_REQUEST_METHOD: 'POST' });

		assert.equal(good.status, 200);
		assert.equal(none.status, 401);
		assert.equal(preflight.status, 204);
		for (const { headers } of [none, preflight]) {
			assert.equal(headers['access-control-allow-origin'], ORIGIN);
			assert.match(headers['access-control-expose-headers'],
			    /WWW-Authenticate/i);
			assert.match(headers.vary, /Origin/);
		}
		assert.match(preflight.headers['access-control-allow-headers'],
		    /Mcp-Protocol-Version/i);
	});
});

test('sockets are for the web server alone', { skip: NOT_LISTENING },
    async () => {
	for (const program of PROGRAMS)
		assert.equal((await stat(await socketOf(program))).mode & 0o777,
		    0o660);
	assert.equal((await stat(dirname(await socketOf('token')))).mode &
	    0o777, 0o750);
});

suite('started in another way than it can be', () => {
	const start = (...options) => spawnSync(
	    join(PREFIX, 'libexec/gatepost/jwks'), options,
	    { env: {}, input: '', encoding: 'utf8', timeout: 5000 });

	for (const options of [[], ['-n', '2']])
		test(`without a socket: ${options.join(' ')}`, () => {
			const { status, stderr } = start(...options);
			assert.equal(status, 1);
			assert.match(stderr, /no_socket/);
		});

	for (const options of [['-n', '0'], ['-n', '2x'], ['-n', ''], ['-n'],
		['-c', '-n', '2'], ['-x'], ['x'], ['-c', 'x']])
		test(`usage: ${options.join(' ')}`, () => {
			const { status, stderr } = start(...options);
			assert.equal(status, 2);
			assert.match(stderr, /^usage: /m);
		});
});
