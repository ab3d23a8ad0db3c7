// OAuth by hand: every request written out, nothing forgiven, so that tests
// can send what no library would.

import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { prove } from './assertion.mjs';
import { site, sleep } from './site.mjs';

export const REDIRECT = 'http://127.0.0.1/callback';

// ---- requests ----

// Raw HTTP, since fetch() repairs what it is given: header names keep their
// spelling and may repeat ([[name, value], ...]), redirects are not followed.
// { status, headers, cookies: ['name=value', ...], text, json }
// `from` is the loopback address to come from: failed logins are counted by it.
// `tls` are options of node:tls, a client's certificate for one.
// GATEPOST_SLOW is how many times slower than usual the programs may answer.
export function http(url, { method = 'GET', headers = {}, body, form, json,
	path, from, tls, timeout = 10_000 * (process.env.GATEPOST_SLOW ?? 1) } = {}) {
	const list = Array.isArray(headers) ? [...headers] :
	    Object.entries(headers);
	const u = new URL(url);

	if (form !== undefined) {
		body = encodeForm(form);
		list.unshift(['Content-Type', 'application/x-www-form-urlencoded']);
	} else if (json !== undefined) {
		body = JSON.stringify(json);
		list.unshift(['Content-Type', 'application/json']);
	}
	if (body !== undefined && method === 'GET')
		method = 'POST';
	if (body !== undefined &&
	    !list.some(([name]) => /^(content-length|transfer-encoding)$/i
		.test(name)))
		list.push(['Content-Length', Buffer.byteLength(body)]);
	if (!list.some(([name]) => /^host$/i.test(name)))
		list.push(['Host', u.host]);
	return new Promise((resolve, reject) => {
		const req = (u.protocol === 'https:' ? httpsRequest : httpRequest)({
			hostname: u.hostname, port: u.port, method,
			path: path ?? u.pathname + u.search, headers: list.flat(),
			setHost: false, timeout, agent: false, localAddress: from, ...tls,
			family: from === undefined ? 0 : 4,
		}, (res) => {
			const parts = [];
			res.on('data', (part) => parts.push(part));
			res.on('error', reject);
			res.on('end', () => resolve(response(res,
			    Buffer.concat(parts).toString())));
		});
		req.on('timeout', () =>
		    req.destroy(new Error(`${method} ${url}: no answer`)));
		req.on('error', reject);
		req.end(body);
	});
}

function response(res, text) {
	let json;

	try {
		json = JSON.parse(text);
	} catch {
		json = undefined;
	}
	return {
		status: res.statusCode, headers: res.headers, rawHeaders: res.rawHeaders,
		cookies: res.headers['set-cookie'] ?? [], text, json,
		location: res.headers.location,
	};
}

// { a: '1', b: ['2', '3'], c: undefined } or [['a', '1'], ...] as a form.
export function encodeForm(form) {
	const list = Array.isArray(form) ? form : Object.entries(form)
	    .flatMap(([name, value]) => [value].flat().map((v) => [name, v]));

	return new URLSearchParams(list.filter(([, v]) => v !== undefined))
	    .toString();
}

export function basic(id, secret) {
	const one = (s) => encodeForm([['', s]]).slice(1);

	return { Authorization: 'Basic ' +
	    Buffer.from(`${one(id)}:${one(secret)}`).toString('base64') };
}

export const bearer = (token) => ({ Authorization: `Bearer ${token}` });

// ---- clients ----

export function pkce() {
	const verifier = randomBytes(32).toString('base64url');
	const challenge = createHash('sha256').update(verifier)
	    .digest('base64url');

	return { verifier, challenge };
}

// Register, expecting success; the answer's document.
export async function registerClient(metadata = {}) {
	const answer = await http(site.endpoint('register'), { json: {
		client_name: 'A test', redirect_uris: [REDIRECT],
		grant_types: ['authorization_code', 'refresh_token'],
		token_endpoint_auth_method: 'none', ...metadata,
	} });

	if (answer.status !== 201)
		throw new Error(`register: ${answer.status} ${answer.text}`);
	return answer.json;
}

// A good authorization request's URL; parameters set to undefined are left
// out, arrays are repeated.
export function authorizeUrl(client, parameters = {}) {
	return `${site.endpoint('authorize')}?${encodeForm({
		response_type: 'code', client_id: client.client_id,
		redirect_uri: client.redirect_uris?.[0] ?? REDIRECT,
		code_challenge_method: 'S256', resource: site.mcpUrl,
		...parameters,
	})}`;
}

// How a client says who it is: its headers and form parameters.
function identify(client) {
	if (client.key !== undefined)
		return [{}, prove(client)];
	const method = client.token_endpoint_auth_method ??
	    (client.client_secret ? 'client_secret_basic' : 'none');

	if (method === 'client_secret_basic')
		return [basic(client.client_id, client.client_secret), {}];
	return [{}, { client_id: client.client_id,
		client_secret: method === 'none' ? undefined :
		    client.client_secret }];
}

// A request at an endpoint that authenticates clients; the whole answer.
export function call(name, client, form) {
	const [headers, credentials] = identify(client);

	return http(site.endpoint(name),
	    { headers, form: { ...credentials, ...form } });
}

export const tokenRequest = (client, form) => call('token', client, form);

