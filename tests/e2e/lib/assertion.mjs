// Client assertions (RFC 7523), written out so that tests can say in them what
// no library would.

import { constants, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { site } from './site.mjs';

// Ed25519 is the newer name of EdDSA (RFC 9864)
export const ALGORITHMS = ['ES256', 'ES384', 'Ed25519', 'EdDSA', 'PS256',
	'RS256'];
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const PAIRS = {
	ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
	ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
	Ed25519: () => generateKeyPairSync('ed25519'),
	EdDSA: () => generateKeyPairSync('ed25519'),
	PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
	RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
const ecdsa = (hash) => (text, key) =>
    sign(hash, text, { key, dsaEncoding: 'ieee-p1363' });
const SIGNERS = {
	ES256: ecdsa('sha256'),
	ES384: ecdsa('sha384'),
	Ed25519: (text, key) => sign(null, text, key),
	EdDSA: (text, key) => sign(null, text, key),
	PS256: (text, key) => sign('sha256', text, { key,
		padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
	RS256: (text, key) => sign('sha256', text, key),
};

// { alg, kid, privateKey, jwk }: its public half says what it is for.
export function makeKey(alg = 'ES256', kid = randomUUID(), pair = PAIRS[alg]()) {
	return { alg, kid, privateKey: pair.privateKey,
		jwk: { ...pair.publicKey.export({ format: 'jwk' }), kid, alg,
			use: 'sig' } };
}

export const jwks = (...keys) => ({ keys: keys.map((k) => k.jwk ?? k) });

const encode = (value) => Buffer.from(typeof value === 'string' ? value :
    JSON.stringify(value)).toString('base64url');
export const now = () => Math.floor(Date.now() / 1000);

// A good one, but for what `claims` and `header` replace (undefined: leave
// out); a string is taken as it is.  `signer` gets the bytes and the key.
export function assertion({ client_id, key }, { claims = {}, header = {},
	signer = SIGNERS[key.alg] } = {}) {
	const h = typeof header === 'string' ? header :
	    { alg: key.alg, kid: key.kid, ...header };
	const c = typeof claims === 'string' ? claims :
	    { iss: client_id, sub: client_id, aud: site.issuer, iat: now(),
		exp: now() + 60, jti: randomUUID(), ...claims };
	const text = `${encode(h)}.${encode(c)}`;

	return `${text}.${Buffer.from(signer(Buffer.from(text), key.privateKey))
	    .toString('base64url')}`;
}

// The form parameters by which that client says who it is.
export const prove = (client, options) => ({ client_assertion_type: TYPE,
	client_assertion: assertion(client, options) });
