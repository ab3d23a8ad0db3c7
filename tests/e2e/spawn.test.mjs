// lighttpd that starts the FastCGI programs itself, as
// conf/lighttpd/gatepost.conf shows it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { rpc } from './lib/mcp.mjs';
import { clientCredentials, http } from './lib/oauth.mjs';
import { dsnOf, KEK, PREFIX, USER } from './lib/programs.mjs';
import { createClient, freePort, psql, site, until } from './lib/site.mjs';
import { CONF, directory, shown, startWeb } from './lib/web.mjs';

const dir = await directory();
const port = await freePort();
const at = (path) => new URL(path, `http://localhost:${port}`).href;

// The shipped file with the lines that it shows, for each program.
async function configuration() {
	const text = await readFile(join(CONF, 'lighttpd/gatepost.conf'), 'utf8');
	const lines = text.match(/^#\t"bin-path"[^]*?^#\t"max-procs".*\n/m)[0]
	    .replaceAll('#\t', '\t\t')
	    .replace('/usr/libexec/gatepost/token -n 4',
		`${PREFIX}/libexec/gatepost/token -n 2`)
	    .replace('dbname=gatepost user=gatepost_token', dsnOf('token'))
	    .replace('/etc/gatepost/kek', KEK);
	const of = (name) => (name === 'token' ? lines : lines
	    .replace(/\s+"GATEPOST_KEK" => "[^"]*"/, ''))
	    .replace('/token ', `/${name} `).replace('_token', `_${name}`);

	assert.ok(lines.includes(PREFIX) && lines.includes(KEK));
	return (body) => body.replace(
	    /^[\t (]*"socket" => .*\/(\w+)\.sock",\n/gm,
	    (all, name) => all + of(name));
}

// The processes below another, with all of theirs.
function below(pid) {
	const parents = new Map(readdirSync('/proc')
	    .filter((name) => /^\d+$/.test(name)).map((one) => {
		try {
			return [Number(one), Number(readFileSync(`/proc/${one}/stat`,
			    'utf8').replace(/^.*\) /s, '').split(' ')[1])];
		} catch {
			return [0, 0];
		}
	}));
	const found = (of) => [...parents].filter(([, parent]) => parent === of)
	    .flatMap(([one]) => [one, ...found(one)]);

	return found(pid).map((one) => [one, readFileSync(`/proc/${one}/cmdline`,
	    'utf8').split('\0')[0].split('/').at(-1)]);
}

test('it starts each program once, all works, and they end with it',
    async () => {
	const sockets = join(dir, 'sockets');
	const started = await configuration();
	const file = join(dir, 'gatepost.conf');
	const url = at('/mcp/echo');

	await mkdir(sockets, { mode: 0o750 });
	if (process.getuid() === 0)
		await chown(sockets, USER.uid, USER.gid);
	await writeFile(file, started(await readFile(
	    join(CONF, 'lighttpd/gatepost.conf'), 'utf8')));
	// the guard is named here for the second time
	const block = started((await shown('weather', { url, path: '/mcp/echo' },
	    'lighttpd')));
	const web = await startWeb({ port, sockets, file, block,
		kind: 'lighttpd', user: USER.name });
	await until(async () => (await http(at('/oauth2/jwks'))
	    .catch(() => ({}))).status === 200);

	const client = await createClient({ grant_types: ['client_credentials'] });
	const { access_token } = (await clientCredentials(client)).json;
	assert.equal((await http(at('/oauth2/jwks'))).json.keys.length > 0, true);
	assert.equal((await http(at('/.well-known/oauth-authorization-server')))
	    .json.issuer, site.issuer);
	assert.equal((await http(at('/oauth2/token'), { form: {
		client_id: client.client_id, client_secret: client.client_secret,
		grant_type: 'client_credentials' } })).status, 200);
	for (const token of [null, 'x'])
		assert.equal((await rpc(token, 'tools/list', {},
		    { url: at('/mcp/finance') })).status, 401);
	const answer = await rpc(access_token, 'tools/list', {},
	    { url: at('/mcp/finance') });
	assert.equal(answer.status, 200, answer.text);
	assert.ok(answer.json.result.tools.length > 0);
	await psql("select gatepost.resource_create(:'uri', 'Echo', " +
	    "'{mcp:echo}')", { uri: url });
	await until(async () => (await http(url)).status === 401, 3000);

	const processes = below(web.pid);
	for (const program of ['metadata', 'jwks', 'authorize', 'login',
		'consent', 'account', 'fetch', 'token', 'register', 'revoke',
		'introspect', 'guard', 'finance'])
		assert.equal(processes.filter(([, name]) => name === program).length,
		    3, `${program} and two workers: ${processes}`);
	web.kill();
	await until(() => processes.every(([pid]) => {
		try {
			return readFileSync(`/proc/${pid}/stat`, 'utf8')
			    .includes(') Z ');
		} catch {
			return true;
		}
	}), 10_000, 100);
});
