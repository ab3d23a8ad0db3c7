// From a 401 to a tool's answer, with an MCP client that knows nothing but
// the server's URL, and a person's consent in between.  Ends with 0 only if
// every step was seen to work.

import { Client, StreamableHTTPClientTransport } from
    '@modelcontextprotocol/client';
import { launch, listenForCallback } from './browser.mjs';
import { Person } from './person.mjs';

const { GATEPOST_ISSUER: issuer, GATEPOST_MCP_URL: mcpUrl,
	GATEPOST_USER: username, GATEPOST_PASSWORD: password } = process.env;
const TEXT = 'Northwind beat expectations and raised its outlook; ' +
    'liabilities fell.';

const short = (s) => s.length > 16 ? `${s.slice(0, 12)}…` : s;
const join = (list) => (list ?? []).join(' ');

// Which step a request belongs to, what is to be seen in its answer, and how
// to tell that the step worked.
const STEPS = [
	{
		title: 'The server asks for a token',
		is: (path, status) => path === new URL(mcpUrl).pathname &&
		    status === 401,
		show: (_, headers) => ({
			'WWW-Authenticate': headers.get('www-authenticate') ?? '',
		}),
		works: (_, headers) => /resource_metadata=/.test(
		    headers.get('www-authenticate') ?? ''),
	},
	{
		title: 'Protected resource metadata (RFC 9728)',
		is: (path, status) => status === 200 &&
		    path.includes('/.well-known/oauth-protected-resource'),
		show: (body) => ({
			resource: body.resource,
			authorization_servers: join(body.authorization_servers),
			scopes_supported: join(body.scopes_supported),
		}),
		works: (body) => body.resource === mcpUrl &&
		    body.authorization_servers?.includes(issuer),
	},
	{
		title: 'Authorization server metadata (RFC 8414)',
		is: (path, status) => status === 200 &&
		    /\.well-known\/(oauth-authorization-server|openid-)/.test(path),
		show: (body) => ({
			issuer: body.issuer,
			authorization_endpoint: body.authorization_endpoint,
			token_endpoint: body.token_endpoint,
			registration_endpoint: body.registration_endpoint,
			code_challenge_methods_supported:
			    join(body.code_challenge_methods_supported),
		}),
		works: (body) => body.issuer === issuer,
	},
	{
		title: 'The client registers itself (RFC 7591)',
		is: (path) => path === '/oauth2/register',
		show: (body) => ({
			client_id: body.client_id,
			client_name: body.client_name,
			redirect_uris: join(body.redirect_uris),
		}),
		works: (body, _, status) => status === 201 &&
		    typeof body.client_id === 'string',
	},
	{ title: 'Authorization request, in a browser', browser: 'authorize' },
	{ title: 'Signing in', browser: 'login' },
	{ title: 'Consent', browser: 'consent' },
	{ title: 'Back at the client, with a code', browser: 'callback' },
	{
		title: 'The code for a token (PKCE)',
		is: (path) => path === '/oauth2/token',
		show: (body) => ({
			token_type: body.token_type,
			expires_in: body.expires_in,
			scope: body.scope,
			access_token: short(body.access_token ?? ''),
			refresh_token: short(body.refresh_token ?? ''),
		}),
		works: (body, headers, status) => status === 200 &&
		    typeof body.access_token === 'string' &&
		    headers.get('cache-control')?.includes('no-store'),
	},
	{ title: 'The tool is called', browser: 'tool' },
];

function show(step, request, seen) {
	step.done = true;
	console.log(`\n${STEPS.indexOf(step) + 1}. ${step.title}`);
	console.log(`   ${request}`);
	for (const [name, value] of Object.entries(seen))
		console.log(`      ${name}: ${value}`);
}

function showBrowser(name, request, seen) {
	show(STEPS.find((s) => s.browser === name), request, seen);
}

