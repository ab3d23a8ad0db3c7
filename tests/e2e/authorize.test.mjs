// The authorization endpoint: the client, which is judged first, what is told
// to it, and what goes on.  Redirect URIs are in redirect.test.mjs.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { suite, test } from 'node:test';
import { assertHeaders, assertPage, assertRedirectError } from
    './lib/answers.mjs';
import { authorizeUrl, encodeForm, follow, http, Jar, pkce, registerClient,
	decide } from './lib/oauth.mjs';
import { createClient, freePort, psql, rows, site } from './lib/site.mjs';

const HTTPS = 'https://client.example/callback';
const { challenge } = pkce();
const dba = await createClient({ redirect_uris: [HTTPS],
	scopes: ['mcp:tools:*'] });
const native = await createClient({ auth_method: 'none',
	redirect_uris: ['http://127.0.0.1/callback'], scopes: ['mcp:tools:*'] });
const self = await registerClient({ client_name: 'Self <b>made</b>',
	redirect_uris: ['https://app.example/cb'] });
const good = { code_challenge: challenge, state: 'st' };
const url = (parameters, client = dba) => authorizeUrl(client, { ...good,
	...(client === dba ? { redirect_uri: HTTPS } : {}), ...parameters });
const ask = (parameters, client) => http(url(parameters, client));
const raw = (query) => http(site.endpoint('authorize'),
    { path: `/oauth2/authorize?${query}` });
const stored = async ({ client_id }) => Number(await psql(
    "select count(*) from gatepost.request where client_id = :'id'",
    { id: client_id }));

function assertGoesOn(answer, to = 'login') {
	assert.equal(answer.status, 303, answer.text);
	assert.match(answer.location, new RegExp(`^${site.issuer}/oauth2/${to}` +
	    '\\?request=[0-9a-f-]{36}\\.[\\w-]{43}$'));
	assertHeaders(answer);
	assert.deepEqual(answer.cookies, []);
}

suite('the client is judged first: PAGE', () => {
	const MARK = 'https://evil.example/"><script>alert(1)</script>';
	const bad = { redirect_uri: MARK, state: '<b>state</b>' };
	const sent = [MARK, '<script>alert', '<b>state', 'evil.example'];

	for (const [what, client_id] of [
		['missing', undefined], ['empty', ''], ['unknown', 'nobody'],
		['a uuid of nobody', '00000000-0000-7000-8000-000000000000'],
		['hostile', '"><img src=x onerror=alert(1)>'],
		['in upper case', dba.client_id.toUpperCase()],
		['with a space after', `${dba.client_id} `],
		['with a newline', `${dba.client_id}\n`],
		['twice', [dba.client_id, self.client_id]],
		['twice the same', [dba.client_id, dba.client_id]],
		['too long', 'x'.repeat(4000)],
	]) {
		test(`client_id ${what}`, async () =>
			assertPage(await ask({ ...bad, client_id }),
			    { sent: [...sent, '<img'] }));
	}

	for (const [what, query] of [
		['a NUL', `client_id=${dba.client_id}%00`],
		['invalid UTF-8', 'client_id=%ff%fe'],
		['an escape that is none', 'client_id=%zz'],
		['a second spelling', `client_id=${dba.client_id}&client%5Fid=x`],
		['a parameter whose name has a NUL', `client_id=${dba.client_id}` +
		    `&redirect_uri=${encodeURIComponent(HTTPS)}&a%00b=c`],
		['an access token in the query (RFC 9700, 4.3.2)', url(
		    { access_token: 'x' }).split('?')[1]],
	]) {
		test(what, async () => assertPage(await raw(query), { sent }));
	}

	test('a client that was disabled', async () => {
		const client = await createClient({ redirect_uris: [HTTPS] });

		await psql("select gatepost.client_disable(:'id', 'test')",
		    { id: client.client_id });
		assertPage(await ask({ client_id: client.client_id }));
		assert.equal(await stored(client), 0);
	});
});

// ---- what may be told to the client ----

