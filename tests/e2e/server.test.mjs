// What a web server may do to a request on its way to a program: whichever
// runs, credentials and bodies arrive whole, and nothing passes that the guard
// has not seen as the server behind it would.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { after, suite, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { challenge } from './lib/mcp.mjs';
import { authorizeUrl, bearer, clientCredentials, encodeForm, http, pkce,
	registerClient } from './lib/oauth.mjs';
import { socketsOf } from './lib/programs.mjs';
import { createClient, freePort, psql, site, sleep, unique, until } from
    './lib/site.mjs';
import { KIND, shown, startWeb } from './lib/web.mjs';

const MACHINE = { grant_types: ['client_credentials'] };
const machine = await createClient(MACHINE);
const TOKEN = (await clientCredentials(machine)).json.access_token;
const RPC = { Accept: 'application/json, text/event-stream',
	'Content-Type': 'application/json', ...bearer(TOKEN) };
const CHUNKED = { 'Transfer-Encoding': 'chunked' };
const analyze = (text) => JSON.stringify({ jsonrpc: '2.0', id: 1,
	method: 'tools/call', params: { name: 'analyze_sentiment',
		arguments: { text } } });
const form = encodeForm({ grant_type: 'client_credentials', ...machine });
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

// Bytes as they are, with `end` no more of them; all that is answered until the
// server closes.
async function raw(lines, { end = false } = {}) {
	const { protocol, port } = new URL(site.issuer);
	const to = { port: Number(port), host: '127.0.0.1',
		servername: 'localhost', rejectUnauthorized: false };
	const socket = protocol === 'https:' ? connectTls(to) : connect(to);
	let text = '';

	socket.on('data', (data) => text += data).on('error', () => {});
	socket.setTimeout(5000, () => socket.destroy());
	socket.write(lines.join('\r\n'));
	if (end)
		socket.end();
	await once(socket, 'close');
	return text;
}

suite('a body', () => {
	test('in chunks is whole, and its length is true', async () => {
		const token = await http(site.endpoint('token'), { method: 'POST',
			headers: { ...FORM, ...CHUNKED }, body: form });
		assert.equal(token.status, 200, token.text);

		for (const length of [10, 5000, 20_000]) {
			const answer = await http(site.mcpUrl, { method: 'POST',
				headers: { ...RPC, ...CHUNKED },
				body: analyze('good news '.repeat(length / 10)) });
			assert.equal(answer.status, 200, answer.text);
			assert.ok('result' in answer.json, answer.text.slice(0, 500));
		}
	});

	test('that is too large is refused, in chunks too', async () => {
		for (const size of [70_000, 100_000, 300_000])
			for (const headers of [{}, CHUNKED]) {
				const answer = await http(site.endpoint('token'), {
					method: 'POST', headers: { ...FORM, ...headers },
					body: `${form}&x=${'y'.repeat(size)}` });
				assert.ok(answer.status === 413 ||
				    (headers === CHUNKED && answer.status >= 400),
				    `${size}: ${answer.status}`);
				assert.ok(!answer.text.includes('access_token'));
			}
	});

	test('with two lengths is one request at most', async () => {
		const hidden = `POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\n` +
		    `Content-Type: ${FORM['Content-Type']}\r\nContent-Length: ` +
		    `${form.length}\r\n\r\n${form}`;

		assert.match(await raw([hidden.replace('\r\n', '\r\nConnection: ' +
		    'close\r\n')]), /access_token/);
		for (const lengths of [
			['Content-Length: 5', 'Transfer-Encoding: chunked'],
			['Transfer-Encoding: chunked', 'Content-Length: 5'],
			['Content-Length: 5', `Content-Length: ${hidden.length + 5}`],
			['Content-Length: 5', 'Transfer-Encoding: x, chunked'],
			['Content-Length: 5', 'Transfer-Encoding : chunked'],
			['Content-Length: +5'], ['Content-Length: 5, 5']]) {
			const text = await raw(['POST /oauth2/token HTTP/1.1',
				'Host: localhost', 'Content-Type: text/plain', ...lengths,
				'Connection: close', '', `0\r\n\r\n${hidden}`]);
			assert.match(text, /^HTTP\/1\.[01] [45]/, lengths.join());
			assert.ok(!text.includes('access_token'), lengths.join());
		}
	});

	test('that ends too soon is no request', async () => {
		const part = (more) => raw(['POST /oauth2/token HTTP/1.1',
			'Host: localhost', `Content-Type: ${FORM['Content-Type']}`,
			`Content-Length: ${form.length + more}`, 'Connection: close', '',
			form], { end: more > 0 });

		assert.match(await part(0), /access_token/);
		assert.doesNotMatch(await part(10), /access_token/);
	});
});

