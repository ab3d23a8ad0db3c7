// gatepost-check: nothing to say of the site as it is, and the very fault, with
// nothing else, where a web server or a proxy does something wrong.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { after, suite, test } from 'node:test';
import { certificate, front, get, withHeader, without } from './lib/front.mjs';
import { site } from './lib/site.mjs';

const program = join(dirname(process.env.GATEPOST_QUICKSTART),
    'gatepost-check');
const mcp = new URL(site.mcpUrl).pathname;
const CONTENT = { status: 200, headers: [['Content-Type', 'application/json']],
	body: '{"jsonrpc":"2.0","id":1,"result":{}}' };
const content = () => structuredClone(CONTENT);

// { status, lines, faults, errors } of one run.
function check(...args) {
	return new Promise((resolve) => execFile(program, args,
	    { timeout: 120_000 }, (error, out, errors) => {
		const lines = out.trimEnd().split('\n');

		resolve({ status: error === null ? 0 : error.code, lines, errors,
			faults: lines.filter((line) => !line.startsWith('ok ')) });
	}));
}

function assertClean({ status, lines, faults, errors }, least = 25) {
	assert.deepEqual(faults, []);
	assert.equal(errors, '');
	assert.equal(status, 0);
	assert.ok(lines.length >= least, lines.join('\n'));
}

// Every fault is of that kind, and says how to mend it.
function assertFaults({ status, lines, faults, errors }, says, mend, count) {
	assert.equal(status, 1, lines.join('\n'));
	assert.equal(errors, '');
	assert.ok(faults.length > 0, 'there is a fault');
	for (const line of faults) {
		assert.match(line, /^FAULT .*: .+/);
		assert.match(line, says);
		if (mend !== undefined)
			assert.match(line, mend);
	}
	if (count !== undefined)
		assert.equal(faults.length, count, faults.join('\n'));
}

async function through(options, work) {
	const at = await front(options);

	try {
		return await work(at);
	} finally {
		at.close();
	}
}

const look = (at, ...more) => check('--mcp', at.mcpUrl, ...more, at.issuer);

suite('a good site', { concurrency: 2 }, () => {
	const ca = process.env.GATEPOST_CA ? ['--ca', process.env.GATEPOST_CA] : [];

	test('has no fault', async () => assertClean(await check(...ca, '--mcp',
	    site.mcpUrl, site.issuer)));

	test('need not be told of its MCP server', async () => {
		const found = await check(...ca, site.issuer);

		assertClean(found);
		assert.ok(found.lines.some((line) => line.startsWith('ok ' +
		    `${site.mcpUrl} is what `)), found.lines.join('\n'));
	});

	test('has none through a proxy that does nothing wrong', () =>
		through({}, async (at) => assertClean(await look(at))));

	test('may have an issuer with a path', () =>
		through({ path: '/tenant/a' }, async (at) => {
			const found = await look(at);

			assertClean(found);
			for (const form of [
				'/.well-known/oauth-authorization-server/tenant/a',
				'/.well-known/openid-configuration/tenant/a',
				'/tenant/a/.well-known/oauth-authorization-server',
				'/tenant/a/.well-known/openid-configuration'])
				assert.ok(found.lines.some((line) =>
				    line.includes(`:${at.port}${form} is of `)), form);
		}));

	test('may take no registrations', () => through({ answer: (got) => {
		got.body = got.body.replace(/"registration_endpoint":"[^"]*",/, '');
	} }, async (at) => assertClean(await look(at), 20)));

	test('may have the web server sign people in', () => through({
		request: ({ path }) => path.startsWith('/oauth2/login') ?
		    { status: 401, headers: [['WWW-Authenticate', 'Basic realm="x"'],
			    ['Set-Cookie', 'sso=1']], body: 'Sign in' } : undefined,
	}, async (at) => assertClean(await look(at))));

	test('may have a start page for whatever is asked', () => through({
		request: ({ path }) => /^\/(?!oauth2|mcp\/finance$|.*well-known)/
		    .test(path) ? { status: 200, headers: [], body: 'Hello' } :
		    undefined,
	}, async (at) => assertClean(await look(at))));
});

// At these paths, or everywhere.
const at = (pattern, change) => (got, asked) => {
	if (pattern.test(asked.path))
		change(got, asked);
};
const served = (test) => ({ request: (asked) =>
    test(asked) ? content() : undefined });
