-- SPDX-License-Identifier: ISC
-- introspect: tells a resource server whether a token still holds.

\set program introspect
\ir role.psql

-- Lists what revokes a token.  Called by the functions below, in their queries,
-- of which the planner makes it a part.
create or replace function gatepost.token_revocations(
	given_grant_id uuid,
	given_client_id text,
	given_subject text,
	given_issued_at bigint
)
returns setof gatepost.revocation
language sql stable
begin atomic
	select v.*
	from gatepost.revocation v
	where v.subject = any (array['', given_client_id, given_subject,
		given_grant_id::text])
	and (v.kind = 'grant' and v.subject = given_grant_id::text
		or v.kind = 'client' and v.subject = given_client_id
			and given_issued_at
			    <= extract(epoch from v.revoked_at)
		or v.kind = 'account' and v.subject = given_subject
			and given_issued_at
			    <= extract(epoch from v.revoked_at)
		or v.kind = 'epoch' and given_issued_at
			    <= extract(epoch from v.revoked_at));
end;
comment on function gatepost.token_revocations(uuid, text, text, bigint) is
'What revokes a token.';

-- Judges a resource server's assertion, and uses it.  Called by
-- introspect_token, first of what changes anything.  Returns null, 'stale_keys'
-- or 'invalid_client'.
create or replace function gatepost.introspect_assertion(
	caller text,
	given_assertion gatepost.client_assertion
)
returns text
language plpgsql
as $$
declare
	fault text;
begin
	select assertion_judged(s.jwks_version, null, false, given_assertion)
	into fault
	from resource_server s
	where s.id = caller
	and s.jwks is not null
	and s.disabled_at is null;
	return case
	    when not found then 'invalid_client'
	    when fault = 'stale_keys' then fault
	    when fault is not null
		or not assertion_spend(caller, given_assertion)
		then 'invalid_client' end;
end
$$;
comment on function gatepost.introspect_assertion(text,
	gatepost.client_assertion) is
'Judges a resource server''s assertion and uses it; null: it is good.';

-- Judges a token for a resource server (RFC 7662, 2), and changes nothing.
-- Called by the functions below with what introspect gave them; the planner
-- makes it a part of their query.  active is whether the token's signature and
-- times hold (introspect_call's verified), the rest is what it says.  No row
-- when there is no such caller.
-- authentic: it has the secret; holds: not for another audience either.
create or replace function gatepost.introspect_held(
	given_caller_id text,
	given_method text,
	given_secret_hash bytea,
	active boolean,
	given_grant_id uuid,
	given_client_id text,
	given_subject text,
	given_audience text,
	given_issued_at bigint
)
returns table (
	authentic boolean,
	holds boolean,
	caller text,
	resource text,
	account_name text
)
language sql stable
begin atomic
	select gatepost.client_authentic(null, s.disabled_at, s.secret_hash,
			null, null, nullif(given_method, 'none'),
			given_secret_hash),
		coalesce(active
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
				from gatepost.token_revocations(given_grant_id,
					given_client_id, given_subject,
					given_issued_at)), false),
		s.id, s.uri::text, a.username::text
	from gatepost.resource_server s
	left join gatepost.access_grant g on g.id = given_grant_id
	left join gatepost.client c on c.client_id = g.client_id
	left join gatepost.account a on a.id = g.account_id
	where s.id = given_caller_id;
end;
comment on function gatepost.introspect_held(text, text, bytea, boolean, uuid, text, text, text, bigint) is
'Whether a token holds for a resource server.';

-- Judges tokens and records that.  Called by introspect, for several calls
-- (base.sql).
create or replace function gatepost.introspect_token(
	calls gatepost.introspect_call[]
)
returns setof gatepost.introspect_answer
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	r record;
	events audit_event[];
