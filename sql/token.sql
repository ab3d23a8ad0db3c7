-- SPDX-License-Identifier: ISC
-- token: redeems codes, and gives clients tokens of their own.  What
-- refreshes is in token-refresh.sql, what keeps signing keys in token-keys.sql.
--
-- Everything is checked before anything changes.  issued_at is the moment at
-- which the transaction began, so that a revocation which this one has not
-- seen is later, and covers the token.

\set program token
\ir role.psql

-- Judges who asks for a token, and reads what an answer says whatever it is
-- for.  Called by the functions for the three grant types, each in its one
-- query, of which the planner makes it a part: it has no search_path of its
-- own.  One row, also when there is no such client: then caller is null.
-- refusal is for one that has not its secret; one with an assertion is refused
-- so until caller_refusal has judged that, which would make the query
-- dearer for all others.  otherwise is null, or what one that is who it says is
-- refused with; 'no_key' when there is none to sign with, so that nothing is
-- spent on an answer that cannot be given.
create or replace function gatepost.token_asked(
	given_client_id text,
	given_method text,
	given_secret_hash bytea,
	grant_type text
)
returns table (
	caller text,
	refusal text,
	otherwise text,
	refreshable boolean,
	unused boolean,
	client_scopes text[],
	default_resource text,
	refresh_idle interval,
	refresh_absolute interval,
	replay_window interval,
	epoch_at timestamptz,
	expires_in integer,
	kid text,
	rotate boolean,
	change bigint
)
language sql stable
begin atomic
	select c.client_id,
		case when not gatepost.client_secret_good(c, given_method,
			given_secret_hash) then 'invalid_client' end,
		case when not grant_type = any (c.grant_types)
			then 'unauthorized_client'
		    when h.kid is null or h.activates_at > now()
			and gatepost.signing_kid_active() is null
			then 'no_key' end,
		'refresh_token' = any (c.grant_types),
		coalesce(c.last_used_at < now() - interval '1 hour', true),
		c.scopes::text[],
		coalesce(c.default_resource::text, h.default_resource),
		coalesce(c.refresh_idle, h.refresh_idle),
		coalesce(c.refresh_absolute, h.refresh_absolute),
		h.replay_window,
		h.epoch_at,
		extract(epoch from coalesce(c.access_token_lifetime,
			h.access_token_lifetime))::integer,
		case when h.activates_at <= now() then h.kid
		    else gatepost.signing_kid_active() end,
		coalesce(h.activates_at <= now() and h.rotates_at < now(),
			h.kid is null),
		h.counter
	from gatepost.change h
	left join gatepost.client c on c.client_id = given_client_id;
end;
comment on function gatepost.token_asked(text, text, bytea, text) is
'Who asks for a token, why not, and what every answer says.';

-- Redeems authorization codes (OAuth 2.1, 4.1.3).  Called by token, which has
-- computed the challenges of the verifiers that it was given, for several calls
-- (base.sql).  Outcomes: 'issued', or the error's code.  A code's lock lets one
-- of many win; another redemption that would have been good ends what the first
-- one got.
create or replace function gatepost.token_redeem(calls gatepost.redeem_call[])
returns setof gatepost.token_answer
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	apart integer := cardinality(calls);
	low uuid := (calls[1]).code_id;
	high uuid := low;
	r record;
	redeemed uuid[];
	grants access_grant[];
	events audit_event[];
