// Two tenants of one lighttpd and one PostgreSQL: the site, and another with a
// database, roles and programs of its own, whose issuer has a path and is
// behind a proxy that ends TLS.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, chmod, chown, mkdtemp, readFile, rm, writeFile } from
    'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { ownSite } from './lib/own.mjs';

const run = promisify(execFile);
const own = await ownSite({ server: 'lighttpd' });

after(() => own.stop());

const { rpc, challenge } = await import('./lib/mcp.mjs');
const { claims, clientCredentials, http } = await import('./lib/oauth.mjs');
const { dsnOf, startProgram, USER } = await import('./lib/programs.mjs');
const { createClient, freePort, psql, site, until } =
    await import('./lib/site.mjs');
const { CONF, directory, startWeb } = await import('./lib/web.mjs');

const HOST = 'acme.example';
const ISSUER = `https://${HOST}/tenant`;
const MCP = `https://${HOST}/tenant/mcp/finance`;
const PROGRAMS = ['metadata', 'jwks', 'token', 'guard', 'finance'];
const theirs = (dsn) => dsn.replace('dbname=gatepost', 'dbname=acme');
const acme = (sql) => run('psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-d',
	theirs(site.dsn), '-c', sql]).then(({ stdout }) => stdout.trim());

let port;

// As the proxy passes it on: without TLS, to the tenant's host.
const at = (path, { headers, ...options } = {}) =>
    http(`http://127.0.0.1:${port}${path}`,
	{ ...options, headers: { Host: HOST, ...headers } });
const call = (token, { headers, ...options } = {}) => rpc(token, 'tools/list',
    {}, { url: `http://127.0.0.1:${port}/tenant/mcp/finance`,
	headers: { Host: HOST, ...headers }, ...options });

// The shipped file once for each of them, in its virtual host; what is for the
// whole server once.
async function configuration(sockets) {
	const text = await readFile(join(CONF, 'lighttpd/gatepost.conf'), 'utf8');
	const start = text.indexOf('\n$HTTP["url"] =~');
	const block = text.slice(start);

	return `${text.slice(0, start)}
$HTTP["host"] == "${HOST}" {
${block.replaceAll('/oauth2/', '/tenant/oauth2/')
    .replaceAll('/mcp/', '/tenant/mcp/')
    .replaceAll('var.gatepost_sockets', `"${sockets}"`)
    .replaceAll('var.gatepost_mcp_url', `"${MCP}"`)}
}
else $HTTP["host"] =~ "." {
${block}
}
`;
}

async function tenant(dir) {
	const roles = PROGRAMS.map((name) =>
	    `gatepost "${USER.name}" acme_${name}\n`).join('');
	const kek = join(dir, 'kek');

	await psql('create database acme');
	await run(join(dirname(CONF), 'sql/migrate'), ['--prefix', 'acme',
		'--database', theirs(site.dsn)]);
	await run('psql', ['-Xq', '-d', theirs(site.dsn), '-v', `issuer=${ISSUER}`,
		'-v', `mcp_uri=${MCP}`, '-f', join(dirname(CONF), 'sql/demo.sql')]);
	await appendFile(join(site.dir, 'pgdata/pg_ident.conf'), roles);
	await psql('select pg_reload_conf()');
	await writeFile(kek, `${'5a'.repeat(32)}\n`, { mode: 0o600 });
	if (process.getuid() === 0)
		await chown(kek, USER.uid, USER.gid);
	for (const name of PROGRAMS) {
		await startProgram(name, dir, { kek, dsn:
		    theirs(dsnOf(name)).replace('user=gatepost_', 'user=acme_') });
		await chmod(join(dir, `${name}.sock`), 0o666);
	}
	await chmod(dir, 0o755); // the web server is another user
}

suite('two tenants', () => {
	let dir, token, other;

	after(() => rm(dir, { recursive: true, force: true }));

	before(async () => {
		dir = await mkdtemp(join(tmpdir(), 'gatepost-acme.'));
		const file = join(await directory(), 'tenants.conf');

		await tenant(dir);
		port = await freePort();
		await writeFile(file, await configuration(dir));
		await startWeb({ port, file, kind: 'lighttpd',
			sockets: join(site.dir, 'sock/fcgi') });
		await until(async () => (await at('/tenant/oauth2/jwks')
		    .catch(() => ({}))).status === 200);
	});

	test('each has its own metadata, below its issuer’s path', async () => {
		const well = '/.well-known/oauth-authorization-server';

		for (const path of [`${well}/tenant`, `/tenant${well}`,
			'/.well-known/openid-configuration/tenant']) {
			const { json } = await at(path);
			assert.equal(json.issuer, ISSUER, path);
			assert.equal(json.token_endpoint, `${ISSUER}/oauth2/token`);
		}
		assert.equal((await at(well, { headers: { Host: 'localhost' } })).json
		    .issuer, site.issuer);
		assert.equal((await at(well)).status, 404);
		assert.equal((await at(
		    '/.well-known/oauth-protected-resource/tenant/mcp/finance')).json
		    .resource, MCP);
	});

	test('endpoints are below that path alone', async () => {
		for (const path of ['/oauth2/token', '/oauth2/jwks', '/mcp/finance',
			'/tenant/tenant/oauth2/jwks'])
			assert.equal((await at(path)).status, 404, path);
		assert.equal((await at('/tenant/oauth2/jwks',
		    { headers: { Host: 'localhost' } })).status, 404);
	});

	test('a token is of its tenant’s issuer, whatever the proxy says',
	    async () => {
		const [client_id, client_secret] = (await acme("select * from " +
		    "gatepost.client_create('x', grant_types => " +
		    "'{client_credentials}')")).split('|');
		const answer = await at('/tenant/oauth2/token', {
			headers: { 'X-Forwarded-Host': 'evil.example' },
			form: { grant_type: 'client_credentials', client_id,
				client_secret } });

		assert.equal(answer.status, 200, answer.text);
		token = answer.json.access_token;
		assert.equal(claims(token).iss, ISSUER);
		assert.equal(claims(token).aud, MCP);
		const good = await call(token);
		assert.equal(good.status, 200, good.text);
	});

	test('and of no use at the other’s', async () => {
		const client = await createClient({
			grant_types: ['client_credentials'] });
		other = (await clientCredentials(client)).json.access_token;

		assert.equal((await rpc(other, 'tools/list')).status, 200);
		for (const answer of [await call(other), await rpc(token,
		    'tools/list')]) {
			assert.equal(answer.status, 401);
			assert.equal(challenge(answer).error, 'invalid_token');
		}
		assert.equal((await at('/tenant/oauth2/token', { form: {
			grant_type: 'client_credentials', ...client } })).status, 401);
	});

	test('no role of one can connect to the other’s database', async () => {
		assert.equal(await psql('select count(*) from pg_roles where ' +
		    "rolname ~ '^acme_' and has_database_privilege(oid, 'gatepost', " +
		    "'connect')"), '0');
		assert.equal(await psql('select count(*) from pg_roles where ' +
		    "rolname ~ '^gatepost_' and has_database_privilege(oid, 'acme', " +
		    "'connect')"), '0');
		assert.equal(await psql('select count(*) from pg_roles where ' +
		    "rolname ~ '^acme_' and has_database_privilege(oid, 'acme', " +
		    "'connect')") >= PROGRAMS.length, true);
	});
});
