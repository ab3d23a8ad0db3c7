// Client ID Metadata Documents: a client whose client_id is a URL, which fetch
// reads after the person has signed in; and what servers elsewhere may try.

import assert from 'node:assert/strict';
import { createServer as createTcpServer } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createPrivateKeyJwtAuth } from '@modelcontextprotocol/client';
import { jwks, makeKey, prove } from './lib/assertion.mjs';
import { launch } from './lib/browser.mjs';
import { allow, authority, elsewhere, forbid } from './lib/elsewhere.mjs';
import { sdkClient } from './lib/mcp.mjs';
import { authorizeUrl, clientCredentials, decide, exchange, flow, follow,
	grantOf, http, Jar, obtainCode, pkce, refresh, registerClient } from
    './lib/oauth.mjs';
import { createAccount, createClient, psql, row, rows, site, sleep, taken,
	until } from './lib/site.mjs';

let ca, there, account, jar;

before(async () => {
	ca = await authority();
	there = await elsewhere(await ca.certificate('good', 'localhost'));
	account = await createAccount();
	jar = new Jar();
	await psql("select gatepost.setting_set('fetch_rate', '1000');");
	await allow('localhost', { ca: ca.ca });
	await taken();
	await attempt(there.client('/first.json'));
});

after(async () => {
	await forbid('localhost');
	await psql("select gatepost.setting_set('fetch_rate', null);");
	await there.stop();
	await ca.stop();
});

// Where an authorization request of the client ends for the person, who is
// signed in after the first.
const attempt = (client, options = {}) => decide(authorizeUrl(client,
    { code_challenge: pkce().challenge, state: 'st' }),
    { jar, ...account, ...options });

// The last thing that fetch recorded of a URL.
const recorded = (url) => row(`select outcome, error from gatepost.audit
    where event = 'fetch' and (client_id = :'url' or detail ->> 'url' = :'url')
    order by id desc limit 1`, { url });

// It ends on the page that tells nothing, and the record says why, in one of
// the words that `a|b` are.
async function refused(client, why) {
	const { answer } = await attempt(client);

	assert.equal(answer.status, 400, answer.text);
	assert.match(answer.text, /could not be read, or is not accepted/);
	assert.ok(!answer.text.includes(client.client_id));
	assert.match((await recorded(client.client_id)).error,
	    new RegExp(`^(${why})$`));
	assert.equal(await row('select from gatepost.clients where ' +
	    "client_id = :'id'", { id: client.client_id }), undefined);
}

