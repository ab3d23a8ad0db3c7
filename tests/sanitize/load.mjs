// The requests that programs are not to grow by: every kind that there is,
// answered well and refused, on kept connections.

import { Agent, request as httpRequest } from 'node:http';
import { ALGORITHMS, jwks, makeKey, prove } from
    '../e2e/lib/assertion.mjs';
import { authorizeUrl, basic, bearer, encodeForm, pkce, readForm, REDIRECT,
	registerClient } from '../e2e/lib/oauth.mjs';
import { createClient, psql, row, site, unique } from '../e2e/lib/site.mjs';

const LANES = 4; // requests at once
const LOSER = '127.0.0.9'; // fails to sign in; failures count by address
const agent = new Agent({ keepAlive: true, maxSockets: LANES });
const issuer = new URL(site.issuer);
const PRM = '/.well-known/oauth-protected-resource/mcp/finance';
const [ANALYZE, TICKER] = ['mcp:tools:analyze_sentiment',
	'mcp:tools:ticker_sentiment'];

// { status, headers, text }
function ask(path, { method = 'GET', headers = {}, form, json, from } = {}) {
	const body = form !== undefined ? encodeForm(form) :
	    json !== undefined ? JSON.stringify(json) : undefined;
	const all = { Host: issuer.host, ...headers };

	if (body !== undefined) {
		method = method === 'GET' ? 'POST' : method;
		all['Content-Type'] ??= form !== undefined ?
		    'application/x-www-form-urlencoded' : 'application/json';
		all['Content-Length'] = Buffer.byteLength(body);
	}
	return new Promise((resolve, reject) => {
		const req = httpRequest({ agent, host: '127.0.0.1',
			port: issuer.port, path, method, headers: all,
			localAddress: from, timeout: 20_000 }, (res) => {
			let text = '';
			res.setEncoding('utf8');
			res.on('data', (part) => text += part);
			res.on('error', reject);
			res.on('end', () => resolve({ status: res.statusCode,
				headers: res.headers, text }));
		});
		req.on('timeout', () => req.destroy(new Error(`no answer: ${path}`)));
		req.on('error', reject);
		req.end(body);
	});
}

const local = (url) => url.slice(url.indexOf('/', 8));
const get = (path, options) => () => ask(path, options);
const token = (form, headers) => ask('/oauth2/token', { form, headers });

// ---- what requests are made of ----

const a = {}; // clients, accounts, tokens; made by setUp

async function tokens(form, headers) {
	const { status, text } = await token(form, headers);

	if (status !== 200)
		throw new Error(`token: ${status} ${text}`);
	return JSON.parse(text);
}

const machineToken = (scope = `${ANALYZE} ${TICKER}`) =>
    tokens({ grant_type: 'client_credentials', scope }, a.machine);

// An authorization request up to the login page: { path, form, verifier }.
async function begin(client, cookie) {
	const { verifier, challenge } = pkce();
	const { headers: { location } } = await ask(local(authorizeUrl(client,
	    { code_challenge: challenge, state: 'st', scope: `${ANALYZE} ${TICKER}`,
		    resource: site.mcpUrl })), { headers: cookie });
	const { status, text } = await ask(local(location), { headers: cookie });

	return { path: local(location), status, verifier, cookie,
		form: readForm(text, location) };
}

const post = ({ form, cookie }, more, from) => ask(local(form.action), { from,
	form: { ...form.fields, ...more },
	headers: { ...cookie, Origin: issuer.origin } });

// Signed in, before the consent page; `at` is of begin().
async function signIn(at, account = a.account) {
	const { status, headers } = await post(at, account);

	if (status !== 303)
		throw new Error(`login: ${status}`);
	const cookie = { Cookie: headers['set-cookie'][0].split(';')[0] };
	const path = local(headers.location);
	const { text } = await ask(path, { headers: cookie });
	return { ...at, path, cookie, form: readForm(text, headers.location) };
}

// The whole way: eight requests; the last one's answer.
async function wholeWay(client = a.self, account = a.account) {
	const at = await signIn(await begin(client), account);
	const { headers: { location } } = await post(at,
	    { scope: at.form.scopes, decision: 'allow' });
	const { access_token, refresh_token } = await tokens({
		grant_type: 'authorization_code', client_id: client.client_id,
		code: new URL(location).searchParams.get('code'),
		code_verifier: at.verifier });

	const answer = await call(access_token, 'tools/list');
	return { ...answer, refresh_token, access_token, cookie: at.cookie };
}

