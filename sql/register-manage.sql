-- SPDX-License-Identifier: ISC
-- register: clients manage what they registered (RFC 7592).

\set program register
\ir role.psql

-- Finds the client that a registration token manages, and locks it.  Called
-- by the functions below.  All null when there is none such.
create or replace function gatepost.register_find(
	given_client_id text,
	given_token_hash bytea
)
returns gatepost.client
language sql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select c
	from client c
	where c.client_id = given_client_id
	and c.self_registered
	and c.disabled_at is null
	and c.registration_token_hash = given_token_hash
	for update
$$;
comment on function gatepost.register_find(text, bytea) is
'The client that a registration token manages, locked.';

-- Shows a registration as it is.  Called by the two functions that return it.
create or replace function gatepost.register_shown(c gatepost.client)
returns table (
	client_name text,
	redirect_uris jsonb,
	grant_types jsonb,
	auth_method text,
	issued_at bigint,
	metadata jsonb
)
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select c.name, (
			select jsonb_agg(d.uri order by d.position)
			from client_redirect d
			where d.client_id = c.client_id),
		to_jsonb(c.grant_types), c.auth_method,
		floor(extract(epoch from c.created_at))::bigint,
		c.metadata || jsonb_strip_nulls(jsonb_build_object(
		'token_endpoint_auth_signing_alg', c.signing_alg))
		|| case when c.jwks is null then '{}'
		else jsonb_build_object('jwks', c.jwks) end
$$;
comment on function gatepost.register_shown(gatepost.client) is
'A client''s registration.';

-- Reads a registration (RFC 7592, 2.1).  Called by register.  Outcomes: 'ok',
-- 'invalid_token'.
create or replace function gatepost.register_read(
	given_client_id text,
	given_token_hash bytea,
	given_address text,
	out outcome text,
	out client_name text,
	out redirect_uris jsonb,
	out grant_types jsonb,
	out auth_method text,
	out issued_at bigint,
	out metadata jsonb
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	c constant client := register_find(given_client_id, given_token_hash);
begin
	outcome := case when c.client_id is null
	    then 'invalid_token' else 'ok' end;
	if outcome = 'ok' then
		select *
		into client_name, redirect_uris, grant_types, auth_method,
		    issued_at, metadata
		from register_shown(c);
	end if;
	perform audit_add(
	    program => 'register',
	    event => 'register_read',
	    outcome => outcome,
	    error => nullif(outcome, 'ok'),
	    client_id => client_known(given_client_id),
	    address => given_address);
end
$$;
comment on function gatepost.register_read(text, bytea, text) is
'Reads a client''s registration; for register.';

-- Replaces a registration (RFC 7592, 2.2): a secret that is sent must be the
-- client's; method and ids stay, keys are replaced, and so is who vouches for
-- it.  Called by register.  Outcomes: 'updated' (then all that register_read
-- returns), 'invalid_token', 'invalid_redirect_uri',
-- 'invalid_client_metadata'.
create or replace function gatepost.register_update(
	given_client_id text,
	given_token_hash bytea,
	given_secret_hash bytea,
	given_name text,
	given_redirect_uris text[],
	given_grant_types text[],
	given_metadata jsonb,
	given_address text,
	signer text,
	out outcome text,
	out client_name text,
	out redirect_uris jsonb,
	out grant_types jsonb,
	out auth_method text,
	out issued_at bigint,
	out metadata jsonb
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	c client := register_find(given_client_id, given_token_hash);
	kept_name constant text := left(given_name, 200);
	keys constant record := register_keys(c.auth_method, given_metadata);
begin
	outcome := case
	    when c.client_id is null then 'invalid_token'
	    when given_secret_hash is not null
		and given_secret_hash is distinct from c.secret_hash
		or c.auth_method = 'private_key_jwt'
		and not coalesce(jwks_valid(keys.jwks), false)
		then 'invalid_client_metadata'
	    else coalesce(register_fault(kept_name, given_redirect_uris,
		given_grant_types, given_metadata), 'updated') end;
	if outcome = 'updated' then
		update client k
		set name = kept_name,
			grant_types = array(
				select distinct t
				from unnest(given_grant_types) t
				order by t),
			metadata = keys.rest,
			jwks = keys.jwks,
			signing_alg = keys.signing_alg,
			software_signer = signer,
			-- consent that is remembered is asked for again
			changed_at = now()
		where k.client_id = c.client_id
		returning k.*
		into c;
		perform client_redirects_set(c.client_id, given_redirect_uris);
		select *
		into client_name, redirect_uris, grant_types, auth_method,
		    issued_at, metadata
		from register_shown(c);
	end if;
	perform audit_add(
	    program => 'register',
	    event => 'register_update',
	    outcome => outcome,
	    error => nullif(outcome, 'updated'),
	    client_id => client_known(given_client_id),
	    address => given_address,
	    detail => case when outcome = 'updated' then
		jsonb_build_object('redirect_uris', redirect_uris) end);
end
$$;
comment on function gatepost.register_update(text, bytea, bytea, text, text[],
	text[], jsonb, text, text) is
'Replaces a client''s registration; for register.';

-- Deletes a registration (RFC 7592, 2.3): its consents go, its grants end.
-- Called by register.  Outcomes: 'deleted', 'invalid_token'.
create or replace function gatepost.register_delete(
	given_client_id text,
	given_token_hash bytea,
	given_address text,
	out outcome text
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	c constant client := register_find(given_client_id, given_token_hash);
begin
	outcome := case when c.client_id is null
	    then 'invalid_token' else 'deleted' end;
	perform audit_add(
	    program => 'register',
	    event => 'register_delete',
	    outcome => outcome,
	    error => nullif(outcome, 'deleted'),
	    client_id => client_known(given_client_id),
	    address => given_address);
	if outcome = 'deleted' then
		update access_grant g
		set ended_at = now(), ended_why = 'client deleted'
		where g.client_id = c.client_id
		and g.ended_at is null;
		-- A client that was never granted anything leaves nothing to
		-- revoke: strangers must not fill the guards' list for free.
		if found then
			perform revocation_add('client', c.client_id);
		end if;
		delete from client k
		where k.client_id = c.client_id;
	end if;
end
$$;
comment on function gatepost.register_delete(text, bytea, text) is
'Deletes a client that registered itself; for register.';

grant execute on function
	gatepost.register_read(text, bytea, text),
	gatepost.register_update(text, bytea, bytea, text, text[], text[],
		jsonb, text, text),
	gatepost.register_delete(text, bytea, text)
to :"role";
