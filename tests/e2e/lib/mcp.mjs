// MCP clients for tests: the two generations of the TypeScript SDK, with a
// person at a real browser behind each, and raw calls without any SDK.

import * as v2 from '@modelcontextprotocol/client';
import { Client as ClientV1 } from
    '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from
    '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Person } from '../../../conf/demo/person.mjs';
import { listenForCallback } from './browser.mjs';
import { bearer, http } from './oauth.mjs';
import { site } from './site.mjs';

export { Person };

// A client of SDK `version` 1 or 2 that is not connected yet.  What it needs
// a browser for is done on `page`; `scopes` says which boxes are ticked there.
//
//	connect()		connects, with authorization if it is asked for
//	callTool(name, args)	calls, with step-up if it is asked for
//	person			tokens, registration, how many authorizations
//	protocolVersion()	what was negotiated
//	close()
export async function sdkClient(version, page, { scopes, allow, metadata,
	username = site.username, password = site.password, url = site.mcpUrl,
	protocol = { mode: 'auto' }, fetch: fetchFn } = {}) {
	const callback = await listenForCallback();
	const person = new Person({ page, callback, metadata,
		options: { username, password, scopes, allow } });
	const options = { authProvider: person, fetch: fetchFn };
	const info = { name: `gatepost-test-v${version}`, version: '1.0.0' };
	const client = version === 1 ? new ClientV1(info) :
	    new v2.Client(info, { versionNegotiation: protocol });
	let transport;

	const start = () => {
		transport = version === 1 ?
		    new TransportV1(new URL(url), options) :
		    new v2.StreamableHTTPClientTransport(new URL(url), options);
		return client.connect(transport);
	};
	// version 1 takes the code alone, version 2 judges `iss` and `error`
	const finish = (answer) => {
		if (version !== 1)
			return transport.finishAuth(answer);
		if (!answer.has('code'))
			throw new Error(answer.get('error'));
		return transport.finishAuth(answer.get('code'));
	};

	return {
		client, person,
		connect: () => person.persist(start, finish),
		callTool: (name, args) => person.persist(
		    () => client.callTool({ name, arguments: args }), finish),
		readResource: (uri) => person.persist(
		    () => client.readResource({ uri }), finish),
		protocolVersion: () => version === 1 ? transport.protocolVersion :
		    client.getNegotiatedProtocolVersion(),
		close: async () => {
			await client.close();
			callback.close();
		},
	};
}

// One JSON-RPC request as 2026-07-28 has it, stateless, with its headers;
// the whole answer.  `headers` and `meta` override, undefined leaves out.
export function rpc(token, method, params = {}, { url = site.mcpUrl, id = 1,
	version = '2026-07-28', headers = {}, meta = {} } = {}) {
	const name = params.name ?? params.uri;
	const all = {
		Accept: 'application/json, text/event-stream',
		'MCP-Protocol-Version': version, 'Mcp-Method': method,
		'Mcp-Name': name, ...(token ? bearer(token) : {}), ...headers,
	};

	return http(url, {
		headers: Object.fromEntries(Object.entries(all)
		    .filter(([, value]) => value !== undefined)),
		json: { jsonrpc: '2.0', id, method, params: { ...params, _meta: {
			'io.modelcontextprotocol/protocolVersion': version,
			'io.modelcontextprotocol/clientInfo':
			    { name: 'gatepost-test', version: '1' },
			'io.modelcontextprotocol/clientCapabilities': {},
			...meta,
		} } },
	});
}

export function callTool(token, name, args, options) {
	return rpc(token, 'tools/call', { name, arguments: args }, options);
}

// One request of the generation before: no Mcp-* headers but the version.
export function rpcLegacy(token, method, params = {}, { url = site.mcpUrl,
	id = 1, version = '2025-11-25', headers = {} } = {}) {
	return http(url, {
		headers: { Accept: 'application/json, text/event-stream',
			'MCP-Protocol-Version': version,
			...(token ? bearer(token) : {}), ...headers },
		json: { jsonrpc: '2.0', id, method, params },
	});
}

// The challenge of a 401 or 403 as an object, or null.
export function challenge(answer) {
	const text = answer.headers['www-authenticate'];

	if (text === undefined || !/^Bearer\b/i.test(text))
		return null;
	return Object.fromEntries([...text.matchAll(
	    /([a-z_]+)="((?:[^"\\]|\\.)*)"/g)]
	    .map(([, name, value]) => [name, value.replace(/\\(.)/g, '$1')]));
}
