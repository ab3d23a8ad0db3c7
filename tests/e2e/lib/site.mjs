// The site under test: where it is, and its database as the DBA sees it.
// conf/quickstart wrote DIR/env; tests/e2e/run has sourced it.

import { execFile } from 'node:child_process';
import { createServer } from 'node:net';

function variable(name) {
	if (process.env[name] === undefined)
		throw new Error(`${name} is not set: source quickstart's DIR/env, ` +
		    'or use tests/e2e/run');
	return process.env[name];
}

export const site = {
	issuer: variable('GATEPOST_ISSUER'),
	mcpUrl: variable('GATEPOST_MCP_URL'),
	dsn: variable('GATEPOST_DSN_OWNER'),
	username: variable('GATEPOST_USER'),
	password: variable('GATEPOST_PASSWORD'),
	procs: Number(variable('GATEPOST_PROCS')),
	dir: process.env.GATEPOST_DIR, // where its logs are
	server: process.env.GATEPOST_SERVER ?? 'lighttpd', // quickstart's --server
	// an absolute URL on the issuer's host
	url: (path) => new URL(path, variable('GATEPOST_ISSUER')).href,
	endpoint: (name) =>
	    new URL(`/oauth2/${name}`, variable('GATEPOST_ISSUER')).href,
};

export const SCOPES = ['mcp:tools:analyze_sentiment',
	'mcp:tools:ticker_sentiment'];

// Run SQL as the DBA and return what psql prints: rows by line, columns by
// '|'.  `variables` are psql's: { n: '1' } is :n or, quoted, :'n' in the SQL.
// { role: 'gatepost_token' } as third argument becomes that role first.
export function psql(sql, variables = {}, { role } = {}) {
	const args = ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', site.dsn];

	for (const [name, value] of Object.entries(variables))
		args.push('-v', `${name}=${value}`);
	if (role !== undefined)
		sql = `set session authorization ${role};\n${sql}`;
	return new Promise((resolve, reject) => {
		const child = execFile('psql', args,
		    { maxBuffer: 64 * 1024 * 1024 }, (error, out, errors) => {
			if (error !== null)
				reject(new Error(`psql: ${errors.trim()}`));
			else
				resolve(out.replace(/\n$/, ''));
		});
		child.stdin.on('error', () => {}); // psql says why by itself
		child.stdin.end(sql);
	});
}

// The rows of one query (no semicolon at its end) as objects.
export async function rows(query, variables, options) {
	return JSON.parse(await psql("select coalesce(json_agg(r), '[]') from (" +
	    `${query}) as r;`, variables, options));
}

export async function row(query, variables, options) {
	return (await rows(query, variables, options))[0];
}

// A port that nobody listens on right now.
export function freePort() {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});
}

// A name that no other test has.
let names = 0;
export function unique(what) {
	return `${what}-${process.pid}-${Date.now().toString(36)}-${names++}`;
}

// An account of a test's own: { username, password }.
export async function createAccount(scopes) {
	const username = unique('user');
	const password = unique('secret');

	await psql(`select from gatepost.account_create(:'u', :'p', ${
	    scopes === undefined ? 'null' : ":'s'::text[]"});`,
	    { u: username, p: password, s: `{${(scopes ?? []).join(',')}}` });
	return { username, password };
}

// A client that a DBA made: { client_id, client_secret }.  `options` are
// client_create's arguments by name, as JavaScript values.
export async function createClient(options = {}) {
	const args = { name: unique('client'), ...options };
	const text = Object.entries(args).map(([name, value]) => {
		if (value === null)
			return `${name} => null`;
		const s = Array.isArray(value) ? `{${value.map((v) =>
		    `"${v.replace(/["\\]/g, '\\$&')}"`).join(',')}}` :
		    typeof value === 'object' ? JSON.stringify(value) :
		    String(value);
		return `${name} => '${s.replaceAll("'", "''")}'`;
	}).join(', ');

	return row(`select * from gatepost.client_create(${text})`);
}

export const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));

// What programs take to hear of a change.
export const taken = () => sleep(1100);

// Until `probe()` gives something true, at most `ms`; returns that.
export async function until(probe, ms = 5000, every = 50) {
	const end = Date.now() + ms;

	for (;;) {
		const found = await probe();
		if (found)
			return found;
		if (Date.now() > end)
			throw new Error(`nothing after ${ms} ms`);
		await sleep(every);
	}
}