suite('a client whose client_id is a URL', () => {
	test('it is advertised', async () => {
		const { json } = await http(
		    site.url('/.well-known/oauth-authorization-server'));
		assert.equal(json.client_id_metadata_document_supported, true);
	});

	test('authorize, login, fetch, consent, code, token', async () => {
		const client = there.client('/app.json');
		const { tokens } = await flow({ client });
		const seen = () => there.seen.filter((p) => p === '/app.json');
		assert.equal(seen().length, 1);
		assert.equal((await refresh(client, tokens.refresh_token)).status,
		    200);
		// a second time from the cache, though the document is gone
		there.pages.delete('/app.json');
		await flow({ client });
		assert.equal(seen().length, 1);
	});

	test('nothing is fetched before login, and login names the host',
	    async () => {
		const client = there.client('/before.json');
		const fresh = new Jar();
		const at = await follow(fresh, authorizeUrl(client,
		    { code_challenge: pkce().challenge }));
		assert.match(at.url, /\/oauth2\/login\?/);
		assert.match(at.answer.text, /localhost/);
		assert.ok(!at.answer.text.includes('From elsewhere'));
		// not even for who goes there by hand
		const by = await follow(fresh,
		    at.url.replace('/login?', '/fetch-client?'));
		assert.match(by.url, /\/oauth2\/login\?/);
		assert.ok(!there.seen.includes('/before.json'));
	});

	test('consent shows the host of the URL beside the name', async () => {
		const client = there.client('/named.json',
		    { client_name: 'Your Bank' });
		const at = await follow(jar, authorizeUrl(client,
		    { code_challenge: pkce().challenge }));
		assert.match(at.answer.text, /Your Bank/);
		assert.match(at.answer.text,
		    /Application from<\/dt><dd><span class="host">localhost</);
		assert.match(at.answer.text, /Nobody has checked it/);
	});

	test('what is asked comes back as it was', async () => {
		const client = there.client('/same.json');
		const state = 'a b+c&d=ü"<%41>';
		const { url, parameters } = await decide(authorizeUrl(client,
		    { code_challenge: pkce().challenge, state,
			scope: 'mcp:tools:analyze_sentiment' }),
		    { jar, ...account });
		assert.equal(parameters.get('state'), state, url);
		assert.equal(parameters.get('iss'), site.issuer);
	});

	test('a request that is wrong is refused before anything is fetched',
	    async () => {
		const seen = there.seen.length;
		const bad = await http(authorizeUrl(there.client('/w.json'),
		    { code_challenge: 'short' }));
		assert.equal(bad.status, 400);
		assert.equal(there.seen.length, seen);
	});

	test('it is public: no secret is asked for, and none is taken',
	    async () => {
		const client = there.client('/public.json');
		const { code, verifier } = await obtainCode({ client, jar });
		const answer = await exchange({ ...client,
			token_endpoint_auth_method: 'client_secret_post',
			client_secret: 'guess' }, code, verifier);
		assert.equal(answer.status, 401);
		assert.equal((await exchange(client, code, verifier)).status, 200);
	});

	test('installations share the client_id and nothing else', async () => {
		const client = there.client('/shared.json');
		const one = await flow({ client });
		const two = await flow({ client, jar });
		const three = await flow({ client, jar });
		assert.equal(new Set([one, two, three].map(({ tokens }) =>
		    grantOf(tokens.access_token))).size, 3);
		// the one ends its own
		await http(site.endpoint('revoke'), { form: {
			client_id: client.client_id,
			token: two.tokens.refresh_token } });
		assert.equal((await refresh(client, two.tokens.refresh_token))
		    .status, 400);
		for (const { tokens } of [one, three])
			assert.equal((await refresh(client, tokens.refresh_token))
			    .status, 200);
		// and nobody manages the registration of all
		for (const method of ['GET', 'DELETE'])
			assert.equal((await http(`${site.endpoint('register')}?` +
			    new URLSearchParams({ client_id: client.client_id }),
			    { method, headers: { Authorization: 'Bearer x' } }))
			    .status, 401);
	});

	test('a client that a DBA made under that URL wins', async () => {
		const client = there.client('/dba.json');
		const known = await registerClient();
		await psql(`set role gatepost_owner;
		    update gatepost.client set client_id = :'url'
		    where client_id = :'id';`,
		    { url: client.client_id, id: known.client_id });
		await flow({ client, jar });
		assert.ok(!there.seen.includes('/dba.json'));
	});
});

