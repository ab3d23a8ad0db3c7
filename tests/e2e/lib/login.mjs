// Signing in by hand: accounts, the login page, what it posts.

import assert from 'node:assert/strict';
import { assertHtml } from './answers.mjs';
import { authorizeUrl, follow, Jar, pkce, registerClient } from './oauth.mjs';
import { psql, site, unique } from './site.mjs';

const client = await registerClient({ client_name: 'Login test' });

// An authorization request of a client that registered itself.
export const url = () => authorizeUrl(client,
    { code_challenge: pkce().challenge, state: 'st' });

export const COOKIE = site.issuer.startsWith('https:') ?
    '__Host-gatepost-session' : 'gatepost-session';

// A loopback address that no other test fails to log in from.
let addresses = 0;
export const address = () => process.platform !== 'linux' ? undefined :
    `127.${1 + process.pid % 200}.${1 + Date.now() % 200}.${++addresses % 250}`;

// An account whose password is cheap to check.
export async function account(password = unique('pw'), hash,
    username = unique('user')) {
	await psql(`select gatepost.account_create(:'u', ${hash === undefined ?
	    "gatepost_crypto.crypt(:'p', gatepost_crypto.gen_salt('bf', 4))" :
	    ":'h'"})`, { u: username, p: password, h: hash ?? '' });
	return { username, password };
}

// The login page's form, in a browser of its own; `headers` are added to the
// request for it.
export async function page(jar = new Jar(), { headers } = {}) {
	const { location } = await jar.request(url());
	const at = await follow(jar, location,
	    await jar.request(location, { headers }));

	assertHtml(at.answer, 200);
	return { jar, form: at.form, answer: at.answer };
}

// Post the page's form as its browser does; `options` replace the headers.
export const post = ({ jar, form }, more, options = {}) =>
    jar.request(form.action, { method: 'POST',
	form: { ...form.fields, ...more },
	headers: { Origin: new URL(site.issuer).origin }, ...options });

// A session was opened; its Set-Cookie.
export function assertOpened(answer) {
	assert.equal(answer.status, 303, answer.text);
	assert.ok(answer.location.startsWith(`${site.issuer}/oauth2/consent?`));
	assert.equal(answer.cookies.length, 1);
	return answer.cookies[0];
}
