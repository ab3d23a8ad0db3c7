// The whole way of a client, step by step, on whatever the programs are
// connected to.
//
//	way.mjs WHAT	with the site in the environment
//
// Prints lines of 'ok' or 'not ok' that begin with WHAT.

import assert from 'node:assert/strict';
import { assertTokens } from '../e2e/lib/answers.mjs';
import { basic, bearer, call, clientCredentials, exchange, flow, http, Jar,
	refresh, registerClient } from '../e2e/lib/oauth.mjs';
import { createClient, row, site, sleep, until } from '../e2e/lib/site.mjs';

const [what] = process.argv.slice(2);
const HEARS_MS = 1000;
const jar = new Jar();
let client, machine, server, it;

async function step(text, work) {
	try {
		const more = await work();
		console.log(`ok ${what}: ${text}${more ? `, ${more}` : ''}`);
	} catch (error) {
		console.log(`not ok ${what}: ${text}`);
		console.log(`# ${error.message.replace(/\s+/g, ' ').slice(0, 300)}`);
	}
}

const guarded = async (token) => (await http(site.mcpUrl, { headers: {
	...bearer(token), Accept: 'application/json, text/event-stream',
	'MCP-Protocol-Version': '2025-11-25' },
	json: { jsonrpc: '2.0', id: 1, method: 'tools/list' } })).status;

const introspected = async (token) => (await http(site.endpoint('introspect'),
    { form: { token }, headers: basic(server.client_id, server.client_secret) }))
    .json?.active;

await step('a client finds out, registers, gets a code and tokens', async () => {
	for (const path of ['/.well-known/oauth-authorization-server',
		'/oauth2/jwks'])
		assert.equal((await http(site.url(path))).status, 200, path);
	client = await registerClient();
	it = await flow({ jar, client });
	assert.equal(await guarded(it.tokens.access_token), 200);
});

await step('a code is good once', async () => {
	const { code, verifier } = await flow({ jar, client });
	assert.equal((await exchange(client, code, verifier)).status, 400);
});

await step('a refresh token is good again and again', async () => {
	for (let i = 0; i < 8; i++)
		it.tokens = assertTokens(await refresh(client,
		    it.tokens.refresh_token), { refresh: true });
	assert.equal(await guarded(it.tokens.access_token), 200);
});

await step('a client gets tokens for itself, 60 of 8 at once', async () => {
	machine = await createClient({ grant_types: ['client_credentials'] });
	let left = 60;
	const lane = async () => {
		while (left-- > 0)
			assertTokens(await clientCredentials(machine));
	};
	await Promise.all(Array.from({ length: 8 }, lane));
});

await step('a registration is read', async () => assert.equal((await http(
    client.registration_client_uri,
    { headers: bearer(client.registration_access_token) })).status, 200));

await step('a resource server is told that a token holds', async () => {
	server = await row('select * from gatepost.resource_server_create(' +
	    ":'u', 'Test')", { u: site.mcpUrl });
	// a standby may be some milliseconds behind
	await until(() => introspected(it.tokens.access_token), 3000);
});

await step('what was revoked is over within a second', async () => {
	assert.equal((await call('revoke', client,
	    { token: it.tokens.refresh_token })).status, 200);
	const begin = Date.now();
	let passed = 0;
	while (Date.now() - begin < HEARS_MS)
		if (await guarded(it.tokens.access_token) === 200)
			passed = Date.now() - begin;
		else
			await sleep(20);
	for (let i = 0; i < 12; i++) // every process
		assert.equal(await guarded(it.tokens.access_token), 401);
	assert.equal((await refresh(client, it.tokens.refresh_token)).status, 400);
	assert.equal(await introspected(it.tokens.access_token), false);
	return `here ${passed} ms after`;
});
