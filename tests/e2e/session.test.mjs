// Browser sessions, and guessing, which is slowed.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertHtml } from './lib/answers.mjs';
import { account, address, assertOpened, COOKIE, page, post, url } from
    './lib/login.mjs';
import { http, Jar } from './lib/oauth.mjs';
import { psql, rows, unique } from './lib/site.mjs';

suite('guessing is slowed', () => {
	test('after ten failures from one address 429, also with the right ' +
	    'password',
	    async () => {
		const who = await account();
		const from = address();
		let at = await page();

		for (let i = 0; i < 10; i++)
			assert.equal((await post(at, { ...who, password: 'no' },
			    { from })).status, 401);
		const slow = await post(at, who, { from });
		assertHtml(slow, 429);
		assert.ok(Number(slow.headers['retry-after']) > 60);
		assert.deepEqual(slow.cookies, []);
		// a stranger cannot so easily keep the owner out, nor anybody else
		assertOpened(await post(await page(), who, { from: address() }));
		assertOpened(await post(at, await account(), { from }));
	});

	test('parallel guesses are counted each (CVE-2024-4629)', async () => {
		const who = await account();
		const pages = await Promise.all(
		    Array.from({ length: 24 }, () => page()));
		const from = address();
		const answers = await Promise.all(pages.map((at) =>
		    post(at, { ...who, password: 'no' }, { from })));
		const count = (status) =>
		    answers.filter((a) => a.status === status).length;

		assert.deepEqual([count(401), count(429)], [10, 14]);
	});

	test('a name that nobody has is slowed alike', async () => {
		const who = { username: unique('nobody'), password: 'x' };
		const from = address();
		const at = await page();
		const statuses = [];

		for (let i = 0; i < 11; i++)
			statuses.push((await post(at, who, { from })).status);
		assert.deepEqual(statuses, [...Array(10).fill(401), 429]);
	});

	test('a login that is right makes the count start over', async () => {
		const who = await account();
		const from = address();
		const fail = async (at) => (await post(at,
		    { ...who, password: 'no' }, { from })).status;

		for (let round = 0; round < 2; round++) {
			const at = await page();
			for (let i = 0; i < 9; i++)
				assert.equal(await fail(at), 401);
			assertOpened(await post(at, who, { from }));
		}
	});
});

suite('a session', () => {
	const signedIn = async (who) => {
		const jar = new Jar();

		assertOpened(await post(await page(jar), who));
		return jar;
	};
	const where = async (jar) => new URL((await jar.request(url())).location)
	    .pathname.split('/').pop();

	for (const [what, sql] of [
		['idle', "update gatepost.session set seen_at = now() - " +
		    "interval '31 minutes' where id = :'s'"],
		['too old', "update gatepost.session set opened_at = now() - " +
		    "interval '13 hours' where id = :'s'"],
		['ended', "update gatepost.session set ended_at = now() " +
		    "where id = :'s'"],
		['of a disabled account',
			"select gatepost.account_disable(:'u', 'test')"],
		['opened before the password was changed',
			"select gatepost.account_set_password(:'u', 'new one')"],
	]) {
		test(`that is ${what} is none`, async () => {
			const who = await account();
			const jar = await signedIn(who);

			assert.equal(await where(jar), 'consent');
			await psql(sql, { u: who.username, s:
			    jar.cookies.get(COOKIE).split('.')[0] });
			assert.equal(await where(jar), 'login');
		});
	}

	test('is not found by its id alone, nor when the cookie is there twice',
	    async () => {
		const jar = await signedIn(await account());
		const good = jar.cookies.get(COOKIE);
		const id = good.split('.')[0];

		for (const cookie of [`${COOKIE}=${id}.${'A'.repeat(43)}`,
			`${COOKIE}=${id}`, `${COOKIE}=${good}x`,
			`${COOKIE}=${good}; ${COOKIE}=${good}`,
			`x${COOKIE}=${good}`, `${COOKIE.toUpperCase()}=${good}`]) {
			const { location } = await http(url(),
			    { headers: { Cookie: cookie } });
			assert.match(location, /\/login\?/, cookie);
		}
	});

	test('is kept as a hash', async () => {
		const jar = await signedIn(await account());
		const [id, secret] = jar.cookies.get(COOKIE).split('.');
		const [{ row }] = await rows("select s::text as row from " +
		    "gatepost.session s where id = :'id'", { id });

		assert.ok(!row.includes(secret));
	});
});
