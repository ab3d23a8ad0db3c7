// What programs do in bad times.
//
//	process.mjs works WHAT [leaving]	all is as ever; after clients that
//						went away, with leaving
//	process.mjs clock WHAT			so are the times in tokens
//	process.mjs random LIBRARY		nothing is made without randomness
//	process.mjs descriptors			there are none left
//	process.mjs keyless WHAT		token has no key
//
// With the site in the environment.  Prints lines of 'ok' or 'not ok'.

import { connect } from 'node:net';
import { claims, http } from '../e2e/lib/oauth.mjs';
import { psql, site, sleep } from '../e2e/lib/site.mjs';
import { verdict } from './tally.mjs';

const [what, named, more] = process.argv.slice(2);
// made when all is well, so that it is not what fails
const kinds = () => import('./kinds.mjs');

async function ask({ url, options }) {
	const begin = Date.now();
	const answer = await http(url, options)
	    .catch((error) => ({ status: 0, text: error.message }));

	return { ...answer, ms: Date.now() - begin };
}

// Asks and goes away, before, while, and after it is answered.
async function leave() {
	for (let i = 0; i < 60; i++) {
		const socket = connect(new URL(site.issuer).port, '127.0.0.1');
		socket.on('error', () => {});
		socket.write('GET /oauth2/authorize?client_id=x HTTP/1.1\r\nHost: ' +
		    `${new URL(site.issuer).host}\r\nContent-Length: ${
			i % 2 ? 0 : 9}\r\n\r\n`);
		await sleep(i % 6);
		socket.destroy();
	}
}

async function works(unlike = {}) {
	const { KINDS } = await kinds();
	const wrong = [];
	let slowest = 0;

	if (more === 'leaving')
		await leave();
	for (const [name, kind] of Object.entries(KINDS)) {
		const { status, text, ms } = await ask(await kind.make());
		slowest = Math.max(slowest, ms);
		if (status !== (unlike[name] ?? kind.status))
			wrong.push(`${name}: ${status} ${text.slice(0, 90)}`);
	}
	wrong.forEach((text) => console.log(`# ${text.replace(/\s+/g, ' ')}`));
	verdict(wrong.length === 0 && slowest < 5000, `${named}: ${
		Object.keys(KINDS).length} kinds of requests, ${wrong.length} ` +
	    `answered otherwise, within ${slowest} ms`);
}

async function clock() {
	const { known } = await kinds();
	const now = Number(await psql('select extract(epoch from now())::bigint'));
	const { iat, exp } = claims(known.tokens.access_token);

	verdict(Math.abs(iat - now) < 60 && exp - iat === 600,
	    `${named}: tokens have the database's time`);
	// the guard goes by the clock of its machine, and ahead of it all is over
	await works(named === 'an hour ahead' ? { guard: 401, finance: 401 } : {});
}

// Each kind that makes something, by CGI.
async function random() {
	const { KINDS } = await kinds();
	const { cgi } = await import('./cgi.mjs');
	const MAKE = ['authorize', 'login, shown', 'login, sent', 'consent, shown',
		'consent, sent', 'a code redeemed', 'client credentials',
		'a token refreshed', 'register'];
	const wrong = [];

	for (const name of MAKE) {
		const kind = KINDS[name];
		const request = await kind.make();
		const { status, code, text, location, headers } = await cgi(
		    kind.program, request, { LD_PRELOAD: named, FAIL_RANDOM: '1' });
		if (!(status >= 500 && status < 600) && !(status === 0 && code !== 0))
			wrong.push(`${name}: ${status} ${location ?? ''} ${text}`);
		if (headers['set-cookie'] || location)
			wrong.push(`${name}: made something`);
	}
	wrong.forEach((text) => console.log(`# ${text.replace(/\s+/g, ' ')
	    .slice(0, 200)}`));
	verdict(wrong.length === 0, `without randomness ${MAKE.length} kinds of ` +
	    `requests make nothing, ${wrong.length} do`);
}

async function descriptors() {
	const answers = await Promise.all(['/.well-known/oauth-authorization-server',
		'/oauth2/jwks', '/oauth2/authorize?client_id=x'].flatMap((path) =>
	    [1, 2, 3].map(() => ask({ url: site.url(path), options: {} }))));
	const late = answers.filter(({ ms }) => ms > 5000);
	const odd = answers.filter(({ status }) =>
	    ![0, 200, 400, 500, 502, 503, 504].includes(status));

	console.log(`# ${answers.map(({ status, ms }) => `${status} ${ms} ms`)
	    .join(', ')}`);
	verdict(late.length === 0 && odd.length === 0,
	    'without descriptors each request has an end within 5 s');
}

async function keyless() {
	const { status, text } = await ask({ url: site.endpoint('token'),
		options: { form: { grant_type: 'client_credentials' } } });

	verdict((status === 0 || status >= 500) && !text.includes('token":'),
	    `without a key (${named}) nobody gets a token: ${status}`);
}

await { works, clock, random, descriptors, keyless }[what]();