export function exchange(client, code, verifier, more = {}) {
	return tokenRequest(client, { grant_type: 'authorization_code', code,
		code_verifier: verifier, ...more });
}

export function refresh(client, refresh_token, more = {}) {
	return tokenRequest(client, { grant_type: 'refresh_token',
		refresh_token, ...more });
}

export function clientCredentials(client, more = {}) {
	return tokenRequest(client, { grant_type: 'client_credentials', ...more });
}

// ---- a browser without a browser ----

// Keeps cookies as a browser does, `__Host-` and Secure over http://localhost
// included.  Follows nothing by itself.
export class Jar {
	cookies = new Map();

	async request(url, options = {}) {
		const list = Object.entries(options.headers ?? {});

		if (this.cookies.size > 0)
			list.push(['Cookie', [...this.cookies]
			    .map((pair) => pair.join('=')).join('; ')]);
		const answer = await http(url, { ...options, headers: list });
		for (const cookie of answer.cookies)
			this.take(cookie);
		return answer;
	}

	take(cookie) {
		const [pair, ...attributes] = cookie.split(';').map((s) => s.trim());
		const [name, ...value] = pair.split('=');

		if (attributes.some((a) => /^max-age=(0|-)/i.test(a)))
			this.cookies.delete(name);
		else
			this.cookies.set(name, value.join('='));
	}
}

const unescapeHtml = (s) => s.replace(/&(amp|lt|gt|quot|#39|#x27);/g,
    (_, name) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[name] ?? "'");

function attribute(tag, name) {
	const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag);

	return found === null ? undefined : unescapeHtml(found[1]);
}

// The page's one form: { action, fields: { name: value }, scopes: [...] },
// or null.  Boxes are in `scopes`, not in `fields`.
export function readForm(html, base) {
	const form = /<form\s[^>]*>/.exec(html);
	const fields = {};
	const scopes = [];

	if (form === null)
		return null;
	for (const [tag] of html.matchAll(/<input\s[^>]*>/g)) {
		const name = attribute(tag, 'name');
		if (attribute(tag, 'type') === 'checkbox')
			scopes.push(attribute(tag, 'value'));
		else
			fields[name] = attribute(tag, 'value') ?? '';
	}
	return { action: new URL(attribute(form[0], 'action') ?? '', base).href,
		fields, scopes };
}

// Post a form as a browser does, with the Origin of the page.
export function submit(jar, form, more) {
	return jar.request(form.action, {
		method: 'POST', form: { ...form.fields, ...more },
		headers: { Origin: new URL(form.action).origin },
	});
}

// Follow redirects within the issuer's host; where it ends, as
// { url, answer, form } or, when it leaves that host, { url, parameters }.
export async function follow(jar, url, answer) {
	for (let hops = 0; hops < 20; hops++) {
		answer ??= await jar.request(url);
		// a page that says to come back, as browsers do
		const [, seconds, later] = /^(\d+); url=(.*)$/.exec(
		    answer.headers.refresh ?? '') ?? [];
		if (answer.location === undefined && later === undefined)
			return { url, answer, form: readForm(answer.text, url) };
		if (later !== undefined)
			await sleep(1000 * seconds);
		const next = new URL(answer.location ?? later, url);
		if (next.origin !== new URL(site.issuer).origin)
			return { url: next.href, answer,
				parameters: next.searchParams };
		url = next.href;
		answer = undefined;
	}
	throw new Error(`too many redirects, the last to ${url}`);
}

// From an authorization request to where it ends, signing in when asked and
// deciding when asked: a result of follow().
export async function decide(url, { jar = new Jar(),
	username = site.username, password = site.password, scopes,
	allow = true } = {}) {
	let at = await follow(jar, url);

	if (at.form?.fields.password !== undefined)
		at = await follow(jar, at.form.action, await submit(jar, at.form,
		    { username, password }));
	if (at.form !== undefined && at.form !== null &&
	    at.form.fields.password === undefined)
		at = await follow(jar, at.form.action, await submit(jar, at.form, {
			scope: scopes ?? at.form.scopes,
			decision: allow ? 'allow' : 'deny',
		}));
	return at;
}

// A code, the quick way: { code, iss, state, verifier, client }.
export async function obtainCode({ client, parameters = {}, ...person } = {}) {
	const { verifier, challenge } = pkce();

	client ??= await registerClient();
	const end = await decide(authorizeUrl(client,
	    { code_challenge: challenge, state: 'st', ...parameters }), person);
	if (!end.parameters?.has('code'))
		throw new Error(`no code at ${end.url}: ${end.answer.status} ` +
		    end.answer.text.replace(/<style>.*<\/style>/s, '').slice(0, 800));
	return { code: end.parameters.get('code'), iss: end.parameters.get('iss'),
		state: end.parameters.get('state'), verifier, client };
}

// The whole flow: { tokens, client, code, verifier }.
export async function flow(options = {}) {
	const { code, verifier, client } = await obtainCode(options);
	const answer = await exchange(client, code, verifier);

	if (answer.status !== 200)
		throw new Error(`token: ${answer.status} ${answer.text}`);
	return { tokens: answer.json, client, code, verifier };
}

// The payload of a JWT, unverified.
export const claims = (jwt) =>
    JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url').toString());

export const grantOf = (jwt) => claims(jwt).jti.split('.')[0];