suite('documents as they are', () => {
	const works = (name, path, members) => test(name, async () => {
		const client = there.client(path, members);
		const { tokens } = await flow({ client, jar });
		assert.ok(tokens.access_token);
	});

	works('Claude Code: loopback without a port', '/claude-code',
	    { redirect_uris: ['http://localhost/callback',
		'http://127.0.0.1/callback'] });
	works('claude.ai: grant types that a public client may not use',
	    '/claude-ai', { grant_types: ['authorization_code', 'refresh_token',
		'urn:ietf:params:oauth:grant-type:jwt-bearer',
		'client_credentials'] });
	works('ChatGPT: methods instead of a method', '/oauth/abc/client.json',
	    { token_endpoint_auth_method: undefined,
		token_endpoint_auth_methods_supported:
		    ['none', 'private_key_jwt'],
		jwks_uri: 'https://chatgpt.example/keys' });
	works('members that nobody knows', '/unknown', { nonsense: [{ a: 1 }],
		software_statement: 'x.y.z', logo_uri: 'https://cdn.example/l' });
	works('no method at all', '/no-method',
	    { token_endpoint_auth_method: undefined });

	// with headers of its own
	const says = (path, headers) => {
		const client = there.client(path);
		const document = JSON.stringify(there.pages.get(path));
		there.pages.set(path, (req, res) =>
			res.writeHead(200, { 'Content-Type': 'application/json',
				...headers }).end(document));
		return client;
	};

	test('a type with a suffix', async () => {
		await flow({ jar, client: says('/suffixed', { 'Content-Type':
		    'application/vnd.client+json; charset=utf-8' }) });
	});

	for (const [value, seconds] of [['public, Max-Age=1200', 1200],
		['max-age=90000', 86400], ['max-age=1', 300], ['no-store', 300],
		['no-cache, max-age=1200', 300], ['private', 3600]])
		test(`is kept as "${value}" says, within bounds`, async () => {
			const client = says(`/kept/${encodeURI(value)}`,
			    { 'Cache-Control': value });
			await attempt(client);
			const { left } = await row('select extract(epoch from ' +
			    'expires_at - now())::int as left from gatepost.document ' +
			    "where url = :'u'", { u: client.client_id });
			assert.ok(left <= seconds && left > seconds - 60, `${left}`);
		});

	test('a document of another URL', async () => {
		const client = there.client('/mine.json',
		    { client_id: `${there.origin}/yours.json` });
		await refused({ ...client, client_id: `${there.origin}/mine.json` },
		    'invalid_client_metadata');
	});

	for (const [name, members, why] of [
		['with a secret', { client_secret: 'x' }],
		['with an expiry of one', { client_secret_expires_at: 0 }],
		['for a secret', { token_endpoint_auth_method:
		    'client_secret_basic' }],
		['for secrets', { token_endpoint_auth_method: undefined,
			token_endpoint_auth_methods_supported:
			    ['client_secret_post'] }],
		['without redirects', { redirect_uris: [] },
		    'invalid_redirect_uri'],
		['with a redirect that nobody may have', { redirect_uris:
		    ['https://app.example/cb', 'http://app.example/cb'] },
		    'invalid_redirect_uri'],
		['with a scheme that is no exception', { redirect_uris:
		    ['odd:/cb'] }, 'invalid_redirect_uri'],
		['for another grant alone', { grant_types:
		    ['client_credentials'] }],
		['of the wrong types', { client_name: 5 }],
	]) {
		test(`one ${name} is refused`, async () => {
			const path = `/bad-${name.replaceAll(' ', '-')}`;
			there.client(path, members);
			await refused({ client_id: there.origin + path },
			    why ?? 'invalid_client_metadata');
		});
	}
});

