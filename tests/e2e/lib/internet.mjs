// An Internet of a test's own, in a network namespace: names, public and
// private addresses, and one server that listens at all of them.  The fetch of
// a site of the test's own runs in it, so that what it reads has the URLs that
// it has in the world.

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { authority } from './elsewhere.mjs';
import { dsnOf, PREFIX, USER } from './programs.mjs';
import { site, until } from './site.mjs';

const INSIDE = fileURLToPath(new URL('internet-inside.mjs', import.meta.url));

function possible() {
	try {
		execFileSync('unshare', ['--net', '--mount', 'ip', 'link'],
		    { stdio: 'ignore' });
		return true;
	} catch {
		return false;
	}
}

// Why tests that need one are skipped, which nothing is when all is required.
export const NO_INTERNET = process.env.GATEPOST_REQUIRE_ALL !== '1' &&
    !possible() && 'a network namespace takes root and iproute2';

function running(pid) {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
}

// End a process and wait for that.
async function end(pid) {
	if (running(pid))
		process.kill(pid, 'SIGTERM');
	await until(() => !running(pid));
}

// Ask the process inside, which answers in order.
function talk(child) {
	const waiting = [];

	child.on('message', (answer) => waiting.shift().resolve(answer));
	child.on('exit', (status) => waiting.forEach(({ reject }) =>
	    reject(new Error(`the Internet ended: ${status}`))));
	return (call, ...args) => new Promise((resolve, reject) => {
		waiting.push({ resolve, reject });
		child.send([call, ...args]);
	});
}

// The site's fetch, replaced by one that runs in the namespace of `pid`.
async function moveFetch(pid) {
	const socket = join(site.dir, 'sock/fcgi/fetch.sock');
	const { gid, ctimeMs } = statSync(socket);

	await end(Number(readFileSync(join(site.dir, 'pid/fetch'), 'utf8')
	    .split(' ')[0]));
	const child = spawn('nsenter', ['-t', String(pid), '--net', '--mount',
		'spawn-fcgi', '-n', '-s', socket, '-M', '0660',
		'-u', USER.name, '-U', USER.name, '-G', String(gid), '--',
		join(PREFIX, 'libexec/gatepost/fetch'),
		'-n', String(site.procs)], { cwd: '/', stdio: 'ignore',
		env: { PATH: process.env.PATH, GATEPOST_DSN: dsnOf('fetch') } });
	process.on('exit', () => child.kill());
	await until(() => {
		try {
			return statSync(socket).ctimeMs !== ctimeMs;
		} catch {
			return false;
		}
	});
	return child;
}

// The site is one of ownSite()'s.  { ca, serve(URL, page, ...addresses of the
// host), name(host, ...addresses), seen(), reach(address), stop() }: for what
// they do see internet-inside.mjs.
export async function internet() {
	const ca = await authority();
	const child = spawn('unshare', ['--net', '--mount', process.execPath,
		INSIDE], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
	const ask = talk(child);
	const hosts = new Set();

	await ask('begin');
	const fetch = await moveFetch(child.pid);
	const at = {
		ca: ca.ca,
		name: (host, ...rounds) => ask('name', host, rounds),
		serve: async (url, page, ...rounds) => {
			const { hostname } = new URL(url);
			if (!hosts.has(hostname)) {
				const { key, cert } = await ca.certificate(
				    `host${hosts.size}`, hostname);
				await ask('secure', hostname, String(key), String(cert));
				hosts.add(hostname);
			}
			await at.name(hostname, ...rounds.length > 0 ? rounds :
			    [['93.184.216.34']]);
			await ask('serve', url, page);
		},
		seen: () => ask('seen'),
		reach: (address) => ask('reach', address),
		stop: async () => {
			await end(fetch.pid);
			child.kill();
			await ca.stop();
		},
	};
	return at;
}
