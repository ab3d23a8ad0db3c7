// By plain CGI, with the configurations and scripts that ship: the programs,
// and the guard in front of a CGI program.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, copyFile, mkdir, readFile, writeFile } from
    'node:fs/promises';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { challenge } from './lib/mcp.mjs';
import { basic, bearer, clientCredentials, grantOf, http } from
    './lib/oauth.mjs';
import { dsnOf, KEK, PREFIX, USER } from './lib/programs.mjs';
import { createClient, freePort, psql, site, until } from './lib/site.mjs';
import { CONF, directory, run } from './lib/web.mjs';

const root = process.getuid() === 0;
const dir = await directory();
const SCOPE = 'mcp:tools:analyze_sentiment';
const client = await createClient({ grant_types: ['client_credentials'],
	scopes: [SCOPE] });
const token = (await clientCredentials(client)).json.access_token;
const MODULES = '/usr/lib/apache2/modules';

// A script as it ships, but for where things are.
async function script(at, shipped, name, more = []) {
	const file = join(at, name);
	const text = [[/^programs=.*/m, `programs=${PREFIX}/libexec/gatepost`],
		[/"host=.* user=gatepost_([^"]*)"/, (all, who) =>
		    `"${dsnOf('').trimEnd()}${who}"`],
		[/GATEPOST_KEK=.*/, `GATEPOST_KEK=${KEK}`], ...more]
	    .reduce((s, [from, to]) => s.replace(from, to),
		await readFile(join(CONF, 'cgi', shipped), 'utf8'));

	await writeFile(file, text, { mode: 0o500 });
	if (root)
		await chown(file, USER.uid, USER.gid);
}

// Those of a site in `name`, with a program behind the guard that tells what
// it was told.
async function scripts(name, more) {
	const at = join(dir, name);

	await mkdir(at);
	for (const program of ['metadata', 'jwks', 'token', 'introspect',
		'register'])
		await script(at, 'gatepost.cgi', program);
	await script(at, 'guarded.cgi', 'mcp-finance', [
		['/usr/local/lib/gatepost/cgi/finance', join(at, 'echo')],
		...(more ?? [])]);
	await writeFile(join(at, 'echo'), `#!/bin/sh
printf 'Content-Type: text/plain\\r\\nX-Args: [%s]\\r\\n\\r\\n' "$*"
env
printf 'BODY='
cat
`, { mode: 0o755 });
	return at;
}

const lighttpd = (port, at) => run(`${port}.conf`, `
server.document-root = "/var/empty"
server.bind = "127.0.0.1"
server.port = ${port}
server.modules = ()
${root ? `server.username = "${USER.name}"` : ''}
var.gatepost_cgi = "${at}"
var.gatepost_mcp_url = "${site.mcpUrl}"
include "${join(CONF, 'lighttpd/gatepost-cgi.conf')}"
`, (file) => ['lighttpd', '-D', '-f', file]);

