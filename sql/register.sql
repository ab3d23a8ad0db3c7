-- SPDX-License-Identifier: ISC
-- register: clients that register themselves.  What manages that is in
-- register-manage.sql.

\set program register
\ir role.psql

-- Judges what a client says of itself.  Called by register_create,
-- register_update and fetch_client_store.  Returns the error's code, null when
-- it is good.
create or replace function gatepost.register_fault(
	name text,
	redirect_uris text[],
	grant_types text[],
	metadata jsonb
)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	if coalesce(cardinality(redirect_uris), 0) not between 1 and 32
	or exists (
		select
		from unnest(redirect_uris) u
		where not redirect_allowed(u)) then
		return 'invalid_redirect_uri';
	end if;
	if not coalesce('authorization_code' = any (grant_types)
	    and grant_types <@ '{authorization_code,refresh_token}'
	    and label_valid(name)
	    and jsonb_typeof(coalesce(metadata, '{}')) = 'object'
	    and octet_length(coalesce(metadata, '{}')::text) <= 16384,
	    false) then
		return 'invalid_client_metadata';
	end if;
	return null;
end
$$;
comment on function gatepost.register_fault(text, text[], text[], jsonb) is
'What is wrong with what a client says of itself; null if nothing.';

-- Takes the keys out of what a client says of itself.  Called by
-- register_create, register_update and fetch_client_store.  Null unless it
-- authenticates by them.
create or replace function gatepost.register_keys(
	auth_method text,
	metadata jsonb,
	out jwks jsonb,
	out signing_alg text,
	out rest jsonb
)
language plpgsql immutable
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	if auth_method = 'private_key_jwt' then
		jwks := metadata -> 'jwks';
		signing_alg := metadata ->> 'token_endpoint_auth_signing_alg';
	end if;
	rest := coalesce(metadata, '{}')
	    - '{jwks,token_endpoint_auth_signing_alg}'::text[];
end
$$;
comment on function gatepost.register_keys(text, jsonb) is
'The keys in what a client says of itself, and the rest of it.';

-- Finds whose software statements are believed.  Called by register when a
-- client sends one.  No row: not those of that issuer.
create or replace function gatepost.register_signer(given_iss text)
returns table (jwks jsonb, at bigint)
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select s.jwks, floor(extract(epoch from now()))::bigint
	from software_signer s
	where s.iss = given_iss
$$;
comment on function gatepost.register_signer(text) is
'The keys of who vouches for software, and the time; for register.';

-- Finds the hosted application that a registration is of: all of its redirect
-- URIs are https, and at hosts of hosted_client.  Called by register_create.
-- Returns the row of the one with the least room, all null when it is of none.
create or replace function gatepost.register_hosted(redirect_uris text[])
returns gatepost.hosted_client
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select h
	from hosted_client h
	cross join (
		select array_agg(case when u like 'https://%'
			then lower(redirect_host(u)) else '' end) as hosts
		from unnest(redirect_uris) u) o
	where h.redirect_host = any (o.hosts)
	and o.hosts <@ array(
		select i.redirect_host
		from hosted_client i)
	order by h.per_hour, h.redirect_host
	limit 1
$$;
comment on function gatepost.register_hosted(text[]) is
'The hosted application that a registration is of; all null: of none.';

-- Counts a registration: those of a hosted application apart, so that its many
-- users do not share what is meant for one, and by network, of which an IPv6
-- one is part of a larger one.  When ten networks' worth is used up, a network
-- that had none may still register one client, so that few cannot lock all
-- others out; until there were ten times as many as that.  Called by
-- register_create.  Returns the seconds to wait, null when it may go on.
create or replace function gatepost.register_slow(
	hosted gatepost.hosted_client,
	given_address text
)
returns integer
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	every constant text :=
	    concat_ws(' ', 'registration', hosted.redirect_host);
	address constant inet := address_read(given_address);
	largest constant integer := coalesce(hosted.per_hour, (
		select s.registration_rate
		from server s));
	allowed constant integer := case
	    when rate_wait(every, 10 * largest) is null then largest
	    else 1 end;
	wait constant integer := rate_wait(every, 100 * largest);
	counted text;
