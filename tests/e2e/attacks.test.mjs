// What must be withstood, rule by rule, and what each stands for: a clause of
// a standard or what once went wrong elsewhere.  A row makes its request here
// where one request shows it; else it names the test that does.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { assertJsonError, assertPage, assertRedirectError } from
    './lib/answers.mjs';
import { makeKey, jwks, prove } from './lib/assertion.mjs';
import { fcgi, variables } from './lib/fcgi.mjs';
import { challenge, rpc } from './lib/mcp.mjs';
import { authorizeUrl, basic, bearer, clientCredentials, http, pkce,
	registerClient } from './lib/oauth.mjs';
import { NOT_LISTENING } from './lib/programs.mjs';
import { createClient, row, site } from './lib/site.mjs';

const HTTPS = 'https://client.example/callback';
const EVIL = 'https://evil.example/"><script>alert(1)</script>';
const MACHINE = { grant_types: ['client_credentials'] };
const dba = await createClient({ redirect_uris: [HTTPS] });
const native = await createClient({ auth_method: 'none',
	redirect_uris: ['http://127.0.0.1/callback'] });
const self = await registerClient({ redirect_uris: [HTTPS] });
const machine = await createClient(MACHINE);
const key = makeKey();
const signer = { key, ...await createClient({ ...MACHINE, jwks: jwks(key) }) };
const caller = await row('select * from ' +
    `gatepost.resource_server_create('${site.mcpUrl}', 'attacks')`);
const TOKEN = (await clientCredentials(machine)).json.access_token;

// ---- the ways to be refused ----

const authorize = (parameters, client = dba) => http(authorizeUrl(client,
    { redirect_uri: HTTPS, code_challenge: pkce().challenge, state: 'st',
	...parameters }));

// A page, and none of what was sent on it.
const page = (parameters, client) => async () =>
    assertPage(await authorize(parameters, client), { sent:
	Object.values(parameters).flat().filter((v) => v?.length > 8) });
const redirect = (error, parameters) => async () => assertRedirectError(
    await authorize(parameters), HTTPS, error,
    'state' in parameters ? undefined : 'st');
const post = (name, form, headers) => http(site.endpoint(name),
    { form, headers: { Origin: new URL(site.issuer).origin, ...headers } });
const form = (name, fields, headers) => async () =>
    assertPage(await post(name, fields, headers));
const json = (name, status, error, fields, headers) => async () =>
    assertJsonError(await http(site.endpoint(name), { form: fields, headers }),
	status, error, { cors: name !== 'introspect', sent:
	    Object.values(fields).flat().filter((v) => v?.length > 20) });
const method = (name, verb) => async () => {
	const answer = await http(site.endpoint(name), { method: verb });

	assertJsonError(answer, 405, 'invalid_request',
	    { cors: name !== 'introspect' });
	assert.match(answer.headers.allow, /POST/);
};
const registration = (error, metadata) => async () => assertJsonError(
    await http(site.endpoint('register'), { json: { redirect_uris: [HTTPS],
	...metadata } }), 400, error);
const guarded = (status, error, headers, path) => async () => {
	const answer = await (path === undefined ?
	    rpc(null, 'tools/list', {}, { headers }) :
	    http(site.mcpUrl, { path, json: {}, headers }));

	assert.equal(answer.status, status, answer.text);
	assert.ok(!answer.text.includes('jsonrpc'), answer.text);
	if (status === 401)
		assert.equal(challenge(answer).error, error);
};
// What only a web server can send.
const raw = (program, status, list, body) => async (t) => {
	if (NOT_LISTENING)
		return t.skip(NOT_LISTENING);
	const answer = await fcgi(program, list, body);

	assert.equal(answer.status, status, answer.text);
	assert.equal(answer.location, undefined);
	assert.deepEqual(answer.cookies, []);
};
// Another test shows it: FILE has a test, or a row of one, of that name.
const by = (file, name) => async () => {
	const tests = join(dirname(process.env.GATEPOST_QUICKSTART), '../tests');
	const at = file.includes('/') ? file : `e2e/${file}.test.mjs`;
	const text = await readFile(join(tests, at), 'utf8');
	const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

	assert.match(text, new RegExp(`["'\`(]${escaped}`),
	    `${at} has no test called ${name}`);
};

const cc = { grant_type: 'client_credentials' };
const code = { grant_type: 'authorization_code', code_verifier:
    pkce().verifier, code: `00000000-0000-7000-8000-000000000000.${
	'A'.repeat(43)}` };
