// People whom the web server signs in, with the examples that ship: by Basic
// and by certificate, behind a lighttpd of this file's own, and what they may
// grant by the groups they are in.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort, ownSite } from './lib/own.mjs';

const own = await ownSite({ server: 'lighttpd' });
const ports = { http: await freePort(), https: await freePort() };
const children = [];
const dir = await mkdtemp(join(tmpdir(), 'gatepost-remote.'));

after(async () => {
	children.forEach((child) => child.kill());
	await rm(dir, { recursive: true, force: true });
	await own.stop();
});
// what is tested is behind other web servers than the site's
const issuer = process.env.GATEPOST_ISSUER = `http://localhost:${ports.http}`;
const tlsIssuer = `https://localhost:${ports.https}`;

const { certificate } = await import('./lib/front.mjs');
const { createAccount, createClient, psql, row, rows, site, SCOPES, taken,
	unique, until } = await import('./lib/site.mjs');
const { authorizeUrl, basic, bearer, claims, exchange, follow, http, Jar, pkce,
	refresh, submit } = await import('./lib/oauth.mjs');
const { assertHtml, assertPage } = await import('./lib/answers.mjs');

const run = promisify(execFile);
const conf = dirname(process.env.GATEPOST_QUICKSTART);
const example = (name) => join(conf, 'examples', name);
const [ANALYZE, TICKER] = SCOPES;

await chmod(dir, 0o755);

// lighttpd with the shipped configuration and one of the examples.
async function web(port, name, variables, more = '') {
	const users = (await readFile(join(own.dir, 'lighttpd.conf'), 'utf8'))
	    .match(/^server\.(user|group)name = .*$/gm) ?? [];
	const file = join(dir, `${port}.conf`);

	await writeFile(file, `
server.document-root = "/var/empty"
server.bind = "127.0.0.1"
server.port = ${port}
server.modules = ( ${more === '' ? '' : '"mod_openssl"'} )
${users.join('\n')}
${more}
var.gatepost_sockets = "${join(own.dir, 'sock', 'fcgi')}"
var.gatepost_mcp_url = "${site.mcpUrl}"
${variables}
include "${join(conf, 'lighttpd/gatepost.conf')}"
include "${example(name)}"
`);
	children.push(spawn('lighttpd', ['-D', '-f', file], { stdio: 'ignore',
		env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } }));
}

const set = (settings) => psql(Object.entries(settings).map(([name, value]) =>
    `select gatepost.setting_set('${name}', '${value}');`).join('\n'));
const client = await createClient(
    { redirect_uris: ['http://127.0.0.1/callback'] });
const CLIENT = { ...client, redirect_uris: ['http://127.0.0.1/callback'] };

// The answer of login to a browser that comes from authorize with these.
async function login(options, at = issuer) {
	const jar = new Jar();
	const { verifier, challenge } = pkce();
	const asked = await http(authorizeUrl(CLIENT, { state: 'st',
		code_challenge: challenge, scope: SCOPES.join(' ') })
	    .replace(issuer, at), options);
	const answer = await jar.request(asked.location, options);

	assert.ok(asked.location.startsWith(`${at}/oauth2/login?`));
	return { jar, verifier, answer, location: asked.location };
}

function assertOpened({ answer }, at = issuer) {
	assert.equal(answer.status, 303, answer.text);
	assert.ok(answer.location.startsWith(`${at}/oauth2/consent?`));
	assert.equal(answer.cookies.length, 1);
}

// What the consent page offers, and where "allow" leads.
async function consent({ jar, answer }) {
	const at = await follow(jar, answer.location);

	if (at.form === undefined)
		return { scopes: [], parameters: at.parameters };
	const end = await follow(jar, at.form.action, await submit(jar, at.form,
	    { scope: at.form.scopes, decision: 'allow' }));
	return { scopes: at.form.scopes, parameters: end.parameters };
}

async function tokens(person) {
	const at = await login({ headers: person });

	assertOpened(at);
	const { parameters } = await consent(at);
	return (await exchange(CLIENT, parameters.get('code'), at.verifier)).json;
}

