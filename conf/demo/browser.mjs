// A person at a browser: a real Chromium without a window, that signs in and
// consents on the pages as they are.

import { accessSync, constants } from 'node:fs';
import { createHash, X509Certificate } from 'node:crypto';
import { createServer } from 'node:http';
import { delimiter, join } from 'node:path';
import { connect } from 'node:tls';
import { chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

export function findChromium() {
	for (const dir of (process.env.PATH ?? '').split(delimiter)) {
		for (const name of NAMES) {
			try {
				const path = join(dir, name);
				accessSync(path, constants.X_OK);
				return path;
			} catch {
				// the next one
			}
		}
	}
	return null;
}

// Chromium has its own list of authorities.  The certificate that Node has
// just verified (NODE_EXTRA_CA_CERTS) is named to it by its public key.
function trustedKey(origin) {
	const { hostname, port } = new URL(origin);

	return new Promise((resolve, reject) => {
		const socket = connect({ host: hostname, port, servername: hostname });
		socket.once('error', reject);
		socket.once('secureConnect', () => {
			const { raw } = socket.getPeerCertificate();
			const key = new X509Certificate(raw).publicKey;
			socket.destroy();
			resolve(createHash('sha256')
			    .update(key.export({ type: 'spki', format: 'der' }))
			    .digest('base64'));
		});
	});
}

// Start Chromium, able to talk to the site at `origin`.  The caller closes it.
export async function launch(origin) {
	const executablePath = findChromium();
	const args = [
		'--disable-gpu', '--disable-quic', '--no-first-run',
		'--disable-background-networking', '--disable-component-update',
		'--disable-sync',
	];

	if (executablePath === null)
		throw new Error(`no browser: none of ${NAMES.join(', ')} is here`);
	if (process.getuid?.() === 0)
		args.push('--no-sandbox'); // its sandbox does not work for root
	if (origin.startsWith('https:'))
		args.push('--ignore-certificate-errors-spki-list=' +
		    await trustedKey(origin));
	return chromium.launch({ executablePath, args, headless: true });
}

// On the login page: fill it in and send it.  Found by what its parts are
// called for the server, since people read them in their own language.
export async function signIn(page, username, password) {
	await page.locator('[name=username]').fill(username);
	await page.locator('[name=password]').fill(password);
	await page.locator('form button').click();
}

// On the consent page: tick `scopes` (all that are offered when left out) and
// press Allow, or Refuse.
export async function consent(page, { scopes, allow = true } = {}) {
	for (const box of await page.locator('input[name=scope]').all()) {
		const scope = await box.getAttribute('value');
		await box.setChecked(scopes === undefined || scopes.includes(scope));
	}
	await page.locator(`[name=decision][value=${allow ? 'allow' : 'deny'}]`)
	    .click();
}

// The page that is shown: 'login', 'consent', or 'other'.
export async function pageKind(page) {
	if (await page.locator('form input[name=password]').count() > 0)
		return 'login';
	if (await page.locator('form button[name=decision]').count() > 0)
		return 'consent';
	return 'other';
}

// A native application's redirect URI: a server on loopback that waits for
// the browser.  `next()` resolves with the parameters of the next call.
export async function listenForCallback() {
	const waiting = [];
	const come = [];
	const server = createServer((req, res) => {
		const url = new URL(req.url, 'http://127.0.0.1');

		if (url.pathname !== '/callback') {
			res.writeHead(404).end();
			return;
		}
		res.writeHead(200, { 'Content-Type': 'text/html' })
		    .end('<title>Done</title><p>You can close this page.</p>');
		(waiting.shift() ?? ((params) => come.push(params)))(url.searchParams);
	});

	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	server.unref(); // who forgets to close it can still end
	return {
		redirectUri: `http://127.0.0.1:${server.address().port}/callback`,
		next: () => come.length > 0 ? Promise.resolve(come.shift()) :
		    new Promise((resolve) => waiting.push(resolve)),
		close: () => {
			server.closeAllConnections();
			server.close();
		},
	};
}

// Open an authorization URL as a person would, with whatever pages come,
// until the browser arrives at the callback; its parameters are returned.
// `on(kind, page)` is told of each page before anything is typed.
export async function authorize(page, url, callback, options) {
	const { username, password, scopes, allow, on = () => {} } = options;
	const arrived = callback.next();
	let done = false;
	let kind;

	arrived.then(() => { done = true; });
	await page.goto(String(url));
	for (let pages = 0; !done && pages < 4; pages++) {
		kind = await pageKind(page);
		if (kind === 'other')
			break;
		await on(kind, page);
		if (kind === 'login')
			await signIn(page, username, password);
		else
			await consent(page, { scopes, allow });
		await page.waitForLoadState('load');
	}
	if (!done && !page.url().startsWith(callback.redirectUri))
		throw new Error(`the browser stopped at ${page.url()}: ` +
		    (await page.locator('body').innerText()).slice(0, 300));
	return arrived;
}