suite('servers that are not as they should be', () => {
	const answers = (name, path, why, page) => test(name, async () => {
		there.pages.set(path, page);
		const start = Date.now();
		await refused({ client_id: there.origin + path }, why);
		assert.ok(Date.now() - start < 7000);
	});
	const json = { 'Content-Type': 'application/json' };

	answers('a redirect is not followed', '/redirect', 'status',
	    (req, res) => res.writeHead(302, { ...json,
		Location: `${there.origin}/app.json` }).end('{}'));
	answers('nor one to itself that says it is well', '/redirect2', 'status',
	    (req, res) => res.writeHead(307, { ...json, Location: '/' }).end());
	answers('not there', '/404', 'status',
	    (req, res) => res.writeHead(404, json).end('{}'));
	answers('no content', '/204', 'status',
	    (req, res) => res.writeHead(204, json).end());
	answers('HTML', '/html', 'type', (req, res) =>
	    res.writeHead(200, { 'Content-Type': 'text/html' }).end('{}'));
	answers('no type', '/typeless', 'type',
	    (req, res) => res.writeHead(200).end('{}'));
	answers('a type that only looks like it', '/json2', 'type', (req, res) =>
	    res.writeHead(200, { 'Content-Type': 'application/jsonp' }).end('{}'));
	answers('no JSON', '/no-json', 'invalid_client_metadata',
	    (req, res) => res.writeHead(200, json).end('{"client_id":'));
	answers('a member twice', '/twice', 'invalid_client_metadata',
	    (req, res) => res.writeHead(200, json).end(JSON.stringify(
		there.client('/twice-not')).replace('{', '{"client_id":"x",')));
	answers('too long, and says so', '/long', 'size', (req, res) =>
	    res.writeHead(200, { ...json, 'Content-Length': 6000 })
		.end(' '.repeat(6000)));
	answers('too long, and does not', '/longer', 'size', (req, res) => {
		res.writeHead(200, json);
		const more = () => res.destroyed ||
		    res.write(' '.repeat(4096), () => setImmediate(more));
		more();
	});
	answers('compressed, which nobody asked for: a bomb', '/gzip',
	    'invalid_client_metadata', (req, res) => res.writeHead(200,
		{ ...json, 'Content-Encoding': 'gzip' })
		.end(gzipSync(Buffer.alloc(4 * 1024 * 1024))));

	// What `first` begins and `more` goes on with, as fast as it is read, or
	// at times.
	const endless = (first, more, every) => ({ socket }) => {
		socket.write(first);
		const timer = every && setInterval(() => socket.write(more), every);
		const go = () => socket.destroyed ||
		    socket.write(more.repeat(100), () => setImmediate(go));
		socket.on('close', () => clearInterval(timer));
		socket.on('error', () => {});
		if (!every)
			go();
	};
	const OK = 'HTTP/1.1 200 OK\r\n';
	const JSON_HEAD = `${OK}Content-Type: application/json\r\n`;
	answers('headers without end', '/headers', 'size',
	    endless(OK, 'X: x\r\n'));
	// of a line that is too long libcurl says what it says of no memory
	answers('a header without end', '/header', 'size|fault|connection',
	    endless(`${OK}X: `, 'x'));
	answers('interim answers without end', '/103', 'size',
	    endless('', 'HTTP/1.1 103 Early Hints\r\n\r\n'));
	answers('chunks without end', '/chunks', 'size', endless(
	    `${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'));
	answers('trailers without end', '/trailers', 'size', endless(
	    `${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n`, 'X: x\r\n'));
	answers('a header at a time', '/slow-headers', 'timeout',
	    endless(OK, 'X: x\r\n', 100));
	answers('a byte at a time', '/drip', 'timeout',
	    endless(`${JSON_HEAD}\r\n`, ' ', 100));
	answers('the connection ends in the middle', '/cut', 'connection',
	    (req, res) => {
		res.writeHead(200, { ...json, 'Content-Length': 100 });
		res.write('{', () => res.destroy());
	});

	test('a port that says nothing', async () => {
		const server = createTcpServer(() => {});
		await new Promise((done) => server.listen(0, '127.0.0.1', done));
		const start = Date.now();
		try {
			await refused({ client_id:
			    `https://localhost:${server.address().port}/a` },
			    'timeout');
			assert.ok(Date.now() - start < 7000);
		} finally {
			server.close();
		}
	});

	// What other programs take, in ms: each's median of 15.
	const machine = createClient({ grant_types: ['client_credentials'] });
	const OTHERS = {
		jwks: () => http(site.endpoint('jwks')),
		metadata: () => http(
		    site.url('/.well-known/oauth-authorization-server')),
		token: async () => clientCredentials(await machine),
		authorize: async () => (await follow(new Jar(), authorizeUrl(
		    there.client('/meanwhile.json'),
		    { code_challenge: pkce().challenge }))).answer,
	};
	const latencies = async () => {
		const medians = {};
		for (const [name, ask] of Object.entries(OTHERS)) {
			const times = [];
			for (let i = 0; i < 15; i++) {
				const start = performance.now();
				assert.equal((await ask()).status, 200, name);
				times.push(performance.now() - start);
			}
			medians[name] = times.sort((a, b) => a - b)[7];
		}
		return medians;
	};

	test('while all its processes are held, no other program is slower',
	    async () => {
		const held = () => there.seen.filter((p) => /^\/held\d/.test(p))
		    .length;
		const before = await latencies();
		const people = await Promise.all(Array.from({ length: site.procs },
		    () => createAccount()));
		const slow = people.map((who, i) => {
			there.pages.set(`/held${i}`, () => {});
			return attempt({ client_id: `${there.origin}/held${i}` },
			    { jar: new Jar(), ...who });
		});
		await until(() => held() === site.procs);
		const during = await latencies();
		for (const [name, ms] of Object.entries(during))
			assert.ok(ms < 3 * before[name] + 50,
			    `${name}: ${before[name]} ms, then ${ms} ms`);
		for (const { answer } of await Promise.all(slow))
			assert.equal(answer.status, 400);
	});

	test('one fetch at a time of one URL, and all have its answer',
	    async () => {
		const client = there.client('/once.json');
		there.pages.set('/once.json', (req, res) => setTimeout(() =>
		    res.writeHead(200, json).end(JSON.stringify(client)), 500));
		const ends = await Promise.all([1, 2, 3].map(
		    () => attempt(client)));
		for (const { parameters } of ends)
			assert.ok(parameters.get('code'));
		assert.equal(there.seen.filter((p) => p === '/once.json').length,
		    1);
	});
});

