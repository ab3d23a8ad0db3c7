// The programs' FastCGI sockets: those of the site, or where it has none, since
// its web server starts programs by itself or knows TCP alone, those of
// processes that are started here.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { chmod, chown } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { site, until } from './site.mjs';

const theirs = join(site.dir, 'sock', 'fcgi');
const started = [];
process.on('exit', () => started.forEach((child) => child.kill()));
let own;

// Whether the site has processes that stay and listen.
export const LISTENING = existsSync(join(theirs, 'token.sock'));
export const NOT_LISTENING = !LISTENING &&
    `${site.server} starts the programs by itself`;

// Where they are installed, and who may read the key: { uid, gid, name }.
export const PREFIX = process.env.GATEPOST_PREFIX ?? join(site.dir, 'inst');
export const KEK = join(site.dir, 'secret', 'kek');
const { uid, gid } = statSync(KEK);
export const USER = { uid, gid, name: execFileSync('id', ['-un', String(uid)])
    .toString().trim() };
export const dsnOf = (program) =>
    site.dsn.replace(/\buser=\w+/, `user=gatepost_${program}`);

function directory() {
	if (own === undefined) {
		own = mkdtempSync(join(tmpdir(), 'gatepost-sock.'));
		process.on('exit', () =>
		    rmSync(own, { recursive: true, force: true }));
	}
	return own;
}

// Start one, as the user that the site's programs run as, with its socket in
// that directory; it ends with the test.
export async function startProgram(program, into,
    { dsn = dsnOf(program), kek = KEK } = {}) {
	const root = process.getuid() === 0;
	const socket = join(into, `${program}.sock`);

	await chmod(into, 0o750);
	if (root)
		await chown(into, uid, gid);
	const child = spawn('spawn-fcgi', ['-n', '-s', socket, '-M', '0660', '--',
		join(PREFIX, 'libexec/gatepost', program), '-n', String(site.procs)],
	    { cwd: '/', stdio: 'ignore', ...(root ? { uid, gid } : {}),
		env: { PATH: process.env.PATH, GATEPOST_KEK: kek,
			GATEPOST_DSN: dsn } });
	child.unref();
	started.push(child);
	await until(() => listens(socket));
}

// spawn-fcgi's socket is there a moment before it listens.
const listens = (socket) => new Promise((resolve) => {
	const connection = connect(socket);

	connection.once('error', () => resolve(false));
	connection.once('connect', () => {
		connection.destroy();
		resolve(true);
	});
});

// The directory with at least the sockets of these programs.
export async function socketsOf(...programs) {
	if (programs.every((name) => existsSync(join(theirs, `${name}.sock`))))
		return theirs;
	for (const program of programs)
		if (!existsSync(join(directory(), `${program}.sock`)))
			await startProgram(program, own);
	return own;
}

export async function socketOf(program) {
	return join(await socketsOf(program), `${program}.sock`);
}
