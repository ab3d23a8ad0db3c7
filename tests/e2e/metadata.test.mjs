// Discovery: RFC 8414, OpenID Connect Discovery's forms, RFC 9728.  What is
// advertised is what works.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { assertHeaders, assertJsonError, assertPage, assertRedirectError,
	assertTokens } from './lib/answers.mjs';
import { fcgi, variables } from './lib/fcgi.mjs';
import { authorizeUrl, basic, call, http, obtainCode, exchange, pkce,
	refresh, registerClient, tokenRequest } from './lib/oauth.mjs';
import { ALGORITHMS, jwks, makeKey, prove } from './lib/assertion.mjs';
import { createClient, psql, rows, site, taken, unique, until } from
    './lib/site.mjs';

const SERVER = '/.well-known/oauth-authorization-server';
const RESOURCE = '/.well-known/oauth-protected-resource';
const CACHE = { cache: 'public, max-age=300', cors: true };
const get = (path, options) => http(site.url('/'), { path, ...options });
const server = (await get(SERVER)).json;
const mcpPath = new URL(site.mcpUrl).pathname;
const CALLBACK = 'https://client.example/callback';

suite('documents', () => {
	const forms = [
		[SERVER, 'RFC 8414, 3.1', 'issuer', site.issuer],
		['/.well-known/openid-configuration', 'OpenID Connect Discovery, 4',
			'issuer', site.issuer],
		[RESOURCE + mcpPath, 'RFC 9728, 3.1', 'resource', site.mcpUrl],
		[RESOURCE, 'the root, for clients that know the host', 'resource',
			site.mcpUrl],
	];

	for (const [path, clause, member, value] of forms) {
		test(`${path} is there (${clause})`, async () => {
			const answer = await get(path);

			assert.equal(answer.status, 200);
			assert.match(answer.headers['content-type'],
			    /^application\/json/);
			assertHeaders(answer, CACHE);
			assert.equal(answer.json[member], value);
			assert.ok(!answer.text.includes('null'));
		});
	}

	for (const path of [
		`${SERVER}/`, `${SERVER}/x`, `${SERVER}${mcpPath}`, `${SERVER}x`,
		`${mcpPath}${SERVER}`, `${mcpPath}/.well-known/openid-configuration`,
		'/.well-known/openid-configuration/', '/.well-known/oauth-server',
		`${RESOURCE}/`, `${RESOURCE}/mcp`, `${RESOURCE}${mcpPath}/`,
		`${RESOURCE}${mcpPath}x`, `${RESOURCE}/mcp/FINANCE`,
		`${RESOURCE}/mcp/%66inance`, `${RESOURCE}/x/..${mcpPath}`,
		`/x${RESOURCE}${mcpPath}`, `${mcpPath}${RESOURCE}`,
		`//${SERVER}`,
	]) {
		test(`${path} is 404, not 401`, async () =>
			assert.equal((await get(path)).status, 404));
	}

	test('a path with %00 is nowhere, whoever says so', async () => {
		const answer = await get(`${SERVER}%00`);

		assert.ok([400, 404].includes(answer.status));
		assert.ok(!answer.text.includes(site.issuer));
	});

	test('an issuer that the request names is not believed', async () => {
		for (const headers of [{ Host: 'evil.example' },
			{ 'X-Forwarded-Host': 'evil.example', Forwarded:
			    'host=evil.example;proto=https' },
			{ 'X-Forwarded-Proto': 'https' }])
			assert.ok(!/evil|https/.test((await get(SERVER,
			    { headers })).text.replaceAll(site.issuer, '')));
	});

	test('nor one in an absolute request target', async () => {
		const { hostname, port } = new URL(site.issuer);
		const text = await new Promise((resolve, reject) => {
			const parts = [];
			connect(Number(port), hostname).on('error', reject)
			    .on('data', (part) => parts.push(part))
			    .on('end', () => resolve(Buffer.concat(parts).toString()))
			    .end(`GET http://evil.example${SERVER} HTTP/1.1\r\n` +
				'Host: evil.example\r\nConnection: close\r\n\r\n');
		});

		assert.ok(!text.includes('evil.example'), text);
	});

	test('HEAD is answered without a body', async () => {
		const answer = await get(SERVER, { method: 'HEAD' });

		assert.equal(answer.status, 200);
		assert.equal(answer.text, '');
		assertHeaders(answer, CACHE);
	});

	test('a preflight is answered, with the header that Inspector sends',
	    async () => {
		const answer = await get(SERVER, { method: 'OPTIONS', headers: {
			Origin: 'https://inspector.example',
			'Access-Control-Request-Method': 'GET',
			'Access-Control-Request-Headers': 'mcp-protocol-version',
		} });

		assert.equal(answer.status, 204);
		assert.equal(answer.headers['access-control-allow-origin'], '*');
		assert.match(answer.headers['access-control-allow-headers'],
		    /mcp-protocol-version/i);
		assert.match(answer.headers['access-control-allow-methods'], /GET/);
	});

	test('TRACE is refused, whoever says so', async () =>
		assert.equal((await get(SERVER, { method: 'TRACE' })).status, 405));

	for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
		test(`${method} is refused (RFC 9110, 15.5.6)`, async () => {
			const answer = await get(SERVER, { method });

			assert.equal(answer.status, 405);
			assert.match(answer.headers.allow ?? '', /GET/);
		});
	}

	test('a new resource is served within a second or so', async () => {
		const path = `/mcp/${unique('weather')}`;

		assert.equal((await get(RESOURCE + path)).status, 404);
		await psql("select gatepost.resource_create(:'uri', 'Weather', " +
		    "'{mcp:tools:weather}')", { uri: site.url(path) });
		const answer = await until(async () => {
			const a = await get(RESOURCE + path);
			return a.status === 200 && a;
		}, 2000);
		assert.equal(answer.json.resource, site.url(path));
		assert.deepEqual(answer.json.authorization_servers, [site.issuer]);
		assert.deepEqual(answer.json.scopes_supported,
		    ['mcp:tools:weather']);
	});

	test('a query is part of where metadata is (RFC 9728, 3.1)', async () => {
		const path = `/mcp/${unique('query')}`;
		const at = async (rest) => (await get(RESOURCE + path + rest))
		    .json.resource;

		for (const query of ['', '?x=1', '?x=2'])
			await psql("select gatepost.resource_create(:'uri', 'Q', " +
			    "'{mcp:tools:q}')", { uri: site.url(path + query) });
		await taken();
		for (const query of ['', '?x=1', '?x=2'])
			assert.equal(await at(query), site.url(path + query));
		// one that no resource has is nobody's
		assert.equal(await at('?y'), site.url(path));
		assert.equal((await get(RESOURCE + path + '/?x=1')).status, 404);
	});
});

