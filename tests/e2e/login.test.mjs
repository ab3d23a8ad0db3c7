// Signing in: one answer to every failure, forms that only our own pages can
// send, and a session that nobody knew before.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertHtml, assertPage } from './lib/answers.mjs';
import { account, address, assertOpened, COOKIE, page, post } from
    './lib/login.mjs';
import { basic, http, Jar, readForm } from './lib/oauth.mjs';
import { psql, site, unique } from './lib/site.mjs';

suite('the page', () => {
	test('shows who asks, and sets no cookie', async () => {
		const { answer, form } = await page();

		assert.deepEqual(answer.cookies, []);
		assert.match(answer.text, /Login test/);
		assert.match(answer.text, /127\.0\.0\.1/);
		assert.deepEqual(Object.keys(form.fields).sort(),
		    ['csrf', 'password', 'request', 'username']);
		assert.ok(form.action.startsWith(`${site.issuer}/oauth2/login`));
	});

	for (const [what, change] of [
		['no request', () => ''],
		['an empty one', () => '?request='],
		['one that does not exist', () => '?request=' +
		    `00000000-0000-7000-8000-000000000000.${'A'.repeat(43)}`],
		['one whose secret is another', (r) =>
		    `?request=${r.slice(0, -1)}${r.endsWith('A') ? 'B' : 'A'}`],
		['an id without its secret', (r) => `?request=${r.split('.')[0]}`],
		['one in upper case', (r) => `?request=${r.toUpperCase()}`],
		['two', (r) => `?request=${r}&request=${r}`],
		['something hostile', () =>
		    '?request=%22%3E%3Cscript%3Ealert(1)%3C/script%3E'],
	]) {
		test(`is an error for ${what}: PAGE`, async () => {
			const { form } = await page();

			assertPage(await http(site.endpoint('login') +
			    change(form.fields.request)), { sent: ['<script'] });
		});
	}

	test('is an error when the request is too old', async () => {
		const { form } = await page();

		await psql("update gatepost.request set created_at = now() - " +
		    "interval '31 minutes' where id = :'id'",
		    { id: form.fields.request.split('.')[0] });
		assertPage(await http(
		    `${form.action}?request=${form.fields.request}`));
	});

	test('does not sign in by a query', async () => {
		const { jar, form } = await page();
		const answer = await jar.request(form.action + '?' +
		    new URLSearchParams({ ...form.fields, username: site.username,
			password: site.password }));

		assert.notEqual(answer.status, 303);
		assert.deepEqual(answer.cookies, []);
	});
});

