// A program started for one request, by CGI, as the site's programs are.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { encodeForm } from '../e2e/lib/oauth.mjs';
import { dsnOf, KEK, PREFIX, USER } from '../e2e/lib/programs.mjs';
import { site } from '../e2e/lib/site.mjs';

// What the web server tells a program of its own location.
const LOCATIONS = {
	guard: { GATEPOST_RESOURCE: site.mcpUrl, FCGI_ROLE: 'AUTHORIZER' },
	finance: { GATEPOST_SCOPE: 'mcp:*' },
};

function variables(program, { url, options: { method = 'GET', headers = {},
	form, json } }) {
	const u = new URL(url);
	const body = form !== undefined ? encodeForm(form) :
	    json !== undefined ? JSON.stringify(json) : '';
	const env = { GATEWAY_INTERFACE: 'CGI/1.1', SERVER_PROTOCOL: 'HTTP/1.1',
		REQUEST_METHOD: method, REQUEST_URI: u.pathname + u.search,
		SCRIPT_NAME: u.pathname, QUERY_STRING: u.search.slice(1),
		REMOTE_ADDR: '127.0.0.1', ...LOCATIONS[program] };

	for (const [name, value] of Object.entries(headers))
		env[`HTTP_${name.toUpperCase().replaceAll('-', '_')}`] = value;
	if (program === 'finance')
		delete env.HTTP_AUTHORIZATION; // as the guard's front does
	if (body && program !== 'guard') {
		env.CONTENT_LENGTH = String(Buffer.byteLength(body));
		env.CONTENT_TYPE = form !== undefined ?
		    'application/x-www-form-urlencoded' : 'application/json';
	}
	return [env, body];
}

function parsed(out) {
	const text = out.toString();
	const end = text.indexOf('\r\n\r\n');
	const headers = Object.fromEntries(text.slice(0, Math.max(end, 0))
	    .split('\r\n').map((line) => {
		const at = line.indexOf(': ');
		return [line.slice(0, at).toLowerCase(), line.slice(at + 2)];
	}));
	const body = text.slice(end + 4);
	let json;

	try {
		json = JSON.parse(body);
	} catch {
		json = undefined;
	}
	return { status: end === -1 ? 0 : Number(headers.status ?? 200), headers,
		location: headers.location, text: body, json };
}

// { status: 0 when nothing was said, headers, text, json, code, signal,
// errors: what it logged, ms }
export function cgi(program, request, more = {}) {
	const [env, body] = variables(program, request);
	const begin = Date.now();

	return new Promise((resolve, reject) => {
		const child = spawn(join(PREFIX, 'libexec/gatepost', program), ['-c'], {
			cwd: '/', ...(process.getuid() === 0 ?
			    { uid: USER.uid, gid: USER.gid } : {}),
			env: { GATEPOST_DSN: dsnOf(program), GATEPOST_KEK: KEK,
				...env, ...more },
		});
		const out = [], errors = [];
		const watch = setTimeout(() => child.kill('SIGKILL'), 15_000);

		child.stdout.on('data', (data) => out.push(data));
		child.stderr.on('data', (data) => errors.push(data));
		child.stdin.on('error', () => {}); // it need not read
		child.on('error', reject);
		child.on('close', (code, signal) => {
			clearTimeout(watch);
			resolve({ ...parsed(Buffer.concat(out)), code, signal,
				errors: Buffer.concat(errors).toString(),
				ms: Date.now() - begin });
		});
		child.stdin.end(program === 'guard' ? '' : body);
	});
}
