// Consent: what a person is shown, what counts of the form they send, and
// when they are asked again.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertHtml, assertPage, assertRedirect, assertRedirectError,
	assertTokens } from './lib/answers.mjs';
import { account, post as postLogin } from './lib/login.mjs';
import { authorizeUrl, exchange, follow, http, Jar, pkce, readForm,
	registerClient } from './lib/oauth.mjs';
import { createClient, psql, rows, site, unique } from './lib/site.mjs';

const HTTPS = 'https://client.example/callback';
const NATIVE = 'http://127.0.0.1:4711/callback';
const [ANALYZE, TICKER] = ['mcp:tools:analyze_sentiment',
	'mcp:tools:ticker_sentiment'];
const BOTH = `${ANALYZE} ${TICKER}`;
const me = await account();
const self = await registerClient({ redirect_uris: [NATIVE] });

async function signedIn(who = me) {
	const jar = new Jar();
	const at = await follow(jar, authorizeUrl(self,
	    { code_challenge: pkce().challenge }));

	assert.equal((await postLogin({ jar, form: at.form }, who)).status, 303);
	return jar;
}
const mine = await signedIn();

// A consent page: { jar, form, answer, client, verifier }.
async function page({ client = self, jar = mine, ...parameters } = {}) {
	const { verifier, challenge } = pkce();
	const at = await follow(jar, authorizeUrl(client, {
		code_challenge: challenge, state: 'st', scope: BOTH, ...parameters }));

	if (!at.form)
		return { ...at, client, verifier };
	assertHtml(at.answer, 200);
	return { jar, form: at.form, answer: at.answer, client, verifier };
}

const post = ({ jar, form }, more, options = {}) =>
    jar.request(form.action, { method: 'POST',
	form: { ...form.fields, scope: form.scopes, decision: 'allow', ...more },
	headers: { Origin: new URL(site.issuer).origin }, ...options });

const codes = async (client) => Number(await psql(
    "select count(*) from gatepost.code where client_id = :'id'",
    { id: client.client_id }));

function assertCode(answer, uri = NATIVE) {
	assert.equal(answer.status, 303, answer.text);
	const parameters = assertRedirect(answer, uri);

	assert.equal(parameters.get('error'), null);
	assert.equal(parameters.get('state'), 'st');
	assert.match(parameters.get('code'), /^[0-9a-f-]{36}\.[\w-]{43}$/);
	return parameters.get('code');
}

suite('the page', () => {
	test('names client, host, resource and account, and warns', async () => {
		const client = await registerClient({ client_name: 'Friendly Editor',
			redirect_uris: [NATIVE] });
		const { answer, form } = await page({ client });

		for (const text of [/Friendly Editor/, /127\.0\.0\.1/,
			/Nobody has checked/i, /your own computer/i,
			new RegExp(me.username), /Finance sentiment/,
			/Judge the headlines about a company/])
			assert.match(answer.text, text);
		assert.deepEqual(form.scopes.sort(), [ANALYZE, TICKER]);
		assert.equal(answer.text.match(/ checked>/g).length, 2);
		assert.deepEqual(Object.keys(form.fields).sort(),
		    ['csrf', 'request']);
	});

	test("does not say so of a DBA's https client", async () => {
		const { answer } = await page({ client: { ...await createClient(
		    { redirect_uris: [HTTPS] }), redirect_uris: [HTTPS] } });

		assert.match(answer.text, /client\.example/);
		assert.doesNotMatch(answer.text, /Nobody has|your own computer/i);
	});

	for (const name of [
		'<script>alert(1)</script>', '"><img src=x onerror=alert(1)>',
		"'-alert(1)-'", '</p></main><form action=https://evil.example>',
		'{{csrf}}{{#self_registered}}', '&lt;b&gt;&amp;',
		'\u202eetilbup', '\u2066a\u2069', 'a\u200bb\u200c\u200d\u2060\ufeff',
		'a\u200e\u200f\u061c',
	]) {
		test(`a client's name is inert: ${JSON.stringify(name)}`, async () => {
			const client = await registerClient({ client_name: name,
				redirect_uris: [NATIVE] });
			const { answer, form } = await page({ client });

			assert.doesNotMatch(answer.text,
			    /[\u200b-\u200f\u202a-\u202e\u2060-\u206f\u061c\ufeff]/);
			assert.doesNotMatch(answer.text, /<(script|img|form action=h)/);
			assert.equal(answer.text.match(/<form/g).length, 1);
			assert.match(answer.text, /127\.0\.0\.1/);
			if (name.includes('{{'))
				assert.ok(answer.text.includes('{{csrf}}'));
			assert.ok(form.action.startsWith(site.issuer));
		});
	}

	test('names of resources and words of scopes are inert', async () => {
		const hostile = '<script>alert("r")</script>\u202e';
		const scope = `mcp:tools:${unique('x')}`;
		const uri = site.url(`/mcp/${unique('hostile')}`);

		await psql("select gatepost.scope_create(:'s', :'h'); select " +
		    "gatepost.resource_create(:'uri', :'h', array[:'s'])",
		    { s: scope, h: hostile, uri });
		const { answer } = await page({ resource: uri, scope });
		assert.doesNotMatch(answer.text, /<script|\u202e/);
	});

	test('lets the form lead to a custom scheme of the client only',
	    async () => {
		const cursor = 'cursor://anysphere.cursor-mcp/oauth/callback';
		const client = await registerClient({ redirect_uris: [cursor] });
		const policy = (at) => at.answer.headers['content-security-policy'];
		const at = await page({ client });

		assert.match(policy(at), /form-action [^;]* cursor:(;| )/);
		assert.doesNotMatch(policy(await page()), /cursor/);
		assertCode(await post(at), cursor);
	});

	for (const [what, request] of [
		['no request', ''], ['an unknown one', '?request=' +
		    `00000000-0000-7000-8000-000000000000.${'A'.repeat(43)}`],
		['a hostile one', '?request=%22%3E%3Cscript%3E'],
	]) {
		test(`is an error for ${what}: PAGE`, async () => assertPage(
		    await mine.request(site.endpoint('consent') + request),
		    { sent: ['<script'] }));
	}

	test('is not decided by a GET', async () => {
		const { form } = await page();
		const answer = await mine.request(`${form.action}?${
		    new URLSearchParams({ ...form.fields, decision: 'allow',
			scope: ANALYZE })}`);

		assert.equal(answer.status, 200);
		assert.equal(answer.location, undefined);
	});
});