// ---- Basic, by a file of htpasswd's ----

const people = {};
for (const name of ['ada', 'bob', 'eve', 'zoe'])
	people[name] = { username: unique(name), password: unique('pw') };
const who = (name) => basic(people[name].username, people[name].password);
const htpasswd = join(dir, 'htpasswd');

await writeFile(htpasswd, (await Promise.all(Object.values(people).map(
    async ({ username, password }) => `${username}:${(await run('openssl',
	['passwd', '-apr1', password])).stdout}`))).join(''));
await chmod(htpasswd, 0o644);
await web(ports.http, 'remote-basic-lighttpd.conf',
    `var.gatepost_htpasswd = "${htpasswd}"`);
await set({ issuer, remote_user: true });
await until(() => http(issuer).then(() => true, () => false));
await taken();

suite('Basic', () => {
	before(() => psql("select gatepost.account_create(:'u', null)",
	    { u: people.ada.username }));

	test('a person who is signed in goes on to consent, and to a token',
	    async () => {
		const { access_token } = await tokens(who('ada'));

		assert.equal(claims(access_token).sub, await psql('select id from ' +
		    "gatepost.accounts where username = :'u'",
		    { u: people.ada.username }));
	});

	for (const [what, headers] of [
		['nobody', {}],
		['a wrong password', basic(people.ada.username, 'wrong')],
		['a name that nobody has', basic('nobody', 'x')],
		['a password without a name', basic('', people.ada.password)],
		['a name in a header', { 'Remote-User': people.ada.username }],
		['a name in a header with "_"', { Remote_User: people.ada.username }],
		['a token', bearer('x')],
	])
		test(`${what} is refused by the web server`, async () => {
			const { answer } = await login({ headers });

			assert.equal(answer.status, 401);
			assert.match(answer.headers['www-authenticate'], /^Basic/);
			assert.deepEqual(answer.cookies, []);
			assert.doesNotMatch(answer.text, /<form/);
		});

	test('posting the form is no way past it', async () => {
		const { location } = await login({ headers: who('ada') });
		const { status } = await http(location.split('?')[0], { form: {
			request: new URL(location).searchParams.get('request'),
			csrf: 'x', ...people.ada } });

		assert.equal(status, 401);
	});

	test('a header does not make one person another', async () => {
		for (const name of ['Remote-User', 'Remote_User'])
			assertOpened(await login({ headers: { ...who('ada'),
				[name]: people.bob.username } }));
		assert.equal(await psql('select count(*) from gatepost.accounts ' +
		    "where username = :'u'", { u: people.bob.username }), '0');
	});

	test('nothing else asks for a password', async () => {
		for (const [path, status] of [['/oauth2/authorize', 400],
			['/oauth2/consent', 400], ['/oauth2/jwks', 200],
			['/oauth2/token', 405],
			['/.well-known/oauth-authorization-server', 200]])
			assert.equal((await http(issuer + path)).status, status, path);
		const guarded = await http(issuer + new URL(site.mcpUrl).pathname,
		    { headers: who('ada') });
		assert.match(guarded.headers['www-authenticate'], /^Bearer/);
	});

	test('who has no account is told so', async () => {
		const { answer } = await login({ headers: who('bob') });

		assertPage(answer, { status: 403 });
	});

	test('nor is one who is disabled let in', async () => {
		await psql("select gatepost.account_create(:'u', null); " +
		    "select gatepost.account_disable(:'u', 'test')",
		    { u: people.eve.username });
		assertPage((await login({ headers: who('eve') })).answer,
		    { status: 403 });
	});

	test('an account is made when the setting says so', async () => {
		await set({ remote_user_create: true });
		await taken();
		assertOpened(await login({ headers: who('bob') }));
		assert.deepEqual(await row('select has_password, scopes from ' +
		    "gatepost.accounts where username = :'u'",
		    { u: people.bob.username }), { has_password: false,
			scopes: null });
		await set({ remote_user_create: false });
	});

	test('without the setting the form is shown all the same', async () => {
		await set({ remote_user: false });
		await taken();
		const { answer } = await login({ headers: who('ada') });
		assertHtml(answer, 200);
		assert.deepEqual(answer.cookies, []);
		await set({ remote_user: true });
		await taken();
	});
});

