// What an MCP client's SDK asks of the application around it: somewhere to
// keep registration, tokens and verifier, and a way to a browser.  Written
// against @modelcontextprotocol/client 2; SDK version 1 takes it as well.

import { authorize } from './browser.mjs';

export class Person {
	// `callback` is of listenForCallback, `page` of Playwright; `options`
	// are those of authorize() in browser.mjs.
	constructor({ page, callback, options, metadata = {} }) {
		Object.assign(this, { page, callback, options });
		this.redirectUrl = callback.redirectUri;
		this.clientMetadata = {
			client_name: 'gatepost demonstration',
			redirect_uris: [callback.redirectUri],
			grant_types: ['authorization_code', 'refresh_token'],
			response_types: ['code'],
			token_endpoint_auth_method: 'none',
			...metadata,
		};
		this.authorizations = 0; // how often a browser was needed
	}

	state() {
		return crypto.randomUUID();
	}

	clientInformation() {
		return this.client;
	}

	saveClientInformation(client) {
		this.client = client;
	}

	tokens() {
		return this.kept;
	}

	saveTokens(tokens) {
		this.kept = tokens;
	}

	saveCodeVerifier(verifier) {
		this.verifier = verifier;
	}

	codeVerifier() {
		return this.verifier;
	}

	saveDiscoveryState(discovery) {
		this.discovery = discovery;
	}

	discoveryState() {
		return this.discovery;
	}

	invalidateCredentials(what) {
		if (what === 'all' || what === 'client')
			this.client = undefined;
		if (what === 'all' || what === 'tokens')
			this.kept = undefined;
		if (what === 'all' || what === 'discovery')
			this.discovery = undefined;
	}

	async redirectToAuthorization(url) {
		this.authorizations++;
		this.answer = await authorize(this.page, url, this.callback,
		    this.options);
		if (this.answer.get('state') !== url.searchParams.get('state'))
			throw new Error('the state that came back is another one');
	}

	// Do `work()`; when it needs an authorization first, finish that with
	// `finish(parameters of the callback)` and do it again.
	async persist(work, finish) {
		try {
			return await work();
		} catch (error) {
			// both SDKs have a class of this name, and wrap it at times
			if (error?.constructor?.name !== 'UnauthorizedError' &&
			    error?.cause?.constructor?.name !== 'UnauthorizedError')
				throw error;
			if (this.answer === undefined)
				throw error;
		}
		const answer = this.answer;
		this.answer = undefined;
		await finish(answer);
		return work();
	}
}
