// Redirect URIs at the authorization endpoint: compared as strings, the port
// of loopback aside; any fault is a page, never a redirect.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertPage } from './lib/answers.mjs';
import { authorizeUrl, http, pkce, registerClient } from './lib/oauth.mjs';
import { createClient, psql, site } from './lib/site.mjs';

const HTTPS = 'https://client.example/callback';
const dba = await createClient({ redirect_uris: [HTTPS] });
const self = await registerClient({ redirect_uris: ['https://app.example/cb'] });
const url = (parameters) => authorizeUrl(dba, { state: 'st',
	code_challenge: pkce().challenge, redirect_uri: HTTPS, ...parameters });
const ask = (parameters) => http(url(parameters));
const raw = (query) => http(site.endpoint('authorize'),
    { path: `/oauth2/authorize?${query}` });

function assertGoesOn(answer) {
	assert.equal(answer.status, 303, answer.text);
	assert.ok(answer.location.startsWith(`${site.issuer}/oauth2/login?`));
}

suite('the redirect URI is judged second: PAGE', () => {
	// CVE-2020-15233, -15234, CVE-2022-3782, CVE-2023-6927, CVE-2024-1132,
	// -8883, -52289: compared as strings, nothing decoded or folded
	const TRICKS = [
		'https://evil.example/callback', 'http://client.example/callback',
		'https://client.example/callback/', 'https://client.example/',
		'https://client.example', 'https://client.example/callback/..',
		'https://client.example/./callback', 'https://client.example//callback',
		'https://client.example/x/../callback',
		'https://client.example/callback?', 'https://client.example/callback?x=1',
		'https://client.example/callback#', 'https://client.example/callback#x',
		'https://client.example/Callback', 'https://CLIENT.example/callback',
		'HTTPS://client.example/callback', 'https://client.example:443/callback',
		'https://client.example:8443/callback', 'https://client.example./callback',
		'https://client.example/%63allback', 'https://client.example/callback%2f',
		'https://client.example/callback%00', 'https://client.example/callback%20',
		'https://client.example/callback ', ' https://client.example/callback',
		'https://client.example/callback\t', 'https://client.example/callback;x',
		'https://client.example/callbackevil', 'https://client.example/call',
		'https://user@client.example/callback', 'https://@client.example/callback',
		'https://client.example@evil.example/callback',
		'https://client.example:x@evil.example/callback',
		'https://client.example%40evil.example/callback',
		'https://client.example.evil.example/callback',
		'https://evil.example/https://client.example/callback',
		'https://evil.example\\@client.example/callback',
		'https://client.example\\callback', 'https:\\\\client.example/callback',
		'https:client.example/callback', '//client.example/callback',
		'/callback', 'callback', '*', 'https://*.example/callback',
		'https://client.example/*', 'javascript:alert(1)',
		'data:text/html,<script>alert(1)</script>',
		'https://client\u3002example/callback', 'https://cli\u00adent.example/callback',
	];

	for (const redirect_uri of TRICKS) {
		test(JSON.stringify(redirect_uri), async () =>
			assertPage(await ask({ redirect_uri }),
			    { sent: redirect_uri === '*' ? [] : [redirect_uri] }));
	}

	for (const [what, redirect_uri] of [
		['twice', [HTTPS, 'https://evil.example/']],
		['twice the same', [HTTPS, HTTPS]],
		['too long', `${HTTPS}?${'x'.repeat(4000)}`],
	]) {
		test(what, async () => assertPage(await ask({ redirect_uri })));
	}

	for (const [what, bytes] of [['a NUL', '%00'], ['a newline', '%0d%0a'],
		['invalid UTF-8', '%c0%af']]) {
		test(`${what} in it`, async () => assertPage(await raw(url({})
		    .split('?')[1].replace('callback&', `callback${bytes}&`))));
	}

	test('left out, with two registered (OAuth 2.1, 4.1.1)', async () => {
		const client = await createClient({ redirect_uris: [HTTPS,
			'https://client.example/other'] });

		assertPage(await ask({ client_id: client.client_id,
			redirect_uri: undefined }));
	});

	test("another client's", async () =>
		assertPage(await ask({ client_id: self.client_id,
			redirect_uri: HTTPS }), { sent: [HTTPS] }));

	test('nothing of all that was stored', async () => {
		const client = await createClient({ redirect_uris: [HTTPS] });

		await ask({ client_id: client.client_id, redirect_uri: `${HTTPS}/` });
		assert.equal(await psql('select count(*) from gatepost.request ' +
		    "where client_id = :'id'", { id: client.client_id }), '0');
	});
});

