-- SPDX-License-Identifier: ISC
-- token: redeems codes, and gives clients tokens of their own.  What
-- refreshes is in token-refresh.sql, what keeps signing keys in token-keys.sql.
--
-- Everything is checked before anything changes.  issued_at is the moment at
-- which the transaction began, so that a revocation which this one has not
-- seen is later, and covers the token.

\set program token
\ir role.psql

-- Redeems an authorization code (OAuth 2.1, 4.1.3).  Called by token, which
-- has computed the challenge of the verifier that it was given.  Returns
-- 'issued' with what the token says, or the error's code.  The row's lock
-- lets one of many win; another redemption that would have been good ends
-- what the first one got.
create or replace function gatepost.token_redeem(
	given_client_id text,
	given_method text,
	given_secret_hash bytea,
	given_code_id uuid,
	given_code_hash bytea,
	given_refresh_hash bytea,
	given_redirect_uri text,
	given_challenge text,
	given_resource text,
	given_address text,
	out outcome text,
	out grant_id uuid,
	out subject text,
	out client_id text,
	out audience text,
	out scope text,
	out generation integer,
	out issued_at bigint,
	out expires_in integer,
	out kid text,
	out rotate boolean,
	out change bigint
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	r record;
	why text;
begin
	select k.hash, k.client_id, k.account_id, k.consent_id, k.redirect_uri,
		k.code_challenge, k.scopes, k.resource, k.expires_at,
		k.redeemed_at,
		h.counter,
		c.client_id as known_client,
		client_authentic(c.auth_method, c.disabled_at, c.secret_hash,
		    c.previous_secret_hash, c.previous_secret_until,
		    given_method, given_secret_hash) as authentic,
		c.grant_types,
		coalesce(c.last_used_at < now() - interval '1 hour', true)
		    as unused,
		coalesce(c.access_token_lifetime, s.access_token_lifetime)
		    as lifetime,
		a.id is not null and a.disabled_at is null
		    and n.id is not null and t.uri is not null
		    and e.id is not null and e.ended_at is null
		    and e.opened_at > a.sessions_ended_at
		    and e.opened_at > s.epoch_at as alive,
		y.signing_kid, y.signing_rotate
	into r
	from code k
	cross join server s
	cross join change h
	cross join lateral signing_key_now(s.key_rotation_age,
	    s.key_rotation_asked_at, s.signing_algorithm) y
	left join client c on c.client_id = given_client_id
	left join account a on a.id = k.account_id
	left join consent n on n.id = k.consent_id
	left join resource t on t.uri = k.resource
	left join session e on e.id = k.session_id
	where k.id = given_code_id
	for update of k;

	if not found then
		-- No such code; who asks is judged all the same.
		select client_authentic(c.auth_method, c.disabled_at,
			c.secret_hash, c.previous_secret_hash,
			c.previous_secret_until, given_method,
			given_secret_hash) as authentic,
			c.grant_types, c.client_id as known_client,
			null::uuid as account_id, null::text as resource
		into r
		from (values (0)) one
		left join client c on c.client_id = given_client_id;
		why := 'unknown code';
	end if;

	if not coalesce(r.authentic, false) then
		outcome := 'invalid_client';
		why := null;
	elsif not 'authorization_code' = any (r.grant_types) then
		outcome := 'unauthorized_client';
	elsif why is not null then
		outcome := 'invalid_grant';
	else
		outcome := 'invalid_grant';
		why := case
		    when given_code_hash is distinct from r.hash then 'hash'
		    when r.client_id <> given_client_id then 'client'
		    when given_redirect_uri <> r.redirect_uri
			then 'redirect_uri'
		    when given_challenge is distinct from r.code_challenge
			then 'code_verifier'
		    when r.expires_at <= now() then 'expired'
		    when not r.alive then 'no longer allowed'
		    when given_resource is not null
			and given_resource <> r.resource
			and r.resource is distinct from
			resource_find(given_resource, null)
			then 'resource'
		    when r.redeemed_at is not null then 'replayed' end;
		if why is null then
			outcome := 'issued';
		elsif why = 'resource' then
			outcome := 'invalid_target';
		elsif why = 'replayed' then
			grant_id := given_code_id;
			perform grant_end(given_code_id, 'code used twice');
		end if;
	end if;

	if outcome = 'issued' then
		grant_id := given_code_id;
		if 'refresh_token' = any (r.grant_types)
		and given_refresh_hash is not null then
			generation := 1;
		end if;
		update code k
		set redeemed_at = now()
		where k.id = given_code_id;
		insert into access_grant (id, client_id, account_id,
		    consent_id, resource, scopes, generation, refresh_hash,
		    rotated_at)
		values (given_code_id, r.client_id, r.account_id, r.consent_id,
		    r.resource, r.scopes, generation,
		    case when generation = 1 then given_refresh_hash end,
		    case when generation = 1 then now() end);
		if r.unused then
			perform client_used(r.client_id);
		end if;
		subject := r.account_id::text;
		client_id := r.client_id;
		audience := r.resource;
		scope := array_to_string(r.scopes, ' ');
		issued_at := floor(extract(epoch from now()))::bigint;
		expires_in := extract(epoch from r.lifetime)::integer;
		kid := r.signing_kid;
		rotate := r.signing_rotate;
		change := r.counter;
	end if;

	insert into audit_event (id, program, event, outcome, error, client_id,
	    account_id, grant_id, resource, scope, address, detail)
	values (uuid7(), 'token', 'token',
	    case when outcome = 'issued' then outcome else 'refused' end,
	    nullif(outcome, 'issued'), r.known_client,
	    r.account_id, grant_id, r.resource, scope,
	    address_read(given_address),
	    case when why is not null
	    then jsonb_build_object('why', why) end);
	if why = 'replayed' then
		grant_id := null;
	end if;
end
$$;
comment on function gatepost.token_redeem(text, text, bytea, uuid, bytea,
	bytea, text, text, text, text) is
'Redeems an authorization code; for token.';

-- Gives a client a token for itself (RFC 6749, 4.4), under its standing grant
-- for the resource.  Called by token.  Returns as token_redeem does.
create or replace function gatepost.token_client_credentials(
	given_client_id text,
	given_method text,
	given_secret_hash bytea,
	given_scope text[],
	given_resource text,
	given_address text,
	out outcome text,
	out grant_id uuid,
	out subject text,
	out client_id text,
	out audience text,
	out scope text,
	out generation integer,
	out issued_at bigint,
	out expires_in integer,
	out kid text,
	out rotate boolean,
	out change bigint
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	r record;
	granted text[];
	asked constant text[] :=
	    array_remove(given_scope, 'offline_access');
begin
	select c.client_id, c.grant_types, c.scopes, c.refresh_absolute,
		coalesce(c.last_used_at < now() - interval '1 hour', true)
		    as unused,
		h.counter,
		client_authentic(c.auth_method, c.disabled_at, c.secret_hash,
		    c.previous_secret_hash, c.previous_secret_until,
		    given_method, given_secret_hash) as authentic,
		coalesce(c.access_token_lifetime, s.access_token_lifetime)
		    as lifetime,
		t.uri, t.scopes as resource_scopes, t.default_scopes,
		case when g.made_at > now() - coalesce(c.refresh_absolute,
		    s.refresh_absolute) / 2 and g.made_at > s.epoch_at
		    then g.grant_id end as standing,
		y.signing_kid, y.signing_rotate
	into r
	from server s
	cross join change h
	cross join lateral signing_key_now(s.key_rotation_age,
	    s.key_rotation_asked_at, s.signing_algorithm) y
	left join client c on c.client_id = given_client_id
	left join resource t on t.uri = coalesce(given_resource,
	    c.default_resource, s.default_resource)
	left join standing_grant g on g.client_id = c.client_id
	    and g.resource = t.uri;

	if not r.authentic then
		outcome := 'invalid_client';
	elsif not 'client_credentials' = any (r.grant_types) then
		outcome := 'unauthorized_client';
	else
		if r.uri is null and given_resource is not null then
			-- Not a resource, but perhaps another name of one.
			select t.uri, t.scopes, t.default_scopes, g.grant_id
			into r.uri, r.resource_scopes, r.default_scopes,
			    r.standing
			from resource_alias l
			join resource t on t.uri = l.uri
			cross join server s
			left join standing_grant g
			    on g.client_id = given_client_id
			    and g.resource = t.uri
			    and g.made_at > now() - coalesce(
				r.refresh_absolute, s.refresh_absolute) / 2
			    and g.made_at > s.epoch_at
			where l.alias = given_resource;
		end if;
		if r.uri is null then
			outcome := 'invalid_target';
		end if;
	end if;

	if outcome is null then
		if cardinality(asked) > 0 then
			granted := asked;
		else
			granted := coalesce(r.scopes, r.default_scopes,
			    r.resource_scopes);
		end if;
		if not granted <@ r.resource_scopes then
			granted := scope_intersect(granted, r.resource_scopes);
		end if;
		if not granted <@ r.scopes then
			granted := scope_intersect(granted, r.scopes);
		end if;
		outcome := case when cardinality(granted) > 0
		    then 'issued' else 'invalid_scope' end;
	end if;

	if outcome = 'issued' then
		grant_id := coalesce(r.standing,
		    standing_grant_make(given_client_id, r.uri, granted));
		if r.unused then
			perform client_used(r.client_id);
		end if;
		subject := r.client_id;
		client_id := r.client_id;
		audience := r.uri;
		scope := array_to_string(granted, ' ');
		issued_at := floor(extract(epoch from now()))::bigint;
		expires_in := extract(epoch from r.lifetime)::integer;
		kid := r.signing_kid;
		rotate := r.signing_rotate;
		change := r.counter;
	end if;

	insert into audit_event (id, program, event, outcome, error, client_id,
	    grant_id, resource, scope, address)
	values (uuid7(), 'token', 'client_credentials',
	    case when outcome = 'issued' then outcome else 'refused' end,
	    nullif(outcome, 'issued'), r.client_id,
	    grant_id, r.uri, scope, address_read(given_address));
end
$$;
comment on function gatepost.token_client_credentials(text, text, bytea,
	text[], text, text) is
'Gives a client a token for itself; for token.';

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
-- Called by what gives it a token, when that was not noted for an hour.
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
	gatepost.token_redeem(text, text, bytea, uuid, bytea, bytea, text,
		text, text, text),
	gatepost.token_client_credentials(text, text, bytea, text[], text, text)
to :"role";
