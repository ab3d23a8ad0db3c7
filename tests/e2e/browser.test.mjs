// Sign-in and consent as a person meets them, in a real Chromium.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, suite, test } from 'node:test';
import { authorize, consent, contrast, launch, listenForCallback, pageKind,
	signIn, wide, withPage } from './lib/browser.mjs';
import { assertTokens } from './lib/answers.mjs';
import { authorizeUrl, exchange, http, pkce, registerClient } from
    './lib/oauth.mjs';
import { createAccount, createClient, psql, row, SCOPES, site, sleep } from
    './lib/site.mjs';

const SCOPE = SCOPES.join(' ');
const codes = async (client) => Number((await row('select count(*) as n ' +
    "from gatepost.code where client_id = :'id'",
    { id: client.client_id })).n);

let browser;
let home;
let account;
let callback;

before(async () => {
	browser = await launch();
	callback = await listenForCallback();
	account = await createAccount();
	home = await browser.newContext({ locale: 'en-US' });
	const page = await home.newPage();
	await toConsent(page, (await request()).url);
	await page.close();
});
after(async () => {
	callback?.close();
	await browser?.close();
});

// work(page) in a browser where the account's owner has signed in before.
async function atHome(work, { viewport, colorScheme } = {}) {
	const page = await home.newPage();

	try {
		if (viewport !== undefined)
			await page.setViewportSize(viewport);
		await page.emulateMedia({ colorScheme });
		await work(page);
	} finally {
		await page.close();
	}
}

// A registered client, its authorization URL, and what redeems the code.
async function request(metadata = {}, parameters = {}) {
	const { verifier, challenge } = pkce();
	const client = metadata.client_id !== undefined ? metadata :
	    await registerClient({ redirect_uris: [callback.redirectUri],
		...metadata });
	const url = authorizeUrl(client, { code_challenge: challenge,
		state: 'st', scope: SCOPE, ...parameters });

	return { client, url, redeem: (params) => exchange(client,
	    params.get('code'), verifier) };
}

// What a browser complains of: refused content, scripts, violated policies.
function complaints(page) {
	const list = [];

	page.on('console', (message) => {
		if (['error', 'warning'].includes(message.type()) &&
		    !message.location().url.endsWith('/favicon.ico'))
			list.push(message.text());
	});
	page.on('pageerror', (error) => list.push(String(error)));
	page.on('dialog', (dialog) => {
		list.push(`dialog: ${dialog.message()}`);
		dialog.dismiss();
	});
	return list;
}

const atConsent = (page) =>
    page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
const heading = (page) => page.getByRole('heading', { level: 1 }).innerText();

async function toConsent(page, url) {
	await page.goto(url);
	if (await pageKind(page) === 'login')
		await signIn(page, account.username, account.password);
	await atConsent(page);
}

