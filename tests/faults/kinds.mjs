// One request of each kind: what program answers it, by which status when all
// is well, and by which SQL function it decides.

import { makeKey, prove, jwks } from '../e2e/lib/assertion.mjs';
import { authorizeUrl, basic, bearer, clientCredentials, flow, follow, grantOf,
	Jar, obtainCode, pkce, readForm, REDIRECT, registerClient } from
	'../e2e/lib/oauth.mjs';
import { createClient, psql, row, rows, SCOPES, site } from
	'../e2e/lib/site.mjs';

const HANDLE = `01a00000-0000-7000-8000-000000000000.${'A'.repeat(43)}`;
const WELL_KNOWN = '/.well-known/oauth-authorization-server';

// A person who has signed in, clients, a resource server, a token.
const jar = new Jar();
const client = await registerClient();
const machine = await createClient({ grant_types: ['client_credentials'],
	auth_method: 'client_secret_basic' });
const key = makeKey();
const keyed = { ...await createClient({ grant_types: ['client_credentials'],
	auth_method: 'private_key_jwt', jwks: jwks(key) }), key };
const server = await row('select * from gatepost.resource_server_create(' +
    ":'u', 'Kinds')", { u: site.mcpUrl });
const { tokens } = await flow({ jar, client,
	parameters: { scope: SCOPES.join(' ') } });
const bearer_token = (await clientCredentials(machine)).json.access_token;
export const known = { jar, client, machine, server, tokens, bearer_token };

const cookies = (from) => [...from.cookies].map((pair) => pair.join('='))
    .join('; ');
const get = (url, headers = {}) => ({ url, options: { headers } });
const posted = (name, form, headers = {}) => ({ url: site.endpoint(name),
	options: { method: 'POST', form, headers } });
const registering = (json = { redirect_uris: [REDIRECT] }) =>
    ({ url: site.endpoint('register'), options: { method: 'POST', json } });
const managed = (method, json) => async () => {
	const it = await registerClient();

	return { url: it.registration_client_uri, options: { method,
		headers: bearer(it.registration_access_token),
		...(json ? { json: { redirect_uris: [REDIRECT],
			client_id: it.client_id } } : {}) }, client: it.client_id };
};

// The page, and the form that its browser would post.
async function page(from, of = client) {
	const url = authorizeUrl(of, { code_challenge: pkce().challenge });

	return follow(from, url);
}
async function shown(from) {
	const at = await page(from);

	return get(at.url, { Cookie: cookies(from) });
}
// What failed before is not to slow this down.
async function sent(from, more) {
	await psql('delete from gatepost.login_failure');
	const at = await page(from);

	return { url: at.form.action, options: { method: 'POST',
		form: { ...at.form.fields, ...more(at.form) },
		headers: { Cookie: cookies(from),
			Origin: new URL(site.issuer).origin } } };
}

// The page's own token, and a grant to be ended by it.
async function ended() {
	const at = site.endpoint('account');
	const { tokens } = await flow({ jar, client });
	const { text } = await jar.request(at);

	return posted('account', { csrf: readForm(text, at).fields.csrf,
		action: 'grant', subject: grantOf(tokens.access_token) },
	    { Cookie: cookies(jar), Origin: new URL(site.issuer).origin });
}

async function code() {
	const it = await obtainCode({ jar, client });

	return { ...posted('token', { grant_type: 'authorization_code',
		client_id: client.client_id, code: it.code,
		code_verifier: it.verifier }), grant: it.code.split('.')[0] };
}

const rpc = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: {
	name: 'ticker_sentiment', arguments: { ticker: 'X' } } };
const mcp = (token) => ({ ...bearer(token),
	Accept: 'application/json, text/event-stream',
	'MCP-Protocol-Version': '2025-11-25' });

// A process that was asked nothing before begins with the latter.
const LOOK = 'server_change|server_read';

// { program, call, status, make(), once: it is used up by being answered,
// records: how many there are of it }
const kind = (program, call, status, make, more = {}) =>
    ({ program, call, status, make: async () => make(), records: 1, ...more });

