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

// How many pixels a page has from left to right.
export const wide = (page) => page.evaluate(() =>
    document.documentElement.scrollWidth);

// WCAG 2.2, 1.4.3: the contrast of an element's text with what is behind it.
export const contrast = (locator) => locator.evaluate((element) => {
	const channels = (color) => color.match(/[\d.]+/g).map(Number);
	const luminance = ([r, g, b]) => {
		const [x, y, z] = [r, g, b].map((c) => {
			c /= 255;
			return c <= 0.04045 ? c / 12.92 :
			    ((c + 0.055) / 1.055) ** 2.4;
		});
		return 0.2126 * x + 0.7152 * y + 0.0722 * z;
	};
	let behind = element;
	let ground = [0, 0, 0, 0];
	while (behind !== null && (ground.length === 4 && ground[3] === 0)) {
		ground = channels(getComputedStyle(behind).backgroundColor);
		behind = behind.parentElement;
	}
	const [a, b] = [luminance(channels(getComputedStyle(element).color)),
		luminance(ground)].sort((x, y) => y - x);
	return (a + 0.05) / (b + 0.05);
});

// The one browser of a test file: started when first asked for, closed when
// the file is done, whatever became of its tests.
let shared;

export const browser = () => shared ??= launch();

after(async () => (await shared)?.close());
