// The guard in front of an HTTP server behind the web server, as the shipped
// configuration shows it: nothing passes without a decision, and nothing that
// only the guard may say comes from a client.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { chmod, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { bearer, clientCredentials, http } from './lib/oauth.mjs';
import { socketsOf } from './lib/programs.mjs';
import { createClient, freePort, psql, sleep, until } from './lib/site.mjs';
import { directory, shown, startWeb } from './lib/web.mjs';

const dir = await directory();
const ports = { web: await freePort(), dead: await freePort() };
const seen = []; // what reached the backend

// A server that answers with what it was asked.
const backend = createServer((req, res) => {
	const parts = [];
	req.on('data', (part) => parts.push(part)).on('end', () => {
		const { method, url, headers } = req;
		seen.push({ method, url, headers });
		res.setHeader('Content-Type', 'application/json');
		res.end(JSON.stringify({ method, url, headers,
			body: Buffer.concat(parts).toString() }));
	});
}).listen(0, '127.0.0.1');
await new Promise((wake) => backend.once('listening', wake));

// A web server with the backend at /mcp/echo.
async function web(port, sockets) {
	const url = `http://localhost:${port}/mcp/echo`;

	await startWeb({ port, sockets, block: await shown('weather', { url,
		path: '/mcp/echo', more: [['3000', backend.address().port]] }) });
	await until(() => http(url).then(() => true, () => false));
	return url;
}

const url = await web(ports.web, await socketsOf('guard'));
await psql("select gatepost.resource_create(:'uri', 'Echo', " +
    "'{mcp:echo}')", { uri: url });
const client = await createClient({ grant_types: ['client_credentials'] });
const token = (await clientCredentials(client, { resource: url })).json
    .access_token;
const other = (await clientCredentials(client)).json.access_token;
// the guard hears of the resource within a second
await until(async () =>
    (await http(url, { headers: bearer(token) })).status === 200, 2000);

after(() => backend.close());

// What reached the backend while `work` was done.
async function reached(work) {
	const before = seen.length;
	await work();
	return seen.slice(before);
}

test('a good token: request, body and token reach the backend', async () => {
	const answer = await http(`${url}?a=b`, { json: { hello: 'there' },
		headers: { ...bearer(token), 'X-Mine': '1' } });

	assert.equal(answer.status, 200, answer.text);
	assert.equal(answer.json.method, 'POST');
	assert.equal(answer.json.url, '/mcp/echo?a=b');
	assert.equal(answer.json.body, '{"hello":"there"}');
	assert.equal(answer.json.headers.authorization, `Bearer ${token}`);
	assert.equal(answer.json.headers['x-mine'], '1');
});

test('a body of 64 KiB', async () => {
	const body = 'x'.repeat(65_000);

	assert.equal((await http(url, { body, headers: bearer(token) })).json
	    .body.length, 65_000);
});

suite('nothing reaches the backend', () => {
	for (const [what, headers] of [
		['without a token', {}], ['with a word', bearer('x')],
		["with another resource's token", bearer(other)],
		['with a token that was cut', bearer(token.slice(0, -1))],
		['from a foreign origin', { ...bearer(token),
			Origin: 'https://evil.example' }],
	])
		test(what, async () => {
			for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS',
				'HEAD', 'PROPFIND'])
				assert.deepEqual(await reached(async () => {
					const { status } = await http(url, { method, headers });
					assert.ok([400, 401, 403, 405, 501].includes(status),
					    `${method} ${status}`);
				}), []);
		});

	for (const path of ['/mcp/%65cho', '/mcp/echo/%2e%2e/echo', '/mcp//echo',
		'/mcp/echo;x', '/mcp/x/../echo', '/mcp/echo/../echo', '/mcp/echo\\x',
		'/mcp/./echo', '/mcp/echo%2f..', '/mcp/echo//', '/mcp/echo%00',
		'/mcp/echo#x', '/mcp/echo#', '/mcp/echo/#/../admin', '/mcp/echo"x',
		'/mcp/ECHO', '/MCP/echo'])
		test(`at ${path}, though the token is good`, async () =>
			assert.deepEqual(await reached(async () => {
				const { status } = await http(url,
				    { path, headers: bearer(token) });
				assert.ok([400, 401, 403, 404].includes(status));
			}), []));

	test('while the guard is dead', async () => {
		const dead = await web(ports.dead, dir);

		assert.deepEqual(await reached(async () => {
			for (const headers of [{}, bearer(token)])
				assert.ok((await http(dead, { headers })).status >= 500);
		}), []);
	});

	test('while the guard hangs', async () => {
		const port = await freePort();
		const hung = await mkdtemp(join(dir, 'hung.'));
		const socket = createSocket((it) => it.unref())
		    .listen(join(hung, 'guard.sock'));
		await new Promise((wake) => socket.once('listening', wake));
		await chmod(hung, 0o755);
		await chmod(join(hung, 'guard.sock'), 0o777);
		const ask = http(`http://localhost:${port}/mcp/echo`,
		    { headers: bearer(token), timeout: 2000 }).catch(() => null);

		assert.deepEqual(await reached(async () => {
			web(port, hung).catch(() => {});
			await sleep(500);
			const answer = await http(`http://localhost:${port}/mcp/echo`,
			    { headers: bearer(token), timeout: 1500 }).catch(() => null);
			assert.ok(answer === null || answer.status >= 500);
			await ask;
		}), []);
		socket.close();
	});
});

suite('what only the guard may say does not come from a client', () => {
	for (const name of ['Sub', 'Client-Id', 'Scope', 'Grant-Id', 'Audience',
		'Resource-Metadata', 'Origin'])
		test(`X-Gatepost-${name}, in both spellings`, async () => {
			for (const header of [`X-Gatepost-${name}`,
				`X_Gatepost_${name.replace('-', '_')}`,
				`x-gatepost-${name.toLowerCase()}`]) {
				const { json } = await http(url, { headers:
				    { ...bearer(token), [header]: 'forged' } });
				assert.ok(!JSON.stringify(json ?? {}).includes('forged'),
				    header);
			}
		});

	for (const header of ['Remote-User', 'Remote_User', 'Proxy'])
		test(header, async () => {
			const { json } = await http(url, { headers:
			    { ...bearer(token), [header]: 'forged' } });

			assert.ok(!JSON.stringify(json).includes('forged'));
		});
});
