// Refresh tokens: they rotate, processes that share one converge, and what
// is over is over.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertJsonError, assertTokens } from './lib/answers.mjs';
import { account } from './lib/login.mjs';
import { bearer, claims, flow, grantOf, http, Jar, refresh, registerClient,
	REDIRECT } from './lib/oauth.mjs';
import { createClient, psql, site, until } from './lib/site.mjs';

const GRANTS = ['authorization_code', 'refresh_token'];
const [ANALYZE, TICKER, COVERAGE] = ['mcp:tools:analyze_sentiment',
	'mcp:tools:ticker_sentiment', 'mcp:resources:coverage:read'];
const BOTH = `${ANALYZE} ${TICKER}`;
const jar = new Jar();
const client = await registerClient({ grant_types: GRANTS });
const other = await registerClient({ grant_types: GRANTS });

// A grant with its first tokens: { tokens, client, id }.
async function grant({ scope = BOTH, ...options } = {}) {
	const it = await flow({ client, jar, parameters: { scope }, ...options });

	return { ...it, token: it.tokens.refresh_token,
		id: grantOf(it.tokens.access_token) };
}
// What happened to a grant happened so much longer ago.
const age = (id, by) => psql('update gatepost.access_grant set ' +
    "rotated_at = rotated_at - :'by'::interval, mark_at = array(select t - " +
    ":'by'::interval from unnest(mark_at) t), granted_at = granted_at - " +
    ":'by'::interval where id = :'id'", { id, by });
const next = async (it, token = it.token) =>
    assertTokens(await refresh(it.client, token), { refresh: true });
const over = async (it, token = it.token) => assertJsonError(
    await refresh(it.client, token), 400, 'invalid_grant');
const guarded = async (token) => (await http(site.mcpUrl,
    { json: {}, headers: bearer(token) })).status;

suite('a refresh token', () => {
	test('rotates, and says what is still granted', async () => {
		const it = await grant();
		const one = await next(it);
		const two = await next(it, one.refresh_token);

		assert.equal(new Set([it.token, one.refresh_token,
			two.refresh_token]).size, 3);
		assert.equal(two.scope, BOTH);
		assert.equal(claims(two.access_token).sub,
		    claims(it.tokens.access_token).sub);
		assert.equal(grantOf(two.access_token), it.id);
	});

	test('used by 20 at once yields one successor, the same for all',
	    async () => {
		const it = await grant();
		const all = await Promise.all(Array.from({ length: 20 },
		    () => next(it)));
		const tokens = new Set(all.map((t) => t.refresh_token));

		assert.equal(tokens.size, 1);
		assert.equal(await psql('select generation from ' +
		    "gatepost.access_grant where id = :'id'", { id: it.id }), '2');
		await next(it, [...tokens][0]);
	});

	test('used again within the window yields the current one (codex ' +
	    '#46028)', async () => {
		const it = await grant();
		const one = await next(it);
		const two = await next(it, one.refresh_token);

		for (const old of [it.token, one.refresh_token])
			assert.equal((await next(it, old)).refresh_token,
			    two.refresh_token);
		await age(it.id, '8 minutes'); // once more 7 minutes 45 later
		assert.equal((await next(it)).refresh_token, two.refresh_token);
		await next(it, two.refresh_token);
	});

	test('used again after the window ends the grant, and no other',
	    async () => {
		const [it, sibling] = [await grant(), await grant()];
		const one = await next(it);

		await age(it.id, '16 minutes');
		await over(it);
		await over(it, one.refresh_token);
		await until(async () => await guarded(one.access_token) === 401,
		    1000);
		assert.notEqual(await guarded(sibling.tokens.access_token), 401);
		await next(sibling);
	});

	test('that is current is good after days', async () => {
		const it = await grant();
		const one = await next(it);

		await age(it.id, '20 days');
		await next(it, one.refresh_token);
	});

	test('of a client that did not register the grant type is not issued',
	    async () => {
		const plain = await registerClient(
		    { grant_types: ['authorization_code'] });
		const it = await flow({ client: plain, jar });

		assert.ok(!('refresh_token' in it.tokens));
		assertJsonError(await refresh(plain, (await grant()).token), 400,
		    'unauthorized_client');
	});

	test('is issued without offline_access, and with it (medplum #9183)',
	    async () => {
		const it = await grant({ scope: `${TICKER} offline_access` });

		assert.equal(it.tokens.scope, TICKER);
		assertTokens(await refresh(client, it.token,
		    { scope: `${TICKER} offline_access` }), { scope: TICKER });
	});
});