begin
	if array_ndims(calls) <> 1 or array_lower(calls, 1) <> 1
	or cardinality(calls) > 8 then
		raise exception 'calls are to be up to 8, counted from 1';
	end if;
	if apart > 1 then
		select *
		into apart, low, high
		from ids_span(array(
			select q.code_id
			from unnest(calls) q));
	end if;
	for r in
		select q.ordinality as place,
			w.caller, w.refusal, w.otherwise, w.refreshable,
			w.unused, w.expires_in, w.kid, w.rotate, w.change,
			k.id, k.hash, k.client_id, k.account_id, k.consent_id,
			k.redirect_uri, k.code_challenge, k.scopes, k.resource,
			k.expires_at, k.redeemed_at,
			p.disabled_at is null and p.id is not null
			    and n.id is not null and t.uri is not null
			    and e.id is not null and e.ended_at is null
			    and e.opened_at > p.sessions_ended_at
			    and e.opened_at > w.epoch_at as alive
		from unnest(calls[:apart]) with ordinality q
		cross join token_asked(q.client_id, q.method, q.secret_hash,
		    'authorization_code') w
		left join lateral (
			select *
			from code c
			where c.id = q.code_id
			and c.id between low and high
			for update) k on true
		left join account p on p.id = k.account_id
		left join consent n on n.id = k.consent_id
		left join resource t on t.uri = k.resource
		left join lateral (
			select s.id, s.opened_at, s.ended_at
			from session s
			where s.id = k.session_id
			offset 0) e on true
		order by q.ordinality
	loop
		declare
			q constant redeem_call := calls[r.place];
			judged record;
			why text;
			outcome text;
			grant_id uuid;
			generation integer;
			scope text;
		begin
			if r.refusal is not null then
				judged := caller_refusal(r.caller, q.client_id,
				    q.method, q.assertion, r.otherwise);
				r.refusal := judged.refusal;
				why := judged.why;
			end if;
			why := case
			    when r.refusal is not null
				or r.otherwise is not null then why
			    when r.id is null then 'unknown code'
			    when q.code_hash is distinct from r.hash
				then 'hash'
			    when r.client_id <> q.client_id then 'client'
			    when q.redirect_uri <> r.redirect_uri
				then 'redirect_uri'
			    when q.code_challenge
				is distinct from r.code_challenge
				then 'code_verifier'
			    when r.expires_at <= now() then 'expired'
			    when not r.alive then 'no longer allowed'
			    when q.resource is not null
				and q.resource <> r.resource
				and r.resource is distinct from
				resource_find(q.resource, null) then 'resource'
			    when r.redeemed_at is not null
				then 'replayed' end;
			outcome := case
			    when r.refusal is not null then r.refusal
			    when r.otherwise is not null then r.otherwise
			    when why = 'resource' then 'invalid_target'
			    when why is not null then 'invalid_grant'
			    else 'issued' end;

			if outcome = 'issued' then
				scope := array_to_string(r.scopes, ' ');
				if r.refreshable
				and q.refresh_hash is not null then
					generation := 1;
				end if;
				redeemed := array_append(redeemed, r.id);
				-- all columns of access_grant, in their order
				grants := array_append(grants, row(r.id,
				    r.client_id, r.account_id, r.consent_id,
				    r.resource, r.scopes, generation,
				    case when generation = 1
					then q.refresh_hash end, null,
				    case when generation = 1 then now() end,
				    '{}', '{}', now(), null, null,
				    address_read(q.address))::access_grant);
				if r.unused then
					perform client_used(r.caller);
				end if;
			elsif why = 'replayed' then
				perform grant_end(r.id, 'code used twice');
			end if;
			if outcome = 'issued' or why = 'replayed' then
				grant_id := r.id;
			end if;
			if outcome <> 'stale_keys' then
				events := array_append(events, audit_row(
				    program => 'token',
				    event => 'token',
				    outcome => case outcome when 'issued'
					then outcome else 'refused' end,
				    error => nullif(outcome, 'issued'),
				    client_id => r.caller,
				    account_id => r.account_id,
				    grant_id => grant_id,
				    resource => r.resource,
				    scope => scope,
				    address => q.address,
				    detail => case when why is not null
					then jsonb_build_object('why', why)
					end));
			end if;
			return next row(outcome, grant_id, r.account_id::text,
			    r.caller, r.resource, scope, generation,
			    floor(extract(epoch from now())), r.expires_in,
			    r.kid, r.rotate, r.change)::token_answer;
		end;
	end loop;

	if redeemed is not null then
		update code k
		set redeemed_at = now()
		where k.id = any (redeemed)
		and k.id between low and high;
		insert into access_grant
		select *
		from unnest(grants);
	end if;
	insert into audit_event
	select *
	from unnest(events);
	-- A code that is among them twice is redeemed by the first.
	if apart < cardinality(calls) then
		return query
		select *
		from token_redeem(calls[apart + 1:]);
	end if;
end
$$;
comment on function gatepost.token_redeem(gatepost.redeem_call[]) is
'Redeems authorization codes; for token.';