begin
	if array_ndims(calls) <> 1 or array_lower(calls, 1) <> 1
	or cardinality(calls) > 8 then
		raise exception 'calls are to be up to 8, counted from 1';
	end if;
	for r in
		select q.ordinality as place,
			h.authentic, h.holds, h.caller, h.resource,
			h.account_name
		from unnest(calls) with ordinality q
		left join introspect_held(q.caller_id, q.method, q.secret_hash,
		    q.verified, q.grant_id, q.client_id, q.subject, q.audience,
		    q.issued_at) h on true
		order by q.ordinality
	loop
		declare
			q constant introspect_call := calls[r.place];
			a introspect_answer;
		begin
			if q.method = 'private_key_jwt' then
				a.outcome := introspect_assertion(r.caller,
				    q.assertion);
			elsif r.authentic is not true then
				a.outcome := 'invalid_client';
			end if;
			a.outcome := coalesce(a.outcome,
			    case when r.holds then 'active'
				else 'inactive' end);
			if a.outcome = 'active' then
				a.username := r.account_name;
			end if;
			if a.outcome <> 'stale_keys' then
				events := array_append(events, audit_row(
				    program => 'introspect',
				    event => 'introspect',
				    outcome => a.outcome,
				    error => case
					when a.outcome = 'invalid_client'
					then a.outcome end,
				    client_id => case
					when a.outcome = 'active'
					then q.client_id end,
				    account_id => case
					when a.username is not null
					then q.subject::uuid end,
				    username => a.username,
				    grant_id => case
					when a.outcome <> 'invalid_client'
					then q.grant_id end,
				    resource => r.resource,
				    address => q.address,
				    detail => case
					when r.caller is not null
					then jsonb_build_object('caller',
					    r.caller) end));
			end if;
			return next a;
		end;
	end loop;
	insert into audit_event
	select *
	from unnest(events);
end
$$;
comment on function gatepost.introspect_token(gatepost.introspect_call[]) is
'Tells resource servers whether tokens hold; for introspect.';

-- Judges a token where nothing can be recorded: on a hot standby, for a caller
-- with a secret, since an assertion has to be used up.  Called by introspect,
-- which then calls introspect_record on the primary, and answers
-- only when that has recorded it.  A standby may not have heard of a grant yet:
-- what it does not find to hold is put to introspect_token there.
create or replace function gatepost.introspect_judge(
	given_caller_id text,
	given_method text,
	given_secret_hash bytea,
	active boolean,
	given_grant_id uuid,
	given_client_id text,
	given_subject text,
	given_audience text,
	given_issued_at bigint,
	out outcome text,
	out username text
)
language plpgsql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	select case
		when not f.authentic then 'invalid_client'
		when f.holds then 'active'
		else 'inactive' end,
		case when f.authentic and f.holds then f.account_name end
	into outcome, username
	from introspect_held(given_caller_id, given_method,
	    given_secret_hash, active, given_grant_id, given_client_id,
	    given_subject, given_audience, given_issued_at) f;
	if not found then
		outcome := 'invalid_client';
	end if;
end
$$;
comment on function gatepost.introspect_judge(text, text, bytea, boolean,
	uuid, text, text, text, bigint) is
'Tells whether a token holds, recording nothing; for introspect on a standby.';

-- Records on the primary that introspect_judge found a token to hold on a
-- standby, which may be behind: the caller, and what has been revoked, are
-- looked at again.  Called by introspect.  Returns the outcome that counts.
create or replace function gatepost.introspect_record(
	given_caller_id text,
	given_method text,
	given_secret_hash bytea,
	given_grant_id uuid,
	given_client_id text,
	given_subject text,
	given_issued_at bigint,
	given_address text,
	out outcome text
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	r record;
begin
	select case
		when not client_authentic(null, s.disabled_at, s.secret_hash,
			null, null, nullif(given_method, 'none'),
			given_secret_hash) then 'invalid_client'
		when exists (
			select
			from token_revocations(given_grant_id,
				given_client_id, given_subject,
				given_issued_at)) then 'inactive'
		else 'active' end as outcome,
		s.id as caller, s.uri, a.id as account_id, a.username
	into r
	from (values (0)) one
	left join resource_server s on s.id = given_caller_id
	left join access_grant g on g.id = given_grant_id
	left join account a on a.id = g.account_id;
	outcome := r.outcome;
	perform audit_add(
	    program => 'introspect',
	    event => 'introspect',
	    outcome => outcome,
	    error => case when outcome = 'invalid_client' then outcome end,
	    client_id => case when outcome = 'active'
		then client_known(given_client_id) end,
	    account_id => case when outcome = 'active' then r.account_id end,
	    username => case when outcome = 'active' then r.username end,
	    grant_id => case when outcome <> 'invalid_client'
		then given_grant_id end,
	    resource => r.uri,
	    address => given_address,
	    detail => case when r.caller is not null
		then jsonb_build_object('caller', r.caller) end);
end
$$;
comment on function gatepost.introspect_record(text, text, bytea, uuid, text,
	text, bigint, text) is
'Records what was told about a token; for introspect on a standby.';

grant execute on function
	gatepost.introspect_token(gatepost.introspect_call[]),
	gatepost.introspect_judge(text, text, bytea, boolean, uuid, text, text,
		text, bigint),
	gatepost.introspect_record(text, text, bytea, uuid, text, text, bigint,
		text),
	gatepost.client_keys_read(text),
	gatepost.jwks_read()
to :"role";