suite('scope and resource', () => {
	test('a narrower scope narrows that one token', async () => {
		const it = await grant();
		const narrow = assertTokens(await refresh(client, it.token,
		    { scope: TICKER }), { scope: TICKER });

		assert.equal(claims(narrow.access_token).scope, TICKER);
		assertTokens(await refresh(client, narrow.refresh_token),
		    { scope: BOTH });
	});

	for (const scope of [`${BOTH} ${COVERAGE}`, COVERAGE, 'mcp:tools:*',
		'mcp:*', 'unknown']) {
		test(`${scope} is more: invalid_scope, and it stays good`,
		    async () => {
			const it = await grant();

			assertJsonError(await refresh(client, it.token, { scope }), 400,
			    'invalid_scope', { sent: [scope] });
			assert.equal((await next(it)).scope, BOTH);
		});
	}

	test('what the account lost is not refreshed', async () => {
		const who = await account();
		const it = await grant({ jar: new Jar(), ...who });

		await psql("update gatepost.account set scopes = :'s' " +
		    "where username = :'u'", { u: who.username, s: `{${TICKER}}` });
		assert.equal((await next(it)).scope, TICKER);
	});

	for (const resource of [site.mcpUrl, `${site.mcpUrl}/`, site.issuer])
		test(`the same resource: ${resource}`, async () => assert.equal(
		    claims(assertTokens(await refresh(client, (await grant()).token,
			{ resource })).access_token).aud, site.mcpUrl));

	for (const resource of ['https://other.example/mcp', `${site.mcpUrl}/x`,
		'x', [site.mcpUrl, 'https://other.example/']]) {
		test(`another resource: ${resource}`, async () => {
			const it = await grant();

			assertJsonError(await refresh(client, it.token, { resource }),
			    400, 'invalid_target');
			await next(it);
		});
	}
});

const altered = (text) => (text[0] === 'A' ? 'B' : 'A') + text.slice(1);

