-- SPDX-License-Identifier: ISC
-- Scopes: who has what, and what is left of what is asked.
--
-- Those with a query are plpgsql, which plans it once for a session: a function
-- in SQL that cannot become a part of its caller's query is planned each time.

-- Whether who has a pattern has a scope: they are equal, or it ends in `:*`
-- and the scope has the same segments before that, and more.
create or replace function gatepost.scope_covers(pattern text, scope text)
returns boolean
language sql immutable parallel safe
return pattern = scope
	or right(pattern, 2) = ':*'
	and starts_with(scope, left(pattern, -1))
	and length(scope) >= length(pattern);
comment on function gatepost.scope_covers(text, text) is
'Whether who has a pattern, such as x:*, has a scope.';

-- Whether each of the scopes is covered by one of the patterns.
create or replace function gatepost.scopes_cover(patterns text[], scopes text[])
returns boolean
language plpgsql immutable parallel safe
as $$
begin
	-- without a query, mostly
	if scopes <@ patterns then
		return true;
	end if;
	return not exists (
		select
		from unnest(scopes) s
		where not exists (
			select
			from unnest(patterns) p
			where scope_covers(p, s)));
end
$$;
comment on function gatepost.scopes_cover(text[], text[]) is
'Whether all of the scopes are covered by the patterns.';

-- What two sides both allow: of each pair where one covers the other, the
-- narrower; what another entry covers is left out.  In the order of the first.
create or replace function gatepost.scope_intersect(a text[], b text[])
returns text[]
language plpgsql immutable parallel safe
as $$
begin
	return (
		with pair as (
			select case when scope_covers(y, x) then x else y end s,
				min(place) place
			from unnest(a) with ordinality u (x, place)
			cross join unnest(b) v (y)
			where scope_covers(y, x)
			or scope_covers(x, y)
			group by 1
		)
		select coalesce(array_agg(p.s order by p.place, p.s), '{}')
		from pair p
		where not exists (
			select
			from pair wider
			where wider.s <> p.s
			and scope_covers(wider.s, p.s)));
end
$$;
comment on function gatepost.scope_intersect(text[], text[]) is
'The scopes that both lists allow.';

-- A list with a limit laid upon it; a limit of null is none.
create or replace function gatepost.scope_limit(scopes text[], allowed text[])
returns text[]
language sql immutable parallel safe
return case when allowed is null or scopes <@ allowed then scopes
	else gatepost.scope_intersect(scopes, allowed) end;
comment on function gatepost.scope_limit(text[], text[]) is
'The scopes cut to what is allowed; null allows all.';