-- Gives clients tokens for themselves (RFC 6749, 4.4), under their standing
-- grants for the resources.  Called by token, for several calls (base.sql).
-- Outcomes as token_redeem's.
create or replace function gatepost.token_client_credentials(
	calls gatepost.client_credentials_call[]
)
returns setof gatepost.token_answer
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
			w.caller, w.refusal, w.otherwise, w.unused,
			w.client_scopes, w.expires_in, w.kid, w.rotate,
			w.change,
			t.uri, t.scopes as resource_scopes, t.default_scopes,
			case when g.made_at > now() - w.refresh_absolute / 2
				and g.made_at > w.epoch_at then g.grant_id end
			    as standing
		from unnest(calls) with ordinality q
		cross join token_asked(q.client_id, q.method, q.secret_hash,
		    'client_credentials') w
		left join resource t
		    on t.uri = coalesce(q.resource, w.default_resource)
		left join standing_grant g
		    on g.client_id = q.client_id and g.resource = t.uri
		order by q.ordinality
	loop
		declare
			q constant client_credentials_call := calls[r.place];
			granted text[] :=
			    array_remove(q.scope, 'offline_access');
			meant text;
			outcome text;
			judged record;
			why text;
			grant_id uuid;
			scope text;
		begin
			-- An alias is seldom given: then this is asked again.
			if r.uri is null and q.resource is not null then
				meant := resource_find(q.resource, null);
			end if;
			if meant is not null then
				return query
				select *
				from token_client_credentials(array[row(
				    q.client_id, q.method, q.secret_hash,
				    q.assertion, q.scope, meant, q.address
				    )::client_credentials_call]);
				continue;
			end if;
			if r.refusal is not null then
				judged := caller_refusal(r.caller, q.client_id,
				    q.method, q.assertion, r.otherwise);
				r.refusal := judged.refusal;
				why := judged.why;
			end if;
			if coalesce(cardinality(granted), 0) = 0 then
				granted := coalesce(r.client_scopes,
				    r.default_scopes, r.resource_scopes);
			end if;
			granted := scope_limit(granted, r.resource_scopes);
			granted := scope_limit(granted, r.client_scopes);
			outcome := case
			    when r.refusal is not null then r.refusal
			    when r.otherwise is not null then r.otherwise
			    when r.uri is null then 'invalid_target'
			    when cardinality(granted) > 0
				and scopes_fit(granted) then 'issued'
			    else 'invalid_scope' end;

			if outcome = 'issued' then
				scope := array_to_string(granted, ' ');
				grant_id := coalesce(r.standing,
				    standing_grant_make(r.caller, r.uri,
					granted));
				if r.unused then
					perform client_used(r.caller);
				end if;
			end if;
			if outcome <> 'stale_keys' then
				events := array_append(events, audit_row(
				    program => 'token',
				    event => 'client_credentials',
				    outcome => case outcome when 'issued'
					then outcome else 'refused' end,
				    error => nullif(outcome, 'issued'),
				    client_id => r.caller,
				    grant_id => grant_id,
				    resource => r.uri,
				    scope => scope,
				    address => q.address,
				    detail => case when why is not null
					then jsonb_build_object('why', why)
					end));
			end if;
			return next row(outcome, grant_id, r.caller, r.caller,
			    r.uri, scope, null,
			    floor(extract(epoch from now())), r.expires_in,
			    r.kid, r.rotate, r.change)::token_answer;
		end;
	end loop;
	insert into audit_event
	select *
	from unnest(events);
end
$$;
comment on function gatepost.token_client_credentials(
	gatepost.client_credentials_call[]) is
'Gives clients tokens for themselves; for token.';

-- Makes the grant under which a client gets tokens for itself, in the place
-- of one that ended or is old.  Called by token_client_credentials.  Of many
-- at once one makes it; the others wait for its row and take that.
create or replace function gatepost.standing_grant_make(
	given_client_id text,
	given_resource text,
	scopes text[]
)
returns uuid
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	made constant uuid := uuid7();
	kept uuid;
begin
	insert into standing_grant as g (client_id, resource, grant_id)
	values (given_client_id, given_resource, made)
	on conflict (client_id, resource) do update
	set grant_id = made, made_at = now()
	where not exists (
		select
		from server s
		join client c on c.client_id = g.client_id
		where g.made_at > now() - coalesce(c.refresh_absolute,
		    s.refresh_absolute) / 2
		and g.made_at > s.epoch_at)
	returning g.grant_id
	into kept;
	if kept = made then
		insert into access_grant (id, client_id, resource, scopes)
		values (made, given_client_id, given_resource, scopes);
		return made;
	end if;
	select g.grant_id
	into strict kept
	from standing_grant g
	where g.client_id = given_client_id
	and g.resource = given_resource;
	return kept;
end
$$;
comment on function gatepost.standing_grant_make(text, text, text[]) is
'Makes a client''s standing grant for a resource, once.';

-- Notes that a client was used, never waiting for another that notes it.
-- Called for an answer when that was not noted for an hour.
create or replace function gatepost.client_used(used_client_id text)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	update client c
	set last_used_at = now()
	where c.client_id = (
		select d.client_id
		from client d
		where d.client_id = used_client_id
		for no key update skip locked);
end
$$;
comment on function gatepost.client_used(text) is
'Notes that a client was used.';

grant execute on function
	gatepost.token_redeem(gatepost.redeem_call[]),
	gatepost.token_client_credentials(gatepost.client_credentials_call[]),
	gatepost.client_keys_read(text),
	gatepost.client_keys_ask(text)
to :"role";