function call(access_token, method, params = {}, version = '2026-07-28') {
	return ask(local(site.mcpUrl), {
		headers: { Accept: 'application/json, text/event-stream',
			'MCP-Protocol-Version': version, 'Mcp-Method': method,
			...(params.name ? { 'Mcp-Name': params.name } : {}),
			...(access_token ? bearer(access_token) : {}) },
		json: { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: {
			'io.modelcontextprotocol/protocolVersion': version,
			'io.modelcontextprotocol/clientInfo':
			    { name: 'load', version: '1' },
			'io.modelcontextprotocol/clientCapabilities': {} } } },
	});
}

const tool = (name, args) => () =>
    call(a.access, 'tools/call', { name, arguments: args });

// Anew before each kind, since tokens and requests expire.
async function setUp() {
	if (a.self === undefined) {
		const machine = await createClient({ auth_method:
		    'client_secret_basic', grant_types: ['client_credentials'] });
		const caller = await row('select * from ' +
		    `gatepost.resource_server_create('${site.mcpUrl}', 'load')`);

		a.machine = basic(machine.client_id, machine.client_secret);
		a.wrong = basic(machine.client_id, 'wrong');
		a.caller = basic(caller.client_id, caller.client_secret);
		a.signers = [];
		for (const alg of ALGORITHMS) {
			const key = makeKey(alg);
			a.signers.push({ key, ...await createClient({ jwks: jwks(key),
				grant_types: ['client_credentials'] }) });
		}
		a.self = await registerClient();
		a.dba = await createClient({ auth_method: 'none',
			redirect_uris: [REDIRECT] });
		for (const who of ['account', 'visitor']) {
			a[who] = { username: unique('user'), password: unique('pw') };
			await psql("select gatepost.account_create(:'u', " +
			    "gatepost_crypto.crypt(:'p', " +
			    "gatepost_crypto.gen_salt('bf', 4)))",
			{ u: a[who].username, p: a[who].password });
		}
	}
	a.access = (await machineToken()).access_token;
	a.narrow = (await machineToken(ANALYZE)).access_token;
	a.forged = `${a.access.slice(0, -8)}AAAAAAAA`;
	a.chains = [];
	a.losers = [];
	for (let i = 0; i < LANES; i++) {
		a.chains.push((await wholeWay()).refresh_token);
		a.losers.push(await begin(a.self));
	}
	a.login = await begin(a.self);
	a.consent = await signIn(await begin(a.self));
	// with nothing on it that others, or another time, add to
	a.visit ??= (await wholeWay(a.self, a.visitor)).cookie;
}

// The guard keeps the tokens that it verified, up to a number: fill that.
export async function warmUp() {
	await run([{ name: 'warm-up', expect: 200,
		step: async () => call((await machineToken()).access_token,
		    'tools/list') }], 4000);
}

// ---- kinds of requests ----

const kind = (name, expect, step) =>
    ({ name, expect, step, count: 0, wrong: 0, seconds: 0, statuses: {} });