// The client's own fetch, watched.
async function watched(input, init) {
	const url = new URL(input instanceof Request ? input.url : input);
	const method = init?.method ?? 'GET';
	const response = await fetch(input, init);
	const step = STEPS.find((s) => !s.done &&
	    s.is?.(url.pathname, response.status));

	if (step !== undefined) {
		const body = await response.clone().json().catch(() => ({}));
		const request = `${method} ${url.pathname}${url.search} → ` +
		    response.status;
		if (!step.works(body, response.headers, response.status))
			throw new Error(`${step.title}: ${request} ` +
			    JSON.stringify(body));
		show(step, request, step.show(body, response.headers));
	}
	return response;
}

// What the person sees on a page that a program is about to fill in.
async function pageSeen(kind, page) {
	const { pathname } = new URL(page.url());
	const text = async (selector) =>
	    (await page.locator(selector).allInnerTexts())
		.map((s) => s.replace(/\s+/g, ' ').trim()).join(' · ');

	if (kind === 'login')
		showBrowser('login', `page ${pathname}`,
		    { heading: await text('h1'), username });
	else
		showBrowser('consent', `page ${pathname}`, {
			heading: await text('h1'),
			says: await text('main > p:not(.note), main .warn'),
			scopes: await text('label code'),
			decision: 'Allow',
		});
}

class Shown extends Person {
	async redirectToAuthorization(url) {
		const q = url.searchParams;

		showBrowser('authorize', `GET ${url.pathname}`, {
			client_id: q.get('client_id'),
			redirect_uri: q.get('redirect_uri'),
			code_challenge: `${short(q.get('code_challenge'))} ` +
			    `(${q.get('code_challenge_method')})`,
			scope: q.get('scope'),
			resource: q.get('resource'),
		});
		await super.redirectToAuthorization(url);
		if (!this.answer.has('code'))
			throw new Error(`no code: ${this.answer}`);
		showBrowser('callback', `GET ${this.redirectUrl}`, {
			code: short(this.answer.get('code')),
			state: `${short(this.answer.get('state'))} (as sent)`,
			iss: this.answer.get('iss'),
		});
	}
}

async function callTool(person) {
	const client = new Client({ name: 'gatepost-demo', version: '1.0.0' },
	    { versionNegotiation: { mode: 'auto' } });
	const transport = () => new StreamableHTTPClientTransport(
	    new URL(mcpUrl), { authProvider: person, fetch: watched });
	let current;

	await person.persist(
	    () => client.connect(current = transport()),
	    (answer) => current.finishAuth(answer));
	const result = await person.persist(
	    () => client.callTool({
		    name: 'analyze_sentiment', arguments: { text: TEXT } }),
	    (answer) => current.finishAuth(answer));
	if (result.isError || result.content?.length === 0)
		throw new Error(`the tool failed: ${JSON.stringify(result)}`);
	showBrowser('tool', `POST ${new URL(mcpUrl).pathname} → ` +
	    `tools/call analyze_sentiment`, {
		protocol: client.getNegotiatedProtocolVersion?.() ?? '',
		text: TEXT,
		answer: result.structuredContent !== undefined ?
		    JSON.stringify(result.structuredContent) :
		    result.content[0].text,
	});
	await client.close();
}

async function main() {
	const callback = await listenForCallback();
	const browser = await launch(issuer);

	try {
		const page = await (await browser.newContext()).newPage();
		console.log(`An MCP client is told one thing: ${mcpUrl}`);
		await callTool(new Shown({ page, callback,
			options: { username, password, on: pageSeen } }));
	} finally {
		await browser.close();
		callback.close();
	}
	const left = STEPS.filter((s) => !s.done).map((s) => s.title);
	if (left.length > 0)
		throw new Error(`not seen: ${left.join(', ')}`);
	console.log('\nAll of it worked.');
}

// A client that hangs must not hang those who wait for it.
setTimeout(() => {
	console.error('\nThe demonstration took longer than two minutes.');
	process.exit(1);
}, 120_000).unref();

main().catch((error) => {
	console.error(`\nThe demonstration failed: ${error.stack ?? error}`);
	process.exitCode = 1;
});