const FAULTS = [
	['no code_challenge', { code_challenge: undefined }, 'invalid_request'],
	['an empty code_challenge', { code_challenge: '' }, 'invalid_request'],
	['a short one', { code_challenge: challenge.slice(1) }, 'invalid_request'],
	['a long one', { code_challenge: `${challenge}A` }, 'invalid_request'],
	['one of another alphabet', { code_challenge:
	    `+/${challenge.slice(2)}` }, 'invalid_request'],
	['two', { code_challenge: [challenge, pkce().challenge] },
		'invalid_request'],
	['no code_challenge_method: that means plain (RFC 7636, 4.3)',
		{ code_challenge_method: undefined }, 'invalid_request'],
	['plain (CVE-2024-23647)', { code_challenge_method: 'plain' },
		'invalid_request'],
	['S256 and plain', { code_challenge_method: ['S256', 'plain'] },
		'invalid_request'],
	['no response_type', { response_type: undefined }, 'invalid_request'],
	['two response_types', { response_type: ['code', 'token'] },
		'invalid_request'],
	['two scopes', { scope: ['a', 'b'] }, 'invalid_request'],
	['a scope of bad characters', { scope: 'a"b' }, 'invalid_scope'],
	['a scope with two spaces', { scope: 'mcp:tools:x  mcp:tools:y' },
		'invalid_scope'],
	['a wildcard in the middle', { scope: 'mcp:*:read' }, 'invalid_scope'],
	['a wildcard alone', { scope: '*' }, 'invalid_scope'],
	['a scope of which nothing is left', { scope: 'mcp:tools:unknown' },
		'invalid_scope'],
	['a scope that the client may not have',
		{ scope: 'mcp:resources:coverage:read' }, 'invalid_scope'],
	['an unknown resource', { resource: 'https://other.example/mcp' },
		'invalid_target'],
	['a resource with a fragment', { resource: `${site.mcpUrl}#x` },
		'invalid_target'],
	['a resource that is no URL', { resource: '/mcp/finance' },
		'invalid_target'],
	['a resource below another', { resource: `${site.mcpUrl}/x` },
		'invalid_target'],
	['a resource of another case', { resource:
	    site.mcpUrl.replace('finance', 'Finance') }, 'invalid_target'],
	['two resources (one token, one audience)', { resource:
	    [site.mcpUrl, 'https://other.example/mcp'] }, 'invalid_target'],
	['a control character in the scope', { scope: 'a\u0007' },
		'invalid_request'],
];

suite("faults of a DBA's client: REDIR (OAuth 2.1, 4.1.2.1)", () => {
	for (const [what, parameters, error] of FAULTS) {
		test(what, async () => assertRedirectError(await ask(parameters),
		    HTTPS, error, 'st'));
	}

	test('a state that is sent twice is not echoed', async () =>
		assertRedirectError(await ask({ state: ['a', 'b'] }), HTTPS,
		    'invalid_request', undefined));

	test('nor one that is too long', async () =>
		assertRedirectError(await ask({ state: 'x'.repeat(4097) }), HTTPS,
		    'invalid_request', undefined));

	test('any other state comes back as it was', async () => {
		const state = 'a&b=c#d ?/+%25"\u00e9\u{1f600}<script>;,';

		assertRedirectError(await ask({ state, response_type: 'x' }), HTTPS,
		    'unsupported_response_type', state);
	});

	test('a client that may not use codes', async () => {
		const client = await createClient({ redirect_uris: [HTTPS],
			grant_types: ['client_credentials'] });

		assertRedirectError(await ask({ client_id: client.client_id }), HTTPS,
		    'unauthorized_client', 'st');
	});

	test('the answer joins a query that is there', async () => {
		const uri = 'https://client.example/callback?tenant=1';
		const client = await createClient({ redirect_uris: [uri] });
		const parameters = assertRedirectError(await ask({ redirect_uri: uri,
			client_id: client.client_id, scope: 'nothing:here' }), uri,
		    'invalid_scope', 'st');

		assert.equal(parameters.get('tenant'), '1');
	});

	test('nothing of all that was stored', async () => {
		const client = await createClient({ redirect_uris: [HTTPS] });

		for (const [, parameters] of FAULTS.slice(0, 5))
			await ask({ ...parameters, client_id: client.client_id });
		assert.equal(await stored(client), 0);
	});

	test('request_uri is never fetched (RFC 9101, 10.4)', async () => {
		const port = await freePort();
		let fetched = 0;
		const server = createServer((_, res) => {
			fetched++;
			res.end();
		}).listen(port, '127.0.0.1');
		const answer = await ask(
		    { request_uri: `http://127.0.0.1:${port}/request.jwt` });

		server.close();
		assertRedirectError(answer, HTTPS, 'request_uri_not_supported', 'st');
		assert.equal(fetched, 0);
	});
});

suite('faults of a client that registered itself: PAGE that names the host ' +
    '(OAuth 2.1, 7.12.2)', () => {
	for (const [what, parameters] of FAULTS) {
		if (what.includes('may not have'))
			continue;
		test(what, async () => {
			const answer = await ask(parameters, self);

			assertPage(answer, { sent: ['Self <b>', 'https://app.example'] });
			assert.match(answer.text, /\bapp\.example\b/);
		});
	}
});

