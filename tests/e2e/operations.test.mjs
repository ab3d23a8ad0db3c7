// What ships for running it: what fail2ban, logrotate, cron and pg_cron are
// told, tried on real log lines and on the real database.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { chmod, copyFile, mkdtemp, readFile, rm, stat, writeFile }
    from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { ownSite } from './lib/own.mjs';

// programs that log to files of their own, whatever web server is tested
const own = await ownSite({ server: 'lighttpd' });
const { address, account, page, post } = await import('./lib/login.mjs');
const { basic, call, clientCredentials, http } =
    await import('./lib/oauth.mjs');
const { createClient, psql, site, sleep, until } =
    await import('./lib/site.mjs');

const run = promisify(execFile);
const examples = join(dirname(process.env.GATEPOST_QUICKSTART), 'examples');
const example = (name) => readFile(join(examples, name), 'utf8');
const dir = await mkdtemp(join(tmpdir(), 'gatepost-operations.'));

after(async () => {
	await rm(dir, { recursive: true, force: true });
	await own.stop();
});

function find(name) {
	for (const place of [...(process.env.PATH ?? '').split(delimiter),
		'/usr/sbin'])
		try {
			accessSync(join(place, name), constants.X_OK);
			return join(place, name);
		} catch {
			// the next one
		}
	return null;
}

// ---- what the programs log ----

// The lines that `work` has a program write.
async function logged(program, work) {
	const file = join(site.dir, 'log', `${program}.log`);
	const { size } = await stat(file);

	await work();
	return (await readFile(file)).subarray(size).toString().split('\n')
	    .filter((line) => line !== '');
}

const line = (program, event, from = '127.0.0.1') =>
    `level=warn program=${program} event=${event} address=${from}`;

async function guess(from) {
	const who = await account();
	const at = await page();

	assert.equal((await post(at, { ...who, password: 'wrong' }, { from }))
	    .status, 401);
	return who;
}

suite('refusals that somebody may want to act upon are logged', () => {
	test('a wrong password, with the address and nothing that was typed',
	    async () => {
		const from = address();
		let who;

		assert.deepEqual(await logged('login', async () => {
			who = await guess(from);
		}), [line('login', 'login_refused', from)]);
		assert.ok(!(await readFile(join(site.dir, 'log/login.log'), 'utf8'))
		    .includes(who.username));
	});

	test('not a right one, nor a page that is gone', async () => {
		assert.deepEqual(await logged('login', async () => {
			await post(await page(), await account());
			await http(site.endpoint('login'), { form: { request: 'x',
				csrf: 'x', username: 'x', password: 'x' } });
		}), []);
	});

	test("a client's wrong secret, at each program that takes one",
	    async () => {
		const client = await createClient(
		    { grant_types: ['client_credentials'] });
		const wrong = { ...client, client_secret: 'wrong' };

		assert.deepEqual(await logged('token', () =>
		    clientCredentials(wrong)), [line('token', 'client_refused')]);
		assert.deepEqual(await logged('revoke', () =>
		    call('revoke', { ...wrong,
			token_endpoint_auth_method: 'client_secret_post' },
			{ token: 'x' })), [line('revoke', 'client_refused')]);
		assert.deepEqual(await logged('introspect', () =>
		    http(site.endpoint('introspect'), { form: { token: 'x' },
			headers: basic('nobody', 'x') })),
		    [line('introspect', 'client_refused')]);
	});

	test('not who sent no secret, nor one that was right', async () => {
		const client = await createClient(
		    { grant_types: ['client_credentials'] });

		assert.deepEqual(await logged('token', async () => {
			await clientCredentials(client);
			await clientCredentials({ client_id: 'gone' });
			await clientCredentials(client, { scope: 'nosuch' });
			await http(site.endpoint('token'), { form: {} });
		}), []);
	});
});

// ---- fail2ban ----

