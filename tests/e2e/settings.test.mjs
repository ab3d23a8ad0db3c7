// Settings that a DBA changes, on a site of its own: each is taken up by the
// running programs within a second or so, without a restart.

import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { ownSite } from './lib/own.mjs';

const own = await ownSite({ procs: 2 });
after(() => own.stop());

const { assertHtml, assertJsonError, assertPage, assertTokens } =
    await import('./lib/answers.mjs');
const { fcgi, variables } = await import('./lib/fcgi.mjs');
const { account, address, assertOpened, page, post } =
    await import('./lib/login.mjs');
const { authorizeUrl, bearer, call, claims, clientCredentials, flow, http, Jar,
	pkce, refresh, registerClient } = await import('./lib/oauth.mjs');
const { createClient, psql, row, site, taken, unique, until } =
    await import('./lib/site.mjs');

const SERVER = '/.well-known/oauth-authorization-server';
const METADATA = site.url(SERVER);
const set = (settings) => psql(Object.entries(settings).map(([name, value]) =>
    `select gatepost.setting_set('${name}', '${value}');`).join('\n'));
const ask = (token, headers) => http(site.mcpUrl, { headers: {
	...bearer(token), Accept: 'application/json, text/event-stream',
	...headers }, json: { jsonrpc: '2.0', id: 1, method: 'tools/list' } });
const CLIENT = { redirect_uris: ['http://127.0.0.1/callback'] };
const client = { ...CLIENT, ...await createClient(CLIENT) };
const machine = await createClient({ grant_types: ['client_credentials'] });
const DEFAULTS = {};

// The tests of `work` while settings are other ones.
function having(settings, work) {
	suite(JSON.stringify(settings), () => {
		before(async () => {
			for (const [name, value] of (await psql('select name, value ' +
			    'from gatepost.settings')).split('\n').map((line) =>
				line.split('|')))
				DEFAULTS[name] ??= value;
			await set(settings);
			await taken();
		});
		after(() => set(Object.fromEntries(Object.keys(settings)
		    .map((name) => [name, DEFAULTS[name]]))));
		work();
	});
}

// cheap to check: it is whose hash is compared for names that nobody has
await set({ password_cost: 8 });
await psql("select gatepost.account_set_password(:'u', :'p')",
    { u: site.username, p: site.password });

// The login page's request by way of a web server that has authenticated.
async function show(REMOTE_USER, more) {
	const { form } = await page();

	return fcgi('login', variables('/oauth2/login', { query:
	    `request=${form.fields.request}`, REMOTE_USER, ...more }));
}

test('as it is, REMOTE_USER is nobody', async () => {
	const answer = await show(site.username);

	assert.equal(answer.status, 200);
	assert.deepEqual(answer.cookies, []);
});

const early = await registerClient();
having({ registration: 'closed', service_name: '<script>x</script>\u202e',
	access_token_lifetime: '2 minutes', prepared_statements: 'false',
	guard_audit: 'synchronous', login_failures: 2, remote_user: 'true',
	client_documents: 'false' },
() => {
	test('a client_id is no URL, and it is not advertised', async () => {
		const client_id =
		    'https://claude.ai/oauth/claude-code-client-metadata';

		assertPage(await http(authorizeUrl({ client_id }, {
			code_challenge: pkce().challenge })), { sent: [client_id] });
		assert.ok(!('client_id_metadata_document_supported' in
		    (await http(METADATA)).json));
	});

	test('nobody registers, and it is not advertised', async () => {
		assertJsonError(await http(site.endpoint('register'), { json:
		    { redirect_uris: ['https://client.example/'] } }), 403,
		    'access_denied');
		assert.ok(!('registration_endpoint' in (await http(METADATA)).json));
		assert.equal((await http(early.registration_client_uri, { headers:
		    bearer(early.registration_access_token) })).status, 200);
		await flow({ client: early });
	});

	test('the name is inert on pages', async () =>
		assert.doesNotMatch((await page()).answer.text, /<script|\u202e/));

	test('access tokens live so long', async () => {
		const tokens = assertTokens(await clientCredentials(machine));
		const c = claims(tokens.access_token);

		assert.equal(tokens.expires_in, 120);
		assert.equal(c.exp - c.iat, 120);
	});

	test('all goes without prepared statements', async () => {
		const { tokens } = await flow({ client });

		assertTokens(await refresh(client, tokens.refresh_token));
	});

	test('the guard records before it answers', async () => {
		const { access_token } = assertTokens(
		    await clientCredentials(machine));
		const count = async () => Number(await psql('select count(*) from ' +
		    "gatepost.audit where program = 'guard'"));
		const had = await count();

		assert.equal((await ask(access_token)).status, 200);
		assert.equal(await count(), had + 1);
	});

	test('an address has ten times as many failures', async () => {
		const from = address();
		const statuses = [];

		for (let i = 0; i < 22; i++)
			statuses.push((await post(await page(), { username:
			    unique('nobody'), password: 'x' }, { from })).status);
		assert.deepEqual(statuses, [...Array(20).fill(401), 429, 429]);
		assert.equal((await post(await page(), await account(), { from }))
		    .status, 429);
		assertOpened(await post(await page(), await account(),
		    { from: address() }));
	});

	test('and a name has, from anywhere', async () => {
		const who = await account();

		for (let i = 0; i < 20; i++)
			assert.equal((await post(await page(), { ...who,
				password: 'x' }, { from: address() })).status, 401);
		assert.equal((await post(await page(), who, { from: address() }))
		    .status, 429);
	});

	test('REMOTE_USER signs an account in, a header does not', async () => {
		assertOpened(await show(site.username));
		assertPage(await show(unique('nobody')), { status: 403 });
		const off = await account();
		await psql("select gatepost.account_disable(:'u', 'test')",
		    { u: off.username });
		assertPage(await show(off.username), { status: 403 });
		for (const more of [{ HTTP_REMOTE_USER: site.username },
			{ HTTP_X_REMOTE_USER: site.username }])
			assert.equal((await show('', more)).status, 200);
		for (const name of ['Remote-User', 'Remote_User'])
			assertHtml((await page(new Jar(), { headers:
			    { [name]: site.username } })).answer, 200);
	});
});

