-- SPDX-License-Identifier: ISC
-- What may happen only so often, and what an address is counted as.

-- Says what an address is counted as: itself, or the /64 that one IPv6 host
-- has all to itself.  Called by what counts logins and registrations.
create or replace function gatepost.address_network(address inet)
returns text
language sql immutable parallel safe
return case family(address) when 6
	then network(set_masklen(address, 64))::text
	else host(address) end;
comment on function gatepost.address_network(inet) is
'The network that an address is counted as.';

-- Counts one more of something, of which there may be so many in a span of
-- time.  Called by fetch_count, client_keys_ask and register_slow.  Returns
-- true; null when there were that many.  The row's lock lets no two that run at
-- once count as one.
create or replace function gatepost.rate_count(
	counted text,
	allowed integer,
	given_span interval
)
returns boolean
language sql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	insert into rate as r (subject, span)
	values (counted, given_span)
	on conflict (subject) do update
	set since = case when r.since > now() - r.span
			then r.since else now() end,
		count = case when r.since > now() - r.span
			then r.count + 1 else 1 end
	where r.since <= now() - r.span
	or r.count < allowed
	returning true
$$;
comment on function gatepost.rate_count(text, integer, interval) is
'Counts one more of something; null when there were too many.';

-- Says when something may be tried again of which there were too many, without
-- counting.  Called by register_slow.  Returns seconds, 1 at least; null when
-- there were not.
create or replace function gatepost.rate_wait(counted text, allowed integer)
returns integer
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select greatest(1, ceil(extract(epoch from
		r.since + r.span - now()))::integer)
	from rate r
	where r.subject = counted
	and r.count >= allowed
	and r.since > now() - r.span
$$;
comment on function gatepost.rate_wait(text, integer) is
'The seconds until something may be tried again.';