test('where a virtual host has one resource, it alone is found there, also ' +
    'at the root', async () => {
	const [one, two] = [site.url(`/${unique('one')}`),
		`https://two.example/${unique('two')}?a=b`];
	const found = async (path, GATEPOST_RESOURCE) => {
		const { json } = await fcgi('metadata',
		    variables(RESOURCE + path, { GATEPOST_RESOURCE }));
		return json.resource ?? json.error;
	};

	for (const uri of [one, two])
		await psql("select gatepost.resource_create(:'uri', 'R', " +
		    "'{mcp:tools:r}')", { uri });
	await taken();
	assert.equal(await found('', null), site.mcpUrl);
	for (const uri of [one, two, site.mcpUrl]) {
		assert.equal(await found('', uri), uri);
		assert.equal(await found(new URL(uri).pathname, uri), uri);
	}
	// as the guard takes it: in another spelling, or by an alias
	await psql("select gatepost.resource_alias_add(:'uri', :'alias')",
	    { uri: two, alias: `${two}&c` });
	await taken();
	assert.equal(await found('', `${two}&c`), two);
	assert.equal(await found('', two.replace('two.', 'TWO.')), two);
	assert.equal(await found('', 'two'), 'not_found');
	assert.equal(await found(new URL(one).pathname, two), 'not_found');
	assert.equal(await found('', 'https://nosuch.example/'), 'not_found');
	assert.equal((await fcgi('metadata', variables(SERVER,
	    { GATEPOST_RESOURCE: one }))).json.issuer, site.issuer);
});