const apache = (port, at) => run(`${port}.conf`, `
ServerRoot "${dir}"
Listen 127.0.0.1:${port}
ServerName localhost
${['mpm_event', 'authz_core', 'alias', 'env', 'headers', 'cgid'].map((name) =>
    `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
${root ? `User ${USER.name}\nGroup #${USER.gid}` : ''}
PidFile "${dir}/${port}.pid"
ScriptSock "${dir}/${port}.cgid"
ErrorLog "${dir}/${port}.log"
DocumentRoot "${dir}"
<Directory />
	Require all denied
</Directory>
Define gatepost_cgi ${at}
Define gatepost_mcp_url ${site.mcpUrl}
Include "${join(CONF, 'apache/gatepost-cgi.conf')}"
`, (file) => ['apache2', '-DFOREGROUND', '-f', file]);

const SERVERS = { lighttpd: [lighttpd, !existsSync(
    '/usr/lib/lighttpd/mod_cgi.so') && 'lighttpd has no mod_cgi'],
	apache: [apache, !existsSync(`${MODULES}/mod_cgid.so`) &&
	    'apache2 is not here'] };

// The environment and the body that the program behind has told of.
function told({ text }) {
	const [, lines, body] = /^([^]*?)^BODY=([^]*)$/m.exec(text);

	return { body, env: Object.fromEntries(lines.trimEnd().split('\n')
	    .map((line) => [line.split('=')[0], line.split('=').slice(1)
		.join('=')])) };
}

for (const [name, [start, skip]] of Object.entries(SERVERS))
	suite(name, { skip }, () => {
		let url;
		const at = (path) => new URL(path, url).href;
		const guarded = (options) => http(at('/mcp/finance'), options);
		const web = async (scripts) => {
			const port = await freePort();
			const here = `http://localhost:${port}`;
			await start(port, scripts);
			await until(() => http(here).then(() => true, () => false));
			return here;
		};
		const counted = (outcome) => psql('select count(*) from ' +
		    "gatepost.audit where program = 'guard' and client_id = :'c' " +
		    "and outcome = :'o'", { c: client.client_id, o: outcome });

		before(async () => {
			url = await web(await scripts(name));
		});

		test('keys and metadata are there', async () => {
			assert.ok((await http(at('/oauth2/jwks'))).json.keys.length > 0);
			for (const path of ['oauth-authorization-server',
				'openid-configuration'])
				assert.equal((await http(at(`/.well-known/${path}`))).json
				    .issuer, site.issuer);
			assert.equal((await http(at('/.well-known/' +
			    'oauth-protected-resource/mcp/finance'))).json.resource,
			    site.mcpUrl);
			assert.equal((await http(at('/x/.well-known/' +
			    'openid-configuration'))).status, 404);
		});

		test('a token, by the header and by the form', async () => {
			const form = { grant_type: 'client_credentials' };

			for (const how of [{ form, headers: basic(client.client_id,
			    client.client_secret) }, { form: { ...form, ...client } }]) {
				const answer = await http(at('/oauth2/token'), how);
				assert.equal(answer.status, 200, answer.text);
				assert.equal(answer.headers['cache-control'], 'no-store');
			}
			assert.equal((await http(at('/oauth2/token'), { form,
				headers: basic(client.client_id, 'x') })).status, 401);
			const none = await http(at('/oauth2/token'));
			assert.equal(none.status, 405);
			assert.match(none.headers.allow, /POST/);
		});

		test('arguments that a query makes are not taken', async () => {
			for (const query of ['-n+5', '-c', '-h', '--'])
				assert.equal((await http(at(`/oauth2/jwks?${query}`)))
				    .status, 200);
			const answer = await guarded({ headers: bearer(token),
				path: '/mcp/finance?-c+/bin/id' });
			assert.equal(answer.status, 200);
			assert.equal(answer.headers['x-args'], '[]');
		});

		test('a body of 64 KiB, and more: 413', async () => {
			const answer = await guarded({ headers: bearer(token),
				body: 'x'.repeat(65_000) });
			assert.equal(told(answer).body.length, 65_000);
			for (const size of [70_000, 1_000_000])
				assert.equal((await http(at('/oauth2/token'), { form: {
					a: 'x'.repeat(size) } })).status, 413);
		});

		test('paths are matched whole', async () => {
			for (const path of ['/oauth2/', '/oauth2/token/x', '/oauth2/echo',
				'/oauth2/mcp-finance', '/mcp/finance/x', '/mcp', '/token'])
				for (const headers of [{}, bearer(token)])
					assert.ok([403, 404].includes((await http(at(path),
					    { headers })).status), path);
		});

		suite('the guard', () => {
			test('without a token: 401, and the program does not run',
			    async () => {
				for (const [headers, error] of [[{}, undefined],
					[bearer('x'), 'invalid_token'],
					[bearer(token.slice(0, -1)), 'invalid_token']]) {
					const answer = await guarded({ headers, json: {} });
					assert.equal(answer.status, 401, answer.text);
					assert.equal(challenge(answer).error, error);
					assert.equal(challenge(answer).scope, SCOPE);
					assert.equal(answer.json.error, 'invalid_token');
				}
			});

			test('with one the program runs, and knows for whom',
			    async () => {
				const body = 'å"\\\n'.repeat(1000);
				const answer = await guarded({ headers: { ...bearer(token),
					'Content-Type': 'text/x', 'X-Mine': '1' }, body });
				const { env, body: got } = told(answer);

				assert.equal(answer.status, 200);
				assert.equal(got, body);
				assert.equal(env.REQUEST_METHOD, 'POST');
				assert.equal(env.CONTENT_TYPE, 'text/x');
				assert.equal(env.CONTENT_LENGTH,
				    String(Buffer.byteLength(body)));
				assert.equal(env.HTTP_X_MINE, '1');
				assert.equal(env.HTTP_AUTHORIZATION, `Bearer ${token}`);
				assert.equal(env.GATEPOST_SUB, client.client_id);
				assert.equal(env.GATEPOST_CLIENT_ID, client.client_id);
				assert.equal(env.GATEPOST_SCOPE, SCOPE);
				assert.equal(env.GATEPOST_GRANT_ID, grantOf(token));
				assert.equal(env.GATEPOST_AUDIENCE, site.mcpUrl);
				assert.ok(env.GATEPOST_RESOURCE_METADATA);
			});

			test('it is not told what is the guard\'s, nor what only the ' +
			    'guard may say', async () => {
				for (const [header, ours] of [['X-Gatepost-Sub', true],
					['X_Gatepost_Sub', true], ['x-gatepost-scope', true],
					['X-Gatepost-Anything', true], ['Proxy', true],
					['GATEPOST_SCOPE'], ['Gatepost-Scope'],
					['Variable-GATEPOST_SCOPE'], ['FCGI_ROLE']]) {
					const answer = await guarded({ headers:
					    { ...bearer(token), [header]: 'forged' } });
					assert.ok([200, 400].includes(answer.status));
					if (answer.status === 400)
						continue;
					const { env } = told(answer);
					assert.ok(!ours || !answer.text.includes('forged'));
					assert.ok(!Object.entries(env).some(([k, value]) =>
					    !k.startsWith('HTTP_') && value === 'forged'));
					assert.equal(env.GATEPOST_SCOPE, SCOPE);
					for (const k of ['GATEPOST_DSN', 'GATEPOST_KEK',
						'FCGI_ROLE', 'HTTP_PROXY'])
						assert.ok(!(k in env), k);
				}
			});

			test('what it decided is recorded before it is answered',
			    async () => {
				const passed = await counted('passed');
				await guarded({ headers: bearer(token) });
				assert.equal(Number(await counted('passed')),
				    Number(passed) + 1);
				const refused = await counted('refused');
				await guarded({ headers: { ...bearer(token),
					Origin: 'https://evil.example' } });
				const count = async () => psql('select count(*) from ' +
				    "gatepost.audit where program = 'guard' and outcome = " +
				    "'refused'");
				const all = Number(await count());
				assert.equal((await guarded({})).status, 401);
				assert.ok(Number(await count()) > all);
				assert.equal(await counted('refused'), refused);
			});

			test('other spellings of the path do not reach the program',
			    async () => {
				for (const path of ['/mcp/%66inance', '/mcp//finance',
					'/mcp/./finance', '/x/../mcp/finance', '/mcp/finance;x',
					'/mcp/finance%00', '/mcp/finance#', '/MCP/finance',
					'/mcp%2ffinance'])
					assert.ok([400, 403, 404].includes((await guarded({ path,
						headers: bearer(token) })).status), path);
			});

			test('a preflight is answered', async () => {
				const answer = await guarded({ method: 'OPTIONS', headers: {
					Origin: 'https://evil.example',
					'Access-Control-Request-Method': 'POST' } });
				assert.equal(answer.status, 403);
			});
		});

		suite('fails closed', () => {
			for (const [what, more, status] of [
				['when the program behind is not there',
					['/echo', '/nowhere'], 500],
				['when the database is away',
					[/host='[^']*'/, "host='/nowhere'"], 503],
				['when the guard is not there',
					[/^exec .*\/guard"/m, 'exec /nowhere/guard'], 500],
			])
				test(what, async () => {
					const here = await web(await scripts(`${name}-${status}-` +
					    `${what.length}`, [more]));

					for (const headers of [{}, bearer(token)]) {
						const answer = await http(`${here}/mcp/finance`,
						    { headers });
						assert.ok([401, status, 502].includes(answer.status),
						    `${answer.status}`);
						assert.ok(!answer.text.includes('BODY='));
						if ('Authorization' in headers)
							assert.notEqual(answer.status, 401);
					}
				});
		});
	});