const REGISTER = site.endpoint('register');
const ours = { redirect_uris: ['http://127.0.0.1/x'] };
const initialToken = (uses) => psql(
    'select gatepost.initial_access_token_create(' +
    `'test', ${uses ?? 'null'})`);

having({ registration: 'token' }, () => {
	const register = (headers) => http(REGISTER, { json: ours, headers });

	test('it is advertised, and needs a token', async () => {
		assert.equal((await http(METADATA)).json.registration_endpoint,
		    REGISTER);
		for (const headers of [{}, bearer('x'), { Authorization: 'Basic eA==' },
			bearer((await initialToken(1)).replace(/.$/, '_'))]) {
			const answer = await register(headers);

			assertJsonError(answer, 401, 'invalid_token');
			assert.match(answer.headers['www-authenticate'], /^Bearer/);
		}
	});

	test('which registers so many, by many at once', async () => {
		const headers = bearer(await initialToken(3));
		const statuses = await Promise.all(Array.from({ length: 12 },
		    async () => (await register(headers)).status));

		assert.deepEqual(statuses.sort(), [...Array(3).fill(201),
			...Array(9).fill(401)]);
	});
});

having({ registration_rate: '4' }, () => {
	const from = (ip, json = ours, headers = {}) => {
		const body = JSON.stringify(json);

		return fcgi('register', variables('/oauth2/register', { method: 'POST',
			type: 'application/json', body, REMOTE_ADDR: ip,
			...headers }), body);
	};

	test('so many an hour from one address, at once or not', async () => {
		await psql('delete from gatepost.rate');
		const answers = await Promise.all(Array.from({ length: 12 },
		    () => from('192.0.2.1')));

		assert.deepEqual(answers.map(({ status }) => status).sort(),
		    [...Array(4).fill(201), ...Array(8).fill(429)]);
		const slow = answers.find(({ status }) => status === 429);
		assert.equal(slow.json.error, 'temporarily_unavailable');
		assert.ok(slow.headers['retry-after'] > 3500, slow.text);
		assert.equal((await from('192.0.2.2')).status, 201);
	});

	test('hosted applications are counted apart', async () => {
		const redirect_uris = ['https://claude.ai/api/mcp/auth_callback'];

		for (let i = 0; i < 20; i++)
			assert.equal((await from('192.0.2.1', { redirect_uris })).status,
			    201);
		assert.equal((await from('192.0.2.1', { redirect_uris:
		    ['https://claude.ai.example/cb'] })).status, 429);
	});

	test('who has a token is not', async () => {
		assert.equal((await from('192.0.2.1', ours, { HTTP_AUTHORIZATION:
		    `Bearer ${await initialToken()}` })).status, 201);
	});
});

const { host } = new URL(site.issuer);

// Authorization and login at the programs' sockets, whatever the issuer is.
async function login() {
	const started = await fcgi('authorize', variables('/oauth2/authorize',
	    { query: new URLSearchParams({ response_type: 'code',
		client_id: client.client_id, code_challenge: 'A'.repeat(43),
		code_challenge_method: 'S256' }).toString() }));
	const query = started.location.split('?')[1];
	const form = await fcgi('login', variables('/oauth2/login', { query }));
	const csrf = /name="csrf" value="([^"]+)"/.exec(form.text)[1];
	const body = new URLSearchParams({ csrf, ...await account(),
		request: query.slice('request='.length) }).toString();

	return { started, answer: await fcgi('login', variables(
	    '/oauth2/login', { method: 'POST', body }), body) };
}

