// Pages in the language of the person, for everybody: what ui_locales and
// Accept-Language lead to, that nothing is left in English, and what axe-core
// says of each page in each language, in light and dark.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { assertHtml, assertPage } from './lib/answers.mjs';
import { browser, consent, listenForCallback, signIn as fillIn, withPage }
    from './lib/browser.mjs';
import { authorizeUrl, exchange, follow, http, Jar, pkce, registerClient,
	REDIRECT } from './lib/oauth.mjs';
import { createAccount, createClient, psql, SCOPES, site } from
    './lib/site.mjs';

const PO = join(dirname(process.env.GATEPOST_QUICKSTART), '../po');
const OTHERS = ['ar', 'de', 'es', 'fr', 'ja'];
const LANGUAGES = ['en', ...OTHERS];

// The texts of a language by the English ones.
async function texts(language) {
	const list = new Map();

	if (language === 'en')
		return { get: (text) => text, keys: () => [] };
	const po = await readFile(join(PO, `${language}.po`), 'utf8');
	for (const [, id, str] of po.matchAll(/^msgid (".+")\nmsgstr (".+")$/gm))
		list.set(JSON.parse(id), JSON.parse(str));
	return list;
}

const axe = await readFile(createRequire(import.meta.url)
    .resolve('axe-core/axe.min.js'), 'utf8');

let account;
let callback;
let client;

before(async () => {
	account = await createAccount();
	callback = await listenForCallback();
	client = await registerClient({ client_name: 'Claude (beta)',
		redirect_uris: [callback.redirectUri] });
});
after(() => callback?.close());

const request = (parameters = {}) => authorizeUrl(client, {
	code_challenge: pkce().challenge, state: 'st', scope: SCOPES.join(' '),
	...parameters });
const wrong = (ui_locales) => authorizeUrl({ client_id: 'nobody' },
    { ui_locales });

const languageOf = ({ text }) => text.match(/<html lang="(.*?)"/)[1];

// The error page of an unknown client, in the language that these lead to.
async function ask(ui_locales, accept) {
	const answer = await http(wrong(ui_locales),
	    { headers: accept === undefined ? {} : { 'Accept-Language': accept } });

	assertPage(answer, { status: 400 });
	assert.equal(answer.headers['content-language'], languageOf(answer));
	assert.equal(answer.headers.vary, 'Accept-Language');
	return languageOf(answer);
}

suite('the language of a page', () => {
	test('is what ui_locales says, of those that are advertised', async () => {
		const { json } = await http(
		    site.url('/.well-known/oauth-authorization-server'));

		assert.deepEqual([...json.ui_locales_supported].sort(),
		    [...LANGUAGES].sort());
		for (const tag of json.ui_locales_supported) {
			assert.equal(await ask(tag), tag);
			assert.equal(await ask(`tlh ${tag}-x-test fr`, 'de'), tag);
		}
	});

	test('else what the browser accepts', async () => {
		for (const tag of LANGUAGES)
			assert.equal(await ask(undefined, tag), tag);
		for (const [accept, tag] of [['en-GB,en;q=0.9,de;q=0.8', 'en'],
			['it,pt-BR;q=0.9,es;q=0.2', 'es'], ['fr;q=0.1, ja', 'ja'],
			['de;q=0, *', 'en'], ['*', 'en'], ['tlh', 'en']])
			assert.equal(await ask(undefined, accept), tag, accept);
		assert.equal(await ask('tlh', 'fr'), 'fr');
		assert.equal(await ask(undefined, undefined), 'en');
	});

	test('is one of ours whatever is sent', async () => {
		for (const tag of ['../de', 'de/../../x', 'de.mo', '/etc/passwd',
			'"><script>alert(1)</script>', 'de"', "de'", '{{_}}', '%',
			'de,fr', 'de;q=1', 'd\u00e9', '-', 'de-', '*',
			'x'.repeat(2048)]) {
			assert.equal(await ask(tag), 'en', tag);
			assert.equal(await ask(tag, 'fr'), 'fr', tag);
		}
		for (const accept of ['../de', 'de/..', '"de"', '<de>', 'de;q=x',
			'de;q=9', ';;;', ',,,', '='.repeat(1000)])
			assert.equal(await ask(undefined, accept), 'en', accept);
	});

	test('control bytes and long lists: refused, or English', async () => {
		for (const [url, accept] of [[wrong('de\0'), ''],
			[wrong('de\r\nSet-Cookie: x=y'), ''], [wrong('\u0001de'), ''],
			[`${wrong('de')}%C3`, ''], [`${wrong('de')}&ui_locales=fr`, ''],
			[wrong('de '.repeat(3500)), ''],
			[wrong(), `${'xx,'.repeat(3500)}de\t`],
			[wrong(), `de-${'a'.repeat(10240)}`]]) {
			const answer = await http(url,
			    { headers: { 'Accept-Language': accept } });
			assert.ok([400, 413, 414, 431].includes(answer.status),
			    `${answer.status}`);
			assert.equal(answer.headers['set-cookie'], undefined);
			if (answer.headers['content-language'] !== undefined)
				assert.match(languageOf(answer), /^(en|de)$/);
		}
	});

	test('that was asked for goes on, as our own tag alone', async () => {
		const jar = new Jar();
		const one = await jar.request(request({
			ui_locales: 'tlh "><x> DE-at' }));
		assert.match(one.location,
		    /\/oauth2\/login\?request=[\w.-]+&ui_locales=de$/);
		const { form, answer } = await follow(jar, one.location);
		assert.equal(languageOf(answer), 'de');
		assert.equal(form.fields.ui_locales, 'de');
		const post = (more) => jar.request(form.action, { method: 'POST',
			form: { ...form.fields, ...account, ...more },
			headers: { Origin: new URL(site.issuer).origin } });
		const failed = await post({ password: 'not it' });
		assertHtml(failed, 401);
		assert.equal(languageOf(failed), 'de');
		const on = await post({});
		assert.match(on.location,
		    /\/oauth2\/consent\?request=[\w.-]+&ui_locales=de$/);
		assert.equal(languageOf(await jar.request(on.location)), 'de');
		// and nothing else does
		const other = await new Jar().request(request({
			ui_locales: 'tlh' }));
		assert.doesNotMatch(other.location, /ui_locales/);
	});

	test('is not that of errors for applications', async () => {
		const headers = { 'Accept-Language': 'de' };
		const { json } = await http(site.endpoint('token'),
		    { form: { grant_type: 'x' }, headers });
		assert.match(json.error_description, /^the |^client /);
		const ours = await createClient({ redirect_uris: [REDIRECT] });
		const { location } = await http(authorizeUrl(ours,
		    { code_challenge: undefined, ui_locales: 'de' }), { headers });
		assert.match(new URL(location).searchParams.get('error_description'),
		    /^PKCE is required/);
	});
});

