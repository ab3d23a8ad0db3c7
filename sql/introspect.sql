-- SPDX-License-Identifier: ISC
-- introspect: tells a resource server whether a token still holds.

\set program introspect
\ir role.psql

-- Judges a token for a resource server (RFC 7662, 2).  Called by introspect,
-- which has verified it: active is whether signature and times hold, the rest
-- is what it says.  Outcomes: 'active'; 'inactive' (also one for another
-- audience); 'invalid_client'.
create or replace function gatepost.introspect_token(
	given_caller_id text,
	given_method text,
	given_secret_hash bytea,
	active boolean,
	given_grant_id uuid,
	given_client_id text,
	given_subject text,
	given_audience text,
	given_issued_at bigint,
	given_address text,
	out outcome text,
	out username text
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	r record;
begin
	select client_authentic(null, s.disabled_at, s.secret_hash, null, null,
		nullif(given_method, 'none'), given_secret_hash) as authentic,
		active
		and s.uri = given_audience
		and g.resource = given_audience
		and g.client_id = given_client_id
		and g.ended_at is null
		and c.disabled_at is null
		and c.client_id is not null
		and case when g.account_id is null
			then given_subject = given_client_id
			else given_subject = a.id::text
				and a.disabled_at is null end
		and not exists (
			select
			from revocation v
			where v.subject = any (array['', given_client_id,
				given_subject, given_grant_id::text])
			and (v.kind = 'grant'
				and v.subject = given_grant_id::text
			or v.kind = 'client' and v.subject = given_client_id
				and given_issued_at
				    <= extract(epoch from v.revoked_at)
			or v.kind = 'account' and v.subject = given_subject
				and given_issued_at
				    <= extract(epoch from v.revoked_at)
			or v.kind = 'epoch' and given_issued_at
				    <= extract(epoch from v.revoked_at)))
		    as holds,
		s.id as caller, s.uri, a.username as account_name
	into r
	from (values (0)) one
	left join resource_server s on s.id = given_caller_id
	left join access_grant g on g.id = given_grant_id
	left join client c on c.client_id = g.client_id
	left join account a on a.id = g.account_id;

	if not r.authentic then
		outcome := 'invalid_client';
	elsif r.holds then
		outcome := 'active';
		username := r.account_name;
	else
		outcome := 'inactive';
	end if;

	insert into audit_event (id, program, event, outcome, error, client_id,
	    account_id, username, grant_id, resource, address, detail)
	values (uuid7(), 'introspect', 'introspect', outcome,
	    case when outcome = 'invalid_client' then outcome end,
	    case when outcome = 'active' then given_client_id end,
	    case when outcome = 'active' and username is not null
		then given_subject::uuid end,
	    username,
	    case when outcome <> 'invalid_client' then given_grant_id end,
	    r.uri, address_read(given_address),
	    case when r.caller is not null
		then jsonb_build_object('caller', r.caller) end);
end
$$;
comment on function gatepost.introspect_token(text, text, bytea, boolean,
	uuid, text, text, text, bigint, text) is
'Tells a resource server whether a token holds; for introspect.';

grant execute on function
	gatepost.introspect_token(text, text, bytea, boolean, uuid, text, text,
		text, bigint, text),
	gatepost.jwks_read()
to :"role";
