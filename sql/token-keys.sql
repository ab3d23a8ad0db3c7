-- SPDX-License-Identifier: ISC
-- token: the signing keys that it makes, seals and keeps here.

\set program token
\ir role.psql

-- Says which key signs now (null: none yet) and whether a new one must be
-- made: there is none, or the newest signs already and is old, of another
-- algorithm than set, or older than the last key_rotate().  Called by the
-- functions that give tokens; the planner puts it into their statements.
create or replace function gatepost.signing_key_now(
	rotation_age interval,
	rotation_asked_at timestamptz,
	algorithm text
)
returns table (signing_kid text, signing_rotate boolean)
language sql stable
begin atomic
	select
		case when n.activates_at <= now() then n.kid
		else (
			select k.kid
			from gatepost.signing_key k
			where k.activates_at <= now()
			order by k.generation desc
			limit 1) end,
		n.kid is null
		or n.activates_at <= now()
		and (n.activates_at < now() - rotation_age
			or n.created_at < rotation_asked_at
			or n.alg <> algorithm)
	from (values (0)) one
	left join lateral (
		select k.kid, k.alg, k.activates_at, k.created_at
		from gatepost.signing_key k
		order by k.generation desc
		limit 1) n on true;
end;
comment on function gatepost.signing_key_now(interval, timestamptz, text) is
'The key that signs now, and whether a new one must be made.';

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
