// The inside of internet.mjs: this process has a network and a view of /etc of
// its own.  It answers to what it is asked over IPC, in order.

import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';

// Of each kind that fetch must not connect to, and two that it may.
const ADDRESSES = ['93.184.216.34', '10.0.0.1', '100.64.0.1',
	'169.254.169.254', '172.16.0.1', '192.168.0.1', '198.18.0.1',
	'203.0.113.1', '2606:2800:220::1', 'fd00::1', 'fec0::1', '2001:db8::1',
	'64:ff9b::a00:1', '2002:a00:1::1', '2001::1'];
const ETC = {
	'resolv.conf': 'nameserver 127.0.0.1\n',
	hosts: '127.0.0.1 localhost\n::1 localhost\n',
	'nsswitch.conf': 'hosts: files dns\n',
};

const names = new Map();	// host: { rounds, asked: { A, AAAA } }
const pages = new Map();	// URL: { status, headers, body }
const contexts = new Map();	// host: its certificate
const seen = { requests: [], connections: [], questions: [] };

function network() {
	execFileSync('ip', ['-batch', '-'], { input: ['link set lo up',
		...ADDRESSES.map((a) => `addr add ${a}/${a.includes(':') ?
		    128 : 32} dev lo`)].join('\n') });
}

function etc() {
	const dir = mkdtempSync(join(tmpdir(), 'gatepost-etc.'));

	for (const [name, text] of Object.entries(ETC)) {
		writeFileSync(join(dir, name), text);
		execFileSync('mount', ['--bind', join(dir, name), `/etc/${name}`]);
	}
	// what is mounted stays
	rmSync(dir, { recursive: true });
}

// ---- names ----

const words = (...list) => Buffer.from(list.flatMap((n) =>
    [n >> 8, n & 255]));

function bytes(address) {
	if (!address.includes(':'))
		return Buffer.from(address.split('.').map(Number));
	const [head, tail = ''] = address.split('::').map((half) => half
	    .split(':').filter(Boolean).map((word) => parseInt(word, 16)));
	return words(...head, ...Array(8 - head.length - tail.length).fill(0),
	    ...tail);
}

// One resource record for the name that was asked for, to forget at once.
function record(type, data) {
	return Buffer.concat([words(0xc00c, type, 1, 0, 0, data.length), data]);
}

function answers(host, type) {
	const it = names.get(host);
	const kind = type === 28 ? 'AAAA' : 'A';

	if (it === undefined || (type !== 1 && type !== 28))
		return [];
	const round = Math.min(it[kind]++, it.rounds.length - 1);
	return it.rounds[round].filter((a) => a.includes(':') === (type === 28))
	    .map((a) => record(type, bytes(a)));
}

function resolver() {
	const socket = createSocket('udp4');

	socket.on('message', (message, from) => {
		const labels = [];
		let at = 12;
		for (; message[at] > 0; at += message[at] + 1)
			labels.push(message.subarray(at + 1,
			    at + 1 + message[at]).toString());
		const host = labels.join('.').toLowerCase();
		seen.questions.push(host);
		if (names.get(host)?.rounds.length === 0)
			return;
		const list = answers(host, message.readUInt16BE(at + 1));
		socket.send(Buffer.concat([message.subarray(0, 2),
			words(names.has(host) ? 0x8580 : 0x8583, 1, list.length,
			    0, 0), message.subarray(12, at + 5), ...list]),
		    from.port, from.address);
	});
	return new Promise((done) => socket.bind(53, '127.0.0.1', done));
}

// ---- the server ----

const local = (socket) => socket.localAddress.replace(/^::ffff:/, '');

function server() {
	const it = createServer({ SNICallback: (host, done) =>
	    done(null, contexts.get(host)) }, (req, res) => {
		const url = `https://${req.headers.host}${req.url}`;
		const { status = 404, headers, body = '' } = pages.get(url) ?? {};
		seen.requests.push(url);
		res.writeHead(status, headers).end(body);
	});

	it.on('connection', (socket) => seen.connections.push(local(socket)));
	it.on('tlsClientError', () => {});
	return new Promise((done) => it.listen(443, '::', done));
}

// ---- what can be asked ----

const CALLS = {
	begin: async () => {
		network();
		etc();
		await resolver();
		await server();
	},
	// the addresses of a host: what is answered at first, then, and so on;
	// with none nothing is answered at all
	name: (host, rounds) => {
		names.set(host, { rounds, A: 0, AAAA: 0 });
	},
	secure: (host, key, cert) => {
		contexts.set(host, createSecureContext({ key, cert }));
	},
	serve: (url, page) => {
		pages.set(url, page);
	},
	// what came since this was last asked
	seen: () => {
		const copy = structuredClone(seen);
		Object.values(seen).forEach((list) => list.splice(0));
		return copy;
	},
	// whether the server is reached at an address
	reach: (address) => new Promise((done) => {
		const socket = connect(443, address, () => {
			socket.destroy();
			done(true);
		});
		socket.on('error', () => done(false));
	}),
};

let last = Promise.resolve();
process.on('message', ([call, ...args]) => {
	last = last.then(async () => {
		process.send(await CALLS[call](...args) ?? null);
	});
});
process.on('disconnect', () => process.exit());