suite('signing in', () => {
	test('a wrong password is said so, and the next try may be right', () =>
	    withPage(browser, async (page) => {
		const { url, redeem } = await request();
		const complained = complaints(page);

		await page.goto(url);
		await signIn(page, account.username, 'not it');
		const alert = page.getByRole('alert');
		await alert.waitFor();
		assert.match(await alert.innerText(), /do not match/);
		// what was typed is kept, but for the password
		assert.equal(await page.getByLabel('Username').inputValue(),
		    account.username);
		assert.equal(await page.getByLabel('Password').inputValue(), '');
		assert.deepEqual(await page.context().cookies(), []);
		assert.equal(await page.getByLabel('Password').evaluate(
		    (e) => e === document.activeElement), true);
		await page.keyboard.type(account.password);
		await page.keyboard.press('Enter');
		await atConsent(page);
		const arrived = callback.next();
		await consent(page);
		assertTokens(await redeem(await arrived), { scope: SCOPE });
		// the 401 of the first try is told to developers, nothing else
		assert.deepEqual(complained.filter((s) => !/ 401 /.test(s)), []);
	}));

	test('an unknown user is told the same', () =>
	    withPage(browser, async (page) => {
		const { url } = await request();
		const said = [];

		for (const username of [account.username, 'nobody']) {
			await page.goto(url);
			await signIn(page, username, 'not it');
			await page.getByRole('alert').waitFor();
			said.push((await page.locator('body').innerText()));
		}
		assert.equal(said[0], said[1]);
	}));

	test('a username that is markup stays a username', () =>
	    withPage(browser, async (page) => {
		const { url } = await request();
		const complained = complaints(page);
		const username = '"><img src=x onerror=alert(1)>{{csrf}}';

		await page.goto(url);
		await signIn(page, username, 'not it');
		await page.getByRole('alert').waitFor();
		assert.equal(await page.getByLabel('Username').inputValue(),
		    username);
		assert.equal(await page.locator('img').count(), 0);
		assert.deepEqual(complained.filter((s) => !/ 401 /.test(s)), []);
	}));

	test('an empty form is not sent', () =>
	    withPage(browser, async (page) => {
		const { url } = await request();
		let posts = 0;

		await page.goto(url);
		page.on('request', (r) => { posts += r.method() === 'POST'; });
		await page.getByRole('button', { name: 'Sign in' }).click();
		await sleep(100);
		assert.equal(posts, 0);
		assert.equal(await heading(page), 'Sign in');
	}));

	test('is not asked for again within the session; a new one has a new ' +
	    'cookie', () => withPage(browser, async (page) => {
		const { url } = await request();
		const { url: other } = await request();
		const cookie = async () =>
		    (await page.context().cookies()).map(({ value }) => value);

		await toConsent(page, url);
		const first = await page.context().cookies();
		assert.equal(first.length, 1);
		assert.equal(first[0].httpOnly, true);
		assert.equal(first[0].sameSite, 'Lax');
		assert.equal(await page.evaluate(() => document.cookie), '');
		await page.goto(other);
		await atConsent(page);
		assert.deepEqual(await cookie(), [first[0].value]);
		await page.context().clearCookies();
		await toConsent(page, other);
		assert.notEqual((await cookie())[0], first[0].value);
	}));

	test('a disabled account is out, and the page does not say why', () =>
	    withPage(browser, async (page) => {
		const { url } = await request();
		const person = await createAccount();

		await psql("select from gatepost.account_disable(:'u', 'left');",
		    { u: person.username });
		await page.goto(url);
		await signIn(page, person.username, person.password);
		await page.getByRole('alert').waitFor();
		assert.doesNotMatch(await page.locator('body').innerText(),
		    /disabled|left/i);
		assert.deepEqual(await page.context().cookies(), []);
	}));
});

suite('consent', () => {
	test('says who asks, for what, and where the answer goes', () =>
	    atHome(async (page) => {
		const { url } = await request({ client_name: 'Nice & Small',
			redirect_uris: ['https://app.example/callback'] });

		await toConsent(page, url);
		const text = await page.locator('main').innerText();
		for (const word of ['Nice & Small', 'app.example', site.mcpUrl,
			account.username, 'Finance sentiment', ...SCOPES])
			assert.ok(text.includes(word), word);
		assert.match(text, /the name that this application gave itself/);
		assert.doesNotMatch(text, /your own computer/);
	}));

	test('warns of an answer to this computer', () =>
	    atHome(async (page) => {
		for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
			const { url } = await request(
			    { redirect_uris: [`http://${host}/callback`] });
			await toConsent(page, url);
			const text = await page.locator('main').innerText();
			assert.match(text, /your own computer/, host);
			assert.ok(text.includes(host), text);
		}
	}));

	test('does not mark the name of a client that a DBA made', () =>
	    atHome(async (page) => {
		const client = await createClient({ name: 'The intranet',
			redirect_uris: ['https://intranet.example/callback'] });
		const { url } = await request(client,
		    { redirect_uri: 'https://intranet.example/callback' });

		await toConsent(page, url);
		const text = await page.locator('main').innerText();
		assert.match(text, /The intranet/);
		assert.doesNotMatch(text, /gave itself/);
	}));

	test('Refuse gives access_denied, and no code', () =>
	    atHome(async (page) => {
		const { client, url } = await request();
		const params = await authorize(page, url, callback,
		    { ...account, allow: false });

		assert.equal(params.get('error'), 'access_denied');
		assert.equal(params.get('iss'), site.issuer);
		assert.equal(params.get('state'), 'st');
		assert.equal(await codes(client), 0);
	}));

	test('what is unticked is not granted', () =>
	    atHome(async (page) => {
		const { url, redeem } = await request();
		const params = await authorize(page, url, callback,
		    { ...account, scopes: [SCOPES[1]] });

		assertTokens(await redeem(params), { scope: SCOPES[1] });
	}));

	test('a box that the page did not have is not granted', () =>
	    atHome(async (page) => {
		const { url, redeem } = await request({},
		    { scope: SCOPES[0] });

		await toConsent(page, url);
		await page.locator('form').evaluate((form, scope) => {
			const box = document.createElement('input');
			box.type = 'hidden';
			box.name = 'scope';
			box.value = scope;
			form.append(box);
		}, SCOPES[1]);
		const arrived = callback.next();
		await page.getByRole('button', { name: 'Allow' }).click();
		assertTokens(await redeem(await arrived), { scope: SCOPES[0] });
	}));

	test('shows what was allowed before', () =>
	    atHome(async (page) => {
		const { client, url } = await request({},
		    { scope: SCOPES[0] });

		await authorize(page, url, callback, account);
		await page.goto((await request(client)).url);
		await atConsent(page);
		const boxes = await page.locator('label.scope').allInnerTexts();
		assert.deepEqual(boxes.map((s) => /allowed before/.test(s)),
		    [true, false]);
	}));
});

