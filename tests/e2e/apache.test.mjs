// What conf/apache shows in comments, and what Apache itself answers.

import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { before, suite, test } from 'node:test';
import { challenge } from './lib/mcp.mjs';
import { bearer, clientCredentials, http } from './lib/oauth.mjs';
import { socketsOf } from './lib/programs.mjs';
import { createClient, freePort, psql, site, unique, until } from
    './lib/site.mjs';
import { directory, startWeb } from './lib/web.mjs';

const conf = join(dirname(process.env.GATEPOST_QUICKSTART), 'apache');
const skip = !site.server.startsWith('apache') && `this is ${site.server}`;

// What stands in a comment of a file, with other words in it.
async function commented(file, pattern, words) {
	const text = (await readFile(join(conf, file), 'utf8')).split('\n')
	    .filter((line) => line.startsWith('#'))
	    .map((line) => line.slice(1)).join('\n');
	let found = pattern.exec(text)[0];

	for (const [from, to] of words) {
		assert.ok(found.includes(from), from);
		found = found.replaceAll(from, to);
	}
	return found;
}

// A resource and a token for it.
async function resource(uri, options = '') {
	await psql("select gatepost.resource_create(:'u', 'Test', " +
	    `'{mcp:apache}'${options})`, { u: uri });
	const client = await createClient({ grant_types: ['client_credentials'] });
	const token = (await clientCredentials(client, { resource: uri })).json
	    .access_token;

	return bearer(token);
}

const answers = (url, status, headers) => until(async () =>
    (await http(url, { headers }).catch(() => ({}))).status === status);
const RPC = { Accept: 'application/json, text/event-stream' };
const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

suite('protected files', { skip }, () => {
	const name = unique('reports');
	let origin, good;

	before(async () => {
		const port = await freePort();
		const dir = await directory();

		origin = `http://127.0.0.1:${port}`;
		await mkdir(join(dir, name));
		await writeFile(join(dir, name, 'a.html'), 'a report');
		await writeFile(join(dir, name, 'index'), 'a report');
		good = await resource(`${origin}/${name}`);
		await startWeb({ port, sockets: await socketsOf('guard'), block:
		    `Alias /other ${dir}/${name}\n` + await commented(
			'gatepost-proxy-fcgi.conf', /^<Directory [^]*?^<\/Directory>/m,
			[['/srv/www/mcp/files', `${dir}/${name}`],
			['https://www.example.org/mcp/files', `${origin}/${name}`]]) });
		await answers(`${origin}/${name}/a.html`, 200, good);
	});

	test('with a token', async () => {
		const answer = await http(`${origin}/${name}/a.html`,
		    { headers: good });

		assert.equal(answer.text, 'a report');
		for (const header of Object.keys(answer.headers))
			assert.doesNotMatch(header, /^variable-/i);
	});

	test('without one: 401 in JSON', async () => {
		const answer = await http(`${origin}/${name}/a.html`);

		assert.equal(answer.status, 401);
		assert.equal(answer.json.error, 'invalid_token');
		assert.match(answer.headers['content-type'], /^application\/json/);
		assert.equal(challenge(answer).scope, 'mcp:apache');
	});

	for (const path of ['//NAME/a.html', '/./NAME/a.html', '/NAME//a.html',
		'/NAME/./a.html', '/x/../NAME/a.html', '/%2e/NAME/a.html',
		'/NAME/%61.html', '/NAME%2fa.html', '/NAME/a.html/', '/NAME/a.html/x',
		'/NAME/a.html;x', '/NAME/a.html?x', '/NAME/a.html#x', '/other/a.html',
		'/other//a.html', '/NAME', '/NAME/', '/NAME/index', '//other/a.html',
		'/NAME\\a.html', '/NAME/A.HTML', 'http://x/NAME/a.html'])
		test(`at ${path}`, async () => {
			const answer = await http(origin,
			    { path: path.replaceAll('NAME', name) });

			assert.ok([400, 401, 403, 404].includes(answer.status),
			    `${answer.status}`);
			assert.ok(!answer.text.includes('a report'));
		});
});

