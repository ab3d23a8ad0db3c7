// Registrations without end, from one address and from many: what is stored
// has an end, and so has what each takes; those of hosted applications go on;
// and what was let in is swept in bounded time.
//
//	flood.mjs NUMBER	with the site in the environment
//
// Prints figures behind '#', then lines of 'ok' or 'not ok'.

import { fcgi, variables } from '../e2e/lib/fcgi.mjs';
import { psql, row, site, taken } from '../e2e/lib/site.mjs';
import { verdict } from './tally.mjs';

const NUMBER = Number(process.argv[2]);
const AT_ONCE = 16;
const RATE = 10; // the setting registration_rate

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

async function register(address, uri) {
	const body = JSON.stringify({ redirect_uris: [uri],
		token_endpoint_auth_method: 'none' });
	const start = performance.now();
	const { status } = await fcgi('register', variables('/oauth2/register', {
		method: 'POST', type: 'application/json', body,
		REMOTE_ADDR: address }), body);

	return { status, ms: performance.now() - start };
}

// What there is of clients, and of counters.
const stored = async () => row('select (select count(*) from gatepost.client) ' +
    'as clients, (select count(*) from gatepost.rate) as counters');

async function flood(what, address, wanted) {
	const before = await stored();
	const times = [], hosted = [], statuses = {};
	let next = 0;
	const lane = async () => {
		for (let i = next++; i < NUMBER; i = next++) {
			const { status, ms } = await register(address(i),
			    'http://127.0.0.1/callback');

			statuses[status] = (statuses[status] ?? 0) + 1;
			times[i] = ms;
			if (i % Math.ceil(NUMBER / 100) === 0)
				hosted.push((await register('198.51.100.7',
				    'https://claude.ai/api/mcp/auth_callback')).status);
		}
	};

	await psql('delete from gatepost.rate');
	await Promise.all(Array.from({ length: AT_ONCE }, lane));
	const after = await stored();
	const tenth = Math.ceil(NUMBER / 10);
	const [first, last] = [times.slice(0, tenth), times.slice(-tenth)]
	    .map(median);
	const clients = after.clients - before.clients - hosted.length;
	console.log(`# ${what}: ${NUMBER} asked, ${JSON.stringify(statuses)}; ${
		clients} clients and ${after.counters} counters are stored; half of ` +
	    `the first tenth within ${first.toFixed(1)} ms, of the last ${
		last.toFixed(1)} ms, the longest took ${
		Math.max(...times).toFixed(0)} ms`);
	verdict(clients === wanted && (statuses[201] ?? 0) === wanted &&
	    (statuses[429] ?? 0) === NUMBER - wanted,
	    `${what}: ${wanted} of ${NUMBER} are let in`);
	verdict(after.counters <= wanted + 4,
	    `${what}: no more counters than clients`);
	if (NUMBER >= 100_000) // few would show how busy this machine is
		verdict(last < 3 * first && Math.max(...times) < 5000,
		    `${what}: the last are answered as soon as the first`);
	verdict(hosted.every((status) => status === 201),
	    `${what}: ${hosted.length} of a hosted application are let in`);
}

const many = (i) => `10.${i >> 16 & 255}.${i >> 8 & 255}.${i & 255}`;

await flood('one address', () => '192.0.2.1', Math.min(NUMBER, RATE));
await flood('many addresses', many, Math.min(NUMBER, 100 * RATE));
await psql("select gatepost.setting_set('registration_rate', '1000000')");
await taken();
await flood('without a limit', many, NUMBER);

// What was never used goes, so many at a time, and nothing else does.
const used = await psql('update gatepost.client set last_used_at = now() ' +
    'where client_id = (select client_id from gatepost.client where ' +
    'self_registered limit 1) returning client_id');
await psql("update gatepost.client set created_at = now() - interval '31 days'");
let rounds = 0, most = 0, slowest = 0, left;
do {
	const start = performance.now();
	const { rows } = await row('select rows from gatepost.sweep() ' +
	    "where name = 'client' and what = 'unused clients deleted'");

	slowest = Math.max(slowest, performance.now() - start);
	most = Math.max(most, rows);
	rounds++;
	left = rows;
} while (left > 0 && rounds < 100);
const kept = await row('select count(*) as n, bool_or(client_id = ' +
    `'${used}') as used from gatepost.client where self_registered`);
console.log(`# swept in ${rounds} rounds of ${most} at most; the slowest took ${
	slowest.toFixed(0)} ms`);
verdict(kept.n === 1 && kept.used, 'sweep: all but what was used is gone');
verdict(most <= 10_000 && slowest < 60_000, 'sweep: a round has its bounds');