suite('nothing twice', () => {
	test('the back button leads to a page without a form', () =>
	    atHome(async (page) => {
		const { client, url } = await request();

		await authorize(page, url, callback, account);
		assert.equal(await codes(client), 1);
		await page.goBack();
		assert.equal(await page.locator('form').count(), 0);
		assert.equal(await heading(page), 'This did not work');
		assert.equal(await codes(client), 1);
	}));

	test('a second submit mints nothing', () =>
	    atHome(async (page) => {
		const { client, url } = await request();

		await toConsent(page, url);
		const form = {};
		for (const input of await page.locator('form input').all())
			form[await input.getAttribute('name')] =
			    await input.getAttribute('value');
		const arrived = callback.next();
		await consent(page);
		await arrived;
		for (const decision of ['allow', 'deny']) {
			const answer = await page.context().request.post(
			    site.endpoint('consent'), { maxRedirects: 0,
				form: { ...form, decision },
				headers: { Origin: site.issuer } });
			assert.equal(answer.status(), 400);
			assert.equal(answer.headers().location, undefined);
		}
		assert.equal(await codes(client), 1);
	}));

	test('the same page in two tabs: the older one is void', () =>
	    atHome(async (page) => {
		const { client, url, redeem } = await request();

		await toConsent(page, url);
		const newer = await page.context().newPage();
		await newer.goto(page.url());
		await atConsent(newer);
		await consent(page);
		await page.getByText('This did not work').waitFor();
		assert.equal(await codes(client), 0);
		const arrived = callback.next();
		await consent(newer);
		assertTokens(await redeem(await arrived));
		assert.equal(await codes(client), 1);
	}));

	test('two applications in two tabs: each gets its own answer', () =>
	    withPage(browser, async (page) => {
		const one = await request({ client_name: 'One' });
		const two = await request({ client_name: 'Two' });
		const other = await page.context().newPage();

		// both ask to sign in before either has
		await page.goto(one.url);
		await other.goto(two.url);
		await signIn(page, account.username, account.password);
		await atConsent(page);
		await signIn(other, account.username, account.password);
		await atConsent(other);
		for (const [tab, app] of [[other, two], [page, one]]) {
			const arrived = callback.next();
			assert.match(await tab.locator('main').innerText(),
			    new RegExp(tab === page ? 'One' : 'Two'));
			await consent(tab);
			// signed in anew elsewhere: this tab's session is over
			await tab.waitForLoadState();
			if (await tab.getByLabel('Password').count() > 0) {
				await signIn(tab, account.username,
				    account.password);
				await atConsent(tab);
				await consent(tab);
			}
			assertTokens(await app.redeem(await arrived));
		}
	}));

	test('another browser cannot go on with a person’s request', () =>
	    atHome(async (page) => {
		const { client, url } = await request();

		await toConsent(page, url);
		const link = page.url();
		await withPage(browser, async (thief) => {
			await thief.goto(link);
			assert.equal(await heading(thief), 'Sign in');
			const other = await createAccount();
			await signIn(thief, other.username, other.password);
			await thief.waitForLoadState();
			// it is whoever signs in who decides, for themselves
			if (await thief.locator('form').count() > 0)
				assert.match(await thief.locator('main').innerText(),
				    new RegExp(other.username));
		});
		assert.equal(await codes(client), 0);
	}));
});