begin
	if wait is not null then
		return wait;
	end if;
	foreach counted in array array_remove(array[
	    case when family(address) = 6
		then network(set_masklen(address, 48))::text end,
	    coalesce(address_network(address), '?')], null)
	loop
		counted := concat_ws(' ', every, 'from', counted);
		if rate_count(counted, allowed, '1 hour') is null then
			return coalesce(rate_wait(counted, allowed), 1);
		end if;
	end loop;
	if rate_count(every, 100 * largest, '1 hour') is null then
		return coalesce(rate_wait(every, 100 * largest), 1);
	end if;
	return null;
end
$$;
comment on function gatepost.register_slow(gatepost.hosted_client, text) is
'Counts a registration; the seconds to wait when there were too many.';

-- Judges whether a client may register at all: 'open' to everybody, or with an
-- initial access token, which it locks.  Called by register_create.  Returns
-- the error's code, null when it may.
create or replace function gatepost.register_admission(
	given_access_id uuid,
	given_access_hash bytea,
	presented boolean
)
returns text
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	mode constant text := (
		select s.registration
		from server s);
begin
	if mode = 'closed' then
		return 'closed';
	elsif not presented then
		return case when mode = 'token' then 'invalid_token' end;
	end if;
	perform
	from initial_access_token t
	where t.id = given_access_id
	and t.hash = given_access_hash
	and t.expires_at > now()
	and coalesce(t.used < t.uses, true)
	for update;
	return case when not found then 'invalid_token' end;
end
$$;
comment on function gatepost.register_admission(uuid, bytea, boolean) is
'Why a client may not register here; null if it may.';

-- Registers a client (RFC 7591).  Called by register, which has made its
-- secret, if it has one, and its registration token; access_* are of the
-- initial access token, if one was presented; signer is who vouched for what it
-- says. Outcomes: 'created'; 'closed', 'invalid_token', 'slow' with the seconds
-- to wait, 'invalid_redirect_uri', 'invalid_client_metadata'.
create or replace function gatepost.register_create(
	given_name text,
	redirect_uris text[],
	given_grant_types text[],
	given_auth_method text,
	given_secret_hash bytea,
	given_token_hash bytea,
	given_metadata jsonb,
	given_address text,
	access_presented boolean,
	access_id uuid,
	access_hash bytea,
	signer text,
	out outcome text,
	out client_id text,
	out issued_at bigint,
	out wait integer
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	kept_name constant text := left(given_name, 200);
	keys constant record := register_keys(given_auth_method,
	    given_metadata);
begin
	outcome := coalesce(
	    register_admission(access_id, access_hash, access_presented),
	    case when given_auth_method is null or given_auth_method not in
		('none', 'client_secret_basic', 'client_secret_post',
		'private_key_jwt')
		or given_auth_method = 'private_key_jwt'
		and not coalesce(jwks_valid(keys.jwks), false)
		then 'invalid_client_metadata' end,
	    register_fault(kept_name, redirect_uris, given_grant_types,
		given_metadata));
	if outcome is null and not access_presented then
		wait := register_slow(register_hosted(redirect_uris),
		    given_address);
		outcome := case when wait is not null then 'slow' end;
	end if;
	if outcome is null then
		outcome := 'created';
		insert into client as c (name, self_registered, auth_method,
		    secret_hash, grant_types, registration_token_hash, metadata,
		    jwks, signing_alg, initial_access_token, software_signer)
		values (kept_name, true, given_auth_method,
		    given_secret_hash, array(
			select distinct t
			from unnest(given_grant_types) t
			order by t),
		    given_token_hash, keys.rest, keys.jwks, keys.signing_alg,
		    access_id, signer)
		returning c.client_id,
			floor(extract(epoch from c.created_at))::bigint
		into client_id, issued_at;
		perform client_redirects_set(client_id, redirect_uris);
		update initial_access_token t
		set used = t.used + 1
		where t.id = access_id;
	end if;
	perform audit_add(
	    program => 'register',
	    event => 'register',
	    outcome => outcome,
	    error => nullif(outcome, 'created'),
	    client_id => client_id,
	    address => given_address,
	    detail => case when outcome = 'created'
		then jsonb_strip_nulls(jsonb_build_object(
		    'redirect_uris', redirect_uris,
		    'initial_access_token', access_id,
		    'software_signer', signer)) end);
end
$$;
comment on function gatepost.register_create(text, text[], text[], text,
	bytea, bytea, jsonb, text, boolean, uuid, bytea, text) is
'Registers a client that asks for it; for register.';

grant execute on function
	gatepost.register_create(text, text[], text[], text, bytea, bytea,
		jsonb, text, boolean, uuid, bytea, text),
	gatepost.register_signer(text)
to :"role";
