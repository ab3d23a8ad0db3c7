-- SPDX-License-Identifier: ISC
-- token: refreshes.

\set program token
\ir role.psql

-- Says when a generation of a grant's refresh token was superseded, at the
-- latest.  A mark (n, t) says that n became current at t: what is older was
-- superseded by then.  Called by token_refresh for an older generation.
create or replace function gatepost.refresh_superseded(
	generation integer,
	mark_generation integer[],
	mark_at timestamptz[],
	rotated_at timestamptz
)
returns timestamptz
language sql immutable parallel safe
begin atomic
	select coalesce(min(m.at), rotated_at)
	from unnest(mark_generation, mark_at) m (number, at)
	where m.number > generation;
end;
comment on function gatepost.refresh_superseded(integer, integer[],
	timestamptz[], timestamptz) is
'When a generation of a refresh token was superseded, at the latest.';

-- Refreshes (OAuth 2.1, 4.3).  Called by token, which has verified the
-- token's MAC, so that grant and generation are of our making.  The current
-- generation moves on by one; one superseded within the replay window gets
-- the current one, so that processes which share a token converge; an older
-- one ends the grant.  Returns as token_redeem does; generation is that of
-- the refresh token to answer with.
create or replace function gatepost.token_refresh(
	given_client_id text,
	given_method text,
	given_secret_hash bytea,
	given_grant_id uuid,
	given_generation integer,
	given_refresh_hash bytea,
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
	why text;
	granted text[];
	asked constant text[] :=
	    array_remove(given_scope, 'offline_access');
begin
	select g.client_id, g.account_id, g.resource, g.scopes, g.generation,
		g.refresh_hash, g.rotated_at, g.mark_generation, g.mark_at,
		h.counter,
		c.client_id as known_client,
		client_authentic(c.auth_method, c.disabled_at, c.secret_hash,
		    c.previous_secret_hash, c.previous_secret_until,
		    given_method, given_secret_hash) as authentic,
		c.grant_types,
		coalesce(c.last_used_at < now() - interval '1 hour', true)
		    as unused, c.scopes as client_scopes,
		a.scopes as account_scopes, t.scopes as resource_scopes,
		coalesce(c.access_token_lifetime, s.access_token_lifetime)
		    as lifetime,
		g.ended_at is null and g.granted_at > s.epoch_at
		    and a.id is not null and a.disabled_at is null
		    and n.id is not null and t.uri is not null as alive,
		g.rotated_at <= now() - coalesce(c.refresh_idle,
		    s.refresh_idle) as idle,
		g.granted_at <= now() - coalesce(c.refresh_absolute,
		    s.refresh_absolute) as aged,
		s.replay_window,
		y.signing_kid, y.signing_rotate
	into r
	from access_grant g
	cross join server s
	cross join change h
	cross join lateral signing_key_now(s.key_rotation_age,
	    s.key_rotation_asked_at, s.signing_algorithm) y
	left join client c on c.client_id = given_client_id
	left join account a on a.id = g.account_id
	left join consent n on n.id = g.consent_id
	left join resource t on t.uri = g.resource
	where g.id = given_grant_id
	for update of g;

	if not found then
		-- No such grant; who asks is judged all the same.
		select client_authentic(c.auth_method, c.disabled_at,
			c.secret_hash, c.previous_secret_hash,
			c.previous_secret_until, given_method,
			given_secret_hash) as authentic,
			c.grant_types, c.client_id as known_client,
			null::uuid as account_id, null::text as resource
		into r
		from (values (0)) one
		left join client c on c.client_id = given_client_id;
		why := 'unknown grant';
	end if;

	if not coalesce(r.authentic, false) then
		outcome := 'invalid_client';
		why := null;
	elsif not 'refresh_token' = any (r.grant_types) then
		outcome := 'unauthorized_client';
	elsif why is not null then
		outcome := 'invalid_grant';
	else
		outcome := 'invalid_grant';
		grant_id := given_grant_id;
		why := case
		    when r.client_id <> given_client_id then 'client'
		    when r.generation is null
			or given_generation is null
			or given_generation > r.generation
			or given_generation < 1 then 'generation'
		    when not r.alive then 'no longer allowed'
		    when r.idle then 'idle'
		    when r.aged then 'too old'
		    when given_resource is not null
			and given_resource <> r.resource
			and r.resource is distinct from
			resource_find(given_resource, null)
			then 'resource' end;
		if why = 'resource' then
			outcome := 'invalid_target';
		end if;
	end if;

	if outcome = 'invalid_grant' and why is null then
		-- What is still allowed of what was granted, and of that what
		-- is asked for; asking for more is refused.
		granted := r.scopes;
		if not granted <@ r.resource_scopes then
			granted := scope_intersect(granted, r.resource_scopes);
		end if;
		if not granted <@ r.client_scopes then
			granted := scope_intersect(granted, r.client_scopes);
		end if;
		if not granted <@ r.account_scopes then
			granted := scope_intersect(granted, r.account_scopes);
		end if;
		if cardinality(asked) > 0 then
			if scopes_cover(granted, asked) then
				granted := scope_intersect(asked, granted);
			else
				granted := '{}';
			end if;
		end if;
		if cardinality(granted) = 0 then
			outcome := 'invalid_scope';
		elsif given_generation = r.generation then
			outcome := 'issued';
		elsif refresh_superseded(given_generation, r.mark_generation,
		    r.mark_at, r.rotated_at) > now() - r.replay_window then
			outcome := 'issued';
			why := 'superseded';
		else
			why := 'replayed';
			perform grant_end(given_grant_id,
			    'refresh token used long after it was superseded');
		end if;
	end if;

	if outcome = 'issued' then
		generation := r.generation;
		if why is null then
			generation := r.generation + 1;
			if r.mark_at[cardinality(r.mark_at)]
			    > now() - r.replay_window / 15 then
				update access_grant g
				set generation = r.generation + 1,
					rotated_at = now()
				where g.id = given_grant_id;
			else
				perform refresh_mark(given_grant_id,
				    r.replay_window);
			end if;
		end if;
		if r.refresh_hash <> given_refresh_hash then
			-- The key-encryption key was changed; tokens made
			-- under the one before it are still about.
			update access_grant g
			set refresh_hash = given_refresh_hash,
				previous_refresh_hash = r.refresh_hash
			where g.id = given_grant_id;
		end if;
		if r.unused then
			perform client_used(r.client_id);
		end if;
		subject := r.account_id::text;
		client_id := r.client_id;
		audience := r.resource;
		scope := array_to_string(granted, ' ');
		issued_at := floor(extract(epoch from now()))::bigint;
		expires_in := extract(epoch from r.lifetime)::integer;
		kid := r.signing_kid;
		rotate := r.signing_rotate;
		change := r.counter;
	end if;

	insert into audit_event (id, program, event, outcome, error, client_id,
	    account_id, grant_id, resource, scope, address, detail)
	values (uuid7(), 'token', 'refresh',
	    case when outcome = 'issued' then outcome else 'refused' end,
	    nullif(outcome, 'issued'), r.known_client,
	    r.account_id, grant_id, r.resource, scope,
	    address_read(given_address),
	    case when why is not null
	    then jsonb_build_object('why', why,
		'generation', given_generation) end);
	if outcome <> 'issued' then
		grant_id := null;
	end if;
end
$$;
comment on function gatepost.token_refresh(text, text, bytea, uuid, integer,
	bytea, text[], text, text) is
'Refreshes: the next refresh token, or the current one again; for token.';

-- Moves a grant on by one generation and marks when.  Called by token_refresh
-- with the row locked, when the newest mark is a fifteenth of the replay
-- window old: so there are never more than some thirty.  Of marks older than
-- the window only the newest says anything.
create or replace function gatepost.refresh_mark(
	given_grant_id uuid,
	replay_window interval
)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	g access_grant;
	first integer;
begin
	select *
	into strict g
	from access_grant a
	where a.id = given_grant_id;
	if g.generation <> all (g.mark_generation)
	and g.rotated_at < now() - replay_window / 15 then
		g.mark_generation := g.mark_generation || g.generation;
		g.mark_at := g.mark_at || g.rotated_at;
	end if;
	select greatest(count(*), 1)
	into first
	from unnest(g.mark_at) t
	where t <= now() - replay_window;
	update access_grant a
	set generation = g.generation + 1,
		rotated_at = now(),
		mark_generation = g.mark_generation[first:]
			|| (g.generation + 1),
		mark_at = g.mark_at[first:] || now()
	where a.id = given_grant_id;
end
$$;
comment on function gatepost.refresh_mark(uuid, interval) is
'Moves a grant on by one generation and marks when.';

grant execute on function
	gatepost.token_refresh(text, text, bytea, uuid, integer, bytea, text[],
		text, text)
to :"role";
