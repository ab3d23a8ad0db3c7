// SPDX-License-Identifier: ISC
//
// npm's oidc-provider as a cluster of processes, doing what gatepost does:
// JWTs by ES256 for 10 minutes, refresh tokens that rotate, PKCE, consent that
// is remembered.  By environment:
//	BENCH_PORT, BENCH_WORKERS	where, and how many processes
//	BENCH_CLIENTS			a JSON array; with PostgreSQL they are there
//	BENCH_CONNECTIONS		to PostgreSQL, for each process; none: in memory
//
// Its JWTs cannot be introspected, so for the resource urn:opaque its tokens
// are opaque.

import cluster from 'node:cluster';
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const { BENCH_PORT, BENCH_WORKERS, BENCH_CLIENTS, BENCH_CONNECTIONS } =
    process.env;
const RESOURCE = 'https://mcp.example/';
const SCOPE = 'mcp:tools:news';

function key() {
	const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

	return JSON.stringify({ ...privateKey.export({ format: 'jwk' }),
		use: 'sig', alg: 'ES256', kid: 'bench' });
}

// A login is one redirect; who has a session has agreed.
async function loadExistingGrant({ oidc }) {
	const { client, session, provider } = oidc;
	const id = session.grantIdFor(client.clientId);

	if (id)
		return provider.Grant.find(id);
	const grant = new provider.Grant({ clientId: client.clientId,
		accountId: session.accountId });
	grant.addOIDCScope(SCOPE);
	grant.addResourceScope(RESOURCE, SCOPE);
	await grant.save();
	return grant;
}

const storage = async () => BENCH_CONNECTIONS ?
    { adapter: (await import('./adapter.mjs')).Adapter } :
    { clients: JSON.parse(BENCH_CLIENTS) };

const configuration = async () => ({
	...await storage(),
	jwks: { keys: [JSON.parse(process.env.BENCH_KEY)] },
	cookies: { keys: ['a key of the measurement'] },
	clientDefaults: { id_token_signed_response_alg: 'ES256' },
	scopes: [SCOPE],
	ttl: { AuthorizationCode: 60, ClientCredentials: 600, RefreshToken: 30 * 86400,
		Session: 86400, Grant: 30 * 86400, Interaction: 600 },
	findAccount: (ctx, accountId) => ({ accountId,
		claims: () => ({ sub: accountId }) }),
	loadExistingGrant,
	issueRefreshToken: (ctx, client) =>
	    client.grantTypeAllowed('refresh_token'),
	rotateRefreshToken: true,
	interactions: { url: (ctx, { uid }) => `/login/${uid}` },
	enabledJWA: { clientAuthSigningAlgValues: ['EdDSA', 'ES256'] },
	features: {
		devInteractions: { enabled: false },
		clientCredentials: { enabled: true },
		introspection: { enabled: true, allowedPolicy: () => true },
		userinfo: { enabled: false },
		rpInitiatedLogout: { enabled: false },
		resourceIndicators: {
			enabled: true,
			defaultResource: () => RESOURCE,
			useGrantedResource: () => true,
			getResourceServerInfo: (ctx, uri) => ({
				scope: SCOPE, audience: uri, accessTokenTTL: 600,
				accessTokenFormat:
				    uri === 'urn:opaque' ? 'opaque' : 'jwt',
				jwt: { sign: { alg: 'ES256' } },
			}),
		},
	},
});

async function serve() {
	const provider = new Provider(`http://localhost:${BENCH_PORT}`,
	    await configuration());

	provider.on('server_error', (ctx, e) => console.error(e));
	provider.use((ctx, next) => {
		if (!ctx.path.startsWith('/login/'))
			return next();
		ctx.respond = false;
		return provider.interactionFinished(ctx.req, ctx.res,
		    { login: { accountId: 'demo' } });
	});
	const server = provider.listen(Number(BENCH_PORT), '127.0.0.1');
	server.keepAliveTimeout = 60_000;
}

if (cluster.isPrimary) {
	process.env.BENCH_KEY = key();
	for (let i = 0; i < Number(BENCH_WORKERS); i++)
		cluster.fork();
	cluster.on('exit', () => process.exit(1));
	process.on('SIGTERM', () => process.exit(0));
} else {
	process.on('disconnect', () => process.exit(0));
	await serve();
}
