-- SPDX-License-Identifier: ISC
-- Clients that authenticate with a key of their own (RFC 7523, 2.2), at token
-- and revoke, and resource servers that do, at introspect.  The programs verify
-- signatures, with keys that they keep; the one statement that decides says
-- when those are no longer the client's.

-- Reads a client's keys, or a resource server's.  Called by token, revoke and
-- introspect when they do not keep them, or no longer the right ones.  No row
-- for one that does not authenticate so.  Only here and in assertion_fault and
-- introspect_assertion is said which keys are whose.
create or replace function gatepost.client_keys_read(given_client_id text)
returns table (version bytea, jwks text)
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select c.jwks_version, c.jwks::text
	from client c
	where c.client_id = given_client_id
	and c.auth_method = 'private_key_jwt'
	and c.disabled_at is null
	union all
	select s.jwks_version, s.jwks::text
	from resource_server s
	where s.id = given_client_id
	and s.jwks is not null
	and s.disabled_at is null
	limit 1
$$;
comment on function gatepost.client_keys_read(text) is
'Whose public keys these are and their version; for token, revoke and introspect.';

-- Judges an assertion by what is known of who made it, and by the database's
-- clock: it may live for an hour, and others' clocks be a minute ahead.
-- Called by the function below and by introspect_assertion.  Returns null,
-- 'stale_keys' (the program is to read the keys and verify again), or why it is
-- refused.  Inlined by the planner.
create or replace function gatepost.assertion_judged(
	keys_version bytea,
	signing_alg text,
	token_endpoint_audience boolean,
	given gatepost.client_assertion
)
returns text
language sql stable parallel safe
return case
	when assertion_judged.keys_version is distinct from given.keys_version
		then 'stale_keys'
	when given.fault is not null then given.fault
	when given.alg is distinct from coalesce(signing_alg, given.alg)
		then 'algorithm'
	when coalesce(given.audience <> case when token_endpoint_audience
		then given.audience else 'issuer' end, true) then 'audience'
	when coalesce(to_timestamp(given.expires_at) <= now(), true)
		then 'expired'
	when to_timestamp(given.expires_at) > now() + interval '61 minutes'
		or to_timestamp(given.issued_at) < now() - interval '61 minutes'
		then 'lifetime'
	when to_timestamp(greatest(given.issued_at, given.not_before))
		> now() + interval '1 minute' then 'not_yet' end;
comment on function gatepost.assertion_judged(bytea, text, boolean,
	gatepost.client_assertion) is
'Why an assertion is refused; null: it is good.';

-- The same by what is known of a client.
create or replace function gatepost.assertion_fault(
	c gatepost.client,
	given gatepost.client_assertion
)
returns text
language sql stable parallel safe
return case
	when c.client_id is null then 'unknown client'
	when c.disabled_at is not null then 'disabled'
	when c.auth_method is distinct from 'private_key_jwt'
		then 'auth_method'
	else gatepost.assertion_judged(c.jwks_version, c.signing_alg,
		c.token_endpoint_audience, given) end;
comment on function gatepost.assertion_fault(gatepost.client,
	gatepost.client_assertion) is
'Why a client assertion is refused; null: it is good.';

-- Whether a client has the secret that it is registered with, or needs none.
-- Called by token_asked, revoke_token and client_secret_fault, of whose
-- queries the planner makes it a part.
create or replace function gatepost.client_secret_good(
	c gatepost.client,
	given_method text,
	given_secret_hash bytea
)
returns boolean
language sql stable parallel safe
return gatepost.client_authentic(
	case when c.also_public and given_method = 'none'
	then 'none' else c.auth_method end, c.disabled_at, c.secret_hash,
	c.previous_secret_hash, c.previous_secret_until, given_method,
	given_secret_hash);
comment on function gatepost.client_secret_good(gatepost.client, text, bytea) is
'Whether a client has its secret, or needs none.';

-- Says for the audit record why client_secret_good refused somebody.  That is
-- asked again with the right secret: if it is good then, it was the secret.
-- Called by caller_refusal.
create or replace function gatepost.client_secret_fault(
	given_client_id text,
	given_method text
)
returns text
language plpgsql stable
as $$
begin
	return (
		select case
			when c.client_id is null then 'unknown client'
			when c.disabled_at is not null then 'disabled'
			when client_secret_good(c, given_method,
				case when given_method <> 'none'
				then c.secret_hash end) then 'secret'
			else 'auth_method' end
		from (values (0)) one
		left join client c on c.client_id = given_client_id);
end
$$;
comment on function gatepost.client_secret_fault(text, text) is
'Why a client without an assertion is refused.';

-- Names an assertion.  Called by assertion_spend, with a digest in hexadecimal
-- and a day since 1970.
create or replace function gatepost.assertion_id(hash text, day bigint)
returns uuid
language sql immutable parallel safe
return (lpad(to_hex(day * 86400000), 12, '0') || '7' || substr(hash, 1, 3)
	|| '8' || substr(hash, 4, 15))::uuid;
comment on function gatepost.assertion_id(text, bigint) is
'The id under which a client assertion is used.';

-- Uses an assertion that is good.  Called by token, revoke and introspect
-- before they change anything else.  Returns false when one of its jti was used
-- that has not expired: of many hosts at once the primary key lets one do it.
-- Near midnight there may be one of its jti that expires on the other day; that
-- is another row, and is looked for.
create or replace function gatepost.assertion_spend(
	client_id text,
	given gatepost.client_assertion
)
returns boolean
language plpgsql
as $$
declare
	hash constant text := encode(sha256(given.jti_hash
	    || convert_to(client_id, 'UTF8')), 'hex');
	second constant bigint := extract(epoch from now());
	today constant bigint := second / 86400;
	last constant bigint := (second + 3660) / 86400;
	own constant bigint := given.expires_at / 86400;
begin
	if today <> last and exists (
		select
		from assertion_used u
		where u.id = assertion_id(hash, today + last - own)) then
		return false;
	end if;
	insert into assertion_used (id)
	values (assertion_id(hash, own))
	on conflict do nothing;
	return found;
end
$$;
comment on function gatepost.assertion_spend(text, gatepost.client_assertion) is
'Uses a client assertion; false when its jti was used before.';

-- Judges a caller that client_secret_good refuses.  Called by the functions of
-- token and revoke, first of what changes anything, since an assertion is used
-- by it if the caller is who it says, whatever else it asks, unless there is no
-- key to answer with.  refusal is 'invalid_client', 'stale_keys' when the keys
-- are others than the program had, or null for one whose assertion is good; why
-- is what is wrong.
create or replace function gatepost.caller_refusal(
	caller text,
	given_client_id text,
	given_method text,
	given_assertion gatepost.client_assertion,
	otherwise text,
	out refusal text,
	out why text
)
language plpgsql
as $$
begin
	if given_method is distinct from 'private_key_jwt' then
		refusal := 'invalid_client';
		why := client_secret_fault(given_client_id, given_method);
		return;
	end if;
	select assertion_fault(c, given_assertion)
	into why
	from (values (0)) one
	left join client c on c.client_id = caller;
	if why is null and otherwise is distinct from 'no_key'
	and not assertion_spend(caller, given_assertion) then
		why := 'used';
	end if;
	if why = 'stale_keys' then
		refusal := why;
	elsif why is not null then
		refusal := 'invalid_client';
		why := 'assertion: ' || why;
	end if;
end
$$;
comment on function gatepost.caller_refusal(text, text, text,
	gatepost.client_assertion, text) is
'Why a caller is refused, if it is; else its assertion is good, and used.';
