// The installation that conf/quickstart makes: who can read what, what the
// web server hands on, and what it does not.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { flow, http } from './lib/oauth.mjs';
import { callTool } from './lib/mcp.mjs';
import { freePort } from './lib/own.mjs';
import { LISTENING, NOT_LISTENING } from './lib/programs.mjs';
import { psql, site, until } from './lib/site.mjs';

const dir = process.env.GATEPOST_DIR;
const PROGRAMS = ['metadata', 'jwks', 'authorize', 'login', 'consent',
	'account', 'fetch', 'token', 'register', 'revoke', 'introspect', 'guard',
	'finance'];
const mode = (path) => (statSync(join(dir, path)).mode & 0o777).toString(8);

test('nobody else can read secrets or connect to the programs', () => {
	assert.equal(mode('env'), '600');
	assert.equal(mode('secret'), '700');
	assert.equal(mode('secret/kek'), '600');
	assert.equal(mode('pgdata'), '700');
	assert.equal(mode('sock/fcgi'), '750');
	const sockets = readdirSync(join(dir, 'sock/fcgi'));
	for (const name of sockets)
		assert.equal(mode(`sock/fcgi/${name}`), '660', name);
	// Apache finds the guard at a port of 127.0.0.1
	assert.ok(!LISTENING || sockets.length >= PROGRAMS.length - 1);
	if (site.server === 'apache-fcgid')
		assert.equal(mode('sock/fcgid'), '700');
});

test('nobody else can read what programs are started by',
    { skip: site.server !== 'cgi' && 'the web server has no scripts' },
    () => {
	const scripts = readdirSync(join(dir, 'cgi'));

	assert.equal(mode('cgi'), '750');
	assert.equal(scripts.length, PROGRAMS.length);
	for (const name of scripts)
		assert.equal(mode(`cgi/${name}`), '550', name);
});

test('no secret is in a command line or in the web server’s files', () => {
	const kek = readFileSync(join(dir, 'secret/kek'), 'utf8').trim();
	const secrets = [kek, site.password];

	for (const pid of readdirSync('/proc').filter((s) => /^\d+$/.test(s))) {
		let text;
		try {
			text = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
		} catch {
			continue; // it has ended
		}
		assert.ok(!secrets.some((s) => text.includes(s)), text);
	}
	for (const name of [`${site.server}.conf`, ...readdirSync(join(dir, 'log'))
	    .map((s) => `log/${s}`)]) {
		const text = readFileSync(join(dir, name), 'utf8');
		assert.ok(!secrets.some((s) => text.includes(s)), name);
	}
});

test('programs and web server do not run as root, nor as one another',
    { skip: process.getuid() !== 0 && 'not root: all is one user' }, () => {
	const owner = (pid) => /^Uid:\s+(\d+)/m.exec(
	    readFileSync(`/proc/${pid}/status`, 'utf8'))[1];
	// those that answer: the first is there to start them, if there are any
	const owners = (name) => {
		const [pid] = readFileSync(join(dir, 'pid', name), 'utf8').split(' ');
		const workers = readFileSync(`/proc/${pid}/task/${pid}/children`,
		    'utf8').split(' ').filter((s) => s !== '');
		return new Set((workers.length > 0 ? workers : [pid]).map(owner));
	};
	const web = owners(site.server);

	assert.equal(web.size, 1);
	assert.ok(!web.has('0'));
	if (NOT_LISTENING) // the web server's user is the programs', too
		return;
	const users = new Set(PROGRAMS.flatMap((name) => [...owners(name)]));
	assert.equal(users.size, 1);
	assert.ok(!users.has('0'));
	assert.ok(![...users].some((user) => web.has(user)));
});

test('PostgreSQL does not listen on the network', async () => {
	assert.equal(await psql('show listen_addresses;'), '');
});