suite('the guard as a FcgidAccessChecker',
    { skip: skip || (site.server !== 'apache-fcgid' && 'no mod_fcgid') }, () => {
	const NAMES = { good: unique('checked'), dead: unique('dead') };
	let origin, good;
	const url = (name) => `${origin}/mcp/${name}`;
	const call = (name, headers) => http(url(name),
	    { headers: { ...RPC, ...headers }, json: ping });

	before(async () => {
		const port = await freePort();
		const block = (name, words) => commented('gatepost-fcgid.conf',
		    /^FcgidCmdOptions .*guard[^]*?^<\/LocationMatch>/m, [
			['https://www.example.org/mcp/weather', url(name)],
			['/mcp/weather', `/mcp/${name}`], ...words]);

		origin = `http://127.0.0.1:${port}`;
		good = await resource(url(NAMES.good));
		await resource(url(NAMES.dead));
		await startWeb({ port, sockets: await socketsOf('guard'), block: `
${await block(NAMES.good, [])}
${await block(NAMES.dead, [['${GATEPOST_PROGRAMS}/guard', '/bin/false']])}
ScriptAliasMatch ^/mcp/ "\${GATEPOST_PROGRAMS}/finance"
` });
		await answers(url(NAMES.good), 405, good);
	});

	test('a good token: the backend, and no variables in its answer',
	    async () => {
		const answer = await call(NAMES.good, good);

		assert.equal(answer.status, 200, answer.text);
		assert.ok('result' in answer.json);
		for (const header of Object.keys(answer.headers))
			assert.doesNotMatch(header, /^variable-/i);
	});

	for (const [what, headers] of [['no token', {}],
		['a word', bearer('x')], ['a foreign origin', { Origin:
		    'https://evil.example' }], ['a forged header',
			{ 'X-Gatepost-Anything': 'x' }]])
		test(`${what}: 401, since mod_fcgid knows no other`, async () => {
			const answer = await call(NAMES.good, headers);

			assert.equal(answer.status, 401);
			assert.ok(!answer.text.includes('jsonrpc'));
			if (what === 'no token')
				assert.equal(challenge(answer).scope, 'mcp:apache');
		});

	test('a body in chunks passes it by unread', async () => {
		const answer = await http(url(NAMES.good), { method: 'POST',
			headers: { ...RPC, ...good, 'Content-Type': 'application/json',
				'Transfer-Encoding': 'chunked' },
			body: JSON.stringify(ping) });

		assert.equal(answer.status, 200, answer.text);
	});

	test('that is dead: no backend, whatever the token', async () => {
		for (const headers of [good, {}]) {
			const answer = await http(url(NAMES.dead), { json: ping,
				headers: { ...RPC, ...headers }, timeout: 60_000 });
			assert.ok([401, 403].includes(answer.status) ||
			    answer.status >= 500, `${answer.status}`);
			assert.ok(!answer.text.includes('jsonrpc'));
		}
	});
});

suite('another virtual host than the issuer’s',
    { skip: skip || (site.server !== 'apache' && 'it is shown elsewhere') },
    () => {
	const path = `/${unique('mcp')}`;
	let origin, good;

	before(async () => {
		const port = await freePort();
		const other = await freePort();

		origin = `http://127.0.0.1:${other}`;
		good = await resource(`${origin}${path}`);
		const location = await commented('gatepost-proxy-fcgi.conf',
		    /^<Location "\/mcp\/weather">[^]*?^<\/Location>/m, [
			['https://www.example.org/mcp/weather', `${origin}${path}`],
			['/mcp/weather', path], ['127.0.0.1:3000', '127.0.0.1:1']]);
		await startWeb({ port, sockets: await socketsOf('guard'), block: '',
			after: `Listen 127.0.0.1:${other}\n` + await commented(
			    'gatepost-proxy-fcgi.conf',
			    /^<VirtualHost [^]*?^<\/VirtualHost>/m, [
				['*:443', `*:${other}`],
				['https://mcp.example.net/mcp', `${origin}${path}`],
				[/<Location[^]*?<\/Location>/.exec(await commented(
				    'gatepost-proxy-fcgi.conf',
				    /^<VirtualHost [^]*?^<\/VirtualHost>/m, []))[0],
				location]]) });
		await answers(`${origin}${path}`, 401);
	});

	test('has the metadata of its resource, and of no other', async () => {
		const well = `${origin}/.well-known/oauth-protected-resource`;
		const { json } = await http(`${well}${path}`);

		assert.equal(json.resource, `${origin}${path}`);
		assert.deepEqual(json.authorization_servers, [site.issuer]);
		assert.equal((await http(`${well}/mcp/finance`)).status, 404);
		assert.equal((await http(`${origin}/oauth2/token`)).status, 404);
	});

	test('and its challenge leads there', async () => {
		const c = challenge(await http(`${origin}${path}`));

		assert.equal(c.resource_metadata,
		    `${origin}/.well-known/oauth-protected-resource${path}`);
		// nothing listens there: the guard has let it pass
		assert.equal((await http(`${origin}${path}`, { headers: good })).status,
		    503);
	});
});

