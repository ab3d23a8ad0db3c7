// SPDX-License-Identifier: ISC
// Verdicts on tokens, with those of npm's jose.
//
//	jose.mjs PROGRAM TOKENS
//
// PROGRAM is what jose.c makes.  What we take, jose takes, and reads the same
// in it; what jose takes, we take, unless it is spelt otherwise than it has to
// be, or names a member twice.  Differences go to standard error.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPublicKey, randomInt } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const modules = createRequire(`${process.env.GATEPOST_NODE_MODULES}/`);
const jose = await import(pathToFileURL(modules.resolve('jose')));

const [program, count] = process.argv.slice(2);
const ALGS = ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256'];
const one = list => list[randomInt(list.length)];
const b64 = data => Buffer.from(data).toString('base64url');

const keys = await Promise.all(ALGS.map(async alg => {
	const { privateKey, publicKey } =
	    await jose.generateKeyPair(alg, { extractable: true });
	const jwk = { ...await jose.exportJWK(publicKey), alg, kid: `k-${alg}` };
	return { alg, jwk, privateKey };
}));
const set = { keys: keys.map(k => k.jwk) };
const stranger = await jose.generateKeyPair('ES256', { extractable: true });

const claims = () => ({
	iss: one(['https://as.example', 'é', '']),
	n: one([0, -1, 1.5, 1e21, 9007199254740991]),
	aud: one([['a'], 'a', ['a', 'b'], null]),
});

async function signed(key, header, payload) {
	return new jose.CompactSign(Buffer.from(payload))
	    .setProtectedHeader({ alg: key.alg, ...header }).sign(key.privateKey);
}

// The parts of a token, of which one is another.
function instead(token, at, change) {
	const parts = token.split('.');
	parts[at] = change(parts[at]);
	return parts.join('.');
}

const json = (part, change) =>
	b64(JSON.stringify(change(JSON.parse(Buffer.from(part, 'base64url')))));

function flipped(token) {
	const at = randomInt(token.length);
	return token.slice(0, at) + one('AZaz09-_.+/= \u00e9') +
	    token.slice(at + randomInt(3));
}

// An HMAC by what everybody knows of a key: CVE-2015-9235.
function confused(key, payload) {
	const pem = createPublicKey({ key: key.jwk, format: 'jwk' })
	    .export({ type: 'spki', format: 'pem' });
	return new jose.CompactSign(Buffer.from(payload))
	    .setProtectedHeader({ alg: 'HS256', kid: key.jwk.kid })
	    .sign(Buffer.from(one([pem, JSON.stringify(key.jwk).padEnd(32)])));
}

const made = {
	good: (k, p) => signed(k, { kid: k.jwk.kid, typ: one(['JWT', 'x', 'at+jwt']) }, p),
	nameless: (k, p) => signed(k, {}, p),
	flipped: async (k, p) => flipped(await made.good(k, p)),
	twiceFlipped: async (k, p) => flipped(await made.flipped(k, p)),
	alg: async (k, p) => instead(await made.good(k, p), 0, h => json(h, o =>
		({ ...o, alg: one([...ALGS, 'none', 'None', 'HS256', 'ES512', 'Ed25519', 7]) }))),
	kid: async (k, p) => signed(k,
	    { kid: one([one(keys).jwk.kid, 'k', '', `${k.jwk.kid} `]) }, p),
	confused,
	none: (k, p) => `${b64('{"alg":"none"}')}.${b64(p)}.`,
	unsigned: async (k, p) => instead(await made.good(k, p), 2, () => ''),
	zeros: async (k, p) => instead(await made.good(k, p), 2,
	    s => 'A'.repeat(s.length)),
	others: async (k, p) => instead(await made.good(k, p), 2,
	    () => 'B'.repeat(randomInt(400))),
	embedded: async (k, p) => new jose.CompactSign(Buffer.from(p))
	    .setProtectedHeader({ alg: 'ES256', jwk: await jose.exportJWK(stranger.publicKey) })
	    .sign(stranger.privateKey),
	critical: async (k, p) => instead(await made.good(k, p), 0,
	    h => json(h, o => ({ ...o, crit: ['x'], x: 1 }))),
	padded: async (k, p) => `${await made.good(k, p)}${one(['=', '==', '\n'])}`,
	bits: async (k, p) => instead(await made.good(k, p), 2, s =>
		s.slice(0, -1) + String.fromCharCode(s.charCodeAt(s.length - 1) + 1)),
	claimsTwice: k => signed(k, { kid: k.jwk.kid }, '{"a":1,"a":2}'),
	noObject: k => signed(k, { kid: k.jwk.kid },
	    one(['[]', '1', 'null', '"x"', '', '{', '{}x', '\ufeff{}'])),
};
const known = jose.createLocalJWKSet(set);
async function theirs(token) {
	try {
		return (await jose.jwtVerify(token, known,
		    { algorithms: [...ALGS, 'Ed25519'] })).payload;
	} catch (e) {
		if (!(e instanceof jose.errors.JOSEError) &&
		    !(e instanceof TypeError))
			throw e;
	}
}

// Whether it is spelt as RFC 7515, 7.1 has it, without a byte order mark, and
// names nothing twice.
function strict(token) {
	return token.split('.').every(part =>
		b64(Buffer.from(part, 'base64url')) === part) &&
	    ![b64('{"a":1,"a":2}'), b64('\ufeff{}')]
	        .includes(token.split('.')[1]);
}

const tokens = [];
for (let i = 0; i < count; i++) {
	const kind = Object.keys(made)[i % Object.keys(made).length];
	const token = (await made[kind](one(keys), JSON.stringify(claims())))
	    .replaceAll(/[\t\n]/g, ' ');
	tokens.push({ kind, token });
}
const text = JSON.stringify(set);
const run = spawnSync(program, {
	input: tokens.map(t => `${text}\t${t.token}\n`).join(''),
	encoding: 'utf8', maxBuffer: 1 << 28,
});
assert.equal(run.status, 0, run.stderr);
const verdicts = run.stdout.split('\n').slice(0, -1).map(l => l.split('\t'));
assert.equal(verdicts.length, tokens.length);

let both = 0, only = 0;
for (const [i, { kind, token }] of tokens.entries()) {
	const [verdict, said] = verdicts[i];
	const payload = await theirs(token);
	const differs = why => console.error(`${why}: ${kind}: ${verdict}: ${token}`);
	if (verdict === 'ok' && payload === undefined)
		differs('jose refuses');
	else if (verdict === 'ok') {
		both++;
		try {
			assert.deepEqual(JSON.parse(said), payload);
		} catch {
			differs('jose reads otherwise');
		}
	} else if (payload !== undefined) {
		only++;
		if (strict(token))
			differs('jose takes');
	}
}
assert.ok(both > 0, 'no token was good');
console.log(`${count} tokens, of which both take ${both}, and jose ${only} more`);
