-- SPDX-License-Identifier: ISC
-- token: the signing keys that it makes, seals and keeps here.

\set program token
\ir role.psql

-- Finds the key that signs while a newer one is not active yet.  Called by
-- token_asked, rarely: so it is no part of that query.
create or replace function gatepost.signing_kid_active()
returns text
language plpgsql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	return (
		select k.kid
		from signing_key k
		where k.activates_at <= now()
		order by k.generation desc
		limit 1);
end
$$;
comment on function gatepost.signing_kid_active() is
'The newest key that is active.';

-- Lists the keys that may sign now or later, sealed.  Called by token when it
-- starts and when a kid is new to it.  The newest first.
create or replace function gatepost.token_keys()
returns table (
	kid text,
	generation integer,
	alg text,
	sealed bytea
)
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select k.kid, k.generation, k.alg, k.sealed
	from signing_key k
	where not exists (
		select
		from signing_key later
		where later.generation > k.generation
		and later.activates_at <= now())
	order by k.generation desc
$$;
comment on function gatepost.token_keys() is
'The signing keys that are used now or next, sealed; for token.';

-- Stores a key that token made.  Its generation, one more than the newest,
-- decides between several that make one at once: 'stored', or 'lost' for all
-- but one.  The first key signs at once, a later one when all caches have it,
-- and guards, which look once a second.
create or replace function gatepost.token_key_store(
	given_generation integer,
	given_kid text,
	given_alg text,
	given_public_jwk jsonb,
	given_sealed bytea,
	given_address text,
	out outcome text
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	insert into signing_key (generation, kid, alg, public_jwk, sealed,
	    activates_at)
	select given_generation, given_kid, given_alg, given_public_jwk,
	    given_sealed,
	    case when exists (
		select
		from signing_key k
		where k.activates_at <= now())
	    then now() + make_interval(
		secs => greatest(2 * s.cache_seconds, 2))
	    else now() end
	from server s
	where given_generation = 1 + coalesce((
		select max(k.generation)
		from signing_key k), 0)
	on conflict do nothing;
	outcome := case when found then 'stored' else 'lost' end;
	if outcome = 'stored' then
		perform change_bump();
	end if;
	perform audit_add(
	    program => 'token',
	    event => 'key',
	    outcome => outcome,
	    address => given_address,
	    detail => jsonb_build_object('kid', given_kid,
		'generation', given_generation, 'alg', given_alg));
end
$$;
comment on function gatepost.token_key_store(integer, text, text, jsonb, bytea, text) is
'Stores a signing key that token made.';

grant execute on function
	gatepost.token_keys(),
	gatepost.token_key_store(integer, text, text, jsonb, bytea, text)
to :"role";
