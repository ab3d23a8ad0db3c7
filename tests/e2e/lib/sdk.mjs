// What both generations of the MCP SDK must be able to do against a site, each
// with its own OAuth code; the person behind them sits at a real Chromium.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { ALGORITHMS, jwks, makeKey } from './assertion.mjs';
import { launch } from './browser.mjs';
import { callTool, rpc, rpcLegacy, sdkClient } from './mcp.mjs';
import { call, grantOf } from './oauth.mjs';
import { createAccount, createClient, row, SCOPES, site, sleep } from
    './site.mjs';

const [ANALYZE, TICKER] = SCOPES;
const COVERAGE = 'mcp:resources:coverage:read';
const TEXT = 'Northwind beat expectations and raised its outlook.';

const generation = async (tokens) => (await row(
    "select generation from gatepost.grants where id = :'id'",
    { id: grantOf(tokens.access_token) })).generation;

// Of a token that was valid, one whose signature is not.
function spoil(token) {
	const [head, claims, signature] = token.split('.');
	const first = signature[0] === 'A' ? 'B' : 'A';

	return [head, claims, first + signature.slice(1)].join('.');
}

// What version 2 throws has a code; what is thrown for version 1 is all code.
const denied = (error) => (error.code ?? error.message) === 'access_denied';

// The tool calls that a bearer of `token` may make, by status.
async function statuses(token) {
	const answers = await Promise.all([
		callTool(token, 'analyze_sentiment', { text: TEXT }),
		callTool(token, 'ticker_sentiment', { ticker: 'KITE' })]);

	return answers.map(({ status }) => status);
}

// All requests and answers of a client, besides doing them.
function watching() {
	const seen = [];
	const fetchFn = async (input, init) => {
		const response = await fetch(input, init);
		seen.push({ url: String(input.url ?? input),
			method: init?.method ?? 'GET', headers: new Headers(
			    init?.headers), body: init?.body, response });
		return response;
	};

	return { seen, fetch: fetchFn,
		at: (path) => seen.filter(({ url }) =>
		    new URL(url).pathname.startsWith(path)) };
}