test('each program is logged in as its own role', async () => {
	await until(async () => {
		// where none stays connected, some are then
		const asked = Promise.all(Array.from({ length: 4 }, () =>
		    http(site.endpoint('token'), { form: { client_id: 'x' } })));
		const names = (await psql('select distinct usename from ' +
		    "pg_stat_activity where usename like 'gatepost%'")).split('\n');
		await asked;
		for (const name of names.filter((s) => s !== ''))
			assert.ok(PROGRAMS.includes(name.replace('gatepost_', '')),
			    name);
		return names.includes('gatepost_token');
	});
});

test('localhost answers on both of its addresses', async () => {
	const { port } = new URL(site.issuer);
	const addresses = ['127.0.0.1'];

	try {
		if (/^0{31}1 /m.test(readFileSync('/proc/net/if_inet6', 'utf8')))
			addresses.push('::1');
	} catch {
		// no IPv6 here
	}
	for (const address of addresses) {
		const socket = connect(Number(port), address);
		await once(socket, 'connect');
		socket.destroy();
	}
});

test('paths are matched whole', async () => {
	for (const path of ['/', '/oauth2', '/oauth2/', '/oauth2/tokens',
		'/oauth2/token/', '/oauth2/token/x', '/oauth2/fetch', '/oauth2/token%0a',
		'/mcp', '/mcp/finances', '/mcp/finance/x', '/favicon.ico',
		'/.well-known/security.txt'])
		assert.equal((await http(site.url(path))).status, 404, path);
});

test('well-known paths below the guarded path are 404, not 401', async () => {
	for (const name of ['oauth-protected-resource',
		'oauth-authorization-server', 'openid-configuration']) {
		const answer = await http(`${site.mcpUrl}/.well-known/${name}`);
		assert.equal(answer.status, 404, name);
		assert.equal(answer.headers['www-authenticate'], undefined);
	}
});

test('other spellings of the guarded path never reach the backend',
    async () => {
	const { tokens } = await flow();

	for (const path of ['/mcp/%66inance', '/mcp//finance', '/mcp/./finance',
		'/x/../mcp/finance', '/mcp/x/%2e%2e/finance', '/mcp/finance%00',
		'/mcp%2ffinance', '/mcp/finance;a', '/mcp\\finance']) {
		const answer = await http(site.issuer, { path, method: 'POST',
			headers: { Authorization: `Bearer ${tokens.access_token}` },
			json: { jsonrpc: '2.0', id: 1, method: 'ping' } });
		assert.ok([400, 401, 403, 404].includes(answer.status),
		    `${path}: ${answer.status}`);
	}
});

test('control bytes and bad UTF-8 in a query are answered by the program',
    async () => {
	for (const query of ['a=%00', 'a=%ff%fe', 'client_id=%0a',
		'redirect_uri=%c0%80']) {
		const answer = await http(`${site.endpoint('authorize')}?${query}`);
		assert.equal(answer.status, 400, query);
		assert.match(answer.headers['content-security-policy'] ?? '',
		    /frame-ancestors 'none'/, query);
	}
});

test('a body that is too large is 413, whoever says so', async () => {
	for (const size of [100, 1000]) {
		const answer = await http(site.endpoint('token'), {
			form: { grant_type: 'x'.repeat(size * 1024) } });
		assert.equal(answer.status, 413, `${size} KiB`);
	}
});

test('connections are kept alive', async () => {
	const answer = await http(site.endpoint('jwks'),
	    { headers: { Connection: 'keep-alive' } });

	assert.equal(answer.status, 200);
	assert.notEqual(answer.headers.connection, 'close');
});

test('a range of a document is not served', async () => {
	const answer = await http(site.endpoint('jwks'),
	    { headers: { Range: 'bytes=0-3' } });

	assert.equal(answer.status, 200);
});