suite('loopback: only the port varies (RFC 8252, 7.3)', () => {
	const native = createClient({ auth_method: 'none', redirect_uris: [
		'http://127.0.0.1/callback', 'http://[::1]/callback'] });
	const named = createClient({ auth_method: 'none', redirect_uris: [
		'http://localhost:8787/callback'] });
	const at = async (client, redirect_uri) =>
	    ask({ client_id: (await client).client_id, redirect_uri });

	for (const [client, uri] of [
		[native, 'http://127.0.0.1/callback'],
		[native, 'http://127.0.0.1:1/callback'],
		[native, 'http://127.0.0.1:49152/callback'],
		[native, 'http://127.0.0.1:65535/callback'],
		[native, 'http://[::1]:8080/callback'],
		[named, 'http://localhost:8787/callback'], // Claude Code, Cursor
		[named, 'http://localhost:54321/callback'],
		[named, 'http://localhost/callback'],
	]) {
		test(`${uri} is taken`, async () =>
			assertGoesOn(await at(client, uri)));
	}

	for (const uri of [
		'http://127.0.0.1:0/callback', 'http://127.0.0.1:65536/callback',
		'http://127.0.0.1:99999999999/callback', 'http://127.0.0.1:/callback',
		'http://127.0.0.1:+80/callback', 'http://127.0.0.1:-1/callback',
		'http://127.0.0.1:80a/callback', 'http://127.0.0.1:80:80/callback',
		'http://127.0.0.1:\uff18\uff10/callback', 'http://127.0.0.1:80/Callback',
		'http://127.0.0.1:80/callback/', 'http://127.0.0.1:80/callback?x',
		'http://127.0.0.1:80', 'http://127.0.0.1:80/', 'http://127.1/callback',
		'http://127.0.1/callback', 'http://0177.0.0.1/callback',
		'http://0x7f.0.0.1/callback', 'http://0x7f000001/callback',
		'http://2130706433/callback', 'http://127.0.0.2/callback',
		'http://127.0.0.01/callback', 'http://127.0.0.1./callback',
		'http://127.0.0.1.evil.example/callback', 'http://0.0.0.0/callback',
		'http://127.0.0.1:80@evil.example/callback',
		'http://x@127.0.0.1/callback', 'https://127.0.0.1/callback',
		'http://localhost/callback', 'http://[::1/callback',
		'http://[0:0:0:0:0:0:0:1]/callback', 'http://[::0001]/callback',
		'http://[::ffff:127.0.0.1]/callback', 'http://[::1%25lo]/callback',
		'http://::1/callback', 'HTTP://127.0.0.1/callback',
	]) {
		test(`${uri} is refused: PAGE`, async () =>
			assertPage(await at(native, uri), { sent: [uri] }));
	}

	for (const uri of ['http://LOCALHOST:80/callback', 'http://localhost./callback',
		'http://localhost.evil.example/callback', 'https://localhost/callback',
		'http://localhost:80@evil.example/callback', 'http://127.0.0.1/callback',
		'http://localhosts/callback']) {
		test(`${uri} is not localhost: PAGE`, async () =>
			assertPage(await at(named, uri), { sent: [uri] }));
	}
});
