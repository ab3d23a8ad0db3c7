// A web server of a test's own, with a configuration that ships and a block
// that it shows in a comment: of the site's own kind where there is such a
// block, else lighttpd.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { APACHE, relay } from './apache.mjs';
import { site, sleep } from './site.mjs';

export const CONF = dirname(process.env.GATEPOST_QUICKSTART);
const root = process.getuid() === 0;
// what root's runs as, as quickstart has it
const USER = 'www-data';

const KINDS = {
	...APACHE,
	lighttpd: {
		file: join(CONF, 'lighttpd/gatepost.conf'),
		block: (name) => new RegExp('^else (\\$HTTP\\["url"\\] =~ ' +
		    `"\\^/mcp/${name}[^]*?^\\})`, 'm'),
		configure: ({ port, sockets, block, file, user }) => `
server.document-root = "/var/empty"
server.bind = "127.0.0.1"
server.port = ${port}
server.modules = ( "mod_proxy" )
${root ? `server.username = "${user}"` : ''}
var.gatepost_sockets = "${sockets}"
var.gatepost_mcp_url = "${site.mcpUrl}"
include "${file}"
${block}
`,
		command: (at) => ['lighttpd', '-D', '-f', at],
	},
	nginx: {
		file: join(CONF, 'nginx/gatepost.conf'),
		block: (name) => new RegExp(
		    `^(location ~ \\^/mcp/${name}[^]*?^\\})`, 'm'),
		configure: ({ port, sockets, block, file, dir, user }) => `
${root ? `user ${user};` : ''}
error_log stderr;
pid ${dir}/${port}.pid;
daemon off;
events {
}
http {
access_log off;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) =>
    `${name}_temp_path ${dir}/${port}.${name};`).join('\n')}
server {
	listen 127.0.0.1:${port};
	set $gatepost_sockets "${sockets}";
	set $gatepost_mcp_url "${site.mcpUrl}";
	include ${file};
	${block}
}
}
`,
		command: (at, dir) => ['nginx', '-e', 'stderr', '-p', dir, '-c', at],
	},
};

export const KIND = site.server in KINDS ? site.server : 'lighttpd';

const children = [];
let room;

// One that is just starting may miss a signal.
async function end(child) {
	for (let i = 0; i < 50 && child.exitCode === null &&
	    child.signalCode === null && child.pid !== undefined; i++) {
		child.kill(i < 49 ? 'SIGTERM' : 'SIGKILL');
		await sleep(100);
	}
}

// Here, since a connection that they keep would keep the test from its end.
after(() => Promise.all(children.map(end)));

// For what a test has written, and what the web server may enter.
export async function directory() {
	if (room === undefined) {
		room = mkdtempSync(join(tmpdir(), 'gatepost-web.'));
		process.on('exit', () =>
		    rmSync(room, { recursive: true, force: true }));
		await chmod(room, 0o755);
	}
	return room;
}

// The block that is shown in a comment for /mcp/NAME, for another place:
// { path: '/mcp/mine', url: 'http://...', more: [[from, to], ...] }
export async function shown(name, { path, url, more = [] }, kind = KIND) {
	const text = await readFile(KINDS[kind].file, 'utf8');
	const found = text.split('\n').filter((line) => line.startsWith('#'))
	    .map((line) => line.slice(1)).join('\n')
	    .match(KINDS[kind].block(name))[1];

	return [[`https://www.example.org/mcp/${name}`, url],
		[`/mcp/${name}`, path], ...more].reduce((block, [from, to]) => {
		if (!block.includes(from))
			throw new Error(`there is no ${from} in what is shown`);
		return block.replaceAll(from, to);
	}, found);
}

// Run a server by a file that is written for it; it ends with the test.
export async function run(name, text, command) {
	const file = join(await directory(), name);

	await writeFile(file, text);
	const [program, ...args] = command(file, room);
	const child = spawn(program, args, { stdio: 'ignore',
		env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
	child.on('error', () => {}); // nothing will answer
	child.unref();
	children.push(child);
	return child;
}

// One with a shipped configuration on a port of 127.0.0.1; `file` is what it
// includes instead of the shipped one.  `sockets` is where the guard is.  More
// for Apache: what comes first and after all else, and where the other
// programs are, if not where the site's are.
export async function startWeb({ port, sockets, block = '', kind = KIND,
	file = KINDS[kind].file, user = USER, ...more }) {
	const { configure, command, tcp } = KINDS[kind];
	const guard = tcp && await relay(join(sockets, 'guard.sock'));

	return run(`${port}.conf`, configure({ ...more, port, sockets, guard,
		block, file, user, dir: await directory() }), command);
}