suite('the policy lets people through', () => {
	// Follow a form to where it leads; what was asked for and what failed.
	async function leave(page, url) {
		const complained = complaints(page);
		const went = [];

		page.on('request', (r) => {
			if (!r.url().startsWith(site.issuer))
				went.push(r.url());
		});
		await page.goto(url);
		if (await pageKind(page) === 'login')
			await signIn(page, account.username, account.password);
		// not there, but for the client whose consent is not asked
		const allow = page.getByRole('button', { name: 'Allow' });
		for (let i = 0; i < 40 && went.length === 0; i++) {
			if (await allow.count() > 0) {
				await allow.click({ noWaitAfter: true });
				break;
			}
			await sleep(50);
		}
		for (let i = 0; i < 40 && went.length === 0 &&
		    complained.length === 0; i++)
			await sleep(50);
		return { went, complained };
	}

	for (const uri of ['http://127.0.0.1:4711/callback',
		'http://localhost:4711/callback', 'http://[::1]:4711/callback',
		'https://claude.ai/api/mcp/auth_callback',
		'cursor://anysphere.cursor-mcp/oauth/callback',
		'com.example.app:/oauth/callback']) {
		test(`to ${uri}`, () => atHome(async (page) => {
			const { url } = await request({ redirect_uris: [uri] });
			const { went, complained } = await leave(page, url);

			assert.equal(went.length, 1, complained.join());
			assert.ok(went[0].startsWith(`${uri}?code=`), went[0]);
			assert.ok(!complained.some((s) => /policy/i.test(s)),
			    complained.join());
		}));
	}

	for (const uri of ['https://app.example/callback',
		'com.example.app:/oauth/callback']) {
		test(`to ${uri} straight from sign-in, when nothing is asked`,
		    () => withPage(browser, async (page) => {
			const client = await createClient(
			    { redirect_uris: [uri] });
			await psql("update gatepost.client set consent = 'none' " +
			    "where client_id = :'id';", { id: client.client_id });
			const { url } = await request(client,
			    { redirect_uri: uri });
			const { went, complained } = await leave(page, url);

			assert.equal(went.length, 1, complained.join());
		}));
	}

	test('and no further: a form cannot be turned elsewhere', () =>
	    atHome(async (page) => {
		const { url } = await request();
		const complained = complaints(page);

		await toConsent(page, url);
		await page.locator('form').evaluate(
		    (form) => { form.action = 'http://evil.example/'; });
		await page.getByRole('button', { name: 'Allow' })
		    .click({ noWaitAfter: true });
		// over TLS there are others as well
		for (let i = 0; i < 40 && !/form-action/.test(complained); i++)
			await sleep(50);
		assert.match(complained.join(), /form-action/);
		assert.equal(new URL(page.url()).origin, site.issuer);
	}));

	test('nor does a script run, or an image load', () =>
	    withPage(browser, async (page) => {
		const { url } = await request();
		const complained = complaints(page);

		await page.goto(url);
		await page.evaluate(() => {
			const script = document.createElement('script');
			script.textContent = 'document.title = "owned"';
			document.body.append(script);
			document.body.insertAdjacentHTML('beforeend',
			    '<img src="/x.png" onerror="document.title=\'owned\'">');
		});
		await sleep(100);
		assert.match(await page.title(), /^Sign in/);
		assert.ok(complained.length >= 2);
	}));

	test('the page cannot be framed', () =>
	    withPage(browser, async (page) => {
		const { url } = await request();
		const server = createServer((req, res) => res.writeHead(200,
		    { 'Content-Type': 'text/html' }).end('<iframe src="' +
		    `${url.replaceAll('&', '&amp;')}"></iframe>`));

		await new Promise((done) => server.listen(0, '127.0.0.1', done));
		try {
			await page.goto(
			    `http://127.0.0.1:${server.address().port}/`);
			await sleep(200);
			for (const frame of page.frames().slice(1))
				assert.equal(await frame.locator('form').count(), 0);
		} finally {
			server.closeAllConnections();
			server.close();
		}
	}));
});

