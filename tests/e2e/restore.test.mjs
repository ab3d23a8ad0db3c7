// A backup that was restored, on a site of its own: what was revoked after the
// backup is alive again, until a new epoch begins.  With the script that ships.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { ownSite } from './lib/own.mjs';

const own = await ownSite({ procs: 2 });
const dir = await mkdtemp(join(tmpdir(), 'gatepost-backup.'));

after(async () => {
	await own.stop();
	await rm(dir, { recursive: true, force: true });
});

const { assertTokens } = await import('./lib/answers.mjs');
const { grantOf, flow, Jar, refresh } = await import('./lib/oauth.mjs');
const { account, COOKIE, page, post, url } = await import('./lib/login.mjs');
const { callTool } = await import('./lib/mcp.mjs');
const { psql, site, sleep, taken, until } = await import('./lib/site.mjs');

const run = promisify(execFile);
const conf = dirname(process.env.GATEPOST_QUICKSTART);
const backup = join(conf, 'examples/backup.sh');
const migrate = join(conf, '../sql/migrate');
const dsn = (name) => site.dsn.replace('dbname=gatepost', `dbname=${name}`);
const admin = (sql) => run('psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-d',
	dsn('postgres'), '-c', sql]);
const backups = async () => (await readdir(dir)).sort();
const counter = async () =>
    BigInt(await psql('select counter from gatepost.change'));
const status = async (token) => (await callTool(token, 'analyze_sentiment',
    { text: 'fine' })).status;
const gone = (token) => until(async () => await status(token) === 401, 2500);

suite('backup.sh', () => {
	test('makes one that only its owner can read', async () => {
		await run(backup, [site.dsn, dir]);
		const [name, ...more] = await backups();

		assert.deepEqual(more, []);
		assert.match(name, /^gatepost-\d{8}T\d{6}Z\.dump$/);
		assert.equal((await stat(join(dir, name))).mode & 0o777, 0o600);
	});

	test('keeps the last few, and what is none of its', async () => {
		for (const name of ['gatepost-20200101T000000Z.dump',
			'gatepost-20210101T000000Z.dump', 'gatepost-old.dump', 'kept'])
			await writeFile(join(dir, name), '');
		await run(backup, [site.dsn, dir, '2']);
		const left = await backups();

		assert.ok(left.includes('gatepost-old.dump'));
		assert.ok(left.includes('kept'));
		assert.equal(left.filter((n) => /T\d{6}Z\.dump$/.test(n)).length, 2);
		assert.ok(!left.includes('gatepost-20200101T000000Z.dump'));
	});

	test('leaves nothing behind when it fails', async () => {
		const before = await backups();

		await assert.rejects(run(backup, [dsn('nosuch'), dir]));
		assert.deepEqual(await backups(), before);
		for (const args of [[], [site.dsn], [site.dsn, dir, 'x'],
			[site.dsn, dir, '0']])
			await assert.rejects(run(backup, args), { code: 2 });
		assert.deepEqual(await backups(), before);
	});
});

suite('a restored backup', () => {
	let before, client, first, tokens, seen;

	test('is of a grant that was alive', async () => {
		({ client, tokens: first } = await flow());
		assert.equal(await status(first.access_token), 200);
		await run(backup, [site.dsn, dir]);
		before = join(dir, (await backups())
		    .filter((n) => n.endsWith('Z.dump')).pop());
		const [bytes, { stdout }] = [await stat(before),
			await run('pg_restore', ['-l', before])];
		assert.ok(bytes.size > 10_000);
		assert.match(stdout, /TABLE DATA gatepost access_grant/);
	});

	test('which is revoked after it, and over', async () => {
		await psql("select gatepost.grant_revoke(:'g', 'stolen')",
		    { g: grantOf(first.access_token) });
		await gone(first.access_token);
		assert.equal((await refresh(client, first.refresh_token)).json.error,
		    'invalid_grant');
		seen = await counter();
	});

	// By what backup.sh says; the programs are left running, which is worse.
	test('is restored into a fresh database', async () => {
		await admin('create database restored');
		await run('pg_restore', ['--exit-on-error', '-d', dsn('restored'),
			before]);
		await run(migrate, ['--database', dsn('restored')]);
		await admin('alter database gatepost allow_connections false');
		await admin('select pg_terminate_backend(pid) from pg_stat_activity ' +
		    "where datname in ('gatepost', 'restored')");
		await admin('alter database gatepost rename to broken');
		await admin('alter database restored rename to gatepost');
		assert.ok(await counter() < seen, 'it has forgotten');
		await taken();
	});

	test('the programs go on with it, and nobody else gets in', async () => {
		assert.equal((await page()).answer.status, 200);
		assert.equal(await psql('select count(*) from pg_roles where ' +
		    "has_database_privilege(oid, 'gatepost', 'connect') and " +
		    "not rolsuper and rolname !~ '^gatepost_'"), '0');
		for (const role of ['guard', 'token', 'login'])
			assert.equal(await psql('select has_database_privilege(' +
			    `'gatepost_${role}', 'gatepost', 'temp')`), 'f');
	});

	test('the token that was revoked is alive again', async () => {
		tokens = assertTokens(await refresh(client, first.refresh_token));
		assert.equal(grantOf(tokens.access_token),
		    grantOf(first.access_token));
		assert.equal(await status(tokens.access_token), 200);
		assert.equal(await status(first.access_token), 200);
	});

	test('a new epoch ends it, and everything else', async () => {
		const jar = new Jar();
		const at = await page(jar);
		await post(at, await account());
		assert.ok(jar.cookies.has(COOKIE));

		await psql("select gatepost.revoke_everything('restored')");
		await gone(tokens.access_token);
		await gone(first.access_token);
		for (let i = 0; i < 4 * site.procs; i++)
			assert.equal(await status(tokens.access_token), 401);
		for (const token of [first.refresh_token, tokens.refresh_token])
			assert.equal((await refresh(client, token)).json.error,
			    'invalid_grant');
		const { location } = await jar.request(url());
		assert.match(location, /\/oauth2\/login\?/);
	});

	test('with a number that is ahead of what programs have seen', async () =>
		assert.ok(await counter() > seen));

	test('and what is granted from the next second on is good', async () => {
		await sleep(1000);
		const next = await flow({ client });

		assert.equal(await status(next.tokens.access_token), 200);
		assertTokens(await refresh(client, next.tokens.refresh_token));
	});
});