const own = basic(machine.client_id, machine.client_secret);
const signed = (options) => ({ ...cc, ...prove(signer, options) });
const tokenPost = Buffer.from('grant_type=client_credentials');
const sent = (more) => variables('/oauth2/token',
    { method: 'POST', body: tokenPost.toString(), ...more });

// ---- the rules: [program, rule, what it stands for, how it is shown] ----

const RULES = {
	'the authorization endpoint': [
		['authorize', 'an unknown client is told to the person alone',
			'RFC 6749, 4.1.2.1', page({ client_id: 'nobody' })],
		['authorize', 'the client is judged first', 'RFC 6749, 4.1.2.1',
			page({ client_id: 'nobody', redirect_uri: EVIL,
				response_type: 'token' })],
		['authorize', 'then the redirect URI, before all else',
			'RFC 9700, 4.1.3', page({ redirect_uri: EVIL,
				response_type: 'token' })],
		['authorize', 'which is compared with its case', 'CVE-2020-15234',
			page({ redirect_uri: HTTPS.replace('call', 'Call') })],
		['authorize', 'and its query', 'CVE-2020-15233',
			page({ redirect_uri: `${HTTPS}?x=1` })],
		['authorize', 'path and query of loopback as well', 'CVE-2020-15233',
			page({ redirect_uri: 'http://127.0.0.1:5/callback?x=1' },
			    native)],
		['authorize', 'not decoded', 'CVE-2022-3782', page({ redirect_uri:
		    'https://client.example/%252e%252e/callback' })],
		['authorize', 'nor normalised', 'CVE-2024-1132', page({ redirect_uri:
		    'https://client.example/x/../callback' })],
		['authorize', 'no wildcard', 'CVE-2023-6927', page({ redirect_uri:
		    'https://client.example/*' })],
		['authorize', 'no pattern: a dot is a dot', 'CVE-2024-52289',
			page({ redirect_uri: 'https://clientxexample/callback' })],
		['authorize', 'no prefix', 'RFC 9700, 4.1.1', page({ redirect_uri:
		    `${HTTPS}.evil.example` })],
		['authorize', 'no userinfo before another host', 'RFC 3986, 7.6',
			page({ redirect_uri:
			    'https://client.example@evil.example/callback' })],
		['authorize', 'loopback is not any name that begins so',
			'CVE-2024-8883', page({ redirect_uri:
			    'http://127.0.0.1.evil.example/callback' }, native)],
		['authorize', 'nor in another notation', 'RFC 8252, 7.3',
			page({ redirect_uri: 'http://0177.0.0.1/callback' }, native)],
		['authorize', 'nor short', 'RFC 8252, 7.3',
			page({ redirect_uri: 'http://127.1/callback' }, native)],
		['authorize', 'only its port varies, from 1', 'RFC 8252, 7.3',
			page({ redirect_uri: 'http://127.0.0.1:0/callback' }, native)],
		['authorize', 'to 65535', 'RFC 8252, 7.3',
			page({ redirect_uri: 'http://127.0.0.1:65536/callback' },
			    native)],
		['authorize', 'two redirect URIs are none', 'RFC 6749, 3.1',
			page({ redirect_uri: [HTTPS, HTTPS] })],
		['authorize', 'no PKCE, no code', 'OAuth 2.1, 4.1.1; CVE-2024-23647',
			redirect('invalid_request', { code_challenge: undefined })],
		['authorize', 'no method means plain', 'RFC 7636, 4.3',
			redirect('invalid_request', { code_challenge_method:
			    undefined })],
		['authorize', 'plain is none, for a confidential client too',
			'RFC 9700, 2.1.1; CVE-2024-22258',
			redirect('invalid_request',
			    { code_challenge_method: 'plain' })],
		['authorize', 'a challenge is 43 characters of base64url',
			'RFC 7636, 4.2', redirect('invalid_request',
			    { code_challenge: `${'A'.repeat(42)}+` })],
		['authorize', 'and there is one', 'RFC 6749, 3.1',
			redirect('invalid_request', { code_challenge:
			    ['A'.repeat(43), 'B'.repeat(43)] })],
		['authorize', 'no implicit grant', 'OAuth 2.1, 10.1; RFC 9700, 2.1.2',
			redirect('unsupported_response_type',
			    { response_type: 'token' })],
		['authorize', 'no answer in the fragment', 'RFC 9700, 4.3.1',
			redirect('invalid_request', { response_mode: 'fragment' })],
		['authorize', 'nor by a form', 'CVE-2023-6927',
			redirect('invalid_request', { response_mode: 'form_post' })],
		['authorize', 'no request object', 'RFC 9101, 10',
			redirect('request_not_supported', { request: 'x.y.z' })],
		['authorize', 'none is fetched either', 'RFC 9101, 10.4',
			by('authorize', 'request_uri is never fetched')],
		['authorize', 'a doubtful state is not echoed', 'RFC 6749, 3.1',
			redirect('invalid_request', { state: ['a', 'b'] })],
		['authorize', 'clients that registered themselves are no way out',
			'OAuth 2.1, 7.12.2; RFC 9700, 4.11.2',
			page({ scope: 'a"b' }, self)],
		['authorize', 'the page names the host', 'OAuth 2.1, 7.12.2',
			by('authorize', 'faults of a client that registered itself')],
		['authorize', 'no token in the query', 'RFC 9700, 4.3.2',
			page({ access_token: TOKEN })],
		['authorize', 'every answer says who answers', 'RFC 9207, 2',
			redirect('invalid_scope', { scope: 'a"b' })],
		['authorize', 'no page of others reads it', 'RFC 9700, 2.6',
			by('authorize', 'no CORS, ever')],
	],

	'the pages': [
		['login', 'an empty form advances nothing', 'CVE-2026-49443',
			form('login', {})],
		['consent', 'nor does one here', 'CVE-2026-49443',
			form('consent', {})],
		['login', 'nor a partial one', 'CVE-2026-49443',
			form('login', { username: site.username,
				password: site.password })],
		['consent', 'nor one here, with a decision', 'CVE-2026-49443',
			form('consent', { decision: 'allow' })],
		['login', 'a form of another origin is none', 'RFC 6749, 10.12',
			by('login', 'of another origin')],
		['consent', 'the same here', 'RFC 6749, 10.12',
			by('consent', 'a form with ')],
		['login', 'the token of a form is its request\'s and session\'s',
			'RFC 6749, 10.12', by('login', 'the csrf token of a page ' +
			    'before a newer one')],
		['consent', 'the same here', 'RFC 6749, 10.12', by('consent',
		    'the csrf token of another request, or of an older page')],
		['login', 'each login is a new session', 'CVE-2024-7341',
			by('login', 'is a new session each time')],
		['login', 'whatever session came with it', 'CVE-2023-6787',
			by('login', 'does not take over a session')],
		['consent', 'a second submit mints nothing', 'RFC 6749, 10.5',
			by('consent', 'a second submit after ')],
		['consent', 'nor ten at once', 'RFC 6749, 10.5',
			by('consent', 'of ten submits at once one mints')],
		['consent', 'what was checked is read back, not sent again',
			'CVE-2021-27582', by('consent',
			    'nothing else of the form counts')],
		['consent', 'what was not shown is not agreed to',
			'CVE-2026-7571', by('consent',
			    'what was not shown cannot be ticked')],
		['consent', 'another\'s session decides nothing', 'RFC 9700, 4.7.1',
			by('consent', 'another session\'s request: login')],
		['consent', 'names are inert', 'RFC 7591, 5',
			by('consent', 'a client\'s name is inert')],
		['consent', 'so are scopes and resources', 'RFC 7591, 5',
			by('consent', 'names of resources and words of scopes')],
		['consent', 'the host is shown, and loopback warned of',
			'RFC 8252, 8.6', by('consent',
			    'names client, host, resource and account, and warns')],
		['consent', 'invisible characters are gone', 'RFC 7591, 5',
			by('unit/test_utf8.c', 'displayable_removes')],
		['consent', 'not to be framed', 'RFC 9700, 4.16',
			by('browser', 'the page cannot be framed')],
		['consent', 'who may be anybody is asked each time',
			'RFC 8252, 8.6; OAuth 2.1, 7.3.1', by('consent',
			    'always for a client that ')],
		['consent', 'what is remembered is for one host',
			'RFC 6749, 10.2', by('consent', 'but not for another host')],
		['login', 'unknown user, wrong password: one answer, one time',
			'CWE-204', by('login', 'says the same whoever it is')],
		['login', 'guessing at once is counted each', 'CVE-2024-4629',
			by('session', 'parallel guesses are counted each')],
		['login', 'a return address is an id of ours', 'RFC 9700, 4.11',
			by('authorize', 'goes to login, by an id alone')],
		['login', 'signing in is no query', 'RFC 9110, 9.2.1',
			by('login', 'does not sign in by a query')],
		['consent', 'nor is deciding', 'RFC 9110, 9.2.1',
			by('consent', 'is not decided by a GET')],
		['fetch', 'nobody gets here before login', 'CIMD draft 00, 6.5',
			async () => assertPage(await http(
			    `${site.endpoint('fetch-client')}?request=x`))],
	],

	'the token endpoint': [
		['token', 'a code of nobody', 'RFC 6749, 5.2', json('token', 400,
		    'invalid_grant', { ...code, client_id: self.client_id })],
		['token', 'everything is checked, then anything changed',
			'OAuth 2.1, 4.1.3', by('token', 'another resource')],
		['token', 'a wrong verifier leaves the code to its owner',
			'RFC 7636, 4.6', by('token', 'two verifiers')],
		['token', 'so does another client', 'RFC 6749, 10.5',
			by('token', 'another client, though it authenticates')],
		['token', 'a replay ends what was issued', 'OAuth 2.1, 4.1.3',
			by('token', 'used again ends what it gave')],
		['token', 'one that is invalid does not', 'RFC 9700, 4.5.3',
			by('token', 'used again ${what} ends nothing')],
		['token', 'one redemption, however many at once',
			'RFC 6749, 10.5', by('token',
			    'redeemed 50 times at once gives one token')],
		['token', 'the same in the database', 'RFC 6749, 10.5',
			by('sql/races.sh', 'one of eight redemptions is good')],
		['token', 'a value is of one kind', 'CVE-2026-4282',
			by('token', 'no value is taken for one of another kind')],
		['token', 'an access token is no code', 'CVE-2026-4282',
			json('token', 400, 'invalid_request', { ...code,
				client_id: self.client_id, code: TOKEN })],
		['token', 'nor a refresh token', 'CVE-2026-4282', json('token',
		    400, 'invalid_request', { grant_type: 'refresh_token',
			client_id: self.client_id, refresh_token: TOKEN })],
		['token', 'an old refresh token ends its family',
			'RFC 9700, 4.14.2', by('refresh',
			    'used again after the window ends the grant')],
		['token', 'racing processes get one successor',
			'OAuth 2.1, 4.3.1', by('refresh',
			    'used by 20 at once yields one successor')],
		['token', 'it dies with its account', 'OAuth 2.1, 4.3.1',
			by('refresh', 'its account, but is good again with it')],
		['token', 'and with its registration', 'RFC 7592, 2.3',
			by('refresh', 'its registration')],
		['token', 'no refresh widens the scope', 'RFC 6749, 6',
			by('refresh', '${scope} is more: invalid_scope')],
		['token', 'nor the resource', 'RFC 8707, 2.2',
			by('refresh', 'another resource')],
		['token', 'one audience', 'RFC 9068, 3', json('token', 400,
		    'invalid_target', { ...cc, resource: [site.mcpUrl,
			'https://evil.example/mcp'] }, own)],
		['token', 'errors quote nothing', 'RFC 6749, 5.2', json('token', 400,
		    'unsupported_grant_type',
		    { grant_type: `${EVIL}${'x'.repeat(20)}` }, own)],
		['token', 'no password grant', 'OAuth 2.1, 10; RFC 9700, 2.4',
			json('token', 400, 'unsupported_grant_type',
			    { grant_type: 'password', username: site.username,
				password: site.password }, own)],
		['token', 'no GET', 'RFC 6749, 3.2', method('token', 'GET')],
		['token', 'parameters of the query do not count', 'RFC 6749, 3.2',
			by('token', 'parameters in the query do not count')],
		['token', 'a parameter is there once', 'RFC 6749, 3.2',
			json('token', 400, 'invalid_request', { grant_type:
			    ['client_credentials', 'client_credentials'] }, own)],
		['token', 'no token in the form', 'RFC 9700, 4.3.2', json('token',
		    400, 'invalid_request', { ...cc, access_token: TOKEN }, own)],
	],

	'client authentication': [
		['token', 'a wrong secret', 'RFC 6749, 5.2', json('token', 401,
		    'invalid_client', cc, basic(machine.client_id, 'wrong'))],
		['token', 'exactly the registered method', 'OAuth 2.1, 2.4',
			json('token', 401, 'invalid_client', { ...cc,
				client_id: signer.client_id,
				client_secret: 'x'.repeat(43) })],
		['token', 'a public client has no secret', 'OAuth 2.1, 2.4',
			json('token', 401, 'invalid_client', { ...code,
				client_id: self.client_id, client_secret: 'x' })],
		['token', 'a confidential one needs it', 'OAuth 2.1, 2.4',
			json('token', 401, 'invalid_client', { ...cc,
				client_id: machine.client_id })],
		['token', 'two methods at once', 'RFC 6749, 2.3', json('token', 400,
		    'invalid_request', { ...cc, ...machine }, own)],
		['token', 'two headers, folded', 'RFC 9110, 5.3', json('token', 401,
		    'invalid_client', cc, { Authorization:
			`${own.Authorization}, ${own.Authorization}` })],
		['token', 'Basic is form-decoded on both sides',
			'RFC 6749, 2.3.1', by('clientauth',
			    'form-encoded on both sides (RFC 6749, 2.3.1)')],
		['token', 'an assertion without a signature', 'RFC 8725, 3.1',
			json('token', 401, 'invalid_client', signed(
			    { header: { alg: 'none' }, signer: () => '' }))],
		['token', 'HMAC with the public key', 'RFC 8725, 2.1',
			by('assertion', 'HS256 with the public key')],
		['token', 'the key\'s algorithm, whatever the header says',
			'RFC 8725, 3.1', json('token', 401, 'invalid_client',
			    signed({ header: { alg: 'RS256' } }))],
		['token', 'keys of the client\'s own set alone', 'RFC 8725, 3.8',
			json('token', 401, 'invalid_client', { ...cc,
				...prove({ ...signer, key: makeKey() }) })],
		['token', 'no key from a header', 'RFC 7515, 10.4; CVE-2018-0114',
			(() => {
				const other = makeKey();
				return json('token', 401, 'invalid_client', { ...cc,
					...prove({ ...signer, key: other }, { header:
					    { kid: key.kid, jwk: other.jwk } }) });
			})()],
		['token', 'zeros are no signature', 'CVE-2022-21449',
			json('token', 401, 'invalid_client', signed(
			    { signer: () => Buffer.alloc(64) }))],
		['token', 'iss is the client', 'RFC 7523, 3', json('token', 401,
		    'invalid_client', signed({ claims: { iss: 'x' } }))],
		['token', 'and sub is', 'RFC 7523, 3', json('token', 401,
		    'invalid_client', signed({ claims:
			{ sub: machine.client_id } }))],
		['token', 'the audience is the issuer', 'RFC 7523, 3; RFC 10070',
			json('token', 401, 'invalid_client', signed({ claims:
			    { aud: site.endpoint('token') } }))],
		['token', 'alone', 'RFC 10070', json('token', 401,
		    'invalid_client', signed({ claims: { aud: [site.issuer,
			'https://evil.example'] } }))],
		['token', 'it expires', 'RFC 7523, 3', json('token', 401,
		    'invalid_client', signed({ claims: { exp: undefined } }))],
		['token', 'soon', 'RFC 7523, 3', json('token', 401,
		    'invalid_client', signed({ claims: { exp: 4e9 } }))],
		['token', 'is used once', 'RFC 7523, 3; CVE-2020-5300',
			by('assertion', 'an assertion is used once')],
		['token', 'by one of many at once', 'CVE-2020-5300',
			by('assertion', 'by one of 20 at once')],
		['token', 'and only by one that holds', 'CVE-2020-5300',
			by('assertion', 'not by one that does not hold')],
		['token', 'an unknown crit', 'RFC 7515, 4.1.11', json('token', 401,
		    'invalid_client', signed({ header: { crit: ['x'], x: 1 } }))],
		['token', 'a member twice', 'RFC 8725, 2.4', by('assertion',
		    'a claim twice, spelt another way')],
		['token', 'deep JSON', 'RFC 8259, 9',
			by('unit/test_jws.c', 'deep_header')],
		['token', 'another kind of JWT', 'RFC 8725, 3.11', json('token',
		    401, 'invalid_client', signed({ header: { typ: 'at+jwt' } }))],
	],

	'registration': [
		...[['a fragment', `${HTTPS}#x`, 'RFC 6749, 3.1.2'],
			['userinfo', 'https://a@client.example/', 'RFC 3986, 7.5'],
			['a backslash', 'https://client.example\\@evil.example/',
				'RFC 3986, 2'],
			['a control byte', 'https://client.example/\t', 'RFC 3986, 2'],
			['a wildcard', 'https://*.example/cb', 'RFC 9700, 4.1.1'],
			['a scheme that runs', 'javascript:alert(1)',
				'RFC 8252, 7.1'],
			['however it is spelt', 'JaVaScRiPt:alert(1)',
				'RFC 3986, 3.1'],
			['or hidden', 'java\tscript:alert(1)', 'CWE-184'],
			['data', 'data:text/html,x', 'RFC 8252, 7.1'],
			['a file', 'file:///etc/passwd', 'RFC 8252, 7.1'],
			['http beyond loopback', 'http://client.example/cb',
				'OAuth 2.1, 2.3.1'],
			['a query with code', `${HTTPS}?code=x`, 'RFC 9207, 2.4'],
			['or iss, spelt otherwise', `${HTTPS}?%69ss=x`,
				'RFC 9207, 2.4'],
		].map(([what, uri, clause]) => ['register',
			`no redirect URI with: ${what}`, clause,
			registration('invalid_redirect_uri',
			    { redirect_uris: [uri] })]),
		['register', 'no secret of another kind', 'RFC 7591, 2',
			registration('invalid_client_metadata',
			    { token_endpoint_auth_method: 'client_secret_jwt' })],
		['register', 'no symmetric key', 'RFC 7591, 2',
			registration('invalid_client_metadata', { jwks: { keys:
			    [{ kty: 'oct', k: 'AAAA' }] },
				token_endpoint_auth_method: 'private_key_jwt' })],
		['register', 'no implicit grant', 'OAuth 2.1, 10.1',
			registration('invalid_client_metadata', { grant_types:
			    ['implicit'], response_types: ['token'] })],
		['register', 'nothing sent opens a connection', 'RFC 7591, 5',
			by('register', 'nothing that is sent makes us open')],
		['register', 'what looks trusted is ignored', 'RFC 7591, 5',
			by('register', 'what looks trusted is ignored')],
		['register', 'a URI has 2 KiB at most', 'RFC 7591, 5',
			registration('invalid_redirect_uri', { redirect_uris:
			    [`${HTTPS}?${'x'.repeat(2100)}`] })],
		['register', 'there are limits to how many', 'RFC 7591, 5',
			by('settings', 'which registers so many, by many at once')],
		['register', 'management needs the client\'s own token',
			'RFC 7592, 3', by('register',
			    '${method} without the client\'s token')],
		['register', 'a software statement is of somebody trusted',
			'RFC 7591, 2.3', registration('unapproved_software_statement',
			    { software_statement: TOKEN })],
	],

	'metadata documents': [
		['fetch', 'https alone', 'CIMD draft 00, 3',
			by('unit/test_download.c', 'https_alone')],
		['fetch', 'no redirects', 'CIMD draft 00, 4',
			by('fetch', 'a redirect is not followed')],
		['fetch', '5 KB', 'CIMD draft 00, 6.6', by('fetch',
		    'too long, and does not')],
		['fetch', 'in 5 s', 'CIMD draft 00, 6.6',
			by('fetch', 'a byte at a time')],
		['fetch', 'the address that was opened is judged',
			'CIMD draft 00, 6.5; RFC 6890', by('fetch',
			    'nothing goes to ')],
		['fetch', 'in every notation', 'RFC 6890; RFC 6052',
			by('unit/test_download.c', 'private_in_every_notation')],
		['fetch', 'no proxy of the environment', 'CVE-2016-5385',
			by('unit/test_download.c', 'no_proxy')],
		['fetch', 'JSON alone', 'CIMD draft 00, 4',
			by('fetch', 'a type that only looks like it')],
		['fetch', 'of that URL, byte for byte', 'CIMD draft 00, 4.1',
			by('fetch', 'a document of another URL')],
		['fetch', 'no secret', 'CIMD draft 00, 4.1',
			by('fetch', 'with a secret')],
		['fetch', 'no private key', 'RFC 7517, 9.2',
			by('fetch', 'a private key')],
		['fetch', 'so many a minute', 'CIMD draft 00, 6.5',
			by('fetch', 'so many a minute')],
		['fetch', 'one at a time for a URL', 'CIMD draft 00, 6.5',
			by('fetch', 'one fetch at a time of one URL')],
		['fetch', 'after login', 'CIMD draft 00, 6.5', by('fetch',
		    'nothing is fetched before login, and login names')],
	],

	'introspection and revocation': [
		['introspect', 'not for strangers', 'RFC 7662, 2.1',
			json('introspect', 401, 'invalid_client', { token: TOKEN })],
		['introspect', 'nor for clients', 'RFC 7662, 4',
			json('introspect', 401, 'invalid_client', { token: TOKEN },
			    own)],
		['introspect', 'other audiences are inactive', 'RFC 7662, 2.2',
			by('introspect', 'is for another resource')],
		['introspect', 'so is what was forged', 'RFC 7662, 2.2',
			async () => assert.deepEqual((await http(
			    site.endpoint('introspect'), { form: { token:
				`${TOKEN.slice(0, -4)}AAAA` }, headers:
				basic(caller.client_id, caller.client_secret) })).json,
			    { active: false })],
		['introspect', 'trouble with storage is no verdict',
			'CVE-2020-15223', by('dbaway',
			    'every program answers 503 within 5 s')],
		['introspect', 'no GET', 'RFC 7662, 2.1',
			by('introspect', '${method}: not for it, and no CORS')],
		['revoke', 'not without the client', 'RFC 7009, 2.1',
			json('revoke', 401, 'invalid_client', { token: TOKEN })],
		['revoke', 'another\'s token stays', 'RFC 7009, 2.1',
			by('revoke', 'another client\'s ${kind}')],
		['revoke', 'no GET', 'RFC 7009, 2', method('revoke', 'GET')],
		['revoke', 'storage that failed has not revoked',
			'CVE-2020-15223', by('dbaway',
			    'every program answers 503 within 5 s')],
	],

	'the guard': [
		['guard', 'no token', 'RFC 6750, 3', guarded(401, undefined, {})],
		['guard', 'a word', 'RFC 6750, 3.1',
			guarded(401, 'invalid_token', bearer('x'))],
		['guard', 'a token whose signature is another\'s',
			'RFC 9068, 4', guarded(401, 'invalid_token',
			    bearer(`${TOKEN.slice(0, -4)}AAAA`))],
		['guard', 'no algorithm, another, HMAC, headers with keys',
			'RFC 8725, 2.1, 3.1', by('guard',
			    'that was forged: 401 invalid_token')],
		['guard', 'another audience', 'RFC 9068, 4; RFC 8707, 2',
			by('guard', 'for another resource: 401')],
		['guard', 'an assertion is no access token', 'RFC 8725, 3.11',
			async () => guarded(401, 'invalid_token',
			    bearer(prove(signer).client_assertion))()],
		['guard', 'kid only looks up', 'RFC 8725, 3.10',
			by('unit/test_jws.c', 'kid_only_looks_up')],
		['guard', 'size before anything is decoded', 'RFC 8725, 2.4',
			by('unit/test_jws.c', 'oversize')],
		['guard', 'exp is required', 'RFC 9068, 2.2',
			by('unit/test_accesstoken.c', 'refuses')],
		['guard', 'no token in the query', 'RFC 9700, 4.3.2',
			by('guard', 'in the query: refused (RFC 9700, 4.3.2)')],
		['guard', 'too little scope', 'RFC 6750, 3.1', by('mcp-proxy',
		    'another tool: 403 with what it needs')],
		['guard', 'dead, it lets nothing by', 'CWE-636',
			by('proxy', 'while the guard is dead')],
		['guard', 'nor while it hangs', 'CWE-636',
			by('proxy', 'while the guard hangs')],
		['guard', 'nor as an access checker of Apache\'s', 'CWE-636',
			by('apache', 'that is dead: no backend')],
		['guard', 'what it could not check it does not pass', 'CWE-636',
			by('dbaway', 'the guard, when its time is over')],
		['guard', 'an unknown rule refuses', 'CWE-636',
			by('unit/test_rule.c', 'bad_rule')],
		['guard', 'its words cannot be a client\'s', 'CWE-290',
			guarded(401, undefined, { 'X-Gatepost-Sub': 'demo',
				'X-Gatepost-Scope': 'mcp:*' })],
		['guard', 'in neither spelling', 'CWE-290',
			by('proxy', 'X-Gatepost-${name}, in both spellings')],
		['guard', 'and do not reach the client', 'CWE-200',
			by('server', 'nothing that the guard says is for clients')],
		['guard', 'a foreign origin', 'MCP 2026-07-28, Streamable HTTP',
			guarded(403, undefined, { ...bearer(TOKEN),
				Origin: 'https://evil.example' })],
		['guard', 'another spelling of the path', 'RFC 3986, 7.3',
			by('guard', 'odd paths reach no backend')],
		['guard', 'a revocation is heard of in a second',
			'RFC 7009, 2.1', by('guard',
			    'a revocation is seen within a second')],
	],

	'FastCGI': [
		['token', 'a body that is shorter than it says', 'RFC 3875, 4.2',
			raw('token', 400, sent({ CONTENT_LENGTH: '99' }), tokenPost)],
		['token', 'more than it says is not read', 'RFC 3875, 4.2',
			by('fastcgi', 'what is beyond CONTENT_LENGTH is not read')],
		['token', 'a length that is no number', 'RFC 9112, 6.3',
			raw('token', 400, sent({ CONTENT_LENGTH: '+29' }),
			    tokenPost)],
		['token', 'one that was aborted', 'FastCGI 1.0, 5.4',
			by('fastcgi', '${program}: aborted')],
		['login', 'a variable twice', 'CWE-235', raw('login', 400,
		    [...variables('/oauth2/login', { REMOTE_USER: 'demo' }),
			['REMOTE_USER', 'x']])],
		['metadata', 'an absolute REQUEST_URI is not believed',
			'RFC 9112, 3.2.2', raw('metadata', 404, variables('x',
			    { REQUEST_URI: 'http://evil.example/.well-known/' +
				'oauth-authorization-server' }))],
		['metadata', 'nor is Host', 'CWE-644', by('metadata',
		    'an issuer that the request names is not believed')],
		['login', 'a header is no REMOTE_USER', 'CWE-290',
			by('settings',
			    'REMOTE_USER signs an account in, a header does not')],
		['guard', 'sockets are the web server\'s alone', 'CWE-732',
			by('fastcgi', 'sockets are for the web server alone')],
		['jwks', 'nothing of arguments in CGI', 'CVE-2012-1823',
			by('cgi', 'arguments that a query makes are not taken')],
		['finance', 'nothing without the guard', 'CWE-306',
			by('finance', 'without the guard before it nothing')],
	],

	'PostgreSQL': [
		['token', 'a backend that stops answering', 'CWE-400',
			by('dbaway', 'who is connected goes on, and nobody waits')],
		['token', 'nothing acknowledged is lost', 'CWE-662',
			by('dbaway', 'loses nothing that was acknowledged')],
		['token', 'its role can do its work and no more', 'CWE-250',
			by('sql/rights.sql', 'there are rights to compare')],
		['guard', 'no decision without its record', 'CWE-778',
			by('settings', 'the guard records before it answers')],
		['login', 'no record is changed by a program', 'CWE-778',
			by('audit', 'and no program can change or delete one')],
	],

	'secrets and traces': [
		['token', 'no secret is in what is written', 'CWE-532',
			by('audit', 'no secret is anywhere that is written')],
		['login', 'an event is one line, one row', 'CWE-117',
			by('audit', 'hostile text is one row, and one line')],
		['token', 'nor in arguments', 'CWE-214', by('installation',
		    'no secret is in a command line')],
		['token', 'a key file that others can read', 'CWE-732',
			by('unit/test_kek.c', 'loose_permissions')],
		['token', 'no core dump', 'CWE-528',
			by('unit/test_workers.c', 'hardened')],
		['jwks', 'public keys alone', 'RFC 7517, 9.2', by('jwks',
		    'has public keys alone, each with what verifiers need')],
		['token', 'private ones are sealed', 'CWE-312',
			by('jwks', 'private keys are sealed in the database')],
	],
};

const all = Object.values(RULES).flat();

for (const [chapter, rules] of Object.entries(RULES)) {
	suite(chapter, () => {
		for (const [program, rule, standsFor, shown] of rules)
			test(`${program}: ${rule} (${standsFor})`, shown);
	});
}

test('every program has rules, and every rule says what it stands for', () => {
	const programs = new Set(all.map(([program]) => program));

	for (const name of ['authorize', 'consent', 'fetch', 'finance', 'guard',
		'introspect', 'jwks', 'login', 'metadata', 'register', 'revoke',
		'token'])
		assert.ok(programs.has(name), name);
	for (const [program, rule, standsFor] of all)
		for (const one of standsFor.split('; '))
			assert.match(one, new RegExp('^(RFC \\d+(, [\\d.]+)*|' +
			    'OAuth 2\\.1, [\\d.]+|CVE-\\d{4}-\\d+|CWE-\\d+|' +
			    'CIMD draft 00, [\\d.]+|FastCGI 1\\.0, [\\d.]+|' +
			    'MCP \\d{4}-\\d\\d-\\d\\d, .+)$'), `${program}: ${rule}`);
});