// ---- every page in every language ----

// The browser comes from one of these.
const ADDRESSES = "('address', '127.0.0.1'), ('address', '::/64')";

// work() while nobody may try to sign in.
async function slowly(work) {
	await psql(`insert into gatepost.login_failure (kind, subject, failures)
		select kind, subject, 100000
		from (values ${ADDRESSES}) v (kind, subject)
		on conflict (kind, subject) do update
		set failures = excluded.failures, since = now();`);
	try {
		return await work();
	} finally {
		await psql(`delete from gatepost.login_failure
			where (kind, subject) in (${ADDRESSES});`);
	}
}

async function signIn(page, password = account.password) {
	await fillIn(page, account.username, password);
	await page.waitForLoadState('load');
}

// Each page there is, one after the other; look(name, heading) at each.
async function everyPage(page, ui_locales, look) {
	const failed = (name) => look(name, 'This did not work');

	await page.goto(wrong(ui_locales));
	await failed('unknown client');
	await page.goto(request({ ui_locales, redirect_uri:
	    'https://elsewhere.example/callback' }));
	await failed('bad redirect');
	await page.goto(request({ ui_locales,
		resource: 'https://other.example/' }));
	await failed('refused, with the host');
	await page.goto(`${site.endpoint('consent')}?ui_locales=${ui_locales}`);
	await failed('nothing to decide');

	await page.goto(request({ ui_locales }));
	await look('login', 'Sign in');
	await signIn(page, 'not it');
	await look('login failed', 'Sign in');
	await slowly(() => signIn(page, 'not it'));
	await look('login slow', 'Sign in');
	await signIn(page);
	await look('consent', 'Allow access?');
	await page.locator('form').evaluate((form) => {
		form.elements.csrf.value = 'x'.repeat(43);
	});
	await page.locator('[value=allow]').click();
	await page.waitForLoadState('load');
	await failed('a form that is not ours');
	await accountPages(page, ui_locales, look);
}

// With an application that has access, and one more browser.
async function accountPages(page, ui_locales, look) {
	const { verifier, challenge } = pkce();
	const arrived = callback.next();

	await page.goto(request({ ui_locales, code_challenge: challenge }));
	await consent(page);
	await exchange(client, (await arrived).get('code'), verifier);
	await page.goto(`${site.endpoint('account')}?ui_locales=${ui_locales}`);
	await look('account', 'Your account');
	for (const [name, value] of [['current', 'not it'],
		['new', 'another password'], ['repeated', 'another password']])
		await page.fill(`[name=${name}]`, value);
	await page.click('[value=password]');
	await look('account, a wrong password', 'Your account');
	await page.click('[value=sign_out]');
	await look('signed out', 'Signed out');
}