// The filter's expression for JavaScript, with what it takes from fail2ban's
// own common.conf for a line that begins at once; [which] as in a jail.
async function failregex(which) {
	const values = Object.fromEntries([...(await example(
	    'fail2ban-filter.conf')).matchAll(/^(\w+) = (.*)$/gm)]
	    .map(([, name, value]) => [name, value]));
	let text = values.failregex;

	for (let i = 0; i < 5; i++)
		text = text.replace('<which>', which)
		    .replace('%(__prefix_line)s', '')
		    .replace(/%\((\w+)\)s|<(_\w+)>/g, (_, a, b) => values[a ?? b]);
	return new RegExp(text.replace('<ADDR>', '(?<addr>[0-9a-f.:]+)'));
}

const LINES = [
	['login', '192.0.2.1', line('login', 'login_refused', '192.0.2.1')],
	['client', '2001:db8::1', line('token', 'client_refused', '2001:db8::1')],
	['login', '192.0.2.2', '2026-11-25T20:01:02.123456+00:00 host ' +
	    `gatepost-login[9]: ${line('login', 'login_refused', '192.0.2.2')}`],
	['client', '192.0.2.3', 'Nov 25 20:01:02 host revoke[1]: ' +
	    line('revoke', 'client_refused', '192.0.2.3')],
	[null, '192.0.2.91', line('login', 'login_slow', '192.0.2.91')],
	[null, '192.0.2.92', 'level=warn program=token event=x why="' +
	    `${line('login', 'login_refused', '192.0.2.92')}"`],
	[null, '192.0.2.93', 'level=error program=guard event=x uri="' +
	    line('login', 'login_refused', '192.0.2.93')],
	[null, '192.0.2.94', '[Wed Nov 25 20:01:02.123456 2026] [core:error] ' +
	    '[pid 41:tid 29] [client 203.0.113.9:4665] File not found: /' +
	    line('login', 'login_refused', '192.0.2.94')],
	[null, '-', line('login', 'login_refused', '-')],
	[null, '192.0.2.95', `${line('login', 'login_refused', '192.0.2.95')} x`],
	[null, '192.0.2.96', line('x', 'login_refused', '192.0.2.96')],
];

suite('fail2ban', () => {
	for (const which of ['login', 'client', 'all'])
		test(`the filter knows ${which}`, async () => {
			const found = await failregex(which);

			// those that a syslog has put words before are for fail2ban
			for (const [kind, from, text] of LINES.filter(([, , text]) =>
			    !/^\d|^Nov/.test(text)))
				assert.equal(found.exec(text)?.groups.addr,
				    kind !== null && [kind, 'all'].includes(which) ?
					from : undefined, text);
		});

	test('the filter knows what the programs write', async () => {
		const from = address();
		const [text] = await logged('login', () => guess(from));

		assert.equal((await failregex('login')).exec(text).groups.addr,
		    from);
	});

	const tool = find('fail2ban-regex');

	test('fail2ban-regex finds the same', { skip: tool === null &&
	    'fail2ban is not here' }, async () => {
		const base = process.env.FAIL2BAN_CONFIG ?? '/etc/fail2ban';
		const [filter, log] = [join(dir, 'gatepost.conf'), join(dir, 'log')];
		const from = address();

		await copyFile(join(base, 'filter.d/common.conf'),
		    join(dir, 'common.conf'));
		await copyFile(join(examples, 'fail2ban-filter.conf'), filter);
		await writeFile(log, [...LINES.map(([, , text]) => text),
			...await logged('login', () => guess(from)), ''].join('\n'));
		for (const which of ['login', 'client']) {
			const { stdout } = await run(tool,
			    ['-o', '<ip>', log, `${filter}[which=${which}]`]);
			assert.deepEqual(stdout.trim().split('\n'), [
				...LINES.filter(([kind]) => kind === which)
				    .map(([, address]) => address),
				...(which === 'login' ? [from] : [])]);
		}
	});

	test('the jail uses what is in the filter', async () => {
		const jail = await example('fail2ban-jail.conf');
		const filter = await example('fail2ban-filter.conf');
		const used = [...jail.matchAll(/gatepost\[which=(\w+)\]/g)];

		assert.equal(used.length, 2);
		for (const [, which] of used)
			assert.match(filter, new RegExp(`^_of_${which} = `, 'm'));
	});
});