suite('the decision', () => {
	test('allow gives a code for what was ticked', async () => {
		const at = await page();
		const code = assertCode(await post(at));

		assertTokens(await exchange(self, code, at.verifier),
		    { scope: BOTH });
	});

	test('what was unticked is not granted', async () => {
		const at = await page();
		const code = assertCode(await post(at, { scope: TICKER }));

		assertTokens(await exchange(self, code, at.verifier),
		    { scope: TICKER });
	});

	test('what was not shown cannot be ticked (CVE-2026-7571)', async () => {
		const at = await page({ scope: TICKER });
		const code = assertCode(await post(at, { scope: [TICKER, ANALYZE,
			'mcp:*', 'mcp:resources:coverage:read'] }));

		assertTokens(await exchange(self, code, at.verifier),
		    { scope: TICKER });
	});

	test('nor is it enough to tick only that: access_denied', async () =>
		assertRedirectError(await post(await page({ scope: TICKER }),
		    { scope: ANALYZE }), NATIVE, 'access_denied', 'st'));

	test('nothing ticked: access_denied', async () =>
		assertRedirectError(await post(await page(), { scope: undefined }),
		    NATIVE, 'access_denied', 'st'));

	test('refuse: access_denied', async () =>
		assertRedirectError(await post(await page(), { decision: 'deny' }),
		    NATIVE, 'access_denied', 'st'));

	test('no state, none in the answer', async () =>
		assertRedirectError(await post(await page({ state: undefined }),
		    { decision: 'deny' }), NATIVE, 'access_denied', undefined));

	test('nothing else of the form counts (CVE-2021-27582)', async () => {
		const client = await registerClient({ redirect_uris: [NATIVE] });
		const at = await page({ client });
		const code = assertCode(await post(at, { state: 'evil',
			client_id: self.client_id, redirect_uri: 'https://evil.example/',
			code_challenge: pkce().challenge, username: 'demo',
			resource: 'https://evil.example/', response_mode: 'fragment' }));

		assertTokens(await exchange(client, code, at.verifier));
	});

	for (const first of ['allow', 'deny']) {
		test(`a second submit after ${first} mints nothing: PAGE`,
		    async () => {
			const client = await registerClient({ redirect_uris: [NATIVE] });
			const at = await page({ client });

			await post(at, { decision: first });
			const before = await codes(client);
			assertPage(await post(at));
			assertPage(await post(at, { decision: 'deny' }));
			assertPage(await mine.request(
			    `${at.form.action}?request=${at.form.fields.request}`));
			assert.equal(await codes(client), before);
		});
	}

	test('of ten submits at once one mints', async () => {
		const client = await registerClient({ redirect_uris: [NATIVE] });
		const at = await page({ client });
		const answers = await Promise.all(Array.from({ length: 10 },
		    () => post(at)));

		assert.equal(answers.filter((a) => a.location?.includes('code='))
		    .length, 1);
		assert.equal(await codes(client), 1);
	});

	for (const [what, more] of [
		['nothing', { request: undefined, csrf: undefined,
			scope: undefined, decision: undefined }],
		['no decision', { decision: undefined }],
		['an empty decision', { decision: '' }],
		['an unknown decision', { decision: 'yes' }],
		['two decisions', { decision: ['deny', 'allow'] }],
		['no csrf token', { csrf: undefined }],
		['a wrong csrf token', { csrf: 'A'.repeat(43) }],
		['two csrf tokens', { csrf: ['A', 'B'] }],
		['a malformed scope', { scope: '"<b>' }],
		['a request that is another', { request:
		    `00000000-0000-7000-8000-000000000000.${'A'.repeat(43)}` }],
	]) {
		test(`${what}: PAGE, and the request waits on (CVE-2026-49443)`,
		    async () => {
			const at = await page();

			assertPage(await post(at, more), { sent: ['<b>'] });
			assertCode(await post(at));
		});
	}

	for (const headers of [{ Origin: 'https://evil.example' },
		{ Origin: 'http://127.0.0.1:4711' },
		{ 'Sec-Fetch-Site': 'cross-site' },
		{ 'Sec-Fetch-Site': 'same-site' }]) {
		test(`a form with ${JSON.stringify(headers)}: PAGE`, async () => {
			const at = await page();

			assertPage(await post(at, {}, { headers }));
			assertCode(await post(at));
		});
	}

	test('the csrf token of another request, or of an older page: PAGE',
	    async () => {
		const [one, two] = [await page(), await page()];

		assertPage(await post(one, { csrf: two.form.fields.csrf }));
		const again = await mine.request(
		    `${one.form.action}?request=${one.form.fields.request}`);
		assertPage(await post(one));
		assertCode(await post({ jar: mine,
			form: readForm(again.text, one.form.action) }));
	});

	test("another session's request: login, and no code", async () => {
		const client = await registerClient({ redirect_uris: [NATIVE] });
		const at = await page({ client });

		for (const jar of [new Jar(), await signedIn(await account()),
			await signedIn()]) { // even another one of the same person
			const answer = await post({ ...at, jar });
			assert.match(answer.location, /\/oauth2\/login\?request=/);
			assert.match((await jar.request(`${at.form.action}?request=${
			    at.form.fields.request}`)).location, /\/oauth2\/login\?/);
		}
		assert.equal(await codes(client), 0);
	});

	for (const [what, sql] of [
		['the client was disabled',
			"select gatepost.client_disable(:'c', 'test')"],
		['the redirect URI was taken away',
			"delete from gatepost.client_redirect where client_id = :'c'"],
		['the request is too old', "update gatepost.request set created_at " +
		    "= now() - interval '31 minutes' where id = :'r'"],
	]) {
		test(`when ${what} meanwhile: PAGE`, async () => {
			const client = await registerClient({ redirect_uris: [NATIVE] });
			const at = await page({ client });

			await psql(sql, { c: client.client_id,
				r: at.form.fields.request.split('.')[0] });
			assertPage(await post(at));
			assert.equal(await codes(client), 0);
		});
	}
});