suite('a refusal leaves the token as it was', () => {
	for (const [what, change, error = 'invalid_grant'] of [
		['another MAC', ([id, secret, n, mac]) =>
		    `${id}.${secret}.${n}.${altered(mac)}`],
		['another secret', ([id, secret, n, mac]) =>
		    `${id}.${altered(secret)}.${n}.${mac}`],
		['the two exchanged', ([id, secret, n, mac]) =>
		    `${id}.${mac}.${n}.${secret}`],
		['a generation to come', ([id, secret, n, mac]) =>
		    `${id}.${secret}.${+n + 1}.${mac}`],
		['generation 0', ([id, secret, , mac]) => `${id}.${secret}.0.${mac}`],
		['a negative one', ([id, secret, , mac]) =>
		    `${id}.${secret}.-1.${mac}`],
		['one with a zero before it', ([id, secret, n, mac]) =>
		    `${id}.${secret}.0${n}.${mac}`],
		['one that overflows', ([id, secret, , mac]) =>
		    `${id}.${secret}.4294967297.${mac}`],
		['an id in upper case', ([id, ...rest]) =>
		    [id.toUpperCase(), ...rest].join('.')],
		['the id of nobody', ([, ...rest]) =>
		    ['00000000-0000-7000-8000-000000000000', ...rest].join('.')],
		['a MAC that is cut', (p) => p.join('.').slice(0, -1)],
		['more after it', (p) => `${p.join('.')}.x`],
		['a space after it', (p) => `${p.join('.')} `],
		['no MAC', ([id, secret, n]) => `${id}.${secret}.${n}.`],
		['a handle alone', ([id, secret]) => `${id}.${secret}`],
		['nothing', () => '', 'invalid_request'],
	]) {
		test(what, async () => {
			const it = await grant();

			assertJsonError(await refresh(client, change(
			    it.token.split('.'))), 400, error);
			await next(it);
		});
	}

	test('another client', async () => {
		const it = await grant();

		assertJsonError(await refresh(other, it.token), 400,
		    'invalid_grant');
		await next(it);
	});

	test("another client, after the token's window, ends nothing",
	    async () => {
		const it = await grant();
		const one = await next(it);

		await age(it.id, '16 minutes');
		assertJsonError(await refresh(other, it.token), 400,
		    'invalid_grant');
		await next(it, one.refresh_token);
	});

	test('a confidential client without its secret', async () => {
		const own = await registerClient({ grant_types: GRANTS,
			token_endpoint_auth_method: 'client_secret_post' });
		const it = await grant({ client: own });

		for (const client_secret of [undefined, 'wrong'])
			assertJsonError(await refresh({ ...own, client_secret,
				token_endpoint_auth_method: client_secret &&
				    'client_secret_post' }, it.token), 401,
			    'invalid_client');
		await next(it);
	});

	test('two tokens', async () => {
		const it = await grant();

		assertJsonError(await refresh(client, [it.token, it.token]), 400,
		    'invalid_request');
		await next(it);
	});
});

suite('a refresh token dies with', () => {
	const die = (what, how, status = 400, error = 'invalid_grant') =>
	    test(what, async () => {
		const who = await account();
		const own = { redirect_uris: [REDIRECT], ...await createClient({
			redirect_uris: [REDIRECT], auth_method: 'none' }) };
		const it = await grant({ client: own, jar: new Jar(), ...who });
		const id = { c: own.client_id, u: who.username, g: it.id };

		await how(it, (sql) => psql(sql, id));
		assertJsonError(await refresh(own, it.token), status, error);
	});

	die('its idle time', (it) => age(it.id, '31 days'));
	die('its absolute time', (it, sql) => sql('update ' +
	    'gatepost.access_grant set granted_at = now() - ' +
	    "interval '91 days' where id = :'g'"));
	die('its client', (it, sql) =>
	    sql("select gatepost.client_disable(:'c', 'test')"), 401,
	    'invalid_client');
	die('its account', (it, sql) =>
	    sql("select gatepost.account_disable(:'u', 'test')"));
	die('its consent', (it, sql) =>
	    sql("delete from gatepost.consent where client_id = :'c'"));
	die('its grant', (it, sql) =>
	    sql("select gatepost.grant_revoke(:'g', 'test')"));
	die("its client's own idle time", async (it, sql) => {
		await sql("update gatepost.client set refresh_idle = '1 hour' " +
		    "where client_id = :'c'");
		await age(it.id, '61 minutes');
	});

	test('its account, but is good again with it', async () => {
		const who = await account();
		const it = await grant({ jar: new Jar(), ...who });

		for (const verb of ['disable', 'enable']) {
			await psql(`select gatepost.account_${verb}(:'u'` +
			    `${verb === 'disable' ? ", 'test'" : ''})`,
			    { u: who.username });
			if (verb === 'disable')
				await over(it);
		}
		await next(it);
	});

	test('its registration', async () => {
		const own = await registerClient({ grant_types: GRANTS });
		const it = await grant({ client: own });

		assert.equal((await http(own.registration_client_uri, {
			method: 'DELETE', headers:
			    bearer(own.registration_access_token) })).status, 204);
		assertJsonError(await refresh(own, it.token), 401,
		    'invalid_client');
	});
});
