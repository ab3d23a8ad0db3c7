// Apache as a web server of a test's own, see web.mjs.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { dsnOf, KEK, PREFIX } from './programs.mjs';
import { site } from './site.mjs';

const conf = join(dirname(process.env.GATEPOST_QUICKSTART), 'apache');
const root = process.getuid() === 0;

const configuration = ({ port, dir, guard, user, modules, define, first = '',
	file, block, after = '' }) => `
ServerRoot ${dir}
DefaultRuntimeDir ${dir}
PidFile ${dir}/${port}.pid
ErrorLog ${dir}/${port}.log
ServerName localhost
DocumentRoot ${dir}
Listen 127.0.0.1:${port}
${root ? `User ${user}\nGroup ${user}` : ''}
${['mpm_event', 'alias', 'authn_core', 'authz_core', 'authz_user',
	'authnz_fcgi', 'env', 'headers', 'macro', 'setenvif', ...modules]
    .map((name) => `LoadModule ${name}_module ` +
	`/usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
Define GATEPOST_CONF ${conf}
Define GATEPOST_MCP_URL ${site.mcpUrl}
${define}
${first}
AuthnzFcgiDefineProvider authn gatepost fcgi://127.0.0.1:${guard}/
<VirtualHost *:${port}>
Include ${file}
${block}
</VirtualHost>
${after}
`;

const apache = {
	file: join(conf, 'gatepost-proxy-fcgi.conf'),
	block: (name) => new RegExp('^(<(Location|Directory) ' +
	    `"(?:/srv/www)?/mcp/${name}">[^]*?^</\\2>)`, 'm'),
	configure: (what) => configuration({ ...what,
		modules: ['proxy', 'proxy_fcgi', 'proxy_http'],
		define: `Define GATEPOST_SOCKETS "${what.programs ??
		    join(site.dir, 'sock/fcgi')}"` }),
	command: (at) => ['apache2', '-D', 'FOREGROUND', '-f', at],
	tcp: true,
};

// The same blocks, beside programs that Apache starts.
const fcgid = {
	...apache,
	configure: (what) => configuration({ ...what,
		modules: ['fcgid', 'proxy', 'proxy_http'],
		file: join(conf, 'gatepost-fcgid.conf'), define: `
FcgidIPCDir ${what.dir}/${what.port}.fcgid
FcgidProcessTableFile ${what.dir}/${what.port}.shm
Define GATEPOST_PROGRAMS "${PREFIX}/libexec/gatepost"
Define GATEPOST_PROCESSES 2
Define GATEPOST_DSN "${dsnOf('').replace(/ user=.*/, '')}"
Define GATEPOST_KEK "${KEK}"
` }),
};

export const APACHE = { apache, 'apache-fcgid': fcgid };

// A port of 127.0.0.1 behind which there is that socket, if it is there, for a
// server that cannot connect to it.
export async function relay(path) {
	const server = createServer((from) => {
		const to = connect(path);

		from.unref();
		to.unref();
		for (const [one, other] of [[from, to], [to, from]])
			one.pipe(other).on('error', () => one.destroy());
		to.on('error', () => from.destroy());
	}).listen(0, '127.0.0.1');

	server.unref();
	await once(server, 'listening');
	return server.address().port;
}