// WCAG 2.2 A and AA, and what axe-core thinks good besides.
async function pass(page, where, options) {
	// eslint-disable-next-line no-undef
	if (await page.evaluate(() => window.axe === undefined))
		await page.evaluate(axe);
	const { violations } = await page.evaluate(
	    // eslint-disable-next-line no-undef
	    (o) => window.axe.run(document, o),
	    { resultTypes: ['violations'], preload: false, ...options });

	const found = violations.map(({ id, help, nodes }) =>
	    `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`)
	    .join('\n');
	assert.equal(found, '', `${where}: ${found}`);
}

// What is on a page: all in the language, legible, and not too wide.
async function examine(page, where, language, heading, said) {
	const html = page.locator('html');
	const text = (await page.locator('body').innerText()).toLowerCase();

	assert.equal(await html.getAttribute('lang'), language, where);
	assert.equal(await html.getAttribute('dir'),
	    language === 'ar' ? 'rtl' : 'ltr', where);
	assert.equal(await page.locator('h1').innerText(), said.get(heading),
	    where);
	assert.ok((await page.title()).startsWith(said.get(heading)), where);
	for (const english of said.keys())
		assert.ok(said.get(english) === english || english.length < 7 ||
		    !text.includes(english.toLowerCase()), `${where}: ${english}`);
	assert.doesNotMatch(text, /\{\{|\}\}/, where);
	assert.ok(await page.evaluate(() =>
	    document.documentElement.scrollWidth) <= 320, `${where} is too wide`);
	await page.emulateMedia({ colorScheme: 'light' });
	await pass(page, where);
	await page.emulateMedia({ colorScheme: 'dark' });
	await pass(page, `${where}, dark`, { runOnly: ['color-contrast'] });
}

// work(page) in a browser like that.
const within = (options, work) => async () =>
    withPage(await browser(), work, options);

suite('pages', () => {
	before(() => psql(SCOPES.map((scope) => OTHERS.map((language) =>
	    'select from gatepost.scope_translate(' +
	    `'${scope}', '${language}', '${language}: ${scope}');`).join(''))
	    .join('')));
	after(() => psql('delete from gatepost.scope_translation;'));

	for (const language of LANGUAGES) {
		test(`in ${language}: nothing is left in English, axe-core has ` +
		    'nothing to say, nothing is wider than a phone',
		within({ viewport: { width: 320, height: 568 } }, async (page) => {
			const said = await texts(language);
			let seen = 0;

			await everyPage(page, language, async (name, heading) => {
				seen++;
				await examine(page, `${language}: ${name}`, language,
				    heading, said);
			});
			assert.equal(seen, 12);
		}));
	}

	test('what a scope means is said in the language, if a DBA said it',
	within({}, async (page) => {
		await psql(`select from gatepost.scope_translate(
			'${SCOPES[1]}', 'fr', null);`);
		await page.goto(request({ ui_locales: 'fr' }));
		await signIn(page);
		const boxes = await page.locator('label.scope').allInnerTexts();
		assert.match(boxes[0], new RegExp(`^fr: ${SCOPES[0]}`));
		assert.doesNotMatch(boxes[1], /^fr: /);
	}));

	test('what is for machines is never turned round',
	within({}, async (page) => {
		await page.goto(request({ ui_locales: 'ar' }));
		await signIn(page);
		const styles = (selector) => page.locator(selector).evaluateAll(
		    (all) => all.map((one) => {
			const { direction, unicodeBidi } = getComputedStyle(one);
			return `${direction} ${unicodeBidi}`;
		}));
		const machines = await styles('.host, code');
		assert.ok(machines.length >= 4);
		assert.deepEqual([...new Set(machines)], ['ltr isolate']);
		// a name is turned as it is written itself
		assert.deepEqual([...new Set(await styles('strong'))],
		    ['rtl plaintext']);
	}));

	for (const [how, locale, ui_locales, language] of [
		['from the browser', 'ja-JP', undefined, 'ja'],
		['from the application', 'de-DE', 'ar', 'ar']]) {
		test(`the whole way ${how}, without JavaScript`,
		within({ javaScriptEnabled: false, locale }, async (page) => {
			const { verifier, challenge } = pkce();
			const lang = () => page.locator('html').getAttribute('lang');
			const arrived = callback.next();

			await page.goto(request({ ui_locales,
				code_challenge: challenge }));
			assert.equal(await lang(), language);
			await signIn(page);
			assert.equal(await lang(), language);
			await consent(page);
			const answer = await exchange(client,
			    (await arrived).get('code'), verifier);
			assert.equal(answer.status, 200, answer.text);
		}));
	}
});