suite('certificates', () => {
	const serves = (name, make) => test(name, async () => {
		const server = await elsewhere(await make());
		try {
			server.client('/app.json');
			await refused({ client_id: `${server.origin}/app.json` },
			    'certificate');
			assert.deepEqual(server.seen, []);
		} finally {
			await server.stop();
		}
	});

	serves('for another host', () => ca.certificate('other', 'other.example'));
	serves('for an address of that host',
	    () => ca.certificate('address', '127.0.0.1'));
	serves('that has expired', () => ca.certificate('old', 'localhost',
	    ['-days', '-1']));
	serves('that it has signed itself', () => ca.selfSigned('localhost'));
	serves('of an authority that nobody knows', async () => {
		const other = await authority();
		try {
			return await other.certificate('unknown', 'localhost');
		} finally {
			await other.stop();
		}
	});

	test('of an authority that no row names', async () => {
		await allow('localhost');
		try {
			await refused({ client_id: `${there.origin}/untrusted` },
			    'certificate');
			assert.ok(!there.seen.includes('/untrusted'));
		} finally {
			await allow('localhost', { ca: ca.ca });
		}
	});

	test('an authority is trusted for its host alone', async () => {
		const server = await elsewhere(
		    await ca.certificate('ip', '127.0.0.1'));
		await allow('127.0.0.1');
		try {
			await refused({ client_id:
			    `https://127.0.0.1:${server.port}/app.json` },
			    'certificate');
		} finally {
			await forbid('127.0.0.1');
			await server.stop();
		}
	});
});

suite('addresses', () => {
	// Nothing comes to this port, whatever host leads to this machine.
	let port, came, server;

	before(async () => {
		server = createTcpServer((socket) => {
			came++;
			socket.destroy();
		});
		await new Promise((done) => server.listen(0, done));
		({ port } = server.address());
		came = 0;
	});
	after(() => server.close());

	for (const host of ['127.0.0.1', '127.0.0.2', '[::1]',
		'[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]',
		'0.0.0.0', '169.254.169.254', '10.0.0.1', '[fd00::1]',
		'[fe80::1]', 'localhost.localdomain', 'ip6-localhost']) {
		test(`nothing goes to ${host}`, async () => {
			const url = `https://${host}:${port}/app.json`;
			const { answer } = await attempt({ client_id: url });
			assert.equal(answer.status, 400);
			assert.match(answer.text, /could not be read/);
			assert.match((await recorded(url)).error, /^(address|name)$/);
			assert.equal(came, 0);
		});
	}

	for (const host of ['127.1', '2130706433', '0x7f.1', '0177.0.0.1',
		'127.0.0.1.', 'ada@127.0.0.1', '127.0.0.1%2f', 'localhost%00']) {
		test(`${host} is no host of a client_id`, async () => {
			const { answer } = await attempt(
			    { client_id: `https://${host}:${port}/app.json` });
			assert.equal(answer.status, 400);
			assert.equal(came, 0);
		});
	}

	test('a name is judged by where it leads, not by its row alone',
	    async () => {
		await allow('localhost', { ca: ca.ca, addresses: ['10.0.0.0/8'] });
		try {
			await refused({ client_id: `https://localhost:${port}/a` },
			    'address');
			assert.equal(came, 0);
		} finally {
			await allow('localhost', { ca: ca.ca });
		}
	});
});