suite('a query', () => {
	test('of 15,000 bytes arrives', async () => {
		const client = await registerClient();
		const answer = await http(authorizeUrl(client, { code_challenge:
		    pkce().challenge, x: 'y'.repeat(15_000), state: 'z'.repeat(300) }));

		assert.equal(answer.status, 303, answer.text);
	});

	test('that does not arrive is refused', async () => {
		for (const size of [16_200, 16_300, 16_384, 20_000, 40_000]) {
			const answer = await http(authorizeUrl({ client_id: 'x' },
			    { x: 'y'.repeat(size) }));
			assert.ok(answer.status >= 400 && answer.status < 500,
			    `${size}: ${answer.status}`);
			// what the guard does not see has not been sent
			const guarded = await http(`${site.mcpUrl}?x=${'y'.repeat(size)}` +
			    `&access_token=${TOKEN}`, { method: 'POST', headers: RPC,
				body: analyze('x') });
			assert.ok([400, 401, 413, 414, 431].includes(guarded.status),
			    `${size}: ${guarded.status}`);
		}
	});
});

test('a header that does not arrive does not open anything', async () => {
	const many = (name, value) => Array(3).fill([name, value]);
	const list = Object.entries(RPC);

	for (const [what, headers] of [
		['foreign origins', [...list,
			...many('Origin', `https://${'x'.repeat(7000)}.example`)]],
		['one foreign origin', [...list,
			['Origin', `https://${'x'.repeat(7000)}.example`]]],
		['two tokens', [...list, ...many('Authorization',
			`Bearer ${'x'.repeat(7000)}`)]],
		['forged scopes', [['Authorization', 'Bearer x'],
			...many('X-Gatepost-Scope', 'mcp:* '.repeat(1200))]]]) {
		const answer = await http(site.mcpUrl, { method: 'POST', headers,
			body: analyze('x') });
		assert.ok(answer.status >= 400 && answer.status < 500,
		    `${what}: ${answer.status} ${answer.text}`);
	}
});

test('nothing that the guard says is for clients', async () => {
	for (const options of [{ headers: RPC, body: analyze('x') },
		{ headers: RPC, body: '{' }, { headers: RPC, method: 'DELETE' },
		{ headers: bearer('x') }, {}]) {
		const { headers, status } = await http(site.mcpUrl, options);
		for (const name of Object.keys(headers))
			assert.doesNotMatch(name, /^(variable-|x-gatepost|gatepost)/i,
			    String(status));
	}
});

// ---- an HTTP server behind the guard ----

const ORIGIN = 'https://app.example';
const seen = [];
const backend = createServer((req, res) => {
	req.resume().on('end', () => {
		seen.push(req);
		res.setHeader('Content-Type', 'application/json');
		res.end(JSON.stringify(req.headers));
	});
});