// ---- groups ----

suite('groups', () => {
	const add = (name, ...groups) => psql(groups.map((group) =>
	    "insert into gatepost_groups.member values (:'u', " +
	    `'${group}');`).join(''), { u: people[name].username },
	    { role: 'gatepost_dba' });
	const scopesOf = async (name) => (await row('select scopes from ' +
	    "gatepost.accounts where username = :'u'",
	    { u: people[name].username })).scopes;
	const apply = () => psql('select gatepost_groups.apply()', {},
	    { role: 'gatepost_dba' });

	before(async () => {
		await psql(await readFile(example('groups.sql'), 'utf8'));
		await psql('insert into gatepost_groups.scope values ' +
		    `('traders', '${TICKER}'), ('readers', '${ANALYZE}'), ` +
		    "('everything', 'mcp:tools:*')", {}, { role: 'gatepost_dba' });
		await set({ remote_user_create: true });
		await taken();
	});

	test('a new account has the scopes of its groups', async () => {
		await add('zoe', 'traders');
		const at = await login({ headers: who('zoe') });

		assertOpened(at);
		assert.deepEqual(await scopesOf('zoe'), [TICKER]);
		const { scopes } = await consent(at);
		assert.deepEqual(scopes, [TICKER]);
	});

	test('one that was there before has them after apply()', async () => {
		assert.equal(await scopesOf('bob'), null);
		await add('bob', 'traders', 'readers', 'nosuch');
		assert.ok(Number(await apply()) > 0);
		assert.deepEqual(await scopesOf('bob'), [ANALYZE, TICKER]);
		assert.equal(await apply(), '0');
	});

	test('no group is no scope, not every scope', async () => {
		assert.deepEqual(await scopesOf('ada'), []);
		const at = await login({ headers: who('ada') });
		const { scopes, parameters } = await consent(at);

		assert.deepEqual(scopes, []);
		assert.equal(parameters.get('code'), null);
		assert.equal(parameters.get('error'), 'invalid_scope');
	});

	test('who leaves a group has less at the next refresh', async () => {
		const first = await tokens(who('bob'));

		assert.deepEqual(first.scope.split(' ').sort(), SCOPES);
		await psql("delete from gatepost_groups.member where username = :'u'" +
		    " and groupname = 'traders'", { u: people.bob.username },
		    { role: 'gatepost_dba' });
		await apply();
		const next = await refresh(CLIENT, first.refresh_token);
		assert.equal(next.json.scope, ANALYZE, next.text);
	});

	test('a group may have a wildcard', async () => {
		await add('bob', 'everything');
		await apply();
		const at = await login({ headers: who('bob') });

		assert.deepEqual((await consent(at)).scopes.sort(), SCOPES);
	});

	test('an account with a password is left alone', async () => {
		const other = await createAccount([ANALYZE]);

		await apply();
		assert.deepEqual((await row('select scopes from gatepost.accounts ' +
		    "where username = :'u'", { u: other.username })).scopes,
		    [ANALYZE]);
	});

	test('changes are in the audit record', async () => {
		await add('ada', 'readers');
		await apply();
		const [last] = await rows("select detail -> 'new' -> 'scopes' as s " +
		    'from gatepost.audit a join gatepost.accounts u on ' +
		    "u.id = a.account_id where u.username = :'u' and " +
		    "a.event = 'direct_update' order by a.id desc limit 1",
		    { u: people.ada.username });

		assert.deepEqual(last.s, [ANALYZE]);
	});

	test('a scope that is none is refused where it is entered', () =>
		assert.rejects(psql("insert into gatepost_groups.scope values " +
		    "('x', 'not a scope')", {}, { role: 'gatepost_dba' }),
		    /scope_name/));

	for (const [role, sql] of [
		['gatepost_dba', 'create or replace function ' +
		    'gatepost_groups.account_made() returns trigger language ' +
		    "plpgsql as 'begin return new; end'"],
		['gatepost_dba', 'alter table gatepost_groups.member rename to m'],
		['gatepost_dba', 'create view gatepost_groups.v as select 1'],
		['gatepost_dba', 'drop trigger groups on gatepost.account'],
		['gatepost_dba', 'set role gatepost_groups'],
		['gatepost_login', 'select from gatepost_groups.member'],
		['gatepost_login', 'select gatepost_groups.apply()'],
		['gatepost_groups', 'select from gatepost.account'],
		['gatepost_groups', 'select from gatepost.server_read()'],
	])
		test(`${role} may not ${sql.slice(0, 60)}`, () => assert.rejects(
		    psql(sql, {}, { role }), /permission denied|must be owner/));
});