// The suite for SDK `version`, which negotiates `protocolVersion`.
export function sdkSuite(version, protocolVersion, createPrivateKeyJwtAuth) {
	let browser;
	let context;
	let account;
	// work(client of the SDK, page) in a browser where the person has signed
	// in before, unless `fresh` or another account is among the options
	const using = async ({ fresh, ...options }, work) => {
		fresh ||= options.username !== undefined;
		const at = fresh ? await browser.newContext() : context;
		const page = await at.newPage();
		const sdk = await sdkClient(version, page,
		    { ...account, ...options });
		try {
			return await work(sdk, page);
		} finally {
			await sdk.close();
			await (fresh ? at : page).close();
		}
	};

	before(async () => {
		browser = await launch();
		context = await browser.newContext();
		account = await createAccount();
	});
	after(() => browser?.close());

	suite(`SDK version ${version}: the whole way`, () => {
		test('from a 401 to a tool’s answer', async () => {
			const watch = watching();
			await using({ fresh: true, fetch: watch.fetch },
			    async (sdk) => {
				await sdk.connect();
				const { structuredContent, isError } =
				    await sdk.callTool('analyze_sentiment', { text: TEXT });
				assert.ok(!isError);
				assert.equal(structuredContent.label, 'positive');
				assert.equal(sdk.protocolVersion(), protocolVersion);
				assert.equal(sdk.person.authorizations, 1);
				assert.equal(sdk.person.kept.scope, ANALYZE);
			});
			const paths = watch.seen.map(({ url, response }) =>
			    `${response.status} ${new URL(url).pathname}`);
			assert.equal(paths[0], '401 /mcp/finance');
			for (const path of [
				'200 /.well-known/oauth-protected-resource/mcp/finance',
				'200 /.well-known/oauth-authorization-server',
				'201 /oauth2/register', '200 /oauth2/token'])
				assert.equal(paths.filter((p) => p === path).length, 1,
				    `${path} in ${paths.join(', ')}`);
			// nothing was tried that is not there
			assert.ok(!paths.some((p) => /^(404|400|5)/.test(p)),
			    paths.join(', '));
		});

		test('the authorization request has PKCE, state and resource',
		    async () => {
			await using({}, async (sdk) => {
				let url;
				const { person } = sdk;
				const open = person.redirectToAuthorization.bind(person);
				person.redirectToAuthorization = (u) => {
					url = u;
					return open(u);
				};
				await sdk.connect();
				const q = url.searchParams;
				assert.equal(q.get('code_challenge_method'), 'S256');
				assert.equal(q.get('resource'), site.mcpUrl);
				assert.match(q.get('state'), /./);
				assert.equal(q.get('scope'), ANALYZE);
			});
		});

		test('the tools and the resources are listed', async () => {
			await using({}, async (sdk) => {
				await sdk.connect();
				const { tools } = await sdk.client.listTools();
				assert.deepEqual(tools.map(({ name }) => name).sort(),
				    ['analyze_sentiment', 'ticker_sentiment']);
				const { resources } = await sdk.client.listResources();
				assert.deepEqual(resources.map(({ uri }) => uri),
				    ['finance://coverage']);
			});
		});

		test('MCP headers are those of the generation', async () => {
			const watch = watching();
			await using({ fetch: watch.fetch }, async (sdk) => {
				await sdk.connect();
				await sdk.callTool('analyze_sentiment', { text: TEXT });
			});
			const { headers } = watch.at('/mcp/').findLast(
			    ({ body }) => body?.includes('tools/call'));
			assert.equal(headers.get('mcp-protocol-version'),
			    protocolVersion);
			assert.equal(headers.get('mcp-name'),
			    version === 1 ? null : 'analyze_sentiment');
		});
	});

	suite(`SDK version ${version}: step-up`, () => {
		// Version 1 answers a 403 with its refresh token if it has one, which
		// cannot widen anything, and gives up.  Applications that know keep
		// the refresh token from it meanwhile.
		const forStepUp = (person) => {
			if (version === 1)
				delete person.kept.refresh_token;
		};

		test('after 403 insufficient_scope; the earlier tool still works',
		    async () => {
			const watch = watching();
			await using({ fetch: watch.fetch }, async (sdk) => {
				await sdk.connect();
				const before = sdk.person.kept;
				assert.deepEqual(await statuses(before.access_token),
				    [200, 403]);
				forStepUp(sdk.person);
				const { structuredContent } = await sdk.callTool(
				    'ticker_sentiment', { ticker: 'KITE' });
				assert.equal(structuredContent.ticker, 'KITE');
				assert.equal(sdk.person.authorizations, 2);
				assert.deepEqual(sdk.person.kept.scope.split(' ').sort(),
				    [ANALYZE, TICKER]);
				assert.ok(!(await sdk.callTool('analyze_sentiment',
				    { text: TEXT })).isError);
				assert.equal(sdk.person.authorizations, 2);
				// the first grant is another one, and lives on
				assert.notEqual(grantOf(before.access_token),
				    grantOf(sdk.person.kept.access_token));
				assert.deepEqual(await statuses(before.access_token),
				    [200, 403]);
			});
			const { response } = watch.at('/mcp/').find(
			    ({ response: r }) => r.status === 403);
			const challenge = response.headers.get('www-authenticate');
			assert.match(challenge, /error="insufficient_scope"/);
			assert.match(challenge, new RegExp(ANALYZE));
			assert.match(challenge, new RegExp(TICKER));
			assert.equal(watch.at('/oauth2/register').length, 1);
		});

		test('to a resource that needs a scope of its own', async () => {
			await using({}, async (sdk) => {
				await sdk.connect();
				forStepUp(sdk.person);
				const { contents } =
				    await sdk.readResource('finance://coverage');
				const covered = JSON.parse(contents[0].text);
				assert.ok(JSON.stringify(covered).includes('KITE'));
				assert.deepEqual(sdk.person.kept.scope.split(' ').sort(),
				    [COVERAGE, ANALYZE]);
			});
		});

		test('refused by the person: nothing is widened', async () => {
			await using({}, async (sdk) => {
				await sdk.connect();
				const { kept } = sdk.person;
				forStepUp(sdk.person);
				sdk.person.options.allow = false;
				await assert.rejects(sdk.callTool('ticker_sentiment',
				    { ticker: 'KITE' }), denied);
				assert.deepEqual(await statuses(kept.access_token),
				    [200, 403]);
			});
		});

		test('with the box unticked again: 403 once more, and no loop',
		    async () => {
			await using({ scopes: [ANALYZE] }, async (sdk) => {
				await sdk.connect();
				forStepUp(sdk.person);
				await assert.rejects(sdk.callTool('ticker_sentiment',
				    { ticker: 'KITE' }));
				assert.ok(sdk.person.authorizations <= 3);
				assert.equal(sdk.person.kept.scope, ANALYZE);
			});
		});

		test('for a scope that the account may not have: never', async () => {
			await using(await createAccount([ANALYZE]), async (sdk) => {
				await sdk.connect();
				forStepUp(sdk.person);
				await assert.rejects(sdk.callTool('ticker_sentiment',
				    { ticker: 'KITE' }));
				assert.equal(sdk.person.kept.scope, ANALYZE);
			});
		});
	});

	suite(`SDK version ${version}: refresh`, () => {
		test('an access token that is no good is replaced, unseen',
		    async () => {
			await using({}, async (sdk) => {
				await sdk.connect();
				const before = { ...sdk.person.kept };
				assert.equal(await generation(before), 1);
				sdk.person.kept.access_token = spoil(before.access_token);
				assert.ok(!(await sdk.callTool('analyze_sentiment',
				    { text: TEXT })).isError);
				const now = sdk.person.kept;
				assert.equal(await generation(now), 2);
				assert.equal(grantOf(now.access_token),
				    grantOf(before.access_token));
				assert.notEqual(now.refresh_token, before.refresh_token);
				assert.equal(now.scope, before.scope);
				assert.equal(sdk.person.authorizations, 1);
			});
		});

		test('again and again: each moves the grant on by one', async () => {
			await using({}, async (sdk) => {
				await sdk.connect();
				for (let i = 2; i <= 4; i++) {
					sdk.person.kept.access_token =
					    spoil(sdk.person.kept.access_token);
					await sdk.callTool('analyze_sentiment',
					    { text: TEXT });
					assert.equal(await generation(sdk.person.kept), i);
				}
			});
		});

		test('a forged refresh token: the person is asked again', async () => {
			await using({}, async (sdk) => {
				await sdk.connect();
				const { kept } = sdk.person;
				const real = kept.refresh_token;
				kept.refresh_token = spoil(real);
				kept.access_token = spoil(kept.access_token);
				await sdk.callTool('analyze_sentiment', { text: TEXT });
				assert.equal(sdk.person.authorizations, 2);
				// whoever guessed did not end the grant of its owner
				const answer = await call('token', sdk.person.client, {
					grant_type: 'refresh_token', refresh_token: real });
				assert.equal(answer.status, 200, answer.text);
			});
		});
	});

	suite(`SDK version ${version}: revocation`, () => {
		test('by the refresh token: 401 within a second, everywhere',
		    async () => {
			await using({}, async (sdk) => {
				await sdk.connect();
				await sdk.callTool('analyze_sentiment', { text: TEXT });
				const { kept, client } = sdk.person;
				const ping = () => version === 1 ?
				    rpcLegacy(kept.access_token, 'tools/list') :
				    rpc(kept.access_token, 'tools/list');
				assert.equal((await ping()).status, 200);
				assert.equal((await call('revoke', client, {
					token: kept.refresh_token,
					token_type_hint: 'refresh_token' })).status, 200);
				const end = performance.now() + 1000;
				let answer = await ping();
				while (answer.status !== 401 && performance.now() < end) {
					await sleep(50);
					answer = await ping();
				}
				assert.equal(answer.status, 401);
				await sleep(Math.max(0, end - performance.now()));
				// no process of the guard lags behind
				for (let i = 0; i < 4 * site.procs; i++)
					assert.equal((await ping()).status, 401);
				assert.match(answer.headers['www-authenticate'],
				    /error="invalid_token"/);
			});
		});

		test('the SDK hears of it, and the person is asked again',
		    async () => {
			await using({}, async (sdk) => {
				await sdk.connect();
				const { kept, client } = sdk.person;
				await call('revoke', client, { token: kept.refresh_token });
				await sleep(1000);
				await sdk.callTool('analyze_sentiment', { text: TEXT });
				assert.equal(sdk.person.authorizations, 2);
				assert.equal(sdk.person.client.client_id,
				    client.client_id);
				assert.notEqual(grantOf(sdk.person.kept.access_token),
				    grantOf(kept.access_token));
			});
		});

		test('by a client that it does not belong to: nothing happens',
		    async () => {
			await using({}, async (sdk) => {
				await sdk.connect();
				const token = sdk.person.kept.refresh_token;
				await using({}, async (other) => {
					await other.connect();
					assert.equal((await call('revoke',
					    other.person.client, { token })).status, 200);
				});
				await sleep(1000);
				assert.ok(!(await sdk.callTool('analyze_sentiment',
				    { text: TEXT })).isError);
				assert.equal(sdk.person.authorizations, 1);
			});
		});
	});

	suite(`SDK version ${version}: what the person decides`, () => {
		test('Refuse: the client hears access_denied', async () => {
			await using({ allow: false }, async (sdk) => {
				let answer;
				const { person } = sdk;
				const open = person.redirectToAuthorization.bind(person);
				person.redirectToAuthorization = async (url) => {
					await open(url);
					answer = person.answer;
				};
				await assert.rejects(sdk.connect(), denied);
				assert.equal(answer.get('error'), 'access_denied');
				assert.equal(answer.get('iss'), site.issuer);
				assert.equal(answer.get('code'), null);
				assert.equal(person.kept, undefined);
			});
		});

		test('a box unticked: the token has less, and the tool is 403',
		    async () => {
			const metadata = { scope: `${ANALYZE} ${TICKER}` };
			await using({ metadata, scopes: [ANALYZE],
				fetch: asking(`${ANALYZE} ${TICKER}`) }, async (sdk) => {
				await sdk.connect();
				assert.equal(sdk.person.kept.scope, ANALYZE);
				assert.deepEqual(
				    await statuses(sdk.person.kept.access_token),
				    [200, 403]);
			});
		});

		test('no box ticked: access_denied', async () => {
			await using({ scopes: [] }, (sdk) =>
			    assert.rejects(sdk.connect(), denied));
		});
	});

	suite(`SDK version ${version}: clients as they are`, () => {
		test('offline_access in a scope means nothing more', async () => {
			const scope = `${ANALYZE} offline_access`;
			await using({ metadata: { scope }, fetch: asking(scope) },
			    async (sdk) => {
				await sdk.connect();
				assert.equal(sdk.person.kept.scope, ANALYZE);
				assert.ok(sdk.person.kept.refresh_token);
				await sdk.callTool('analyze_sentiment', { text: TEXT });
			});
		});

		test('a resource that ends in a slash (claude-code #52871)',
		    async () => {
			await using({}, async (sdk) => {
				sdk.person.validateResourceURL = () =>
				    new URL(`${site.mcpUrl}/`);
				await sdk.connect();
				await sdk.callTool('analyze_sentiment', { text: TEXT });
				sdk.person.kept.access_token =
				    spoil(sdk.person.kept.access_token);
				await sdk.callTool('analyze_sentiment', { text: TEXT });
				assert.equal(await generation(sdk.person.kept), 2);
			});
		});

		test('a resource that is not ours: refused on a page', async () => {
			await using({}, async (sdk, page) => {
				sdk.person.validateResourceURL = () =>
				    new URL('https://other.example/mcp');
				await assert.rejects(sdk.connect());
				assert.equal(sdk.person.kept, undefined);
				assert.equal(new URL(page.url()).origin, site.issuer);
			});
		});

		test('without the refresh_token grant there is no refresh token',
		    async () => {
			const metadata = { grant_types: ['authorization_code'] };
			await using({ metadata }, async (sdk) => {
				await sdk.connect();
				assert.equal(sdk.person.kept.refresh_token, undefined);
				await sdk.callTool('ticker_sentiment',
				    { ticker: 'KITE' });
				assert.equal(sdk.person.authorizations, 2);
			});
		});

		test('registered with private_key_jwt', async () => {
			const key = makeKey();
			const metadata = { jwks: jwks(key),
				token_endpoint_auth_method: 'private_key_jwt' };
			await using({ metadata }, async (sdk) => {
				const { person } = sdk;
				person.addClientAuthentication = (...args) =>
				    createPrivateKeyJwtAuth({ alg: key.alg,
					issuer: person.client.client_id,
					subject: person.client.client_id,
					privateKey: key.privateKey.export(
					    { format: 'jwk' }) })(...args);
				await sdk.connect();
				assert.ok(!person.client.client_secret);
				person.kept.access_token =
				    spoil(person.kept.access_token);
				await sdk.callTool('analyze_sentiment',
				    { text: TEXT });
				assert.equal(await generation(person.kept), 2);
			});
		});

		for (const method of ['client_secret_basic', 'client_secret_post']) {
			test(`registered with ${method}`, async () => {
				const metadata = { token_endpoint_auth_method: method };
				await using({ metadata }, async (sdk) => {
					await sdk.connect();
					assert.ok(sdk.person.client.client_secret);
					sdk.person.kept.access_token =
					    spoil(sdk.person.kept.access_token);
					await sdk.callTool('analyze_sentiment',
					    { text: TEXT });
					assert.equal(await generation(sdk.person.kept), 2);
				});
			});
		}
	});

	return { using };
}