export const KINDS = {
	metadata: kind('metadata', LOOK, 200, () => get(site.url(WELL_KNOWN)),
	    { records: 0 }),
	jwks: kind('jwks', LOOK, 200, () => get(site.endpoint('jwks')),
	    { records: 0 }),
	authorize: kind('authorize', 'authorize_request', 303, () =>
	    get(authorizeUrl(client, { code_challenge: pkce().challenge }))),
	'login, shown': kind('login', 'login_show', 200, () => shown(new Jar()),
	    { records: 0 }),
	'login, sent': kind('login', 'login_open', 303, () => sent(new Jar(),
	    () => ({ username: site.username, password: site.password })),
	    { once: true }),
	'consent, shown': kind('consent', 'consent_show', 200, () => shown(jar),
	    { records: 0 }),
	'consent, sent': kind('consent', 'consent_decide', 303, () => sent(jar,
	    (form) => ({ scope: form.scopes, decision: 'allow' })),
	    { once: true }),
	'account, shown': kind('account', 'account_show', 200, () =>
	    get(site.endpoint('account'), { Cookie: cookies(jar) }),
	    { records: 0 }),
	'account, sent': kind('account', 'account_end', 303, ended),
	'a code redeemed': kind('token', 'token_redeem', 200, code,
	    { once: true }),
	'a token refreshed': kind('token', 'token_refresh', 200, () =>
	    posted('token', { grant_type: 'refresh_token',
		    client_id: client.client_id,
		    refresh_token: tokens.refresh_token })),
	'client credentials': kind('token', 'token_client_credentials', 200, () =>
	    posted('token', { grant_type: 'client_credentials' },
		basic(machine.client_id, machine.client_secret))),
	'a client with a key': kind('token', 'token_client_credentials', 200, () =>
	    posted('token', { grant_type: 'client_credentials',
		    ...prove(keyed) }), { once: true }),
	'a token refused': kind('token', 'refusal_record', 400, () =>
	    posted('token', { client_id: 'x' })),
	register: kind('register', 'register_create', 201, () => registering()),
	'register, read': kind('register', 'register_read', 200, managed('GET')),
	'register, changed': kind('register', 'register_update', 200,
	    managed('PUT', true)),
	'register, deleted': kind('register', 'register_delete', 204,
	    managed('DELETE'), { once: true }),
	revoke: kind('revoke', 'revoke_token', 200, async () => {
		const it = await flow({ jar, client });

		return { ...posted('revoke', { client_id: client.client_id,
			token: it.tokens.refresh_token }),
			grant: it.code.split('.')[0] };
	}),
	introspect: kind('introspect', 'introspect_token', 200, () =>
	    posted('introspect', { token: tokens.access_token },
		basic(server.client_id, server.client_secret))),
	guard: kind('guard', 'server_change', 200, () => ({ url: site.mcpUrl,
		options: { method: 'POST', json: rpc,
			headers: mcp(tokens.access_token) } }), { batch: true }),
	'guard, refusing': kind('guard', 'guard_journal', 401, () => ({
		url: site.mcpUrl, options: { method: 'POST', json: rpc,
			headers: mcp(`${tokens.access_token.slice(0, -8)}AAAAAAAA`) } }),
	    { batch: true }),
	finance: kind('finance', 'finance_headlines', 200, () => ({
		url: site.mcpUrl, options: { method: 'POST', json: rpc,
			headers: mcp(tokens.access_token) } }), { records: 0 }),
	fetch: kind('fetch', 'fetch_begin', 400, () =>
	    get(`${site.endpoint('fetch-client')}?request=${HANDLE}`,
		{ Cookie: cookies(jar) }), { records: 0 }),
};

for (const { name } of await rows('select substr(rolname, 10) as name ' +
    "from pg_roles where shobj_description(oid, 'pg_authid') ~ 'the program'"))
	if (!Object.values(KINDS).some(({ program }) => program === name))
		throw new Error(`${name} has no kind of request`);
