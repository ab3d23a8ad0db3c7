// A load of requests of many kinds, of which each answer is written down
// before the next request is sent.
//
//	load.mjs JOURNAL LANE[*N]...	with the site in the environment
//
// A lane sends one request after the other; there are N of it.  Runs until
// SIGTERM; prints "ready" when all is set up.  A line of JOURNAL is JSON:
// the lane, when it was asked and answered (ms since 1970), whether the answer
// was the right one, else what is wrong with its form, and what was acknowledged
// by it.

import { openSync, writeSync } from 'node:fs';
import { authorizeUrl, basic, bearer, call, clientCredentials, flow, grantOf,
	http, Jar, pkce, refresh, registerClient } from '../e2e/lib/oauth.mjs';
import { createClient, row, site, sleep, taken } from '../e2e/lib/site.mjs';

const PAUSE = 5; // ms; the machine has more to do
const AWAY = 40; // after a failure
const HANDLE = `01a00000-0000-7000-8000-000000000000.${'A'.repeat(43)}`;
const [file, ...wanted] = process.argv.slice(2);
const journal = openSync(file, 'w', 0o600);
const note = (entry) => writeSync(journal, `${JSON.stringify(entry)}\n`);

// ---- what requests are made of ----

const jar = new Jar();
const client = await registerClient();
const machine = await createClient({ auth_method: 'client_secret_basic',
	grant_types: ['client_credentials'] });
const server = await row('select * from gatepost.resource_server_create(' +
    ":'u', 'Load')", { u: site.mcpUrl });
const tokens = new Map(); // the last one by the key that signed it

const kidOf = (jwt) =>
    JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url')).kid;

function keep(access_token) {
	const kid = kidOf(access_token);

	tokens.set(kid, access_token);
	return kid;
}

const guarded = (token) => http(site.mcpUrl, { headers: { ...bearer(token),
	Accept: 'application/json, text/event-stream',
	'MCP-Protocol-Version': '2025-11-25' },
	json: { jsonrpc: '2.0', id: 1, method: 'tools/list' } });

// What is wrong with the form of an answer that is not the right one: for the
// moment there is none, in the form that this endpoint has.
function malformed({ status, json, text, headers }) {
	if (status < 500 || status > 599)
		return `not for the moment: ${status}`;
	if (headers?.location !== undefined || headers?.['set-cookie'])
		return 'with more than a refusal';
	return json?.error !== undefined || /<\/html>\s*$/.test(text) ? undefined :
	    'of no form';
}

// ---- lanes: each makes a function that asks once and gives what came of it:
// { status, good, text, ...what was acknowledged } ----

const expect = (status, ask, data = () => ({})) => () => async () => {
	const answer = await ask();
	const good = answer.status === status;

	return { status: answer.status, good, text: good ? undefined : answer.text,
		...(good ? data(answer) : { wrong: malformed(answer) }) };
};

function refreshes() {
	let it;

	return async () => {
		it ??= (await flow({ jar, client })).tokens;
		const answer = await refresh(client, it.refresh_token);
		const { status, json, text } = answer;
		if (status !== 200)
			return { status, good: false, text, wrong: malformed(answer),
				grant: grantOf(it.access_token) };
		it = json;
		return { status, good: true, grant: grantOf(it.access_token),
			generation: Number(it.refresh_token.split('.')[2]),
			token: it.refresh_token, kid: keep(it.access_token) };
	};
}

// Each redeems a code, which is an acknowledgement too, and ends the grant.
function revocations() {
	return async () => {
		const start = Date.now();
		const it = await flow({ jar, client });
		const grant = grantOf(it.tokens.access_token);
		const token = it.tokens.refresh_token;

		note({ lane: 'code', start, end: Date.now(), good: true, grant });
		const answer = await call('revoke', client, { token });
		const { status, text } = answer;
		const good = status === 200;
		return { status, good, text: good ? undefined : text, grant, token,
			wrong: good ? undefined : malformed(answer) };
	};
}

// With a token of each key that there was.
function guard() {
	let turn = 0;

	return async () => {
		const list = [...tokens.values()];
		const answer = await guarded(list[turn++ % list.length]);
		const { status, text } = answer;

		return status === 200 ? { status, good: true } :
		    { status, good: false, text, wrong: malformed(answer) };
	};
}

// With a token that is quite new: its key may be, too.
async function new_token() {
	const made = await clientCredentials(machine);

	if (made.status !== 200)
		return made;
	const answer = await guarded(made.json.access_token);
	return { ...answer, kid: keep(made.json.access_token) };
}

const LANES = {
	metadata: expect(200, () =>
	    http(site.url('/.well-known/oauth-authorization-server'))),
	jwks: expect(200, () => http(site.endpoint('jwks'))),
	authorize: expect(303, () => http(authorizeUrl(client,
	    { code_challenge: pkce().challenge }))),
	login: expect(400, () => http(`${site.endpoint('login')}?request=${
		HANDLE}`)),
	consent: expect(400, () => jar.request(`${site.endpoint('consent')}` +
	    `?request=${HANDLE}`)),
	token: expect(200, () => clientCredentials(machine),
	    ({ json }) => ({ kid: keep(json.access_token) })),
	guarded_anew: expect(200, new_token, ({ kid }) => ({ kid })),
	guarded: guard,
	forged: expect(401, () => guarded(`${[...tokens.values()].at(-1)
	    .slice(0, -8)}AAAAAAAA`)),
	revoked: expect(401, () => guarded(ended)),
	register: expect(201, () => http(site.endpoint('register'), { json: {
		redirect_uris: ['https://client.example/'] } }),
	({ json }) => ({ client: json.client_id })),
	refresh: refreshes,
	revoke: revocations,
	revoke_unknown: expect(200, () => call('revoke', client,
	    { token: 'unknown' })),
	introspect: expect(200, async () => {
		const answer = await http(site.endpoint('introspect'), {
			form: { token: [...tokens.values()].at(-1) },
			headers: basic(server.client_id, server.client_secret) });
		return answer.status === 200 && answer.json.active !== true ?
		    { ...answer, status: 0 } : answer;
	}),
};

// ---- the run ----

let stopping = false;

async function lane(name) {
	const ask = LANES[name]();

	while (!stopping) {
		const start = Date.now();
		const came = await ask().catch(thrown);
		const end = Date.now();
		note({ lane: name, start, end, ...came,
			text: came.text?.replace(/\s+/g, ' ').slice(0, 200) });
		await sleep(came.good ? PAUSE : AWAY);
	}
}

// A flow that does not come to its end says by what answer.
const thrown = (error) => {
	const status = Number(/: (5\d\d) /.exec(error.message)?.[1] ?? 0);

	return { status, good: false, text: error.message,
		wrong: status ? undefined : error.message };
};

note({ client, machine: machine.client_id });
keep((await clientCredentials(machine)).json.access_token);
const { tokens: over } = await flow({ jar, client }); // signs in
const ended = over.access_token;
await call('revoke', client, { token: over.refresh_token });
await taken();
process.on('SIGTERM', () => stopping = true);
console.log('ready');
await Promise.all(wanted.flatMap((one) => {
	const [name, number = '1'] = one.split('*');

	if (!(name in LANES))
		throw new Error(`there is no lane ${name}`);
	return Array.from({ length: Number(number) }, () => lane(name));
}));
