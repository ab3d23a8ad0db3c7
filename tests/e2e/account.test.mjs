// The account page: what a person sees, ends and changes; and that it is
// theirs alone.

import assert from 'node:assert/strict';
import { stat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { assertHeaders, assertHtml, assertPage } from './lib/answers.mjs';
import { browser, contrast, signIn, wide, withPage } from './lib/browser.mjs';
import { account, address, COOKIE } from './lib/login.mjs';
import { authorizeUrl, encodeForm, flow, follow, grantOf, http, Jar,
	pkce, readForm, refresh, registerClient, submit } from './lib/oauth.mjs';
import { createClient, psql, row, rows, SCOPES, site, sleep, taken } from
    './lib/site.mjs';

const AT = site.endpoint('account');
const ORIGIN = { Origin: new URL(site.issuer).origin };
const [ANALYZE, TICKER] = SCOPES;

// Signed in at the account page: { jar, who }.
async function at(who, { jar = new Jar(), from } = {}) {
	who ??= await account();
	const { form } = await follow(jar, AT);

	await follow(jar, form.action, await jar.request(form.action, {
		method: 'POST', form: { ...form.fields, ...who }, headers: ORIGIN,
		from }));
	return { jar, who };
}

async function page({ jar }) {
	const answer = await jar.request(AT);

	assertHtml(answer, 200);
	return answer.text;
}

// The forms of a page: { action, csrf, subject } by what their button says.
function forms(text) {
	return [...text.matchAll(/<form .*?<\/form>/gs)].map(([html]) => ({
		...readForm(html, AT).fields, text:
		    /<button[^>]*>([^<]*)</.exec(html)[1],
		action: /<button[^>]*value="(\w+)"/.exec(html)[1] }));
}

// Do what a form of the page does; what the page says then.
async function press(person, action, more = {}) {
	const { csrf } = forms(await page(person))[0];
	const answer = await person.jar.request(AT, { method: 'POST',
		form: { csrf, action, ...more }, headers: ORIGIN });

	assert.equal(answer.status, 303, answer.text);
	assertHeaders(answer);
	assert.equal(answer.location, action === 'sign_out' ?
	    `${AT}?signed_out=1` : AT);
	return answer;
}

const said = (text) => /role="(?:status|alert)">([^<]*)</.exec(text)?.[1];
const signedIn = async ({ jar }) => (await jar.request(AT)).status === 200;

// What a person allows a client: { client, id, token }.
async function grant(person, { client, scope = ANALYZE } = {}) {
	const it = await flow({ jar: person.jar, client, ...person.who,
		parameters: { scope } });

	return { client: it.client, id: grantOf(it.tokens.access_token),
		token: it.tokens.refresh_token, access: it.tokens.access_token };
}
const lives = async (it) => {
	const answer = await refresh(it.client, it.token);

	it.token = answer.json.refresh_token ?? it.token;
	return answer.status === 200;
};
const recorded = (who) => rows('select event, outcome, client_id, grant_id, ' +
    "detail from gatepost.audit where program = 'account' and username = " +
    ":'u' order by id", { u: who.username });

suite('without a session', () => {
	test('login names the account page and no client, and leads back',
	    async () => {
		const jar = new Jar();
		const who = await account();
		const first = await jar.request(AT);

		assert.equal(first.status, 303);
		assert.match(first.location, new RegExp(
		    `^${site.endpoint('login')}\\?request=[\\w.-]{80}$`));
		const login = await jar.request(first.location);
		assertHtml(login, 200);
		assert.match(login.text, /This is for your <strong>account</);
		assert.doesNotMatch(login.text, /wants to use/);
		const back = await follow(jar, AT, await submit(jar,
		    readForm(login.text, AT), who));
		assert.equal(back.url, AT);
		assertHtml(back.answer, 200);
		assert.ok(back.answer.text.includes(who.username));
		assert.deepEqual(await row('select outcome, client_id from ' +
		    "gatepost.audit where program = 'login' and username = :'u'",
		{ u: who.username }), { outcome: 'open', client_id: null });
	});

	test('a wrong password is that login page again', async () => {
		const jar = new Jar();
		const { form } = await follow(jar, AT);
		const answer = await jar.request(form.action, { method: 'POST',
			headers: ORIGIN, from: address(), form: { ...form.fields,
				...await account(), password: 'wrong' } });

		assertHtml(answer, 401);
		assert.match(answer.text, /This is for your <strong>account</);
	});

	test('the request is good once, for its session, and for no client',
	    async () => {
		const person = await at();
		const { location } = await http(AT);
		const query = new URL(location).search;

		for (const [name, form] of [['consent', { decision: 'allow',
			request: query.slice(9), csrf: 'A'.repeat(43),
			scope: ANALYZE }]])
			assertPage(await person.jar.request(site.endpoint(name),
			    { method: 'POST', headers: ORIGIN, form }));
		assertPage(await person.jar.request(
		    site.endpoint('fetch-client') + query));
		assert.equal((await person.jar.request(
		    site.endpoint('consent') + query)).location, location);
	});

	test('nothing is ended', async () => {
		const person = await at();
		const it = await grant(person);
		const { csrf } = forms(await page(person))[0];

		for (const cookie of [undefined, `${COOKIE}=x`]) {
			const answer = await http(AT, { form: { csrf,
				action: 'clients' }, headers: { ...ORIGIN,
				...cookie && { Cookie: cookie } } });
			assert.equal(answer.status, 303);
			assert.equal(answer.location, AT);
			assert.deepEqual(answer.cookies, []);
		}
		assert.ok(await lives(it));
	});

	test('who has signed out is told so', async () => {
		const url = `${AT}?signed_out=1`;
		const answer = await http(url);

		assertPage(answer, { status: 200 });
		assert.match(answer.text, /<h1>Signed out</);
		assert.match((await (await at()).jar.request(url)).text,
		    /<h1>Your account</);
	});
});

suite('what is shown', () => {
	test('clients, resources, scopes in words, since when and from where',
	    async () => {
		const from = address();
		const person = await at(undefined, { from });
		const client = await createClient({ name: 'Weather <b>bot</b>',
			redirect_uris: ['https://bot.example/cb'],
			auth_method: 'none' });
		const it = await grant(person, { client: { ...client,
			redirect_uris: ['https://bot.example/cb'],
			token_endpoint_auth_method: 'none' }, scope:
		    SCOPES.join(' ') });
		let text = await page(person);

		for (const part of ['<h3 [^>]*><bdi>Weather &lt;b&gt;bot&lt;/b&gt;<',
			'bot\\.example', 'Finance sentiment', site.mcpUrl,
			'<li><bdi>Judge the headlines about a company</bdi></li>',
			`<time datetime="${new Date().toISOString().slice(0, 10)}`,
			`id="is-${it.id}"`])
			assert.match(text, new RegExp(part));
		const sessions = text.slice(text.indexOf('signed in</h2>'));
		assert.ok(from === undefined || sessions.includes(from));
		// the last use is the last refresh, and where that came from
		const other = address();
		assert.equal((await http(site.endpoint('token'), { from: other,
			form: { client_id: client.client_id, refresh_token: it.token,
				grant_type: 'refresh_token' } })).status, 200);
		await psql("update gatepost.access_grant set rotated_at = " +
		    "'2026-01-02 03:04:05+00', mark_at = " +
		    "array_fill('2026-01-02'::timestamptz, " +
		    "array[cardinality(mark_at)]) where id = :'i'", { i: it.id });
		await psql("update gatepost.client set refresh_idle = " +
		    "'400 days' where client_id = :'c'", { c: client.client_id });
		text = await page(person);
		assert.match(text, /2026-01-02 03:04 UTC/);
		assert.ok(other === undefined || text.includes(`>${other}<`));
	});

	test('a name that a client gave itself is said to be one', async () => {
		const person = await at();
		const evil = '"><script>alert(1)</script>\u202e';

		await grant(person, { client: await registerClient(
		    { client_name: evil }) });
		const text = await page(person);
		assert.match(text, /The application gave itself the name/);
		assert.ok(!text.includes('<script') && !text.includes('\u202e'));
	});

	test('nothing of anybody else', async () => {
		const one = await at();
		const other = await at();
		const it = await grant(one);
		const text = await page(other);

		assert.match(text, /You have allowed nothing/);
		for (const theirs of [it.id, it.client.client_id,
			one.who.username, one.jar.cookies.get(COOKIE).split('.')[0]])
			assert.ok(!text.includes(theirs));
	});

	test('a client without access, as long as it is remembered', async () => {
		const person = await at();
		const it = await grant(person);

		await press(person, 'grant', { subject: it.id });
		const text = await page(person);
		assert.equal(said(text), 'It is done.');
		assert.match(text, /It has no access now/);
		assert.equal(said(await page(person)), undefined);
		await press(person, 'client', { subject: it.client.client_id });
		assert.match(await page(person), /You have allowed nothing/);
	});

	test('consent has a link to it', async () => {
		const person = await at();
		const { answer } = await follow(person.jar, authorizeUrl(
		    await registerClient(), { code_challenge: pkce().challenge }));

		assert.ok(answer.text.includes(`<a href="${AT}">`));
	});

	test('nothing secret', async () => {
		const person = await at();
		const it = await grant(person);
		const text = await page(person);

		for (const secret of [person.jar.cookies.get(COOKIE).split('.')[1],
			it.token.split('.')[1], person.who.password])
			assert.ok(!text.includes(secret));
	});
});

suite('ending', () => {
	test('one grant ends that alone, access tokens included', async () => {
		const person = await at();
		const one = await grant(person);
		const two = await grant(person, { client: one.client });
		const guarded = async ({ access }) => (await http(site.mcpUrl,
		    { json: {}, headers: { Authorization: `Bearer ${access}` } }))
		    .status;

		assert.notEqual(await guarded(one), 401);
		await press(person, 'grant', { subject: one.id });
		await taken();
		assert.equal(await guarded(one), 401);
		assert.notEqual(await guarded(two), 401);
		assert.ok(!await lives(one));
		assert.ok(await lives(two));
		assert.deepEqual(await recorded(person.who), [{ event: 'end',
			outcome: 'done', client_id: one.client.client_id,
			grant_id: one.id, detail: { what: 'grant' } }]);
	});

	test('a client ends all that it has, and it is asked for again',
	    async () => {
		const person = await at();
		const uri = 'https://app.example/cb';
		const client = { ...await createClient({ redirect_uris: [uri],
			auth_method: 'none' }), redirect_uris: [uri],
		token_endpoint_auth_method: 'none' };
		const one = await grant(person, { client });
		const two = await grant(person, { client });
		const other = await grant(person);

		await press(person, 'client', { subject: client.client_id });
		assert.ok(!await lives(one) && !await lives(two));
		assert.ok(await lives(other));
		const again = await follow(person.jar, authorizeUrl(client,
		    { code_challenge: pkce().challenge, scope: ANALYZE }));
		assert.deepEqual(again.form?.scopes, [ANALYZE]);
		assert.doesNotMatch(again.answer.text, /allowed before/);
	});

	test('all ends all, of this person', async () => {
		const person = await at();
		const other = await at();
		const mine = [await grant(person), await grant(person)];
		const theirs = await grant(other, { client: mine[0].client });

		await press(person, 'clients');
		for (const it of mine)
			assert.ok(!await lives(it));
		assert.ok(await lives(theirs));
		assert.match(await page(person), /You have allowed nothing/);
	});

	test('another session, or all others', async () => {
		const here = await at();
		const [a, b, c] = [await at(here.who), await at(here.who),
			await at(here.who)];
		const id = ({ jar }) => jar.cookies.get(COOKIE).split('.')[0];

		await press(here, 'session', { subject: id(a) });
		assert.deepEqual([await signedIn(a), await signedIn(b)],
		    [false, true]);
		await press(here, 'sessions');
		assert.deepEqual([await signedIn(b), await signedIn(c),
			await signedIn(here)], [false, false, true]);
	});

	test('signing out takes the cookie away and ends the session',
	    async () => {
		const person = await at();
		const kept = person.jar.cookies.get(COOKIE);
		const answer = await press(person, 'sign_out');

		assert.equal(answer.cookies.length, 1);
		assert.match(answer.cookies[0], new RegExp(
		    `^${COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`));
		assert.ok(!person.jar.cookies.has(COOKIE));
		assert.match((await person.jar.request(answer.location)).text,
		    /<h1>Signed out</);
		person.jar.cookies.set(COOKIE, kept);
		assert.ok(!await signedIn(person));
	});
});

suite('refused', () => {
	test('what is somebody else’s', async () => {
		const person = await at();
		const other = await at();
		const theirs = await grant(other);
		const session = other.jar.cookies.get(COOKIE).split('.')[0];

		for (const [action, subject] of [['grant', theirs.id],
			['client', theirs.client.client_id], ['session', session],
			['grant', session], ['session', theirs.id],
			['grant', '00000000-0000-7000-8000-000000000000'],
			['client', '%'], ['clients'], ['sessions']]) {
			await press(person, action, { subject });
			assert.match(said(await page(person)),
			    /There was nothing to do/, action);
		}
		assert.ok(await lives(theirs));
		assert.ok(await signedIn(other));
	});

	// form(good, other): of the form's fields and another person's
	for (const [what, form, headers = ORIGIN] of [
		['no csrf value', (f) => ({ ...f, csrf: undefined })],
		['an empty one', (f) => ({ ...f, csrf: '' })],
		['a wrong one', (f) => ({ ...f, csrf: 'A'.repeat(43) })],
		['one that is cut', (f) => ({ ...f, csrf: f.csrf.slice(1) })],
		['somebody else’s', (f, other) => ({ ...f, csrf: other })],
		['two', (f) => ({ ...f, csrf: [f.csrf, f.csrf] })],
		['another origin', (f) => f, { Origin: 'https://evil.example' }],
		['another port', (f) => f, { Origin: 'http://localhost:1' }],
		['another site', (f) => f, { 'Sec-Fetch-Site': 'cross-site' }],
		['the same site', (f) => f, { 'Sec-Fetch-Site': 'same-site' }],
		['no action', (f) => ({ ...f, action: undefined })],
		['an unknown one', (f) => ({ ...f, action: 'all' })],
		['two', (f) => ({ ...f, action: ['clients', 'clients'] })],
		['a grant without its id', (f) => ({ ...f, action: 'grant' })],
		['an id that is none', (f) => ({ ...f, action: 'grant',
			subject: "x' or '1'='1" })],
		['one in upper case', (f) => ({ ...f, action: 'session',
			subject: '01A00000-0000-7000-8000-00000000000A' })],
		['a client without its id', (f) => ({ ...f, action: 'client' })],
		['an endless client', (f) => ({ ...f, action: 'client',
			subject: 'x'.repeat(513) })],
		['a password without the new one', (f) => ({ ...f,
			action: 'password', current: 'x' })],
		['one without the present one', (f) => ({ ...f,
			action: 'password', new: 'long enough',
			repeated: 'long enough' })],
		['a new one that is endless', (f) => ({ ...f, action: 'password',
			current: 'x', new: 'x'.repeat(257), repeated: 'x' })],
		['a NUL in it', (f) => ({ ...f, action: 'password',
			current: 'x', new: 'long\0enough', repeated: 'x' })],
		['nothing', () => ({})],
	]) {
		test(`a form with ${what}: PAGE, nothing ends`, async () => {
			const { person, other, it } = await (shared ??= both());
			const { csrf } = forms(await page(person))[0];

			assertPage(await person.jar.request(AT, { method: 'POST',
				headers, form: form({ csrf, action: 'clients' }, forms(
				    await page(other))[0].csrf) }));
			assert.ok(await lives(it));
		});
	}
	let shared;
	const both = async () => {
		const [person, other] = [await at(), await at()];

		return { person, other, it: await grant(person) };
	};

	test('the csrf value of another session of the same person', async () => {
		const person = await at();
		const { csrf } = forms(await page(await at(person.who)))[0];

		assertPage(await person.jar.request(AT, { method: 'POST',
			form: { csrf, action: 'sign_out' }, headers: ORIGIN }));
		assert.ok(await signedIn(person));
	});

	test('a query does nothing, nor does another method', async () => {
		const person = await at();
		const it = await grant(person);
		const { csrf } = forms(await page(person))[0];
		const query = `${AT}?${encodeForm({ csrf, action: 'clients' })}`;

		assertHtml(await person.jar.request(query), 200);
		assert.equal((await person.jar.request(query,
		    { method: 'POST', headers: ORIGIN, form: {} })).status, 400);
		for (const method of ['PUT', 'DELETE', 'PATCH'])
			assert.equal((await person.jar.request(query, { method }))
			    .status, 405);
		assert.ok(await lives(it));
	});

	test('is recorded', async () => {
		const before = "select count(*) from gatepost.audit where program " +
		    "= 'account' and event = 'refused'";
		const n = Number(await psql(before));

		assertPage(await (await at()).jar.request(AT, { method: 'POST',
			form: { csrf: 'x', action: 'clients' }, headers: ORIGIN }));
		assert.equal(Number(await psql(before)), n + 1);
	});
});

suite('the password', () => {
	const NEW = 'a new one, of spring 🌷';
	const change = (person, more = {}) => press(person, 'password', {
		current: person.who.password, new: NEW, repeated: NEW, ...more });
	const hash = (who) => psql('select password_hash from ' +
	    "gatepost.account where username = :'u'", { u: who.username });

	test('is changed, and other sessions end; grants stay', async () => {
		const person = await at();
		const other = await at(person.who);
		const it = await grant(person);
		const old = person.jar.cookies.get(COOKIE);
		const answer = await change(person);

		assert.equal(answer.cookies.length, 1);
		assert.match(answer.cookies[0], /HttpOnly; SameSite=Lax/);
		assert.notEqual(person.jar.cookies.get(COOKIE), old);
		assert.match(said(await page(person)), /Your password was changed/);
		assert.ok(!await signedIn(other));
		other.jar.cookies.set(COOKIE, old);
		assert.ok(!await signedIn(other));
		assert.ok(await lives(it));
		assert.match(await hash(person.who), /^\$y\$/);
		const anew = await at({ ...person.who, password: NEW });
		assert.ok(await signedIn(anew));
		assert.ok(!await signedIn(await at(person.who)));
		assert.deepEqual((await recorded(person.who))
		    .map((r) => [r.event, r.outcome]), [['password', 'changed']]);
	});

	for (const [what, form, words] of [
		['a wrong present one', { current: 'wrong' }, /not your current/],
		['a short one', { new: '1234567', repeated: '1234567' },
			/too short/],
		['two that differ', { repeated: `${NEW}x` }, /same both times/],
	]) {
		test(`is not changed by ${what}`, async () => {
			const person = await at();
			const before = await hash(person.who);
			const answer = await change(person, form);

			assert.deepEqual(answer.cookies, []);
			const text = await page(person);
			assert.match(said(text), words);
			assert.match(text, /role="alert"/);
			assert.equal(await hash(person.who), before);
		});
	}

	test('is not changed to the one that it is', async () => {
		const person = await at(await account('long enough'));

		await change(person, { new: 'long enough',
			repeated: 'long enough' });
		assert.match(said(await page(person)), /password that you have/);
	});

	test('is guessed slowly, here and at login together', async () => {
		const person = await at();
		const from = address();
		const { csrf } = forms(await page(person))[0];
		const guess = (current) => person.jar.request(AT, {
			method: 'POST', headers: ORIGIN, from, form: { csrf, current,
				action: 'password', new: NEW, repeated: NEW } });

		for (let i = 0; i < 10; i++)
			await guess('wrong');
		assert.match(said(await page(person)), /not your current/);
		assert.deepEqual((await guess(person.who.password)).cookies, []);
		assert.match(said(await page(person)), /too many attempts/);
		const { form } = await follow(new Jar(), AT);
		assert.equal((await http(form.action, { headers: ORIGIN, from,
			form: { ...form.fields, ...person.who } })).status, 429);
	});

	test('is none where the account has none', async () => {
		const person = await at();

		await psql("update gatepost.account set password_hash = null " +
		    "where username = :'u'", { u: person.who.username });
		const text = await page(person);
		assert.doesNotMatch(text, /type="password"/);
		await change(person);
		assert.equal(await hash(person.who), '');
	});
});

suite('asking for more', () => {
	test('says what is new, and adds to what was allowed', async () => {
		const person = await at();
		const uri = 'https://more.example/cb';
		const client = { ...await createClient({ redirect_uris: [uri] }),
			redirect_uris: [uri] };
		const ask = (scope) => follow(person.jar, authorizeUrl(client,
		    { code_challenge: pkce().challenge, scope }));

		const first = await ask(ANALYZE);
		assert.doesNotMatch(first.answer.text, /It asks for more now|>new</);
		await submit(person.jar, first.form,
		    { scope: ANALYZE, decision: 'allow' });
		const second = await ask(SCOPES.join(' '));
		assert.match(second.answer.text, /It asks for more now/);
		for (const [scope, mark] of [[ANALYZE, 'allowed before'],
			[TICKER, 'new']])
			assert.match(second.answer.text, new RegExp(
			    `>${mark}</span><br><code>${scope}<`));
		assert.equal(second.answer.text.match(/>new</g).length, 1);
		await submit(person.jar, second.form,
		    { scope: SCOPES, decision: 'allow' });
		// nothing is asked for again
		assert.ok((await ask(SCOPES.join(' '))).parameters.has('code'));
		assert.ok((await ask(ANALYZE)).parameters.has('code'));
		assert.equal(await psql('select array_length(scopes, 1) from ' +
		    "gatepost.consent where client_id = :'c'",
		{ c: client.client_id }), '2');
	});
});

// Of what is left in PostgreSQL's log while all is logged.
test('takes one statement a request, and a change of the password two',
    async () => {
	const person = await at();
	const { csrf } = forms(await page(person))[0];
	const log = join(site.dir, 'log/postgresql.log');
	const calls = async (work) => {
		const { size } = await stat(log);
		const file = await open(log);

		await work();
		await sleep(200);
		const { buffer, bytesRead } = await file.read(
		    Buffer.alloc(1 << 20), 0, 1 << 20, size);
		await file.close();
		return [...buffer.toString('utf8', 0, bytesRead).matchAll(
		    /gatepost_account LOG: {2}(?:execute|statement)[^\n]*gatepost\.(\w+)\(/g)]
		    .map(([, name]) => name)
		    .filter((name) => !name.startsWith('server_'));
	};
	const post = (form) => () => person.jar.request(AT, { method: 'POST',
		headers: ORIGIN, form: { csrf, ...form } });

	await psql("alter system set log_statement = 'all';\n" +
	    'alter system set log_parameter_max_length = 0;\n' +
	    'select pg_reload_conf();');
	try {
		await sleep(500);
		assert.deepEqual(await calls(() => page(person)),
		    ['account_show']);
		assert.deepEqual(await calls(() => http(AT)), ['account_show']);
		assert.deepEqual(await calls(post({ action: 'clients' })),
		    ['account_end']);
		assert.deepEqual(await calls(post({ action: 'password',
			current: person.who.password, new: 'long enough',
			repeated: 'long enough' })),
		['account_attempt', 'account_password']);
	} finally {
		await psql('alter system reset log_statement;\n' +
		    'alter system reset log_parameter_max_length;\n' +
		    'select pg_reload_conf();');
	}
});

suite('in a browser', () => {
	const button = (page, name) => page.getByRole('button', { name });
	const heading = (page) => page.getByRole('heading', { level: 1 })
	    .innerText();

	async function visit(page, who) {
		await page.goto(AT);
		await signIn(page, who.username, who.password);
		await button(page, 'Sign out').first().waitFor();
	}

	test('all of it without JavaScript, on a narrow screen', async () =>
	    withPage(await browser(), async (page) => {
		const who = await account();
		const person = await at(who);
		const long = { client_name: 'Long'.repeat(30), redirect_uris:
		    [`https://${'long-name.'.repeat(12)}example/callback`] };
		const one = await grant(person, { client:
		    await registerClient(long) });
		const two = await grant(person);

		await visit(page, who);
		assert.equal(await heading(page), 'Your account');
		assert.ok(await wide(page) <= 320);
		for (const b of await page.getByRole('button').all())
			assert.ok((await b.boundingBox()).height >= 44);
		assert.equal(await button(page, 'End this access').count(), 2);
		await page.locator(`dl#is-${one.id} + form button`).click();
		await page.getByRole('status').waitFor();
		assert.equal(await button(page, 'End this access').count(), 1);
		assert.ok(!await lives(one) && await lives(two));
		await button(page, 'Remove A test').click();
		await page.getByRole('status').waitFor();
		assert.ok(!await lives(two));
		await button(page, 'Sign out everywhere else').click();
		await page.getByRole('status').waitFor();
		assert.ok(!await signedIn(person));
		await page.getByLabel('Current password').fill(who.password);
		await page.getByLabel('New password', { exact: true })
		    .fill('quite another');
		await page.getByLabel('New password again').fill('quite another');
		await button(page, 'Change the password').click();
		await page.getByRole('status').waitFor();
		assert.match(await page.getByRole('status').innerText(),
		    /Your password was changed/);
		await page.reload();
		assert.equal(await page.getByRole('status').count(), 0);
		await button(page, 'Sign out').first().click();
		await page.getByRole('link').waitFor();
		assert.equal(await heading(page), 'Signed out');
		assert.ok(await wide(page) <= 320);
		await page.getByRole('link').click();
		await signIn(page, who.username, 'quite another');
		await button(page, 'Sign out').first().waitFor();
	}, { javaScriptEnabled: false, viewport: { width: 320, height: 568 } }));

	for (const colorScheme of ['light', 'dark']) {
		test(`legible in a ${colorScheme} room, with names for all`, async () =>
		    withPage(await browser(), async (page) => {
			const who = await account();

			await grant(await at(who));
			await visit(page, who);
			await page.getByLabel('Current password').fill('wrong');
			for (const label of ['New password', 'New password again'])
				await page.getByLabel(label, { exact: true })
				    .fill('quite another');
			await button(page, 'Change the password').click();
			await page.getByRole('alert').waitFor();
			for (const one of await page.locator('h1, h2, h3, p, dt, ' +
			    'dd, li, time, label, button, .alert, .note').all())
				assert.ok(await contrast(one) >= 4.5,
				    await one.evaluate((e) => e.outerHTML));
			const ids = await page.locator('[id]').evaluateAll(
			    (all) => all.map((e) => e.id));
			assert.equal(new Set(ids).size, ids.length);
			for (const name of ['labelledby', 'describedby'])
				for (const id of await page.locator(`[aria-${name}]`)
				    .evaluateAll((all, n) => all.map(
					(e) => e.getAttribute(`aria-${n}`)), name))
					assert.ok(ids.includes(id), id);
		}, { colorScheme }));
	}
});
