// Where fetch must not connect to, on an Internet of the test's own, whose one
// server can be reached at every address that is tried, and sees who comes.

import assert from 'node:assert/strict';
import { after, before, suite, test as always } from 'node:test';
import { ownSite } from './lib/own.mjs';

const own = await ownSite({ server: 'lighttpd' });
let net;
after(async () => {
	await net?.stop();
	await own.stop();
});

const { allow } = await import('./lib/elsewhere.mjs');
const { internet, NO_INTERNET } = await import('./lib/internet.mjs');
const { authorizeUrl, decide, Jar, pkce } = await import('./lib/oauth.mjs');
const { createAccount, psql, row, until } = await import('./lib/site.mjs');

const PUBLIC = '93.184.216.34';
const PUBLIC6 = '2606:2800:220::1';
const PRIVATE = ['127.0.0.1', '10.0.0.1', '100.64.0.1', '169.254.169.254',
	'172.16.0.1', '192.168.0.1', '198.18.0.1', '203.0.113.1', '::1', 'fd00::1',
	'fec0::1', '2001:db8::1', '2001::1', '2002:a00:1::1', '64:ff9b::a00:1',
	'::ffff:a00:1', '::ffff:7f00:1'];
const test = (name, work) => always(name, { skip: NO_INTERNET }, work);
const HEADERS = { 'Content-Type': 'application/json' };
const jar = new Jar();
const account = await createAccount();

before(async () => {
	if (NO_INTERNET)
		return;
	net = await internet();
	await allow('*', { addresses: [], ca: net.ca });
	await psql("select gatepost.setting_set('fetch_rate', '1000');");
});

// A good document at a URL, whose host has these addresses.
function serve(url, rounds = [], { headers, ...members } = {}) {
	return net.serve(url, { status: 200, headers: { ...HEADERS, ...headers },
		body: JSON.stringify({ client_id: url, client_name: 'Hostile',
			redirect_uris: ['http://127.0.0.1/callback'],
			token_endpoint_auth_method: 'none', ...members }) }, ...rounds);
}

// What becomes of a request of that client: a code, or why it was refused;
// and where fetch went for it.  It ends in time.
async function attempt(client_id) {
	const start = Date.now();

	await net.seen();
	const end = await decide(authorizeUrl({ client_id },
	    { code_challenge: pkce().challenge }), { jar, ...account });
	assert.ok(Date.now() - start < 7000);
	const went = (await net.seen()).connections;
	for (const address of went)
		assert.ok([PUBLIC, PUBLIC6].includes(address), address);
	if (end.parameters?.has('code'))
		return { outcome: 'code', went };
	assert.equal(end.answer.status, 400);
	const { error } = await row(`select error from gatepost.audit
	    where event = 'fetch' and detail ->> 'url' = :'url'
	    order by id desc limit 1`, { url: client_id }) ?? {};
	return { outcome: error, went };
}

const again = (url) => psql('set role gatepost_owner; ' +
    "update gatepost.document set expires_at = now() where url = :'url';",
    { url });

