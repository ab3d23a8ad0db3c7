// What no constraint says of rows that only functions write: see
// sql/schema/014-lean.sql, and 015-current.sql.

import { rows } from '../e2e/lib/site.mjs';
import { verdict } from './tally.mjs';

const BROKEN = `
	select 'request ' || id as which
	from gatepost.request
	where code_challenge !~ '^[A-Za-z0-9_-]{43}$'
	or octet_length(query) > 65536
	or case when client_id is null then num_nonnulls(query, redirect_uri,
			code_challenge, scopes, resource) > 0
		else query is null and num_nulls(redirect_uri, code_challenge,
			scopes, resource) > 0 end
	union all
	select 'grant ' || id
	from gatepost.access_grant
	where generation < 1
	or num_nulls(generation, refresh_hash, rotated_at) not in (0, 3)
	or num_nulls(account_id, consent_id) = 1
	or cardinality(mark_generation) <> cardinality(mark_at)
	union all
	select 'the copies in change'
	from gatepost.change h
	cross join gatepost.server s
	left join gatepost.signing_key k on k.generation = (
		select max(generation)
		from gatepost.signing_key)
	where (h.kid, h.activates_at, h.access_token_lifetime, h.refresh_idle,
		h.refresh_absolute, h.replay_window, h.epoch_at,
		h.default_resource)
	is distinct from (k.kid, k.activates_at, s.access_token_lifetime,
		s.refresh_idle, s.refresh_absolute, s.replay_window, s.epoch_at,
		s.default_resource)`;
const ALL = `select (select count(*) from gatepost.request)
	+ (select count(*) from gatepost.access_grant) as n`;

export async function whole() {
	const broken = await rows(BROKEN);
	const [{ n }] = await rows(ALL);

	broken.slice(0, 5).forEach(({ which }) => console.log(`# ${which}`));
	verdict(broken.length === 0 && Number(n) > 0,
	    `of ${n} requests and grants ${broken.length} break a rule`);
}
