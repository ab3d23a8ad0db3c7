// Between programs and PostgreSQL: passes all that they say, but for what it
// is told of by its control socket.
//
//	proxy.mjs LISTEN SERVER CONTROL		names of Unix sockets
//
// A line to CONTROL is JSON: { user, call, when, hold }.  The next time that the
// SQL function `call`, which may be several with '|' between, is called by the
// role `user`, its connection is cut: 'before' the server has seen the call, or
// 'after' it has taken effect, when the answer is here.  With `hold` that waits
// for the next line, whatever it says.  The answers are lines too: 'armed',
// 'held' where something waits, and 'cut'.

import { createServer, connect } from 'node:net';
import { chmodSync, rmSync } from 'node:fs';

const [listen, server, control] = process.argv.slice(2);
const armed = []; // one for each connection to CONTROL

// Calls `each(type, message)` for each whole message; a client's first one has
// no type.
function reader(first, each) {
	let rest = Buffer.alloc(0);

	return (data) => {
		rest = Buffer.concat([rest, data]);
		for (;;) {
			const at = first ? 0 : 1;
			if (rest.length < at + 4)
				return;
			const end = at + rest.readUInt32BE(at);
			if (rest.length < end)
				return;
			const message = rest.subarray(0, end);
			rest = rest.subarray(end);
			each(first ? '' : String.fromCharCode(message[0]), message);
			first = false;
		}
	};
}

const strings = (message) => message.subarray(5).toString('latin1').split('\0');

// ---- one connection of a program ----

function pass(client) {
	const upstream = connect(server);
	let user, sql = '', fault, answered = false;

	const cut = () => {
		client.destroy();
		upstream.destroy();
		fault?.tell('cut');
	};
	const reach = () => fault.hold ? fault.tell('held', cut) : cut();

	client.on('data', reader(true, (type, message) => {
		if (type === '') { // length, version, then names and values
			const told = strings(message.subarray(3));
			user = told[told.indexOf('user') + 1];
		}
		if (type === 'P')
			[, sql] = strings(message);
		if (type === 'B' && fault === undefined) {
			const [, name] = strings(message);
			const call = name || /from gatepost\.(\w+)\(/.exec(sql)?.[1];
			const i = armed.findIndex((it) => it.user === user &&
			    it.call.split('|').includes(call));
			if (i !== -1) {
				[fault] = armed.splice(i, 1);
				if (fault.when === 'before')
					reach();
			}
		}
		if (fault?.when !== 'before')
			upstream.write(message);
	}));
	// the transaction commits when the server is ready again, no sooner
	upstream.on('data', reader(false, (type, message) => {
		if (fault?.when !== 'after')
			client.write(message);
		else if (type === 'Z' && !answered) {
			answered = true;
			reach();
		}
	}));
	for (const [one, other] of [[client, upstream], [upstream, client]]) {
		one.on('error', () => {});
		one.on('close', () => {
			if (fault === undefined || one === upstream)
				other.destroy();
		});
	}
}

// ---- the control ----

function obey(socket) {
	let text = '', then;

	socket.setEncoding('utf8');
	socket.on('error', () => {});
	socket.on('data', (data) => {
		text += data;
		for (let i; (i = text.indexOf('\n')) !== -1; text = text.slice(i + 1)) {
			const line = text.slice(0, i);
			if (then !== undefined) {
				then();
				then = undefined;
				continue;
			}
			armed.push({ ...JSON.parse(line), tell: (what, work) => {
				then = work;
				socket.write(`${what}\n`);
			} });
			socket.write('armed\n');
		}
	});
}

for (const [path, serve] of [[listen, pass], [control, obey]]) {
	rmSync(path, { force: true });
	createServer(serve).listen(path, () => chmodSync(path, 0o777));
}