suite('a hostile Internet', () => {
	test('the server would be reached at every address', async () => {
		for (const address of [PUBLIC, PUBLIC6, ...PRIVATE])
			assert.ok(await net.reach(address), address);
		const { connections } = await net.seen();
		assert.equal(connections.length, PRIVATE.length + 2);
	});

	test('a public address is gone to, of either family', async () => {
		for (const address of [PUBLIC, PUBLIC6]) {
			const url = `https://f${address.length}.example/good`;
			await serve(url, [[address]]);
			assert.deepEqual(await attempt(url),
			    { outcome: 'code', went: [address] });
		}
	});

	for (const address of PRIVATE) {
		test(`a name for ${address}`, async () => {
			const url = `https://n${PRIVATE.indexOf(address)}.example/a`;
			await serve(url, [[address]]);
			assert.deepEqual(await attempt(url),
			    { outcome: 'address', went: [] });
		});
	}

	for (const [what, ...addresses] of [
		['a private address first', '10.0.0.1', PUBLIC],
		['a private address last', PUBLIC, '10.0.0.1'],
		['a private one of the other family', PUBLIC, 'fd00::1'],
		['a public one of the other family', '127.0.0.1', PUBLIC6],
		['nothing but private ones', '10.0.0.1', '192.168.0.1', '::1'],
	]) {
		test(`a name for ${what}`, async () => {
			const url = `https://m-${what.replaceAll(' ', '-')}.example/a`;
			await serve(url, [addresses]);
			// where it went was judged
			await attempt(url);
		});
	}

	for (const [what, first, second] of [
		['private', [PUBLIC], ['10.0.0.1']],
		['this machine', [PUBLIC], ['127.0.0.1', '::1']],
		['mapped', [PUBLIC6], ['::ffff:a00:1']],
	]) {
		test(`a name that was public, and then is ${what}`, async () => {
			const url = `https://${what.replace(' ', '-')}.example/rebind`;
			await serve(url, [first, second]);
			assert.deepEqual(await attempt(url),
			    { outcome: 'code', went: first });
			await again(url);
			assert.deepEqual(await attempt(url),
			    { outcome: 'address', went: [] });
		});
	}

	test('a name that nobody has', async () => {
		assert.deepEqual(await attempt('https://nobody.example/a'),
		    { outcome: 'name', went: [] });
	});

	test('a name about which nobody answers', async () => {
		await serve('https://silent.example/a');
		await net.name('silent.example');
		const { outcome, went } = await attempt('https://silent.example/a');
		assert.match(outcome, /^(name|timeout)$/);
		assert.deepEqual(went, []);
	});

	// what is no host of a client_id has no outcome: it is not fetched
	for (const host of ['10.0.0.1', '167772161', '0x0a000001', '0xa.0.0.1',
		'012.0.0.1', '012.0.0.01', '10.1', '10.0.1', '0', '127.1',
		'017700000001', '169.254.169.254', '2852039166', '10.0.0.1.',
		'localhost', 'localhost.', '[::1]', '[::]', '[::10.0.0.1]',
		'[::ffff:10.0.0.1]', '[::ffff:a00:1]',
		'[0:0:0:0:0:ffff:0a00:0001]', '[64:ff9b::10.0.0.1]',
		'[64:ff9b::a00:1]', '[2002:a00:1::1]', '[2001::1]', '[fd00::1]',
		'[fec0::1]', '[2001:db8::1]', '[fe80::1%25lo]', '[::1%25lo]',
		'%31%30.0.0.1', '\uff11\uff10.0.0.1', '\u2469.0.0.1',
		'10\u30020\u30020\u30021', '10\uff0e0\uff0e0\uff0e1',
		'xn--10-.0.0.1', `${PUBLIC}@10.0.0.1`, `${PUBLIC}:x@10.0.0.1`,
		`${PUBLIC}\\@10.0.0.1`, `10.0.0.1#@${PUBLIC}`, '10.0.0.1%2f',
		'10.0.0.1%00', '10.0.0.1:443']) {
		test(`https://${host}/`, async () => {
			const { outcome, went } =
			    await attempt(`https://${host}/app.json`);
			assert.match(outcome ?? 'name', /^(address|name)$/);
			assert.deepEqual(went, []);
		});
	}

	for (const status of [301, 302, 303, 307, 308]) {
		test(`a redirect to a private address by ${status}`, async () => {
			const url = `https://redirect.example/${status}`;
			await net.serve(url, { status, body: '{}', headers: {
				...HEADERS, Location: 'https://10.0.0.1/a',
				Refresh: '0; url=https://10.0.0.1/a' } });
			assert.deepEqual(await attempt(url),
			    { outcome: 'status', went: [PUBLIC] });
		});
	}

	test('a good document that leads to private addresses', async () => {
		const url = 'https://leads.example/a';
		const inside = 'https://10.0.0.1/a';
		await serve(url, [], { headers: { 'Alt-Svc': 'h2="10.0.0.1:443"',
			Link: `<${inside}>; rel=preload`, 'Content-Location': inside },
			logo_uri: inside, client_uri: inside, tos_uri: inside,
			policy_uri: inside, jwks_uri: inside,
			token_endpoint_auth_method: 'private_key_jwt' });
		for (let i = 0; i < 2; i++) {
			assert.deepEqual(await attempt(url),
			    { outcome: 'code', went: [PUBLIC] });
			await again(url);
		}
		const { error } = await until(() => row('select error from ' +
		    "gatepost.audit where event = 'fetch' and " +
		    "detail ->> 'kind' = 'keys' order by id desc limit 1"));
		assert.equal(error, 'address');
		assert.deepEqual((await net.seen()).connections, []);
	});
});
