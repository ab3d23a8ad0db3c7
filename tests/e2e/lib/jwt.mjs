// Access tokens that nobody issued, made from one that was.

import { createHmac, createPublicKey, generateKeyPairSync, sign } from
    'node:crypto';
import { http } from './oauth.mjs';
import { site } from './site.mjs';

const encode = (value) => Buffer.from(typeof value === 'string' ? value :
    JSON.stringify(value)).toString('base64url');
const decode = (part) => JSON.parse(Buffer.from(part, 'base64url'));

const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

const es256 = (text, key = stranger.privateKey) =>
    sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
const hmac = (key) => (text) =>
    createHmac('sha256', key).update(text).digest();

// [[what, token], ...]: each is refused wherever `token` is accepted.
export async function forgeries(token) {
	const [h, p, s] = token.split('.');
	const [header, payload] = [decode(h), decode(p)];
	const { json: { keys } } = await http(site.endpoint('jwks'));
	const jwk = keys.find((key) => key.kid === header.kid);
	const key = createPublicKey({ format: 'jwk', key: jwk });
	const pem = key.export({ type: 'spki', format: 'pem' });
	const made = (more, claims, signer = es256) => {
		const text = `${encode({ ...header, ...more })}.` +
		    encode({ ...payload, ...claims });
		return `${text}.${encode(signer(text))}`;
	};
	const other = stranger.publicKey.export({ format: 'jwk' });
	const last = s.at(-1) === 'A' ? 'Q' : 'A';
	const nothing = () => '';

	return [
		['alg none (RFC 8725, 3.1)', made({ alg: 'none' }, {}, nothing)],
		['alg None', made({ alg: 'None' }, {}, nothing)],
		['alg none with the signature', `${encode({ ...header,
			alg: 'none' })}.${p}.${s}`],
		['no signature', `${h}.${p}.`],
		['two parts', `${h}.${p}`],
		['five parts', `${h}.${p}.${s}.${h}.${p}`],
		['HS256 with the public key (RFC 8725, 2.1)',
			made({ alg: 'HS256' }, {}, hmac(pem))],
		['HS256 with the JWK', made({ alg: 'HS256' }, {},
		    hmac(JSON.stringify(jwk)))],
		['HS256 with nothing', made({ alg: 'HS256' }, {}, hmac(''))],
		['RS256 under the same kid', made({ alg: 'RS256' }, {},
		    (text) => sign('sha256', Buffer.from(text), rsa.privateKey))],
		['another key under the same kid', made({}, {})],
		['another key in a jwk header', made({ jwk: other }, {})],
		['another kid', made({ kid: 'other' }, {})],
		['no kid', made({ kid: undefined }, {})],
		['a kid that is a path', made({ kid: '../../../dev/null' }, {},
		    hmac(''))],
		['a jku header', made({ jku: 'http://127.0.0.1:1/jwks' }, {})],
		['an x5u header', made({ x5u: 'http://127.0.0.1:1/x' }, {})],
		['an unknown crit', made({ crit: ['x'], x: 1 }, {})],
		['b64 false', made({ crit: ['b64'], b64: false }, {})],
		['more scope', `${h}.${encode({ ...payload, scope: 'mcp:*' })}.${s}`],
		['a later exp', `${h}.${encode({ ...payload,
			exp: payload.exp + 1e6 })}.${s}`],
		['typ JWT', `${encode({ ...header, typ: 'JWT' })}.${p}.${s}`],
		['a signature that is cut', `${h}.${p}.${s.slice(0, -2)}`],
		['a signature that is longer', `${h}.${p}.${s}AA`],
		['another signature', `${h}.${p}.${(s[0] === 'A' ? 'B' : 'A')}${
			s.slice(1)}`],
		['zeros for a signature (CVE-2022-21449)', `${h}.${p}.${
			Buffer.alloc(64).toString('base64url')}`],
		['a second spelling of its last byte', `${h}.${p}.${
			s.slice(0, -1)}${last}`],
		['padding', `${h}.${p}.${s}==`],
		['a space in it', `${h}.${p} .${s}`],
		['a header that is no JSON', `${encode('x')}.${p}.${s}`],
		['a header of 20 KiB', `${encode({ ...header,
			x: 'y'.repeat(20_000) })}.${p}.${s}`],
		['a word', 'token'],
	];
}
