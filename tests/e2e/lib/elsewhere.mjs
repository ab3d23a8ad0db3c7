// Servers elsewhere, from which fetch reads: https on loopback, by a CA of
// the tests' own, which a row of fetch_policy names.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { psql } from './site.mjs';

const run = promisify(execFile);

async function certificate(dir, name, subject, more) {
	await run('openssl', ['req', '-newkey', 'ec', '-pkeyopt',
		'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`,
		'-out', `${name}.csr`, '-subj', `/CN=${subject}`], { cwd: dir });
	await writeFile(join(dir, `${name}.ext`),
	    `subjectAltName = ${subject.includes(':') || /^[\d.]+$/.test(subject) ?
		'IP' : 'DNS'}:${subject}\n`);
	await run('openssl', ['x509', '-req', '-in', `${name}.csr`, '-extfile',
		`${name}.ext`, '-out', `${name}.crt`, ...more], { cwd: dir });
	return { key: await readFile(join(dir, `${name}.key`)),
		cert: await readFile(join(dir, `${name}.crt`)) };
}

// { ca, certificate(name, subject, ...openssl's arguments),
// selfSigned(subject), stop() }
export async function authority() {
	const dir = await mkdtemp(join(tmpdir(), 'gatepost-ca.'));

	await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
		'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj',
		'/CN=elsewhere', '-keyout', 'ca.key', '-out', 'ca.crt'],
	    { cwd: dir });
	return {
		ca: await readFile(join(dir, 'ca.crt'), 'utf8'),
		certificate: (name, subject, more = ['-days', '2']) =>
		    certificate(dir, name, subject, ['-CA', 'ca.crt', '-CAkey',
			'ca.key', '-CAcreateserial', ...more]),
		selfSigned: (subject) => certificate(dir, 'self', subject,
		    ['-signkey', 'self.key', '-days', '2']),
		stop: () => rm(dir, { recursive: true, force: true }),
	};
}

// A server on 127.0.0.1 that answers by `pages`, a Map of path to what the
// document is, or to a function (req, res).  `seen` has the paths asked for,
// `connections` counts what came to the port at all.
export async function elsewhere(tls) {
	const pages = new Map();
	const at = { pages, seen: [], connections: 0 };
	const server = createServer(tls, (req, res) => {
		const page = pages.get(req.url);
		at.seen.push(req.url);
		if (typeof page === 'function')
			page(req, res);
		else if (page === undefined)
			res.writeHead(404).end();
		else
			res.writeHead(200, { 'Content-Type': 'application/json' })
			    .end(JSON.stringify(page));
	});

	server.on('connection', () => at.connections++);
	server.on('tlsClientError', () => {});
	await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
	at.port = server.address().port;
	at.origin = `https://localhost:${at.port}`;
	at.stop = () => new Promise((stopped) => {
		server.close(stopped);
		server.closeAllConnections();
	});
	// A good document at a path, and its client as oauth.mjs wants it.
	at.client = (path, members = {}) => {
		const client = { client_id: at.origin + path,
			client_name: 'From elsewhere',
			redirect_uris: ['http://127.0.0.1/callback'],
			grant_types: ['authorization_code', 'refresh_token'],
			response_types: ['code'],
			token_endpoint_auth_method: 'none', ...members };
		pages.set(path, client);
		return client;
	};
	return at;
}

export function allow(pattern, { addresses = ['127.0.0.0/8'], ca = null,
	action = 'allow' } = {}) {
	return psql(`insert into gatepost.fetch_policy
	    (pattern, action, addresses, ca)
	    values (:'p', :'action', :'addresses', nullif(:'ca', ''))
	    on conflict (pattern) do update set action = excluded.action,
		addresses = excluded.addresses, ca = excluded.ca;`,
	    { p: pattern, action, addresses: `{${addresses}}`, ca: ca ?? '' });
}

export const forbid = (pattern) => psql(
    "delete from gatepost.fetch_policy where pattern = :'p';", { p: pattern });
