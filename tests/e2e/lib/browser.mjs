// A real browser for tests.  How a person signs in and consents is shared
// with the demonstration.

import { after } from 'node:test';
import { launch as start } from '../../../conf/demo/browser.mjs';
import { site } from './site.mjs';

export { authorize, consent, listenForCallback, pageKind, signIn } from
    '../../../conf/demo/browser.mjs';

export const launch = () => start(site.issuer);

// work(page) in a browser without any history, of somebody who reads English;
// `options` are those of Playwright's newContext (javaScriptEnabled, locale...).
export async function withPage(browser, work, options) {
	const context = await browser.newContext(
	    { locale: 'en-US', ...options });

	try {
		return await work(await context.newPage());
	} finally {
		await context.close();
	}
}

// The one browser of a test file: started when first asked for, closed when
// the file is done, whatever became of its tests.
let shared;

export const browser = () => shared ??= launch();

after(async () => (await shared)?.close());