// The extension oauth-client-credentials with private_key_jwt, as an SDK has it
// in `Provider`; connect(provider) makes [client, transport].
export function privateKeySuite(Provider, connect) {
	suite('client_credentials by private_key_jwt (PrivateKeyJwtProvider)',
	    () => {
		const key = makeKey();
		const pem = (k) => k.privateKey.export(
		    { type: 'pkcs8', format: 'pem' });
		const machine = async (own, known = key) => {
			const { client_id: clientId } = await createClient({
				grant_types: ['client_credentials'],
				jwks: jwks(known) });
			const provider = new Provider({ clientId, algorithm: own.alg,
				privateKey: pem(own), expectedIssuer: site.issuer });
			const [client, transport] = connect(provider);

			return { client, provider, start: () =>
			    client.connect(transport) };
		};

		test('no person is needed, nor a secret', async () => {
			const { client, provider, start } = await machine(key);

			await start();
			const { structuredContent } = await client.callTool({
				name: 'analyze_sentiment', arguments: { text: TEXT } });
			assert.equal(structuredContent.label, 'positive');
			assert.equal(provider.tokens().scope, ANALYZE);
			await client.close();
		});

		// the SDKs do not know EdDSA
		for (const alg of ALGORITHMS.filter((a) => !a.startsWith('Ed'))) {
			test(`by ${alg}`, async () => {
				const own = makeKey(alg);
				const { client, start } = await machine(own, own);

				await start();
				await client.close();
			});
		}

		test('a token that is no good is replaced, by another assertion',
		    async () => {
			const { client, provider, start } = await machine(key);

			await start();
			const first = provider.tokens().access_token;
			provider.saveTokens({ ...provider.tokens(),
				access_token: spoil(first) });
			await client.callTool({ name: 'analyze_sentiment',
				arguments: { text: TEXT } });
			assert.notEqual(provider.tokens().access_token, first);
			await client.close();
		});

		test('a key that is not the client’s is refused', async () => {
			for (const own of [makeKey(), makeKey('RS256')]) {
				const { provider, start } = await machine(own);
				await assert.rejects(start());
				assert.equal(provider.tokens(), undefined);
			}
		});
	});
}

// fetch() by which a 401 asks for `scope`, as a client that knows better does.
function asking(scope) {
	return async (input, init) => {
		const response = await fetch(input, init);
		const challenge = response.headers.get('www-authenticate');

		if (response.status !== 401 || challenge === null)
			return response;
		const headers = new Headers(response.headers);
		headers.set('www-authenticate',
		    challenge.replace(/scope="[^"]*"/, `scope="${scope}"`));
		return new Response(await response.text(),
		    { status: 401, headers });
	};
}