const atMcp = ({ path }) => path === mcp;

const FAULTS = [
	['Authorization is kept back', { request: (asked) => {
		asked.headers = without(asked.headers, 'authorization');
	} }, /Authorization does not reach/, /CGIPassAuth On/, 2],
	['Authorization is kept back from the guard alone', { request: (asked) => {
		if (asked.path.startsWith('/mcp/'))
			asked.headers = without(asked.headers, 'authorization');
	} }, /Authorization does not reach the guard of/, /CGIPassAuth On/, 1],
	...['oauth-authorization-server', 'openid-configuration',
		'oauth-protected-resource', `oauth-protected-resource${mcp}`]
	    .map((form) => [`${form} is missing`, { request: ({ path }) =>
		    path === `/.well-known/${form}` ? { status: 404,
			    headers: [['Content-Type', 'text/html']], body: 'no' } :
		    undefined },
		new RegExp(`well-known form \\S+/${form} is missing`), undefined, 1]),
	['the issuer ends in a slash', { answer: at(/well-known/, (got) => {
		got.body = got.body.replace(/("issuer":"[^"]*)"/, '$1/"');
	}) }, /issuer in \S+ ends in a slash/, /setting_set\('issuer'/, 2],
	['the issuer is of another host', { answer: at(/well-known/, (got) => {
		got.body = got.body.replace(/"issuer":"[^"]*"/,
		    '"issuer":"https://other.example"');
	}) }, /issuer in \S+ is https:\/\/other\.example, not/, undefined, 2],
	['an endpoint is on another host', { answer: at(/well-known/, (got) => {
		got.body = got.body.replace(/"revocation_endpoint":"[^"]*"/,
		    '"revocation_endpoint":"http://127.0.0.1:1/oauth2/revoke"');
	}) }, /revocation_endpoint|127\.0\.0\.1:1/],
	['the resource is of another issuer', { answer: at(/protected-resource/,
	    (got) => {
		got.body = got.body.replace(/"authorization_servers":\[[^\]]*\]/,
		    '"authorization_servers":["https://other.example"]');
	}) }, /does not name \S+ as its authorization server/, undefined, 2],
	['the resource has another URI', { answer: at(/protected-resource\/mcp/,
	    (got) => {
		got.body = got.body.replace(/("resource":"[^"]*)"/, '$1/"');
	}) }, /is of the resource \S+finance\/, not/, undefined, 1],
	['the root has the resource of another host', { answer: (got, { path }) => {
		if (path.endsWith('/oauth-protected-resource'))
			got.body = got.body.replace(/"resource":"[^"]*"/,
			    '"resource":"https://other.example/mcp"');
	} }, /is of https:\/\/other\.example\/mcp, which is on another host/,
		/GATEPOST_RESOURCE/, 1],
	['the guard is off', served(atMcp), /guard is not in place/,
		/lighttpd: .*authorizer.*nginx: auth_request/, 1],
	['the guard says 200 to everybody', { request: (asked) => atMcp(asked) ?
	    { status: 200, headers: [], body: '' } : undefined },
		/guard is not in place/, undefined, 1],
	['the guard is off for GET', served((asked) => atMcp(asked) &&
	    asked.method === 'GET'), /ways round the guard of \S+: GET:/,
		undefined, 1],
	['the guard is off for a token of whatever kind', served((asked) =>
	    atMcp(asked) && get(asked.headers, 'authorization')),
		/is served to a token that is none/, undefined, 1],
	...['/mcp//finance', '/mcp/finance/', '/mcp/%66inance', '/mcp/finance#x',
		'/MCP/FINANCE']
	    .map((path) => [`${path} is not guarded`,
		served((asked) => asked.path === path),
		/ways round the guard/, undefined, 1]),
	['the guard believes a header', served((asked) => atMcp(asked) &&
	    get(asked.headers, 'x_gatepost_sub')), /sends X_Gatepost_Sub/,
		/RequestHeader unset/, 1],
	['the guard knows no resource', { answer: at(/^\/mcp\/finance$/, (got) => {
		got.status = 403;
	}) }, /knows no resource/, /GATEPOST_RESOURCE/, 1],
	['the guard is away', { answer: at(/^\/mcp\/finance$/, (got) => {
		got.status = 503;
	}) }, /answered 503/, /program guard/, 1],
	['OPTIONS is answered by somebody else', { request: (asked) =>
	    atMcp(asked) && asked.method === 'OPTIONS' ? { status: 403,
		    headers: [['Access-Control-Allow-Origin', '*']], body: '' } :
	    undefined }, /does not answer OPTIONS/, undefined, 1],
	['no CORS at token', { answer: at(/\/token$/, (got) => {
		got.headers = without(got.headers, 'access-control-allow-origin');
	}) }, /pages cannot call \S+\/token/, undefined, 1],
	['CORS twice at token', { answer: at(/\/token$/, (got) => {
		got.headers.push(['Access-Control-Allow-Origin', '*']);
	}) }, /pages cannot call \S+\/token: .*\*, \*/, undefined, 1],
	['OPTIONS refused at register', { request: ({ method, path }) =>
	    method === 'OPTIONS' && path.endsWith('/register') ?
		{ status: 405, headers: [['Allow', 'GET, POST']], body: '' } :
		undefined }, /pages cannot call \S+\/register: .*405/, undefined, 1],
	['CORS at login', { answer: at(/\/login/, (got) => {
		got.headers.push(['Access-Control-Allow-Origin', '*']);
	}) }, /other sites may read pages .*\/login/, undefined, 1],
	['errors in HTML', { answer: (got) => {
		if (got.status >= 400 && got.body.startsWith('{"error"')) {
			got.headers = withHeader(got.headers, 'Content-Type',
			    'text/html');
			got.body = '<html>An error</html>';
		}
	} }, /errors of \S+ are text\/html, not JSON/, /ProxyErrorOverride/],
	['no WWW-Authenticate', { answer: (got) => {
		got.headers = without(got.headers, 'www-authenticate');
	} }, /without WWW-Authenticate/, undefined, 2],
	['another WWW-Authenticate', { answer: at(/^\/mcp/, (got) => {
		got.headers = withHeader(got.headers, 'WWW-Authenticate', 'Bearer');
	}) }, /is not the guard's/, undefined, 1],
	['a private key', { answer: at(/\/jwks$/, (got) => {
		got.body = got.body.replace('"kty"', '"d":"AAAA","kty"');
	}) }, /shows a private key \(d\)/, /key_withdraw/, 1],
	['no keys', { answer: at(/\/jwks$/, (got) => {
		got.body = '{"keys":[]}';
	}) }, /has no keys/, /GATEPOST_KEK/, 1],
	['a redirect at token', { request: ({ path }) => path.endsWith('/token') ?
	    { status: 302, headers: [['Location', '/login.php']], body: '' } :
	    undefined }, /token is answered 302 and leads to \/login\.php/,
		/RewriteRule/, 1],
	['a cookie at authorize', { answer: at(/\/authorize/, (got) => {
		got.headers.push(['Set-Cookie', 'route=1; Path=/']);
	}) }, /cookie is set before .*authorize/, undefined, 1],
	["caches may keep token's errors", { answer: at(/\/token$/, (got) => {
		got.headers = withHeader(got.headers, 'Cache-Control',
		    'max-age=60');
	}) }, /token may be kept by caches .*max-age=60/, undefined, 1],
	['401 where nothing is', { answer: (got, { path }) => {
		if (got.status === 404 && path.includes('well-known'))
			got.status = 401;
	} }, /where nothing is, the answer is not 404/, undefined, 1],
	['the Host is believed', { answer: at(/well-known/, (got, asked) => {
		got.body = got.body.replace(/http:\/\/localhost:\d+/g,
		    `http://${get(asked.headers, 'host')}`);
	}) }, /depends on the client's +Host/, undefined, 1],
	['X-Forwarded-Host is believed', { answer: at(/well-known/,
	    (got, asked) => {
		const host = get(asked.headers, 'x-forwarded-host');
		if (host !== undefined)
			got.body = got.body.replace(/localhost:\d+/g, host);
	}) }, /depends on the client's X-Forwarded-Host/, undefined, 1],
	['a long query is refused', { request: ({ path }) => path.length > 8000 ?
	    { status: 414, headers: [], body: '' } : undefined },
		/does not take a query of 10 KiB \(414\)/, /LimitRequestLine/, 1],
	['HTTP/1.0 is refused', { request: ({ version }) => version === '1.0' ?
	    { status: 426, headers: [], body: '' } : undefined },
		/HTTP\/1\.0 is answered 426/, undefined, 1],
	['pages without their policy', { answer: (got) => {
		got.headers = without(got.headers, 'content-security-policy');
	} }, /Content-Security-Policy/],
	['pages that are kept', { answer: at(/\/authorize/, (got) => {
		got.headers = withHeader(got.headers, 'Cache-Control', 'public');
	}) }, /authorize has another cache-control/, undefined, 1],
	['token is away', { request: ({ path }) => path.endsWith('/token') ?
	    { status: 503, headers: [], body: 'Bad gateway' } : undefined },
		/token is answered 503/, /program token/, 1],
];

suite('a fault is named, and no other', { concurrency: 4 }, () => {
	for (const [what, options, says, mend, count] of FAULTS)
		test(what, () => through(options, async (at) =>
			assertFaults(await look(at), says, mend, count)));

	test('nobody is there', async () => {
		const found = await check('http://localhost:1');

		assertFaults(found, /localhost:1 is not answered/, undefined, 1);
		assert.equal(found.lines.length, 1);
	});

	test('the issuer is given with a slash', async () =>
		through({}, async (at) => assertFaults(await check(`${at.issuer}/`),
		    /ends in a slash/, undefined, 1)));

	test('the issuer is http, but not of this machine', async () =>
		through({ host: 'auth.example' }, async (at) => assertFaults(
		    await look(at, '--resolve', `auth.example:${at.port}:127.0.0.1`),
		    /is without TLS/, undefined, 1)));
});

suite('TLS', { concurrency: 4 }, async () => {
	const good = await certificate(['localhost', 'auth.example']);
	const other = await certificate(['other.example']);
	const soon = await certificate(['localhost'], { days: 3 });

	after(() => Promise.all([good, other, soon].map((c) => c.remove())));

	for (const host of ['localhost', 'auth.example'])
		test(`${host} has no fault`, () => through({ tls: good, host },
		    async (at) => assertClean(await look(at, '--ca', good.file,
			'--resolve', `${host}:${at.port}:127.0.0.1`), 28)));

	test('the certificate is for another host', () =>
		through({ tls: other }, async (at) => assertFaults(
		    await look(at, '--ca', other.file),
		    /certificate of localhost is not good/, /SSLCertificateFile/,
		    1)));

	test('the certificate is of an authority that nobody knows', () =>
		through({ tls: good }, async (at) => assertFaults(await look(at),
		    /certificate of localhost is not good/, undefined, 1)));

	test('the certificate is about to run out', () =>
		through({ tls: soon }, async (at) => assertFaults(
		    await look(at, '--ca', soon.file), /runs out within a week/,
		    undefined, 1)));

	test('TLS 1.1 is spoken', () => through({ tls: { ...good,
		minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } }, async (at) =>
		assertFaults(await look(at, '--ca', good.file),
		    /TLS 1\.0 or 1\.1 is still spoken/, /SSLProtocol/, 1)));

	test('the same is served without TLS', () => through({ tls: good,
		plain: true }, async (at) => assertFaults(
		await look(at, '--ca', good.file), /answered \d+ without TLS/,
		/Redirect/, 1)));
});

suite('what cannot be looked at is said, with status 2', () => {
	for (const [what, ...args] of [
		['no issuer'], ['two', 'https://a.example', 'https://b.example'],
		['no URL', 'auth.example'], ['another scheme', 'ftp://a.example'],
		['a URL with a blank', 'https://a.example/ x'],
		['an unknown option', '--nosuch', 'https://a.example'],
		['an option without its value', 'https://a.example', '--mcp'],
		['a CA that is not there', '--ca', '/nowhere', 'https://a.example'],
	])
		test(what, async () => {
			const found = await check(...args);

			assert.equal(found.status, 2);
			assert.equal(found.lines.join(''), '');
			assert.notEqual(found.errors, '');
		});

	test('--help is not a fault', async () => {
		const { status, lines } = await check('--help');

		assert.equal(status, 0);
		assert.match(lines[0], /^usage: gatepost-check/);
	});
});
