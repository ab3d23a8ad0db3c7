// A reverse proxy in front of the site, under an issuer of its own, which can
// be made to do what web servers and proxies do wrong.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { http } from './oauth.mjs';
import { site } from './site.mjs';

const run = promisify(execFile);

// A certificate by openssl, its own authority: { key, cert, file }.
export async function certificate(names, { days = 30 } = {}) {
	const dir = await mkdtemp(join(tmpdir(), 'gatepost-cert.'));
	const [key, cert] = [join(dir, 'key'), join(dir, 'cert')];

	await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
		'ec_paramgen_curve:P-256', '-nodes', '-days', String(days),
		'-subj', `/CN=${names[0]}`, '-addext', 'subjectAltName=' +
		    names.map((name) => `DNS:${name}`).join(','),
		'-keyout', key, '-out', cert]);
	return { key: await readFile(key), cert: await readFile(cert), file: cert,
		remove: () => rm(dir, { recursive: true, force: true }) };
}

const pairs = (raw) => Array.from({ length: raw.length / 2 },
    (_, i) => [raw[2 * i], raw[2 * i + 1]]);

// The value of a header in a list of pairs, and the list without it.
export const get = (list, name) => list.find(([n]) =>
    n.toLowerCase() === name)?.[1];
export const without = (list, ...names) => list.filter(([n]) =>
    !names.includes(n.toLowerCase()));
export const withHeader = (list, name, value) =>
    [...without(list, name.toLowerCase()), [name, value]];

async function body(req) {
	const parts = [];

	for await (const part of req)
		parts.push(part);
	return Buffer.concat(parts).toString();
}

// { issuer, mcpUrl, port, close() }.  `host` and `path` are the issuer's;
// `listen` is the address.  What a request is made of goes through `request`,
// which may return an answer at once, and the site's answer through `answer`;
// both are { headers: [[name, value], ...], ... } and may be changed in place.
// `tls` are options of node:tls; `plain` has what comes without TLS served too.
export async function front({ request = () => {}, answer = () => {}, tls,
	plain = false, host = 'localhost', listen = '127.0.0.1', path = '' } = {}) {
	let issuer;
	const handle = async (req, res) => {
		const asked = { method: req.method, path: req.url,
			version: req.httpVersion, headers: pairs(req.rawHeaders),
			body: await body(req) };
		const got = request(asked) ?? await pass(asked, issuer, path);
		await answer(got, asked);
		const headers = without(got.headers, 'content-length', 'connection',
		    'transfer-encoding');
		if (req.method !== 'HEAD' && got.status !== 204)
			headers.push(['Content-Length',
				String(Buffer.byteLength(got.body))]);
		res.writeHead(got.status, headers.flat());
		res.end(req.method === 'HEAD' ? undefined : got.body);
	};
	const settle = (req, res) => handle(req, res).catch((error) => {
		res.writeHead(599);
		res.end(String(error));
	});
	const options = { maxHeaderSize: 65536, keepAliveTimeout: 100 };
	const inner = createServer(options, settle);
	const outer = tls === undefined ? inner :
	    createTlsServer({ ...options, ...tls }, settle);
	const server = plain ? either(outer, inner) : outer;

	server.listen(0, listen);
	await once(server, 'listening');
	const { port } = server.address();
	issuer = `http${tls === undefined ? '' : 's'}://${host}:${port}${path}`;
	return { issuer, port, mcpUrl: issuer + new URL(site.mcpUrl).pathname,
		close: () => {
			server.close();
			outer.closeAllConnections();
			inner.closeAllConnections();
		} };
}

// One port for both: TLS begins with a byte that HTTP does not.
function either(outer, inner) {
	return createSocketServer((socket) => socket.once('data', (data) => {
		socket.pause();
		socket.unshift(data);
		(data[0] === 22 ? outer : inner).emit('connection', socket);
		process.nextTick(() => socket.resume());
	}));
}

// What the site answers, as if it were under this issuer.
async function pass(asked, issuer, path) {
	const own = (text) => text.replaceAll(site.issuer, issuer);
	const { status, rawHeaders, text } = await http(site.issuer, {
		method: asked.method, path: asked.path.replace(path, ''),
		headers: without(asked.headers, 'connection'),
		...(asked.body === '' ? {} : { body: asked.body }) });

	return { status, body: own(text), headers: pairs(rawHeaders)
	    .map(([name, value]) => [name, own(value)]) };
}