suite('what a DBA says', () => {
	const path = '/policy.json';

	test('deny, also of what is in the cache', async () => {
		const client = there.client(path);
		assert.ok((await attempt(client)).parameters.get('code'));
		await allow(`localhost${path}`, { action: 'deny', ca: ca.ca });
		assert.equal((await attempt(client)).answer.status, 400);
		assert.deepEqual(await recorded(client.client_id),
		    { outcome: 'deny', error: null });
		await forbid(`localhost${path}`);
		assert.ok((await attempt(client)).parameters.get('code'));
	});

	test('hold, until it is approved', async () => {
		const client = there.client('/held.json');
		await allow('localhost/held.json', { action: 'hold', ca: ca.ca });
		const { answer } = await attempt(client);
		assert.equal(answer.status, 403);
		assert.match(answer.text, /approval of an administrator/);
		assert.ok(!there.seen.includes('/held.json'));
		assert.deepEqual(await rows('select client_id, host, asked_by ' +
		    'from gatepost.pending_clients'), [{ host: 'localhost',
			client_id: client.client_id, asked_by: account.username }]);
		await psql("select gatepost.client_approve(:'id');",
		    { id: client.client_id });
		assert.ok((await attempt(client)).parameters.get('code'));
		await forbid('localhost/held.json');
	});

	test('so many a minute', async () => {
		await psql("select gatepost.setting_set('fetch_rate', '2');");
		const server = await elsewhere(
		    await ca.certificate('rate', 'localhost'));
		try {
			const ends = [];
			for (let i = 0; i < 3; i++)
				ends.push((await attempt(server.client(`/${i}`)))
				    .answer.status);
			assert.equal(ends.at(-1), 429);
			assert.ok(server.seen.length <= 2);
		} finally {
			await psql("select gatepost.setting_set('fetch_rate', " +
			    "'1000');");
			await server.stop();
		}
	});

	test('another name is asked about again; the grants go on', async () => {
		const client = there.client('/changing.json',
		    { redirect_uris: ['https://app.example/cb'] });
		const parameters = { redirect_uri: 'https://app.example/cb' };
		const { tokens } = await flow({ client, parameters, jar });
		await psql("set role gatepost_owner; update gatepost.client set " +
		    "consent = 'remembered' where client_id = :'id';",
		    { id: client.client_id });
		const silently = async () => {
			const at = await follow(jar, authorizeUrl(client,
			    { code_challenge: pkce().challenge, ...parameters }));
			return at.parameters?.has('code') === true;
		};
		const again = () => psql('set role gatepost_owner; ' +
		    'update gatepost.document set expires_at = now() ' +
		    "where url = :'id';", { id: client.client_id });
		assert.equal(await silently(), true);
		await again();
		assert.equal(await silently(), true);
		there.pages.get('/changing.json').client_name = 'Another';
		await again();
		assert.equal(await silently(), false);
		assert.equal((await refresh(client, tokens.refresh_token)).status,
		    200);
	});
});

suite('with nobody waiting', () => {
	test('what is in use is read again before it expires', async () => {
		const client = there.client('/due.json');
		await attempt(client);
		assert.equal(there.seen.filter((p) => p === '/due.json').length, 1);
		await psql('set role gatepost_owner; update gatepost.document ' +
		    "set due_at = now() where url = :'id';",
		    { id: client.client_id });
		await until(() => there.seen
		    .filter((p) => p === '/due.json').length === 2);
		await sleep(700);
		assert.equal(there.seen.filter((p) => p === '/due.json').length, 2);
	});
});