test('a client cannot say what only the guard may', async () => {
	const { tokens } = await flow({ scopes: ['mcp:tools:analyze_sentiment'] });
	const other = 'mcp:tools:ticker_sentiment';

	for (const mark of ['-', '_']) {
		const headers = { [`Gatepost${mark}Scope`]: other };
		for (const name of ['Scope', 'Sub', 'Audience']) {
			headers[`X${mark}Gatepost${mark}${name}`] = other;
			headers[`Variable${mark}GATEPOST_${name}`] = other;
		}
		const little = await callTool(tokens.access_token,
		    'ticker_sentiment', { ticker: 'NWND' }, { headers });
		assert.ok([400, 403].includes(little.status), little.text);
		const none = await callTool(undefined, 'analyze_sentiment',
		    { text: 'fine' }, { headers });
		assert.ok([400, 401].includes(none.status), none.text);
	}
	// what the configuration does not know to take out is refused; headers
	// with "_" are dropped by some servers
	for (const [name, statuses] of [['X-Gatepost-Anything', [400]],
		['X-Gatepost_Sub', [400, 403]], ['x_gatepost-scope', [400, 403]]]) {
		const forged = await callTool(tokens.access_token,
		    'ticker_sentiment', { ticker: 'NWND' },
		    { headers: { [name]: other } });
		assert.ok(statuses.includes(forged.status),
		    `${name}: ${forged.text}`);
	}
});

test('the server’s name and version are not told', async () => {
	const answer = await http(site.url('/nothing'));

	assert.doesNotMatch(answer.headers.server ?? '', /\d/);
});

test('quickstart that stays says nothing of a --stop elsewhere', async () => {
	const place = await mkdtemp(join(tmpdir(), 'gatepost-stay.'));
	const how = ['--dir', place, '--procs', '1'];
	const quickstart = process.env.GATEPOST_QUICKSTART;
	const env = { GATEPOST_PREFIX: join(dir, 'inst'), ...process.env };
	let said = '';

	await chmod(place, 0o711);
	const child = spawn(quickstart, [...how, '--port',
		`${await freePort()}`], { env });
	const ended = once(child, 'exit');
	for (const stream of [child.stdout, child.stderr])
		stream.setEncoding('utf8').on('data', (text) => { said += text; });
	try {
		while (!said.includes('Ctrl-C') && child.exitCode === null)
			await sleep(100);
		await promisify(execFile)(quickstart, [...how, '--stop'], { env });
		assert.deepEqual(await ended, [0, null], said);
		assert.doesNotMatch(said, /has ended/);
	} finally {
		child.kill();
		await rm(place, { recursive: true, force: true });
	}
});

test('quickstart behind another server keeps the port, and stops nothing for ' +
    'one that is taken', { skip: site.server !== 'lighttpd' }, async () => {
	const place = await mkdtemp(join(tmpdir(), 'gatepost-again.'));
	const env = { GATEPOST_PREFIX: join(dir, 'inst'), ...process.env };
	const again = (...args) => promisify(execFile)(
	    process.env.GATEPOST_QUICKSTART, ['--dir', place, ...args], { env });
	const port = await freePort();
	const taken = createServer().listen(0, '127.0.0.1');
	const answers = () => http(`http://localhost:${port}/oauth2/jwks`)
	    .then(({ status }) => status, () => 0);

	await chmod(place, 0o711);
	try {
		await again('--procs', '1', '--port', String(port), '--detach');
		await again('--server', 'cgi', '--detach');
		assert.equal(await answers(), 200);
		await assert.rejects(again('--detach', '--port',
		    String(taken.address().port)), ({ stderr }) =>
		    /is in use/.test(stderr));
		assert.equal(await answers(), 200);
	} finally {
		taken.close();
		await again('--stop');
		await rm(place, { recursive: true, force: true });
	}
});

test('quickstart keeps to its directory', () => {
	// sockets may be elsewhere when the path is long, and are linked then
	assert.ok(statSync(join(dir, 'sock')).isDirectory());
	try {
		assert.match(readlinkSync(join(dir, 'sock')), /^\/tmp\/gatepost\./);
	} catch (error) {
		assert.equal(error.code, 'EINVAL');
	}
});