suite('who is asked, and for what', () => {
	const dba = async (options = {}) => ({ redirect_uris: [HTTPS],
		...await createClient({ redirect_uris: [HTTPS], ...options }) });
	const asked = async (parameters) =>
	    (await page(parameters)).form !== undefined;

	test('consent is remembered for an https client of a DBA', async () => {
		const client = await dba();

		assertCode(await post(await page({ client, scope: TICKER })), HTTPS);
		const { answer } = await page({ client, scope: TICKER });
		assertCode(answer, HTTPS);
		const more = await page({ client }); // a wider scope is asked for
		assert.match(more.answer.text, /allowed before/);
		assertCode(await post(more), HTTPS);
		assert.ok(!await asked({ client, scope: ANALYZE }));
		assert.ok(await asked({ client, scope: TICKER,
			jar: await signedIn(await account()) }));
	});

	test('but not for another host', async () => {
		const other = 'https://other.example/callback';
		const client = { ...await createClient({ redirect_uris:
		    [HTTPS, other] }), redirect_uris: [HTTPS, other] };

		assertCode(await post(await page({ client })), HTTPS);
		assert.ok(await asked({ client, redirect_uri: other }));
	});

	test('what was unticked later is asked for again', async () => {
		const client = await dba();

		assertCode(await post(await page({ client })), HTTPS);
		await psql("delete from gatepost.consent where client_id = :'id'",
		    { id: client.client_id });
		assert.ok(await asked({ client }));
	});

	for (const [what, make] of [
		['registered itself', () => registerClient({ redirect_uris:
		    [HTTPS] })],
		['is answered on loopback', async () => ({ redirect_uris: [NATIVE],
			...await createClient({ redirect_uris: [NATIVE] }) })],
	]) {
		test(`always for a client that ${what}`, async () => {
			const client = await make();

			assertCode(await post(await page({ client })),
			    client.redirect_uris[0]);
			assert.ok(await asked({ client }));
		});
	}

	test('only what the account may have is offered', async () => {
		const who = await account();

		await psql("update gatepost.account set scopes = :'s' " +
		    "where username = :'u'", { u: who.username, s: `{${TICKER}}` });
		const jar = await signedIn(who);
		assert.deepEqual((await page({ jar })).form.scopes, [TICKER]);
		const { parameters } = await page({ jar, scope: ANALYZE });
		assert.equal(parameters.get('error'), 'invalid_scope');
		assert.equal(parameters.get('iss'), site.issuer);
	});

	test('a code is kept as a hash', async () => {
		const client = await registerClient({ redirect_uris: [NATIVE] });
		const code = assertCode(await post(await page({ client })));
		const [{ row }] = await rows("select c::text as row from " +
		    "gatepost.code c where id = :'id'", { id: code.split('.')[0] });

		assert.ok(!row.includes(code.split('.')[1]));
	});
});