suite('hostile names are inert', () => {
	const NAMES = {
		markup: '<img src=x onerror=alert(1)><script>alert(2)</script>',
		attribute: '" autofocus onfocus="alert(3)" x="\' onclick=alert(4)',
		template: '{{csrf}}{{#scopes}}{{/scopes}}{{{csrf}}}',
		bidirectional: 'safe\u202egpj.exe\u2066\u2069\u200f',
		invisible: 'Goo\u200bgle\u200d\ufeff\u2060\u00ad',
		entities: '&lt;b&gt;&#x3c;b&#x3e;&amp;lt;',
		link: 'Go to https://evil.example/ <a href="//evil.example">now</a>',
	};

	for (const [what, name] of Object.entries(NAMES)) {
		test(what, () => atHome(async (page) => {
			const { client_id } = await createClient({ name,
				redirect_uris: [callback.redirectUri] });
			const { url } = await request({ client_id },
			    { redirect_uri: callback.redirectUri });
			const complained = complaints(page);
			// eslint-disable-next-line no-misleading-character-class
			const shown = name.replace(
			    /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
			    '');
			const look = async (at) => {
				const strong = at.locator('strong').first();
				assert.equal(await strong.textContent(), shown);
				await strong.click();
				assert.equal(await at.locator('img, script, b, iframe, ' +
				    `a:not([href="${site.endpoint('account')}"])`)
				    .count(), 0);
			};

			await toConsent(page, url);
			await look(page);
			assert.deepEqual(complained, []);
			await withPage(browser, async (stranger) => {
				const heard = complaints(stranger);
				await stranger.goto(url);
				await look(stranger);
				assert.deepEqual(heard, []);
			});
		}));
	}

	test('of a very long name the page keeps its shape', () =>
	    atHome(async (page) => {
		const { url } = await request({ client_name: 'W'.repeat(120) });

		await toConsent(page, url);
		assert.ok(await wide(page) <= 320);
	}, { viewport: { width: 320, height: 568 } }));

	test('in an error page nothing of the request leads anywhere', () =>
	    withPage(browser, async (page) => {
		const complained = complaints(page);
		await page.goto(authorizeUrl({ client_id: '<img src=x>' },
		    { redirect_uri: 'javascript:alert(1)//<script>' }));
		assert.equal(await heading(page), 'This did not work');
		assert.equal(await page.locator('a, img, script, form').count(),
		    0);
		assert.deepEqual(complained.filter((s) => !/ 400 /.test(s)), []);
	}));
});