having({ issuer: `https://${host}`, remote_user: 'true',
	remote_user_create: 'true' }, () => {
	test('the cookie is a __Host- one, Secure', async () => {
		const { started, answer } = await login();

		assert.ok(started.location.startsWith(`https://${host}/oauth2/`));
		assert.match(answer.cookies[0], /^__Host-gatepost-session=/);
		for (const attribute of ['Secure', 'HttpOnly', 'Path=/',
			'SameSite=Lax'])
			assert.ok(answer.cookies[0].split('; ').includes(attribute),
			    attribute);
		assert.doesNotMatch(answer.cookies[0], /Domain/i);
	});

	test('an account is made on first sight of REMOTE_USER', async () => {
		const name = unique('new');
		const { started } = await login();
		const answer = await fcgi('login', variables('/oauth2/login', { query:
		    started.location.split('?')[1], REMOTE_USER: name }));

		assert.equal(answer.status, 303, answer.text);
		assert.equal(await psql('select count(*) from gatepost.accounts ' +
		    "where username = :'u'", { u: name }), '1');
	});
});

having({ issuer: `https://${host}/tenant` }, () => {
	test('the cookie is a __Secure- one with the path', async () => {
		const { answer } = await login();

		assert.match(answer.cookies[0], /^__Secure-gatepost-session=/);
		assert.ok(answer.cookies[0].split('; ').includes('Path=/tenant'));
	});

	test('metadata is at four well-known forms', async () => {
		const get = (path) => http(site.url('/'), { path });
		const OPENID = '/.well-known/openid-configuration';

		for (const path of [`${SERVER}/tenant`, `/tenant${SERVER}`,
			`${OPENID}/tenant`, `/tenant${OPENID}`])
			assert.equal((await get(path)).json?.issuer,
			    `https://${host}/tenant`, path);
		for (const path of [SERVER, `${SERVER}/tenan`, `${SERVER}/tenant/`,
			`${SERVER}/tenant/x`, OPENID])
			assert.equal((await get(path)).status, 404, path);
	});
});

for (const issuer of ['http://client.example', 'https://x.example/',
	'https://x.example?a', 'https://x.example#a', ''])
	test(`issuer cannot be ${JSON.stringify(issuer)}`, () =>
		assert.rejects(set({ issuer }), /issuer cannot be/));

suite('keys', () => {
	const header = (token) =>
	    JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));
	const token = async () => assertTokens(await clientCredentials(machine))
	    .access_token;
	const activate = () => psql('update gatepost.signing_key set ' +
	    'activates_at = now() where activates_at > now()');
	const keys = async () => (await http(site.endpoint('jwks'))).json.keys;

	test('a new key is published before it signs (hydra #2535)', async () => {
		await taken();
		const old = await token();
		const known = (await keys()).map((key) => key.kid);

		await psql('select gatepost.key_rotate()');
		await token(); // after this it is made
		const all = await until(async () => {
			const now = await keys();
			return now.length > known.length && now;
		}, 3000);
		const { kid } = all.find((key) => !known.includes(key.kid));
		assert.equal(header(await token()).kid, header(old).kid);
		assert.equal(await psql('select round(extract(epoch from ' +
		    "activates_at - created_at)) from gatepost.keys where kid = :'k'",
		    { k: kid }), '600'); // twice as long as caches keep the set

		await activate();
		const young = await until(async () => {
			const made = await token();
			return header(made).kid === kid && made;
		}, 3000);
		await taken();
		for (const one of [old, young])
			assert.equal((await ask(one)).status, 200);
	});

	for (const [alg, kty] of [['EdDSA', 'OKP'], ['RS256', 'RSA']])
		test(`signing_algorithm: ${alg}`, async () => {
			await set({ signing_algorithm: alg });
			await taken();
			await token(); // after this the key is made
			await until(async () => (await psql('select kid from ' +
			    "gatepost.keys where state = 'published'")) !== '', 5000);
			await activate();
			const one = await until(async () => {
				const made = await token();
				return header(made).alg === alg && made;
			}, 5000);
			await taken();
			const key = (await keys())
			    .find(({ kid }) => kid === header(one).kid);
			assert.deepEqual([key.kty, key.alg, key.use], [kty, alg, 'sig']);
			for (const name of ['d', 'p', 'q', 'k', 'dp', 'dq', 'qi'])
				assert.ok(!(name in key));
			assert.equal((await ask(one)).status, 200);
		});
});