suite('what is advertised', () => {
	test('names what MCP clients look for', () => {
		assert.deepEqual(server.code_challenge_methods_supported, ['S256']);
		assert.equal(server.authorization_response_iss_parameter_supported,
		    true);
		assert.ok(server.token_endpoint_auth_methods_supported
		    .includes('none'));
		// quickstart runs fetch; without the setting see settings.test.mjs
		assert.equal(server.client_id_metadata_document_supported, true);
		assert.ok(!('request_parameter_supported' in server) ||
		    server.request_parameter_supported === false);
	});

	test('are URLs of the issuer that answer', async () => {
		for (const [name, url] of Object.entries(server)) {
			if (!/_endpoint$|_uri$/.test(name))
				continue;
			assert.ok(url.startsWith(`${site.issuer}/`), url);
			const { status } = await http(url);
			assert.ok([200, 400, 401, 405].includes(status),
			    `${name}: ${status}`);
		}
	});

	test('are scopes of resources', async () => {
		const known = new Set((await rows('select unnest(scopes) as scope ' +
		    'from gatepost.resource')).map((r) => r.scope));

		assert.ok(server.scopes_supported.length > 0);
		for (const scope of server.scopes_supported)
			assert.ok(known.has(scope), scope);
		const { json } = await get(RESOURCE + mcpPath);
		for (const scope of json.scopes_supported)
			assert.ok(server.scopes_supported.includes(scope), scope);
		assert.deepEqual(json.bearer_methods_supported, ['header']);
	});

	for (const method of server.token_endpoint_auth_methods_supported) {
		test(`authenticates by ${method}: token, refresh, revoke`,
		    async () => {
			const key = method === 'private_key_jwt' ? makeKey() :
			    undefined;
			const client = { key, ...await registerClient({
				token_endpoint_auth_method: method,
				jwks: key && jwks(key),
				grant_types: ['authorization_code',
					'refresh_token'] }) };
			const { code, verifier } = await obtainCode({ client });
			const first = assertTokens(await exchange(client, code,
			    verifier), { refresh: true });
			const next = assertTokens(await refresh(client,
			    first.refresh_token), { refresh: true });

			assert.equal((await call('revoke', client,
			    { token: next.refresh_token })).status, 200);
			assertJsonError(await refresh(client, next.refresh_token),
			    400, 'invalid_grant');
		});
	}

	test('are algorithms that assertions may have', () => {
		const methods = ['client_secret_basic', 'client_secret_post',
			'private_key_jwt'];

		for (const [name, wanted] of [['token', [...methods, 'none']],
			['revocation', [...methods, 'none']],
			['introspection', methods]]) {
			assert.deepEqual(server[
			    `${name}_endpoint_auth_methods_supported`].sort(),
			    wanted.sort());
			assert.deepEqual(server[`${name
			    }_endpoint_auth_signing_alg_values_supported`].sort(),
			    [...ALGORITHMS].sort());
		}
	});

	for (const method of
	    server.introspection_endpoint_auth_methods_supported.filter(
		(name) => name !== 'private_key_jwt')) { // see assertion
		test(`authenticates a resource server by ${method}`, async () => {
			const caller = (await rows('select * from gatepost.' +
			    "resource_server_create(:'uri', 'Test')",
			    { uri: site.mcpUrl }))[0];
			const answer = await call('introspect', { ...caller,
				token_endpoint_auth_method: method }, { token: 'x' });

			assert.deepEqual(answer.json, { active: false });
		});
	}

	test('is client_credentials', async () => {
		const client = await createClient(
		    { grant_types: ['client_credentials'] });

		assert.ok(server.grant_types_supported
		    .includes('client_credentials'));
		assertTokens(await tokenRequest(client,
		    { grant_type: 'client_credentials' }), { refresh: false });
	});
});

