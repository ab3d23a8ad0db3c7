// The guard in front of files, as the shipped configuration shows it.

import assert from 'node:assert/strict';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { challenge } from './lib/mcp.mjs';
import { bearer, clientCredentials, http } from './lib/oauth.mjs';
import { socketsOf } from './lib/programs.mjs';
import { createClient, freePort, psql, until } from './lib/site.mjs';
import { directory, shown, startWeb } from './lib/web.mjs';

const port = await freePort();
const base = `http://localhost:${port}`;
const url = `${base}/mcp/files`;
const ORIGIN = 'https://app.example';
let token, other, path;

before(async () => {
	path = join(await directory(), 'files');
	await mkdir(join(path, 'mcp/files/private'), { recursive: true });
	await mkdir(join(path, 'mcp/files/empty'));
	await writeFile(join(path, 'mcp/files/one.txt'), 'the first');
	await writeFile(join(path, 'mcp/files/locked.txt'), 'x');
	await chmod(join(path, 'mcp/files/locked.txt'), 0);
	await writeFile(join(path, 'mcp/files/private/two.txt'), 'the second');
	await writeFile(join(path, 'outside.txt'), 'outside');
	await symlink('one.txt', join(path, 'mcp/files/link.txt'));
	await startWeb({ port, first: `Alias /mcp/files ${path}/mcp/files`,
		sockets: await socketsOf('guard', 'metadata'),
		block: await shown('files', { url, path: '/mcp/files',
			more: [['/srv/www', path]] }) });
	await psql(`select gatepost.resource_create(:'uri', 'Files',
		'{mcp:files,mcp:files:private}', default_scopes => '{mcp:files}',
		origins => '{${ORIGIN}}');
	    select gatepost.resource_rule_add(:'uri', 'mcp:files');
	    select gatepost.resource_rule_add(:'uri', 'mcp:files:private',
		path_prefix => '/mcp/files/private');`, { uri: url });
	const client = await createClient({ grant_types: ['client_credentials'] });
	token = (await clientCredentials(client, { resource: url,
		scope: 'mcp:files' })).json.access_token;
	other = (await clientCredentials(client)).json.access_token;
	await until(async () => (await get('/one.txt')).status === 200);
});

const get = (name, { as = token, headers, ...more } = {}) =>
    http(`${url}${name}`, { headers: { ...(as ? bearer(as) : {}),
	...headers }, ...more });

test('a file is there with a token', async () => {
	const answer = await get('/one.txt');

	assert.equal(answer.status, 200);
	assert.equal(answer.text, 'the first');
	assert.ok(!Object.keys(answer.headers).some((name) =>
	    /^(variable-|x-gatepost)/i.test(name)));
	const head = await get('/one.txt', { method: 'HEAD' });
	assert.equal(head.status, 200);
	assert.equal(head.headers['content-length'], '9');
});

test('and is not without, nor with another\'s', async () => {
	for (const as of [null, 'x', other])
		for (const method of ['GET', 'HEAD', 'POST', 'PROPFIND']) {
			const answer = await get('/one.txt', { as, method });
			assert.equal(answer.status, 401, `${method} ${as}`);
			assert.ok(!answer.text.includes('first'));
			assert.match(challenge(answer).resource_metadata,
			    /\/\.well-known\/oauth-protected-resource\/mcp\/files$/);
			if (method === 'GET')
				assert.equal(answer.json.error, 'invalid_token');
		}
});

test('rules about paths count', async () => {
	const answer = await get('/private/two.txt');

	assert.equal(answer.status, 403);
	assert.equal(challenge(answer).error, 'insufficient_scope');
	assert.match(challenge(answer).scope, /mcp:files:private/);
});

test('what is not there is 404 only with a token', async () => {
	assert.equal((await get('/none.txt')).status, 404);
	assert.equal((await get('/none.txt', { as: null })).status, 401);
});

test('what the server may not read is 403, and is not asked for again',
    { skip: process.getuid() === 0 ? false : 'the same user' }, async () => {
	const answer = await get('/locked.txt');

	assert.equal(answer.status, 403);
	assert.notEqual(answer.text, 'x');
	assert.notEqual((await get('/empty/')).status, 200);
});

suite('other spellings lead nowhere', () => {
	for (const name of ['/private/../one.txt', '/./one.txt', '/%6fne.txt',
		'//one.txt', '/x/%2e%2e/one.txt', '/one.txt;x', '/one%2etxt',
		'/%2e%2e/%2e%2e/outside.txt', '/../../outside.txt',
		'/private%2ftwo.txt', '//private/two.txt', '/.%2fprivate/two.txt',
		'/one.txt#x', '/one.txt%00', '/one.txt\\', '/.well-known/x'])
		test(name, async () => {
			const answer = await http(base, { path: `/mcp/files${name}`,
				headers: bearer(token) });

			assert.ok([400, 403, 404].includes(answer.status),
			    `${answer.status}`);
			assert.doesNotMatch(answer.text, /first|second|outside/);
		});

	test('in upper case', async () => {
		for (const where of ['/MCP/files/one.txt', '/mcp/FILES/one.txt'])
			assert.notEqual((await http(base, { path: where,
				headers: bearer(token) })).status, 200);
	});
});

test('a preflight is answered, a foreign one is not', async () => {
	const preflight = (Origin) => get('/one.txt', { as: null,
		method: 'OPTIONS', headers: { Origin,
			'Access-Control-Request-Method': 'GET' } });
	const answer = await preflight(ORIGIN);

	assert.equal(answer.status, 204, answer.text);
	assert.equal(answer.headers['access-control-allow-origin'], ORIGIN);
	assert.match(answer.headers['access-control-allow-headers'],
	    /Authorization/);
	assert.equal((await preflight('https://evil.example')).status, 403);
	assert.equal((await get('/one.txt', { headers:
	    { Origin: 'https://evil.example' } })).status, 403);
});

test('each request is in the record once', async () => {
	const name = `/once-${process.pid}`;
	const count = (outcome) => psql('select count(*) from gatepost.audit ' +
	    "where program = 'guard' and outcome = :'o' and " +
	    "detail ->> 'path' = :'p'", { o: outcome, p: `/mcp/files${name}` });

	await get(name);
	await get(name, { as: null });
	await until(async () => await count('passed') === '1', 3000);
	assert.equal(await count('refused'), '1');
});

test('a token in the query is refused', async () => {
	for (const as of [token, null])
		assert.equal((await get(`/one.txt?access_token=${token}`, { as }))
		    .status, 400);
});