suite('keys that are elsewhere', () => {
	const METHODS = ['none', 'private_key_jwt'];
	// A client whose document refers to `keys`, each at a path of its own.
	const signing = (path, ...keys) => {
		there.pages.set(`${path}/keys`, jwks(...keys));
		const client = there.client(`${path}/client.json`, {
			token_endpoint_auth_method: 'private_key_jwt',
			jwks_uri: `${there.origin}${path}/keys` });
		return { ...client, key: keys[0] };
	};
	const redeem = async (client, at = client) => {
		const { code, verifier } = await obtainCode({ client, jar });
		return http(site.endpoint('token'), { form: { ...prove(at),
			grant_type: 'authorization_code', code,
			code_verifier: verifier } });
	};
	const asked = (path) => there.seen.filter((p) => p === path).length;

	test('in the document', async () => {
		const key = makeKey();
		const client = there.client('/own-key.json', { jwks: jwks(key),
			token_endpoint_auth_method: 'private_key_jwt' });
		assert.equal((await redeem({ ...client, key })).status, 200);
		assert.equal((await redeem({ ...client, key: makeKey() })).status,
		    401);
		const { code, verifier } = await obtainCode({ client, jar });
		assert.equal((await exchange({ ...client,
			token_endpoint_auth_method: 'none' }, code, verifier)).status,
		    401);
	});

	test('at a jwks_uri, and another when they have changed', async () => {
		const client = signing('/k1', makeKey());
		assert.equal((await redeem(client)).status, 200);
		const next = makeKey();
		there.pages.set('/k1/keys', jwks(next));
		await psql('set role gatepost_owner; update gatepost.document ' +
		    "set tried_at = now() - interval '11 seconds' " +
		    "where url = :'u';", { u: client.jwks_uri });
		const start = Date.now();
		assert.equal((await redeem({ ...client, key: next })).status, 200);
		assert.ok(Date.now() - start < 3000);
		assert.equal((await redeem(client)).status, 401, 'the old one');
	});

	test('an unknown kid is refused, and asks once in ten seconds',
	    async () => {
		const client = signing('/k2', makeKey());
		assert.equal((await redeem(client)).status, 200);
		const before = asked('/k2/keys');
		for (let i = 0; i < 5; i++) {
			const start = Date.now();
			assert.equal((await redeem({ ...client, key: makeKey() }))
			    .status, 401);
			assert.ok(Date.now() - start < 4000);
		}
		assert.ok(asked('/k2/keys') - before <= 1);
	});

	test('a server that drips costs nobody else', async () => {
		const client = signing('/k3', makeKey());
		there.pages.set('/k3/keys', (req, res) => {
			res.writeHead(200, { 'Content-Type': 'application/json' });
			const timer = setInterval(() => res.write(' '), 100);
			res.on('close', () => clearInterval(timer));
		});
		const slow = redeem(client);
		const start = Date.now();
		assert.equal((await http(site.endpoint('jwks'))).status, 200);
		assert.ok(Date.now() - start < 500);
		assert.equal((await slow).status, 401);
		// what nobody waits for is fetched one at a time
		await until(async () => await psql('select count(*) from ' +
		    'gatepost.document where lease is not null and ' +
		    'leased_until > now()') === '0', 8000);
	});

	test('ChatGPT: with a key or without', async () => {
		const key = makeKey();
		// of those above some have waited, too
		await psql("delete from gatepost.rate where subject = 'waits for keys'");
		there.pages.set('/chatgpt/keys', jwks(key));
		const client = there.client('/chatgpt/client.json', {
			token_endpoint_auth_method: undefined,
			token_endpoint_auth_methods_supported: METHODS,
			jwks_uri: `${there.origin}/chatgpt/keys` });
		assert.ok((await flow({ client, jar })).tokens.access_token);
		assert.equal((await redeem({ ...client, key })).status, 200);
		assert.equal((await redeem({ ...client, key: makeKey() })).status,
		    401);
	});

	for (const [name, document] of [
		['a private key', jwks({ ...makeKey().jwk, d: 'jpsQnnGQmL' })],
		['a symmetric key', { keys: [{ kty: 'oct', k: 'AAAA' }] }],
		['no set', [makeKey().jwk]],
		['an empty set', { keys: [] }],
	]) {
		test(`${name} is not stored`, async () => {
			const path = `/bad ${name}`.replaceAll(' ', '-');
			const client = signing(path, makeKey());
			there.pages.set(`${path}/keys`, document);
			assert.equal((await redeem(client)).status, 401);
			assert.equal((await until(() => recorded(client.jwks_uri)))
			    .error, 'keys');
		});
	}
});

suite('the MCP SDK', () => {
	let browser;

	before(async () => {
		browser = await launch();
	});
	after(() => browser.close());

	const key = makeKey();
	const by = { token_endpoint_auth_method: 'private_key_jwt' };
	for (const [name, path, members] of [
		['alone', '/sdk.json'],
		['and a key in the document', '/sdk-key.json',
			() => ({ ...by, jwks: jwks(key) })],
		['and a key elsewhere', '/sdk-uri.json',
			() => ({ ...by, jwks_uri: `${there.origin}/sdk-keys` })],
	]) {
		test(`version 2 with a clientMetadataUrl ${name}`, async () => {
			const page = await (await browser.newContext()).newPage();
			const sdk = await sdkClient(2, page, account);
			const { person } = sdk;
			there.pages.set('/sdk-keys', jwks(key));
			const client = there.client(path, { ...members?.(),
				redirect_uris: [String(person.redirectUrl)
				    .replace(/:\d+/, '')] });
			person.clientMetadataUrl = client.client_id;
			if (members !== undefined)
				person.addClientAuthentication = createPrivateKeyJwtAuth({
					alg: key.alg, issuer: client.client_id,
					subject: client.client_id, privateKey:
					    key.privateKey.export({ format: 'jwk' }) });
			try {
				await sdk.connect();
				assert.equal(person.client.client_id, client.client_id);
				assert.ok(!(await sdk.callTool('analyze_sentiment',
				    { text: 'A record profit.' })).isError);
				assert.deepEqual(there.seen.filter((p) => p === path),
				    [path]);
			} finally {
				await sdk.close();
			}
		});
	}
});