suite('what is not advertised is refused', () => {
	const GRANTS = ['implicit', 'password',
		'urn:ietf:params:oauth:grant-type:device_code',
		'urn:ietf:params:oauth:grant-type:jwt-bearer',
		'urn:ietf:params:oauth:grant-type:saml2-bearer',
		'urn:ietf:params:oauth:grant-type:token-exchange',
		'urn:openid:params:grant-type:ciba', 'AUTHORIZATION_CODE'];
	const METHODS = ['client_secret_jwt', 'tls_client_auth',
		 'self_signed_tls_client_auth', 'NONE'];

	for (const grant_type of GRANTS) {
		test(`grant_type ${grant_type}`, async () => {
			const client = await registerClient();

			assert.ok(!server.grant_types_supported.includes(grant_type));
			assertJsonError(await tokenRequest(client, { grant_type,
				username: 'demo', password: 'x', code: 'x' }), 400,
			    'unsupported_grant_type', { sent: [grant_type] });
		});
	}

	for (const method of METHODS) {
		test(`token_endpoint_auth_method ${method}`, async () => {
			const answer = await http(server.registration_endpoint, {
				json: { redirect_uris: [CALLBACK],
					token_endpoint_auth_method: method } });

			assert.ok(!server.token_endpoint_auth_methods_supported
			    .includes(method));
			assertJsonError(answer, 400, 'invalid_client_metadata');
		});
	}

	test('an assertion by an algorithm (RFC 7518, 3.1)', async () => {
		const key = makeKey('RS256', 'k');
		const client = { key, ...await createClient({ jwks: jwks(key),
			grant_types: ['client_credentials'] }) };

		for (const alg of ['none', 'HS256', 'RS384', 'RS512', 'PS384',
			'PS512', 'ES512', 'ES256K', 'Ed448'])
			assertJsonError(await http(site.endpoint('token'), { form: {
				grant_type: 'client_credentials',
				...prove(client, { header: { alg } }) } }), 401,
			    'invalid_client');
	});

	test('a client_id that cannot be a metadata document\'s', async () => {
		const client_id = 'https://claude.ai';

		assertPage(await http(authorizeUrl({ client_id }, {
			code_challenge: pkce().challenge,
			redirect_uri: 'http://localhost:4711/callback' })),
		    { sent: [client_id, 'localhost:4711'] });
	});

	const client = createClient({ redirect_uris: [CALLBACK] });
	const REFUSED = [
		...['token', 'id_token', 'code token', 'code id_token', 'none', 'CODE']
		    .map((response_type) =>
			[{ response_type }, 'unsupported_response_type']),
		...['fragment', 'form_post', 'jwt', 'query.jwt', 'web_message']
		    .map((response_mode) => [{ response_mode }, 'invalid_request']),
		...['plain', 'S512', 's256'].map((code_challenge_method) =>
		    [{ code_challenge_method }, 'invalid_request']),
		[{ request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
		[{ request_uri: 'urn:ietf:params:oauth:request_uri:x' },
			'request_uri_not_supported'],
	];

	for (const [parameters, error] of REFUSED) {
		test(`authorize with ${JSON.stringify(parameters)}`, async () =>
			assertRedirectError(await http(authorizeUrl(await client, {
				redirect_uri: CALLBACK, state: 's',
				code_challenge: pkce().challenge, ...parameters })),
			    CALLBACK, error, 's'));
	}
});
