// A site of a test file's own, for what would disturb others: settings, key
// rotation, a database that is away.  Call ownSite() before anything imports
// site.mjs, and import that, and what needs it, with await import() then.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const quickstart = process.env.GATEPOST_QUICKSTART ??
    join(here, '../../../conf/quickstart');

function run(...args) {
	return new Promise((resolve, reject) => {
		execFile(quickstart, args, { timeout: 110_000 },
		    (error, out, errors) => error === null ? resolve(out) :
			reject(new Error(`${error.message} ${out}${errors}`)));
	});
}

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

// What quickstart would install is the site's, and so are its web server, unless
// another is named, and, with TLS, its certificates; its environment becomes this process's.
// { dir, stop() }
export async function ownSite({ procs = 1,
	server = process.env.GATEPOST_SERVER ?? 'lighttpd' } = {}) {
	const dir = await mkdtemp(join(tmpdir(), 'gatepost-own.'));

	await chmod(dir, 0o711);
	if (process.env.GATEPOST_PREFIX === undefined &&
	    existsSync(join(process.env.GATEPOST_DIR ?? '', 'inst')))
		process.env.GATEPOST_PREFIX = join(process.env.GATEPOST_DIR, 'inst');
	const how = ['--server', server];
	if (process.env.GATEPOST_CA) {
		how.push('--tls');
		await cp(dirname(process.env.GATEPOST_CA), join(dir, 'tls'),
		    { recursive: true });
	}
	const start = () => freePort().then((port) => run('--dir', dir, ...how,
	    '--procs', String(procs), '--port', String(port), '--detach'));
	await start().catch(start); // once more: the port may just be taken
	const text = await readFile(join(dir, 'env'), 'utf8');
	for (const [, name, , value] of
	    text.matchAll(/^(\w+)=(['"])(.*)\2$/gm))
		process.env[name] = value;
	process.env.GATEPOST_DIR = dir;
	process.env.GATEPOST_SERVER = server;
	return {
		dir,
		stop: async () => {
			await run('--dir', dir, '--stop');
			await rm(dir, { recursive: true, force: true });
		},
	};
}