// ---- logrotate ----

test('logrotate leaves a program writing to the file that is there', {
	skip: find('logrotate') === null && 'logrotate is not here' }, async (t) => {
	const log = join(dir, 'token.log');
	const rules = join(dir, 'logrotate.conf');
	const writer = spawn('sh', ['-c', `while sleep 0.05; do echo line; done ` +
	    `>>'${log}'`], { stdio: 'ignore' });

	t.after(() => writer.kill());
	await writeFile(rules, (await example('logrotate.conf'))
	    .replace('/var/log/gatepost/*.log', `${dir}/*.log`));
	await chmod(dir, 0o700);
	await until(() => stat(log).then(({ size }) => size > 50, () => false));
	const { ino } = await stat(log);
	await run(find('logrotate'), ['-s', join(dir, 'state'), '-f', rules]);
	assert.equal((await stat(log)).ino, ino);
	await sleep(300);
	const text = await readFile(log, 'utf8');
	assert.match(text, /^(line\n)+$/); // and no hole before it
	assert.match(await readFile(`${log}.1`, 'utf8'), /^(line\n)+$/);
});

// ---- cron ----

suite('cron', () => {
	const jobs = async () => (await example('cron')).split('\n')
	    .filter((l) => /^\d/.test(l)).map((l) =>
		/^\d+ [\d*]+ \* \* \* (\w+) (.*)$/.exec(l));

	test('has two jobs, each a line that cron can read', async () => {
		const [sweep, backup, ...more] = await jobs();

		assert.deepEqual(more, []);
		for (const [, user, command] of [sweep, backup]) {
			assert.equal(user, 'postgres');
			// % ends a command
			assert.doesNotMatch(command, /[^\\]%/);
		}
		assert.match(backup[2], /gatepost-backup gatepost \/\S+ \d+$/);
	});

	test('sweeps', async () => {
		const [[, , command]] = await jobs();
		const count = () => psql('select count(*) from gatepost.audit ' +
		    "where event = 'sweep'");
		const before = Number(await count());

		assert.match(command, / -d gatepost /);
		const { stdout, stderr } = await run('sh', ['-c', command
		    .replace(' -d gatepost ', ' -d "$DSN" ')],
		    { env: { ...process.env, DSN: site.dsn } });
		assert.equal(stdout + stderr, '');
		assert.equal(Number(await count()), before + 1);
	});

	test('and complains when it cannot', async () => {
		const [[, , command]] = await jobs();

		await assert.rejects(run('sh', ['-c', command
		    .replace(' -d gatepost ', ' -d "$DSN" ')], { env:
		    { ...process.env, DSN: site.dsn.replace(/dbname=\w+/,
			'dbname=nosuch') } }), /nosuch/);
	});
});

test('pg_cron is given something that it can do', async () => {
	// pg_cron itself is in few installations: what it is told, done at once
	const result = await psql(`begin;
		create schema cron;
		create function cron.schedule_in_database(name text, at text,
		    command text, database text)
		returns bigint language plpgsql as $$
		begin
			if database <> 'gatepost' or at !~ '^[0-9]+ [*] [*] [*] [*]$'
			then
				raise 'not scheduled';
			end if;
			execute format('set local role %I', 'gatepost_dba');
			execute command;
			reset role;
			return 1;
		end $$;
		${await example('pg_cron.sql')}
		select count(*) from gatepost.audit_event
		where event = 'sweep' and xmin = pg_current_xact_id()::xid;
		rollback;`);

	assert.equal(result, '1\n1');
});

test('every example says its licence', async () => {
	for (const name of ['backup.sh', 'cron', 'fail2ban-filter.conf',
		'fail2ban-jail.conf', 'groups.sql', 'logrotate.conf', 'pg_cron.sql',
		'remote-apache.conf', 'remote-basic-lighttpd.conf',
		'remote-certificate-lighttpd.conf'])
		assert.match((await example(name)).split('\n').slice(0, 2).join('\n'),
		    /^(#|--) SPDX-License-Identifier: ISC$/m, name);
});