export const kinds = [
	kind('metadata', 200, get('/.well-known/oauth-authorization-server')),
	kind('metadata of the resource', 200, get(PRM)),
	kind('jwks', 200, get('/oauth2/jwks')),
	kind('authorize', 303, () => ask(local(authorizeUrl(a.self,
	    { code_challenge: pkce().challenge })))),
	kind('authorize, refused', 303, () => ask(local(authorizeUrl(a.dba,
	    { code_challenge: 'short', state: 'st' })))),
	kind('authorize, unknown client', 400,
	    get('/oauth2/authorize?client_id=nobody&state=<b>')),
	kind('login page', 200, () => ask(a.login.path)),
	kind('login, wrong password', [400, 401, 429], async (lane) => {
		const answer = await post(a.losers[lane],
		    { username: 'nobody', password: 'x' }, LOSER);
		// each page has a mark of its own
		a.losers[lane].form = readForm(answer.text, site.issuer) ??
		    (await begin(a.self)).form;
		return answer;
	}),
	kind('consent page', 200, () => ask(a.consent.path,
	    { headers: a.consent.cookie })),
	kind('consent, not signed in', 303, () => ask(a.consent.path)),
	kind('account', 200, () => ask('/oauth2/account',
	    { headers: a.visit })),
	kind('account, not signed in', 303, () => ask('/oauth2/account')),
	kind('account, a form of others', 400, () => ask('/oauth2/account',
	    { headers: a.consent.cookie, form: { csrf: 'x',
		action: 'clients' } })),
	kind('code: authorize to tool', 200, () => wholeWay()),
	kind('client_credentials', 200, () =>
	    token({ grant_type: 'client_credentials' }, a.machine)),
	kind('client_credentials, wrong', 401, () =>
	    token({ grant_type: 'client_credentials' }, a.wrong)),
	kind('private_key_jwt', 200, () => {
		a.signers.push(a.signers.shift());
		return token({ grant_type: 'client_credentials',
			...prove(a.signers[0]) });
	}),
	kind('private_key_jwt, another\'s key', 401, () => token({
		grant_type: 'client_credentials', ...prove({ ...a.signers[0],
			key: a.signers[1].key }) })),
	// as many clients as there are requests: their keys are not kept for ever
	kind('private_key_jwt, a new client', 200, async () => {
		const { key } = a.signers[0];
		const { text } = await ask('/oauth2/register', { json: {
			redirect_uris: [REDIRECT], jwks: jwks(key),
			token_endpoint_auth_method: 'private_key_jwt' } });
		const { client_id } = JSON.parse(text);

		return ask('/oauth2/revoke', { form: { token: 'unknown',
			...prove({ client_id, key }) } });
	}),
	kind('refresh', 200, async (lane) => {
		const answer = await token({ grant_type: 'refresh_token',
			client_id: a.self.client_id, refresh_token: a.chains[lane] });
		a.chains[lane] = JSON.parse(answer.text).refresh_token;
		return answer;
	}),
	kind('refresh, forged', 400, (lane) => token({
		grant_type: 'refresh_token', client_id: a.self.client_id,
		refresh_token: `${a.chains[lane].slice(0, -8)}AAAAAAAA` })),
	kind('fetch, nothing waits', 400, () => ask('/oauth2/fetch-client')),
	kind('register', 201, () => ask('/oauth2/register', { json: {
		client_name: 'Load <b>', redirect_uris: [REDIRECT] } })),
	kind('register, refused', 400, () => ask('/oauth2/register', { json: {
		redirect_uris: ['http://evil.example/'] } })),
	kind('registration, read', 200, () => ask(local(
	    a.self.registration_client_uri),
	{ headers: bearer(a.self.registration_access_token) })),
	kind('registration, wrong token', 401, () => ask(local(
	    a.self.registration_client_uri), { headers: bearer('wrong') })),
	kind('introspect', 200, async () => {
		const answer = await ask('/oauth2/introspect',
		    { form: { token: a.access }, headers: a.caller });
		return JSON.parse(answer.text).active ? answer :
		    { ...answer, status: 0 };
	}),
	kind('introspect, forged', 200, () => ask('/oauth2/introspect',
	    { form: { token: a.forged }, headers: a.caller })),
	kind('introspect, wrong secret', 401, () => ask('/oauth2/introspect',
	    { form: { token: a.access }, headers: a.wrong })),
	kind('revoke, unknown token', 200, () => ask('/oauth2/revoke',
	    { form: { token: 'unknown' }, headers: a.machine })),
	kind('tool, a text', 200, tool('analyze_sentiment',
	    { text: 'Northwind did not beat expectations.' })),
	kind('tool, a ticker', 200, tool('ticker_sentiment',
	    { ticker: 'KITE' })),
	kind('tool, wrong arguments', [200, 400], tool('ticker_sentiment',
	    { ticker: 7 })),
	kind('guard, no token', 401, () => call(undefined, 'tools/list')),
	kind('guard, forged token', 401, () => call(a.forged, 'tools/list')),
	kind('guard, too little scope', 403, () => call(a.narrow, 'tools/call',
	    { name: 'ticker_sentiment', arguments: { ticker: 'KITE' } })),
];

// What is revoked, the guard has to know until it expires.
export const revocations = [
	kind('issue and revoke', 200, async () => ask('/oauth2/revoke', {
		form: { token: (await machineToken()).access_token },
		headers: a.machine })),
	kind('register and delete', 204, async () => {
		const { text } = await ask('/oauth2/register', { json: {
			client_name: 'Load', redirect_uris: [REDIRECT] } });
		const made = JSON.parse(text);
		return ask(local(made.registration_client_uri), { method: 'DELETE',
			headers: bearer(made.registration_access_token) });
	}),
];

// `number` of each, one kind after the other.
export async function run(list, number) {
	for (const it of list) {
		await setUp();
		const start = performance.now();
		let left = number;
		const lane = async (i) => {
			while (left-- > 0) {
				const { status, text } = await it.step(i);
				it.count++;
				it.statuses[status] = (it.statuses[status] ?? 0) + 1;
				if ([it.expect].flat().includes(status))
					continue;
				if (it.wrong++ === 0)
					console.log(`# ${it.name}: ${status} ` +
					    text.replace(/\s+/g, ' ').slice(0, 300));
			}
		};

		it.statuses ??= {};
		await Promise.all(Array.from({ length: LANES }, (_, i) => lane(i)));
		it.seconds += (performance.now() - start) / 1000;
	}
}
