// FastCGI by hand, to say to a program what no web server would.

import { connect } from 'node:net';
import { socketOf } from './programs.mjs';

const [BEGIN, ABORT, END, PARAMS, STDIN, STDOUT] = [1, 2, 3, 4, 5, 6];
const ROLES = { responder: 1, authorizer: 2 };

function record(type, content) {
	const head = Buffer.from([1, type, 0, 1, content.length >> 8,
		content.length & 255, 0, 0]);

	return Buffer.concat([head, content]);
}

function records(type, content) {
	const list = [];

	for (let i = 0; i < content.length; i += 60_000)
		list.push(record(type, content.subarray(i, i + 60_000)));
	return Buffer.concat([...list, record(type, Buffer.alloc(0))]);
}

function length(n) {
	const b = Buffer.alloc(n < 128 ? 1 : 4);

	if (n < 128)
		b.writeUInt8(n);
	else
		b.writeUInt32BE(n + 0x80000000);
	return b;
}

const pair = ([name, value]) => Buffer.concat([
	length(Buffer.byteLength(name)), length(Buffer.byteLength(value)),
	Buffer.from(name), Buffer.from(value)]);

// The variables of a request as a web server sends them; a null leaves out.
export function variables(path, { method = 'GET', body, query = '',
	type = 'application/x-www-form-urlencoded', ...more } = {}) {
	return Object.entries({
		GATEWAY_INTERFACE: 'CGI/1.1', SERVER_PROTOCOL: 'HTTP/1.1',
		REQUEST_METHOD: method, REQUEST_URI: path + (query && `?${query}`),
		SCRIPT_NAME: path, QUERY_STRING: query, REMOTE_ADDR: '127.0.0.1',
		...(body === undefined ? {} : { CONTENT_TYPE: type,
			CONTENT_LENGTH: String(Buffer.byteLength(body)) }),
		...more,
	}).filter(([, value]) => value !== null);
}

// One request at a program's socket: { status, headers, text, json }.  With
// `abort` the request is aborted where its body would end; `times` makes it so
// often on a connection that is kept, and the last answer is returned.
export async function fcgi(program, list, body = '', { role = 'responder',
	abort = false, times = 1, timeout = 10_000 } = {}) {
	const path = await socketOf(program);

	return new Promise((resolve, reject) => {
		const socket = connect(path);
		const request = Buffer.concat([
			record(BEGIN, Buffer.from([0, ROLES[role], times > 1 ? 1 : 0,
				0, 0, 0, 0, 0])),
			records(PARAMS, Buffer.concat(list.map(pair))),
			abort ? record(ABORT, Buffer.alloc(0)) :
			    records(STDIN, Buffer.from(body))]);
		let out = [];
		let all = Buffer.alloc(0);

		socket.setTimeout(timeout, () =>
		    socket.destroy(new Error(`${program}: no answer`)));
		socket.on('error', reject);
		socket.on('data', (data) => {
			all = Buffer.concat([all, data]);
			for (;;) {
				if (all.length < 8)
					return;
				const n = all.readUInt16BE(4), end = 8 + n + all[6];
				if (all.length < end)
					return;
				if (all[1] === STDOUT)
					out.push(all.subarray(8, 8 + n));
				else if (all[1] === END && --times > 0) {
					out = [];
					socket.write(request);
				} else if (all[1] === END)
					socket.end();
				all = all.subarray(end);
			}
		});
		socket.on('close', () => resolve(answer(Buffer.concat(out))));
		socket.write(request);
	});
}

function answer(out) {
	const text = out.toString();
	const end = text.indexOf('\r\n\r\n');
	const headers = {};
	let json;

	for (const line of text.slice(0, Math.max(end, 0)).split('\r\n')) {
		const [name, ...value] = line.split(': ');
		headers[name.toLowerCase()] = value.join(': ');
	}
	try {
		json = JSON.parse(text.slice(end + 4));
	} catch {
		json = undefined;
	}
	return { status: Number(headers.status), headers, json,
		text: text.slice(end + 4), location: headers.location,
		cookies: [headers['set-cookie']].filter(Boolean) };
}
