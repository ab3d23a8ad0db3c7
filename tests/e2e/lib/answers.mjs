// The answers that recur: a page for a person, a redirect for a client, JSON
// for a program.  Each says all that is asked of its kind.

import assert from 'node:assert/strict';
import { site } from './site.mjs';

// The one link of ours is to the account page.
const LEAVES = new RegExp(`<(a(?! href="${site.endpoint('account')}">)[\\s>]|` +
    'script|iframe|object|embed|img|link|base|' +
    'meta[^>]+http-equiv|[^>]*\\son\\w+=|[^>]*javascript:)', 'i');

// What every answer carries, whatever it is.
export function assertHeaders(answer, { cache = 'no-store', cors = false } = {}) {
	const { headers } = answer;

	assert.equal(headers['cache-control'], cache);
	assert.equal(headers['referrer-policy'], 'no-referrer');
	assert.equal(headers['x-content-type-options'], 'nosniff');
	assert.equal(headers['access-control-allow-origin'],
	    cors ? '*' : undefined);
	assert.equal(headers['access-control-allow-credentials'], undefined);
	assert.equal(headers['x-powered-by'], undefined);
}

// A page of ours: inert, not to be framed, leading nowhere by itself.
export function assertHtml(answer, status) {
	const policy = answer.headers['content-security-policy'];

	assert.equal(answer.status, status, answer.text);
	assert.match(answer.headers['content-type'], /^text\/html; ?charset=utf-8$/i);
	assertHeaders(answer);
	assert.match(policy, /default-src 'none'/);
	assert.match(policy, /frame-ancestors 'none'/);
	assert.match(policy, /base-uri 'none'/);
	assert.doesNotMatch(policy, /unsafe|script-src(?! 'none')/);
	assert.equal(answer.headers['x-frame-options'], 'DENY');
	assert.equal(answer.location, undefined);
	assert.doesNotMatch(answer.text, LEAVES);
}

// PAGE: no redirect, no session, nothing of the request but escaped.  `sent`
// are texts that must not stand in it as they are.
export function assertPage(answer, { status = 400, sent = [] } = {}) {
	assertHtml(answer, status);
	assert.deepEqual(answer.cookies, []);
	assert.doesNotMatch(answer.text, /<form/);
	for (const text of sent)
		assert.ok(!answer.text.includes(text), `the page has ${text}`);
}

// The parameters of a redirect to a client's URI: one of each.
export function assertRedirect(answer, uri) {
	assert.ok(answer.status === 303 || answer.status === 302,
	    `${answer.status} ${answer.text}`);
	assertHeaders(answer);
	assert.ok(answer.location.startsWith(uri), answer.location);
	assert.match(answer.location.slice(uri.length), /^[?&][^#]*$/);
	const { searchParams } = new URL(answer.location);
	for (const name of new Set(searchParams.keys()))
		assert.equal(searchParams.getAll(name).length, 1, answer.location);
	assert.equal(searchParams.get('iss'), site.issuer);
	return searchParams;
}

// REDIR: to the client's URI with exactly one error, state and iss, no code.
export function assertRedirectError(answer, uri, error, state) {
	const parameters = assertRedirect(answer, uri);

	assert.equal(parameters.get('error'), error);
	assert.equal(parameters.get('state'), state ?? null);
	assert.equal(parameters.get('code'), null);
	assert.deepEqual(answer.cookies, []);
	return parameters;
}

// JSON: the status, the error, and nothing of the request in its text.
export function assertJsonError(answer, status, error,
	{ cors = true, sent = [] } = {}) {
	assert.equal(answer.status, status, answer.text);
	assert.match(answer.headers['content-type'], /^application\/json/);
	assertHeaders(answer, { cors });
	assert.equal(answer.json?.error, error, answer.text);
	assert.equal(answer.location, undefined);
	assert.deepEqual(answer.cookies, []);
	for (const text of sent)
		assert.ok(!answer.text.includes(text), `the answer has ${text}`);
	for (const name of ['access_token', 'refresh_token', 'code'])
		assert.ok(!(name in answer.json));
	if (status === 503)
		assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
}

// A token response (OAuth 2.1, 3.2.3).
export function assertTokens(answer, { scope, refresh } = {}) {
	assert.equal(answer.status, 200, answer.text);
	assert.match(answer.headers['content-type'], /^application\/json/);
	assertHeaders(answer, { cors: true });
	assert.equal(answer.json.token_type, 'Bearer');
	assert.ok(Number.isInteger(answer.json.expires_in));
	assert.equal(typeof answer.json.scope, 'string');
	for (const value of Object.values(answer.json))
		assert.notEqual(value, null);
	if (scope !== undefined)
		assert.equal(answer.json.scope, scope);
	if (refresh !== undefined)
		assert.equal('refresh_token' in answer.json, refresh);
	return answer.json;
}