suite('a failed login', () => {
	test('says the same whoever it is (CVE-2023-6787 and kin)', async () => {
		const from = address();
		const known = await account();
		const disabled = await account();
		const none = { username: unique('user'), password: 'x' };

		await psql("select gatepost.account_disable(:'u', 'test')",
		    { u: disabled.username });
		await psql("select gatepost.account_create(:'u', null)",
		    { u: none.username });
		const answers = [];
		for (const who of [{ ...known, password: 'wrong' },
			{ username: unique('nobody'), password: 'wrong' },
			{ username: '<script>x</script>\u202e', password: 'wrong' },
			disabled, none]) {
			const at = await page();
			const answer = await post(at, who, { from });
			assertHtml(answer, 401);
			assert.deepEqual(answer.cookies, []);
			answers.push([answer.status, Object.keys(answer.headers),
				answer.text.replaceAll(at.form.fields.csrf, 'C')
				    .replaceAll(at.form.fields.request, 'R')
				    // what was typed is there again, inert
				    .replace(/(name="username" value=")[^"<>]*"/, '$1"')]);
		}
		for (const answer of answers)
			assert.deepEqual(answer, answers[0]);
	});

	test('may be mended on the page that it answers with', async () => {
		const who = await account();
		const at = await page();
		const failed = await post(at, { ...who, password: 'x' },
		    { from: address() });

		assertOpened(await post({ jar: at.jar,
			form: readForm(failed.text, at.form.action) }, who));
	});

	for (const [what, form] of [
		['nothing', () => ({})],
		['no username', (f) => ({ ...f, username: undefined })],
		['an empty username', (f) => ({ ...f, username: '' })],
		['no password', (f) => ({ ...f, password: undefined })],
		['an empty password', (f) => ({ ...f, password: '' })],
		['no csrf token', (f) => ({ ...f, csrf: undefined })],
		['an empty csrf token', (f) => ({ ...f, csrf: '' })],
		['a wrong csrf token', (f) => ({ ...f, csrf: 'A'.repeat(43) })],
		['no request', (f) => ({ ...f, request: undefined })],
		['two usernames', (f) => ({ ...f, username: [f.username, 'x'] })],
		['two passwords', (f) => ({ ...f, password: [f.password, 'x'] })],
		['two csrf tokens', (f) => ({ ...f, csrf: [f.csrf, 'x'] })],
		['a NUL in the password', (f) => ({ ...f, password:
		    `${f.password}\0` })],
		['a newline in the username', (f) => ({ ...f, username:
		    `${f.username}\n` })],
		['a password of 2000 bytes', (f) => ({ ...f, password:
		    'x'.repeat(2000) })],
	]) {
		test(`${what}: PAGE, nothing advances (CVE-2026-49443)`,
		    async () => {
			const at = await page();
			const good = { ...at.form.fields, username: site.username,
				password: site.password };

			assertPage(await at.jar.request(at.form.action, { method: 'POST',
				form: form(good), from: address() }));
			const again = await at.jar.request(
			    `${at.form.action}?request=${at.form.fields.request}`);
			assertHtml(again, 200);
		});
	}

	for (const [what, headers] of [
		['of another origin', { Origin: 'https://evil.example' }],
		['of another port', { Origin: 'http://localhost:1' }],
		['of a subdomain', { Origin: site.issuer.replace('//', '//x.') }],
		['of the issuer with more after it', { Origin: `${site.issuer}.x` }],
		['across sites', { 'Sec-Fetch-Site': 'cross-site' }],
		['within the site', { 'Sec-Fetch-Site': 'same-site' }],
	]) {
		test(`a form ${what}: PAGE`, async () => {
			const at = await page();

			assertPage(await post(at, { username: site.username,
				password: site.password }, { headers }));
		});
	}

	for (const type of ['application/json', 'text/plain',
		'multipart/form-data; boundary=x', undefined]) {
		test(`a body of ${type}: PAGE`, async () => {
			const { form } = await page();
			const body = new URLSearchParams({ ...form.fields,
				username: site.username, password: site.password })
			    .toString();

			assertPage(await http(form.action, { method: 'POST', body,
				headers: type ? { 'Content-Type': type } : {} }));
		});
	}

	test("another page's csrf token: PAGE", async () => {
		const [one, two] = [await page(), await page()];

		assertPage(await post(one, { username: site.username,
			password: site.password, csrf: two.form.fields.csrf }));
	});

	test('the csrf token of a page before a newer one: PAGE', async () => {
		const at = await page();

		await at.jar.request(
		    `${at.form.action}?request=${at.form.fields.request}`);
		assertPage(await post(at, { username: site.username,
			password: site.password }));
	});
});

suite('a login', () => {
	test('opens a session: cookie attributes', async () => {
		const cookie = assertOpened(await post(await page(),
		    await account()));
		const [pair, ...attributes] = cookie.split('; ');

		assert.match(pair, new RegExp(
		    `^${COOKIE}=[0-9a-f-]{36}\\.[\\w-]{43}$`));
		assert.deepEqual(attributes.sort(), ['HttpOnly', 'Max-Age=43200',
			'Path=/', 'SameSite=Lax',
			...(site.issuer.startsWith('https:') ? ['Secure'] : [])]);
	});

	test('is a new session each time (CVE-2024-7341)', async () => {
		const who = await account();
		const jar = new Jar();
		const seen = new Set();

		for (let i = 0; i < 3; i++) {
			const at = await page(new Jar());
			seen.add(assertOpened(await post({ jar, form: at.form }, who))
			    .split(/[=.]/)[1]);
		}
		assert.equal(seen.size, 3);
	});

	test('takes a name by its characters, not its bytes', async () => {
		const who = await account(undefined, undefined,
		    unique('\u0436'.repeat(129)));

		assertOpened(await post(await page(), who));
	});

	test('does not take over a session that it was given', async () => {
		const fixed = `0198c0de-0000-7000-8000-000000000000.${'A'.repeat(43)}`;
		const jar = new Jar();

		jar.cookies.set(COOKIE, fixed);
		const cookie = assertOpened(await post(await page(jar),
		    await account()));
		assert.ok(!cookie.includes(fixed.split('.')[0]));
	});

	for (const [kind, hash] of [
		['bcrypt $2y$',
			'$2y$04$abcdefghijklmnopqrstuub.ZjCeFtaHcVNO3csJiht1Oa5O89F5e'],
		['bcrypt $2b$',
			'$2b$05$abcdefghijklmnopqrstuuNKTrdYIyJepeBe0WMJS4ZyMwX4aEJLK'],
		['yescrypt',
			'$y$j9T$F5Jx5fExrKuPp53xLKQ..1$9TkKKERdVuKYhkk1uNwVzBKreAu21NC0eub6A30nZmB'],
		['SHA-512', '$6$saltsaltsaltsalt$U884LKfx6Br8w9qBzgMMbV7K/VpMxd' +
			'Kl04ZbfR5bfcs38jOFFXYB58h5behA5ZIfP6UqQYUrkaLbhGDyi7c.P1'],
		['SHA-512 with rounds', '$6$rounds=1000$saltsalt$XZdIi8kKnYLSZFBx9tmwTE1piB' +
			'6tt1eKJiCdhDKBeqN0kH7YgErSv8t9AZM03RSE0rNql7WfGjX1LeuYvJRHi.'],
	]) {
		test(`knows ${kind}`, async () => {
			const who = await account('correct horse \u00e9', hash);
			const from = address();

			assert.equal((await post(await page(), { ...who,
				password: 'correct horse e' }, { from })).status, 401);
			assertOpened(await post(await page(), who, { from }));
		});
	}

	for (const hash of ['$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/',
		'$5$saltsalt$x', '$argon2id$v=19$m=4096,t=3,p=1$c2FsdA$aGFzaA']) {
		test(`a hash that it could not check is refused: ${hash}`, () =>
			assert.rejects(account('x', hash), /crypt\(3\)/));
	}

	for (const headers of [{ 'Remote-User': 'demo' }, { Remote_User: 'demo' },
		{ REMOTE_USER: 'demo' }, { 'X-Remote-User': 'demo' },
		{ 'X-Forwarded-User': 'demo' }, basic('demo', 'x')]) {
		test(`nobody is believed to be ${JSON.stringify(headers)}`,
		    async () => {
			const { jar, form } = await page();
			const answer = await jar.request(
			    `${form.action}?request=${form.fields.request}`, { headers });

			assert.notEqual(answer.status, 303);
			assert.deepEqual(answer.cookies, []);
		});
	}
});