suite('an issuer with a path, behind a proxy that does TLS', { skip }, () => {
	let origin;

	before(async () => {
		const port = await freePort();

		origin = `http://127.0.0.1:${port}`;
		await startWeb({ port, sockets: await socketsOf('guard'), block: '',
			first: 'Define GATEPOST_OAUTH2 /tenant/oauth2' });
		await answers(`${origin}/tenant/oauth2/jwks`, 200);
	});

	test('has its endpoints below that path alone', async () => {
		for (const [path, status] of [['/tenant/oauth2/token', 405],
			['/tenant/oauth2/authorize', 400], ['/oauth2/jwks', 404],
			['/tenant/oauth2/jwks/', 404], ['/x/tenant/oauth2/jwks', 404]])
			assert.equal((await http(origin, { path })).status, status,
			    path);
	});

	test('is what the setting says, whatever is forwarded', async () => {
		const path = '/.well-known/oauth-authorization-server';
		const { text } = await http(origin, { path, headers: {
			'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'gopher',
			Forwarded: 'host=evil.example;proto=gopher' } });

		assert.equal(text, (await http(site.url(path))).text);
	});
});

suite('where another way in is let count', { skip }, () => {
	let origin;

	before(async () => {
		const port = await freePort();

		origin = `http://127.0.0.1:${port}`;
		await startWeb({ port, sockets: await socketsOf('guard'), first:
		    'LoadModule access_compat_module ' +
		    '/usr/lib/apache2/modules/mod_access_compat.so\n' +
		    '<Location "/">\nSatisfy Any\n</Location>' });
		await answers(`${origin}/oauth2/jwks`, 200);
	});

	test('the guard is asked all the same', async () => {
		for (const headers of [{}, bearer('x')]) {
			const answer = await http(`${origin}/mcp/finance`,
			    { headers: { ...RPC, ...headers }, json: ping });
			assert.equal(answer.status, 401);
			assert.equal(answer.json.error, 'invalid_token');
		}
	});
});

suite('what Apache answers by itself', { skip }, () => {
	let origin;

	before(async () => {
		const port = await freePort();
		// there is no guard, nor any other program
		const nowhere = join(await directory(), unique('nowhere'));

		origin = `http://127.0.0.1:${port}`;
		await startWeb({ port, sockets: nowhere, programs: nowhere,
			block: '' });
		await answers(`${origin}/mcp/finance`, 500);
	});

	test('is JSON where clients expect it: the guard is dead', async () => {
		for (const headers of [{}, bearer('x')]) {
			const answer = await http(`${origin}/mcp/finance`,
			    { headers: { ...RPC, ...headers }, json: ping });
			assert.equal(answer.status, 500);
			assert.equal(answer.json.error, 'server_error');
			assert.match(answer.headers['content-type'],
			    /^application\/json/);
		}
	});

	for (const path of ['/oauth2/token', '/oauth2/jwks', '/oauth2/register',
		'/oauth2/revoke', '/oauth2/introspect',
		'/.well-known/oauth-authorization-server'])
		test(`so is ${path}: its program is dead`, {
			skip: site.server !== 'apache' && 'it would be started' },
		async () => {
			const answer = await http(origin, { path });

			assert.equal(answer.status, 503);
			assert.equal(answer.json.error, 'temporarily_unavailable');
			assert.match(answer.headers['content-type'],
			    /^application\/json/);
		});
});