suite(`an MCP server behind the guard of ${KIND}`, () => {
	const path = `/mcp/${unique('cors')}`;
	let url, token;
	const reached = async (options) => {
		seen.length = 0;
		const answer = await http(url, options);
		return { answer, count: seen.length };
	};
	const ready = (async () => {
		const port = await freePort();

		url = `http://localhost:${port}${path}`;
		backend.listen(0, '127.0.0.1');
		await once(backend, 'listening');
		await startWeb({ port, sockets: await socketsOf('guard'),
			block: await shown('weather', { url, path,
				more: [['3000', backend.address().port]] }) });
		await psql("select gatepost.resource_create(:'u', 'CORS', " +
		    "'{mcp:cors}', origins => :'o')", { u: url, o: `{${ORIGIN}}` });
		token = (await clientCredentials(await createClient(MACHINE),
		    { resource: url })).json.access_token;
		await until(async () => (await http(url, { headers: bearer(token) })
		    .catch(() => ({}))).status === 200);
		await sleep(1200); // so do the guard's other processes
	})();
	after(() => backend.close());

	const preflight = (Origin) => ({ method: 'OPTIONS', headers: { Origin,
		'Access-Control-Request-Method': 'POST',
		'Access-Control-Request-Headers': 'authorization' } });

	test('a preflight is the guard’s to answer', async () => {
		await ready;
		const good = await reached(preflight(ORIGIN));
		const bad = await reached(preflight('https://evil.example'));

		assert.equal(good.answer.status, 204);
		assert.equal(good.answer.headers['access-control-allow-origin'],
		    ORIGIN);
		assert.match(good.answer.headers['access-control-allow-methods'],
		    /POST/);
		assert.match(good.answer.headers['access-control-allow-headers'],
		    /authorization/i);
		assert.equal(bad.answer.status, 403);
		assert.equal(bad.answer.headers['access-control-allow-origin'],
		    undefined);
		assert.equal(good.count + bad.count, 0);
	});

	test('a page of an allowed origin sees the challenge', async () => {
		await ready;
		const { answer, count } = await reached({ headers: { Origin: ORIGIN } });

		assert.equal(answer.status, 401);
		assert.equal(count, 0);
		assert.match(answer.headers['content-type'], /^application\/json/);
		assert.equal(answer.json.error, 'invalid_token');
		assert.equal(answer.headers['access-control-allow-origin'], ORIGIN);
		assert.match(answer.headers['access-control-expose-headers'],
		    /WWW-Authenticate/i);
		assert.equal(challenge(answer).scope, 'mcp:cors');
	});

	test('and may call', async () => {
		await ready;
		const { answer } = await reached({ headers: { Origin: ORIGIN,
			...bearer(token) } });

		assert.equal(answer.status, 200);
		assert.equal(answer.json.origin, ORIGIN);
		assert.equal(answer.json.authorization, `Bearer ${token}`);
	});

	for (const name of ['sub', 'client-id', 'scope', 'grant-id', 'audience',
		'resource-metadata', 'origin'])
		test(`x-gatepost-${name}, however it is spelt`, async () => {
			await ready;
			const words = `x-gatepost-${name}`.split('-');
			for (let mask = 0; mask < 1 << (words.length - 1); mask++) {
				const spelt = words.reduce((all, word, i) => all +
				    (mask & 1 << (i - 1) ? '_' : '-') + word);
				const { answer } = await reached({ headers: {
					...bearer(token), [spelt]: 'forged' } });
				assert.ok(!answer.text.includes('forged'), spelt);
			}
			for (const mark of ['.', '!', '~']) {
				const { answer } = await reached({ headers: {
					...bearer(token), [words.join(mark)]: 'forged' } });
				assert.ok(!answer.text.includes('forged'), mark);
			}
		});

	test('naming what the guard says in Connection takes nothing out',
	    async () => {
		await ready;
		const heard = async (headers) => Object.keys((await reached(
		    { headers: { ...bearer(token), ...headers } })).answer.json)
		    .filter((name) => name.startsWith('x-gatepost-'));

		assert.deepEqual(await heard({ Connection:
		    'close, X-Gatepost-Sub, x-gatepost-scope,X-Gatepost-Client-Id' }),
		await heard());
	});
});