// ---- certificates ----

// A certificate for a person, by an authority: { key, cert, ca }.
async function person(name, authority) {
	const file = (ext) => join(dir, `${authority}-${name}.${ext}`);
	const ca = join(dir, `${authority}.pem`);

	await run('openssl', ['req', '-newkey', 'ec', '-pkeyopt',
		'ec_paramgen_curve:P-256', '-nodes', '-subj', `/O=Test/CN=${name}`,
		'-keyout', file('key'), '-out', file('csr')]);
	await run('openssl', ['x509', '-req', '-days', '30', '-in', file('csr'),
		'-CA', ca, '-CAkey', join(dir, `${authority}.key`),
		'-CAcreateserial', '-out', file('pem')]);
	return { key: await readFile(file('key')),
		cert: await readFile(file('pem')) };
}

async function authority(name) {
	await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
		'ec_paramgen_curve:P-256', '-nodes', '-days', '30',
		'-subj', `/CN=${name}`, '-keyout', join(dir, `${name}.key`),
		'-out', join(dir, `${name}.pem`)]);
}

suite('certificates', () => {
	const username = unique('cat');
	let server;

	before(async () => {
		server = await certificate(['localhost']);
		await Promise.all(['people', 'strangers'].map(authority));
		await web(ports.https, 'remote-certificate-lighttpd.conf',
		    `var.gatepost_people_ca = "${join(dir, 'people.pem')}"`,
		    'ssl.engine = "enable"\n' +
		    `ssl.pemfile = "${server.file}"\n` +
		    `ssl.privkey = "${server.file.replace(/cert$/, 'key')}"\n`);
		await set({ issuer: tlsIssuer, remote_user_create: false });
		await psql("select gatepost.account_create(:'u', null)",
		    { u: username });
		await until(() => http(tlsIssuer, { tls: { ca: server.cert } })
		    .then(() => true, () => false));
		await taken();
	});
	after(() => server?.remove());

	const from = (options) => login({ tls: { ca: server.cert, ...options } },
	    tlsIssuer);

	test('a person who has one goes on to consent', async () => {
		const at = await from(await person(username, 'people'));

		assertOpened(at, tlsIssuer);
		assert.match(at.answer.cookies[0], /^__Host-.*; Secure/);
	});

	test('who has none is shown the form', async () => {
		const { answer } = await from({});

		assertHtml(answer, 200);
		assert.deepEqual(answer.cookies, []);
	});

	test('one of another authority is none', async () => {
		const stranger = await person(username, 'strangers');
		let opened = false;

		try {
			const { answer } = await from(stranger);
			opened = answer.status === 303 || answer.cookies.length > 0;
		} catch {
			// the handshake failed
		}
		assert.equal(opened, false);
	});

	test('one that signed itself is none', async () => {
		const self = await certificate([username]);
		let opened = false;

		try {
			const { answer } = await from({ key: self.key,
				cert: self.cert });
			opened = answer.status === 303 || answer.cookies.length > 0;
		} catch {
			// the handshake failed
		}
		assert.equal(opened, false);
		await self.remove();
	});

	test('one of a name that has no account: told so', async () =>
		assertPage((await from(await person(unique('nobody'), 'people')))
		    .answer, { status: 403 }));

	test('applications need none', async () => {
		const { status } = await http(`${tlsIssuer}/oauth2/token`,
		    { tls: { ca: server.cert }, form: {} });

		assert.equal(status, 401);
	});
});
