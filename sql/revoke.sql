-- SPDX-License-Identifier: ISC
-- revoke: ends what the caller holds.

\set program revoke
\ir role.psql

-- Revokes a token (RFC 7009), and with it its grant.  Called by revoke: a
-- refresh token comes as the grant that it names and its secret's hash, which
-- the grant must know; an access token was verified, and comes without.
-- Outcomes: 'stale_keys' (as token_redeem's), 'revoked', 'ignored' (unknown,
-- over, or another client's: the answer is the same), 'invalid_client'.
create or replace function gatepost.revoke_token(
	given_client_id text,
	given_method text,
	given_secret_hash bytea,
	given_assertion gatepost.client_assertion,
	given_grant_id uuid,
	given_refresh_hash bytea,
	given_address text,
	out outcome text
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	c client;
	g access_grant;
	why text;
begin
	select *
	into c
	from client k
	where k.client_id = given_client_id;
	if not client_secret_good(c, given_method, given_secret_hash) then
		select r.refusal, r.why
		into outcome, why
		from caller_refusal(c.client_id, given_client_id, given_method,
		    given_assertion, null) r;
		if outcome = 'stale_keys' then
			return;
		end if;
	end if;
	if outcome is null then
		select *
		into g
		from access_grant a
		where a.id = given_grant_id
		and a.client_id = c.client_id
		and (given_refresh_hash is null
			or given_refresh_hash in (a.refresh_hash,
				a.previous_refresh_hash))
		for update;
		outcome := case when g.id is not null
			and grant_end(g.id, 'revoked by its client')
		    then 'revoked' else 'ignored' end;
	end if;
	perform audit_add(
	    program => 'revoke',
	    event => 'revoke',
	    outcome => outcome,
	    error => case when outcome = 'invalid_client' then outcome end,
	    client_id => c.client_id,
	    account_id => g.account_id,
	    grant_id => g.id,
	    resource => g.resource,
	    address => given_address,
	    detail => case when why is not null
		then jsonb_build_object('why', why) end);
end
$$;
comment on function gatepost.revoke_token(text, text, bytea,
	gatepost.client_assertion, uuid, bytea, text) is
'Revokes a token''s grant; for revoke.';

grant execute on function
	gatepost.revoke_token(text, text, bytea, gatepost.client_assertion,
		uuid, bytea, text),
	gatepost.client_keys_read(text),
	gatepost.client_keys_ask(text),
	gatepost.jwks_read()
to :"role";