suite('tokens that our own key has signed, but which do not hold ' +
    '(RFC 9068, 4)', () => {
	const { privateKey, publicKey } =
	    generateKeyPairSync('ec', { namedCurve: 'P-256' });
	const now = Math.floor(Date.now() / 1000);
	let good, server;
	const signed = (more = {}, header = {}) => {
		const text = [{ alg: 'ES256', typ: 'at+jwt', kid: 'test', ...header },
			{ ...good, ...more }].map((part) =>
			    Buffer.from(JSON.stringify(part)).toString('base64url'))
		    .join('.');
		return `${text}.${sign('sha256', Buffer.from(text), { key:
		    privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
	};
	const introspected = async (token) => (await call('introspect', server,
	    { token })).json?.active;

	before(async () => {
		good = claims(assertTokens(await clientCredentials(machine))
		    .access_token);
		server = await row('select * from gatepost.' +
		    "resource_server_create(:'u', 'Test')", { u: site.mcpUrl });
		// one that was followed by those that there are
		await psql('update gatepost.signing_key set generation = ' +
		    'generation + 1000; insert into gatepost.signing_key ' +
		    '(generation, kid, alg, public_jwk, sealed, activates_at) ' +
		    "values (1, 'test', 'ES256', :'jwk', decode(repeat('00', 64), " +
		    "'hex'), now() - interval '1 minute')", { jwk: JSON.stringify({
			...publicKey.export({ format: 'jwk' }), kid: 'test', use: 'sig',
			alg: 'ES256' }) });
		await until(async () => (await ask(signed())).status === 200, 3000);
	});

	test('one that holds does', async () => {
		assert.equal((await ask(signed())).status, 200);
		assert.equal(await introspected(signed()), true);
	});

	for (const [what, more, header] of [
		['expired', { exp: now - 120 }],
		['without exp', { exp: undefined }],
		['whose exp is a text', { exp: String(now + 600) }],
		['whose exp is huge', { exp: 1e300 }],
		['that is not good yet', { nbf: now + 600 }],
		['of another issuer', { iss: 'https://evil.example' }],
		['of our issuer with a slash', { iss: `${site.issuer}/` }],
		['without iss', { iss: undefined }],
		['for another audience', { aud: 'https://other.example/mcp' }],
		['for our audience with a slash', { aud: `${site.mcpUrl}/` }],
		['for our audience and another', { aud: [site.mcpUrl, 'https://x/'] }],
		['without aud', { aud: undefined }],
		['without sub', { sub: undefined }],
		['without client_id', { client_id: undefined }],
		['without jti', { jti: undefined }],
		['of a grant that is none', { jti: 'x' }],
		['of typ JWT', {}, { typ: 'JWT' }],
		['without typ', {}, { typ: undefined }],
		['of typ id_token', {}, { typ: 'id_token+jwt' }],
		['of another alg than its key', {}, { alg: 'EdDSA' }],
		['with crit', {}, { crit: ['exp'] }],
	])
		test(`a token ${what}`, async () => {
			const token = signed(more, header);
			const answer = await ask(token);

			assert.equal(answer.status, 401, answer.text);
			assert.match(answer.headers['www-authenticate'],
			    /error="invalid_token"/);
			assert.equal(await introspected(token), false);
		});
});

suite('a key that is withdrawn', () => {
	const withdraw = (which) => psql('select gatepost.key_withdraw(kid, ' +
	    `'test') from gatepost.keys where ${which}`);

	test('its tokens are over, and the next is made and used at once',
	    async () => {
		const it = await flow();
		const self = assertTokens(await clientCredentials(machine))
		    .access_token;

		await withdraw('true');
		// without a key nothing is lost: token makes one, then answers
		const after = assertTokens(await refresh(it.client,
		    it.tokens.refresh_token)).access_token;
		assert.equal(await psql('select count(*) from gatepost.keys'), '1');
		await taken();
		for (const token of [it.tokens.access_token, self])
			assert.equal((await ask(token)).status, 401);
		assert.equal((await ask(after)).status, 200);
		for (let i = 0; i < 8; i++) // every process
			assert.equal((await ask(assertTokens(await clientCredentials(
			    machine)).access_token)).status, 200);
	});
});

test('revoke_everything: all that was given out is over', async () => {
	const jar = new Jar();
	const it = await flow({ jar });
	const self = assertTokens(await clientCredentials(machine)).access_token;

	await psql("select gatepost.revoke_everything('test')");
	await taken();
	for (const token of [it.tokens.access_token, self])
		assert.equal((await ask(token)).status, 401);
	assertJsonError(await refresh(it.client, it.tokens.refresh_token), 400,
	    'invalid_grant');
	assert.ok((await page(jar)).form.fields.csrf); // has to sign in
	assert.equal((await ask((await flow({ client: it.client })).tokens
	    .access_token)).status, 200);
	assert.equal((await ask(assertTokens(
	    await clientCredentials(machine)).access_token)).status, 200);
});