suite('a good request', () => {
	const jar = new Jar();
	const scopesOf = async (parameters, client = native) => {
		let at = await follow(jar, url(parameters, client));
		if (at.form?.fields.password !== undefined) // the first has to log in
			at = await decide(url(parameters, client), { jar })
			    .then(() => follow(jar, url(parameters, client)));
		assert.ok(at.form, at.answer.text);
		return at.form.scopes;
	};
	const [analyze, ticker, coverage] = ['mcp:tools:analyze_sentiment',
		'mcp:tools:ticker_sentiment', 'mcp:resources:coverage:read'];

	test('goes to login, by an id alone', async () => {
		const answer = await ask({ scope: analyze });

		assertGoesOn(answer);
		assert.ok(!answer.location.includes('client'));
	});

	for (const [what, parameters] of [
		['without redirect_uri, when one is registered',
			{ redirect_uri: undefined }],
		['without state', { state: undefined }],
		['with unknown parameters', { prompt: 'consent', nonce: 'n', x: '"<' }],
		['with response_mode=query', { response_mode: 'query' }],
		['with a state of 4096 bytes', { state: 'x'.repeat(4096) }],
		['without resource: the default',
			{ resource: undefined }],
		['with the resource twice the same',
			{ resource: [site.mcpUrl, site.mcpUrl] }],
		['with a slash after the resource (claude-code #52871)',
			{ resource: `${site.mcpUrl}/` }],
		['with the origin as resource', { resource: site.issuer }],
		['with the resource in other case', { resource: site.mcpUrl
		    .replace('http://localhost', 'HTTP://LocalHost') }],
	]) {
		test(`goes on ${what}`, async () =>
			assertGoesOn(await ask(parameters)));
	}

	for (const [what, scope, want, client] of [
		['no scope means the default scopes', undefined, [analyze]],
		['offline_access alone means the same', 'offline_access', [analyze]],
		['offline_access means nothing more', `offline_access ${ticker}`,
			[ticker]],
		['what is unknown is cut', `${ticker} mcp:tools:unknown x`, [ticker]],
		["what the client may not have is cut", `${coverage} ${ticker}`,
			[ticker]],
		['a wildcard yields the allowed parts', 'mcp:tools:*',
			[analyze, ticker]],
		['a wider wildcard too', 'mcp:*', [analyze, ticker]],
		['the scopes of the registration are no limit (laravel/mcp #258)',
			`${coverage} ${analyze}`, [coverage, analyze], self],
		['a scope that is there twice', `${ticker} ${ticker}`, [ticker]],
	]) {
		test(what, async () => assert.deepEqual(
		    (await scopesOf({ scope }, client)).sort(), want.sort()));
	}

	test('with a session it goes to consent at once', async () => {
		await decide(url({}), { jar });
		const answer = await jar.request(url({ scope: ticker }));

		assertGoesOn(answer, 'consent');
	});

	test('what is stored is a hash of the id that was given out', async () => {
		const [id, secret] = (await ask({})).location.split('=')[1].split('.');
		const found = await rows('select q::text as row from ' +
		    "gatepost.request q where id = :'id'", { id });

		assert.equal(found.length, 1);
		assert.ok(!found[0].row.includes(secret));
	});
});

suite('methods', () => {
	for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
		test(`${method} is refused, with Allow`, async () => {
			const answer = await http(site.endpoint('authorize'), { method,
				...(method === 'POST' ? { form: good } : {}) });

			assert.equal(answer.status, 405);
			assert.match(answer.headers.allow, /GET/);
			assert.deepEqual(answer.cookies, []);
		});
	}

	test('no CORS, ever', async () => {
		for (const options of [{}, { method: 'OPTIONS' }]) {
			const answer = await http(url({}), { ...options, headers: {
				Origin: 'https://app.example',
				'Access-Control-Request-Method': 'GET' } });
			assert.ok(!Object.keys(answer.headers)
			    .some((name) => name.startsWith('access-control')));
		}
	});

	test('a query of more than 16 KiB is refused', async () => {
		const answer = await raw(`${encodeForm({ client_id: dba.client_id })}` +
		    `&x=${'y'.repeat(17000)}`);

		assert.ok([400, 413, 414, 431].includes(answer.status));
		assert.equal(answer.location, undefined);
	});

	test('one of 12 KiB is not', async () =>
		assertGoesOn(await ask({ x: 'y'.repeat(12000) })));
});