suite('for everybody', () => {
	test('the keyboard is enough', () => withPage(browser, async (page) => {
		const { url, redeem } = await request();
		const press = async (...keys) => {
			for (const key of keys)
				await page.keyboard.press(key);
		};
		const focused = () => page.evaluate(() =>
		    document.activeElement.value ?? document.activeElement.name);

		await page.goto(url);
		// the cursor is where one starts
		await page.locator('input[name=username]:focus').waitFor();
		await page.keyboard.type(account.username);
		await press('Tab');
		await page.keyboard.type(account.password);
		await press('Tab', 'Enter');
		await atConsent(page);
		await press('Tab');
		assert.equal(await focused(), SCOPES[0]);
		await press('Space', 'Tab');
		assert.equal(await focused(), SCOPES[1]);
		await press('Tab');
		assert.equal(await focused(), 'allow');
		// whoever tabs sees where they are
		assert.notEqual(await page.locator(':focus').evaluate(
		    (e) => getComputedStyle(e).outlineStyle), 'none');
		const arrived = callback.next();
		await press('Enter');
		assertTokens(await redeem(await arrived), { scope: SCOPES[1] });
	}));

	test('everything has a name and a role', () =>
	    withPage(browser, async (page) => {
		const { url } = await request();

		await page.goto(url);
		assert.equal(await page.locator('html').getAttribute('lang'), 'en');
		assert.match(await page.title(), /^Sign in/);
		assert.equal(await page.getByRole('main').count(), 1);
		assert.equal(await page.getByRole('heading', { level: 1 }).count(),
		    1);
		await page.getByRole('textbox', { name: 'Username' })
		    .fill(account.username);
		assert.equal(await page.getByLabel('Username')
		    .getAttribute('autocomplete'), 'username');
		assert.equal(await page.getByLabel('Password')
		    .getAttribute('autocomplete'), 'current-password');
		await page.getByLabel('Password').fill(account.password);
		await page.getByRole('button', { name: 'Sign in' }).click();
		await atConsent(page);
		assert.match(await page.title(), /^Allow access/);
		const group = page.getByRole('group',
		    { name: 'It asks to be allowed to' });
		assert.equal(await group.getByRole('checkbox').count(), 2);
		for (const scope of SCOPES)
			assert.equal(await group.getByRole('checkbox',
			    { name: scope }).isChecked(), true);
		for (const name of ['Allow', 'Refuse'])
			assert.equal(await page.getByRole('button',
			    { name, exact: true }).count(), 1);
	}));

	test('without JavaScript', () => withPage(browser, async (page) => {
		const { url, redeem } = await request();
		const params = await authorize(page, url, callback,
		    { ...account, scopes: [SCOPES[0]] });

		assertTokens(await redeem(params), { scope: SCOPES[0] });
	}, { javaScriptEnabled: false }));

	test('the whole way without a complaint', () =>
	    atHome(async (page) => {
		const { url, redeem } = await request();
		const complained = complaints(page);
		const params = await authorize(page, url, callback, account);

		assertTokens(await redeem(params));
		assert.deepEqual(complained, []);
	}));

	for (const colorScheme of ['light', 'dark']) {
		test(`legible in a ${colorScheme} room`, () =>
		    withPage(browser, async (page) => {
			const { url } = await request();
			const legible = async (selector) => {
				for (const one of await page.locator(selector).all())
					assert.ok(await contrast(one) >= 4.5,
					    `${selector}: ${await contrast(one)}`);
			};

			await page.goto(url);
			await signIn(page, account.username, 'not it');
			await page.getByRole('alert').waitFor();
			await legible('h1, p, label, button, .alert, .note, input');
			await signIn(page, account.username, account.password);
			await atConsent(page);
			await legible('h1, p, dt, dd, legend, .warn, code, button');
			const ground = await page.locator('body').evaluate((e) =>
			    getComputedStyle(e).backgroundColor);
			const [red] = ground.match(/\d+/g).map(Number);
			assert.equal(red < 128, colorScheme === 'dark', ground);
		}, { colorScheme }));
	}

	test('on a narrow screen nothing has to be scrolled sideways', () =>
	    withPage(browser, async (page) => {
		const { url } = await request({ redirect_uris:
		    [`https://${'long-name.'.repeat(12)}example/callback`] });

		await page.goto(url);
		assert.ok(await wide(page) <= 320, 'login');
		await signIn(page, account.username, account.password);
		await atConsent(page);
		assert.ok(await wide(page) <= 320, 'consent');
		// WCAG 2.2, 2.5.8: large enough for a thumb
		for (const one of await page.locator('button, label.scope').all())
			assert.ok((await one.boundingBox()).height >= 44);
		await page.goto(`${url}&resource=https%3A%2F%2Fother.example%2F`);
		assert.equal(await heading(page), 'This did not work');
		assert.ok(await wide(page) <= 320, 'error');
	}, { viewport: { width: 320, height: 568 } }));

	test('an error page says what to do', async () => {
		const { url } = await request({}, { resource: undefined });
		const answer = await http(`${url}&resource=https://other.example/`);

		assert.equal(answer.status, 400);
		assert.match(answer.text, /go back to the application/);
		assert.match(answer.text, /127\.0\.0\.1/);
		assert.match(answer.text, /invalid_target/);
	});
});
