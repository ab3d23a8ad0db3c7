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
-- tokens' MACs, so that grant and generation are of our making, for several
-- calls (base.sql).  The current generation moves on by one; one superseded
-- within the replay window gets the current one, so that processes which share
-- a token converge; an older one ends the grant.  Outcomes as token_redeem's;
-- generation is that of the refresh token to answer with.
create or replace function gatepost.token_refresh(calls gatepost.refresh_call[])
returns setof gatepost.token_answer
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	apart integer := cardinality(calls);
	low uuid := (calls[1]).grant_id;
	high uuid := low;
	r record;
	moved uuid[];
	addresses text[];
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
			select q.grant_id
			from unnest(calls) q));
	end if;
	for r in
		select q.ordinality as place,
			w.caller, w.refusal, w.otherwise, w.unused,
			w.client_scopes, w.replay_window, w.expires_in, w.kid,
			w.rotate, w.change,
			g.id, g.client_id, g.account_id, g.resource, g.scopes,
			g.generation, g.refresh_hash, g.rotated_at,
			g.mark_generation, g.mark_at,
			p.scopes as account_scopes, t.scopes as resource_scopes,
			g.ended_at is null and g.granted_at > w.epoch_at
			    and p.id is not null and p.disabled_at is null
			    and n.id is not null and t.uri is not null as alive,
			g.rotated_at <= now() - w.refresh_idle as idle,
			g.granted_at <= now() - w.refresh_absolute as aged
		from unnest(calls[:apart]) with ordinality q
		cross join token_asked(q.client_id, q.method, q.secret_hash,
		    'refresh_token') w
		left join lateral (
			select *
			from access_grant a
			where a.id = q.grant_id
			and a.id between low and high
			for update) g on true
		left join account p on p.id = g.account_id
		left join consent n on n.id = g.consent_id
		left join resource t on t.uri = g.resource
		order by q.ordinality
	loop
		declare
			q constant refresh_call := calls[r.place];
			asked constant text[] :=
			    array_remove(q.scope, 'offline_access');
			judged record;
			why text;
			outcome text;
			granted text[];
			generation integer;
			scope text;
		begin
			if r.refusal is not null then
				judged := caller_refusal(r.caller, q.client_id,
				    q.method, q.assertion, r.otherwise);
				r.refusal := judged.refusal;
				why := judged.why;
			end if;
			-- What is still allowed of what was granted.
			granted := scope_limit(r.scopes, r.resource_scopes);
			granted := scope_limit(granted, r.client_scopes);
			granted := scope_limit(granted, r.account_scopes);

			why := case
			    when r.refusal is not null
				or r.otherwise is not null then why
			    when r.id is null then 'unknown grant'
			    when r.client_id <> q.client_id then 'client'
			    when r.generation is null
				or q.generation is null
				or q.generation > r.generation
				or q.generation < 1 then 'generation'
			    when not r.alive then 'no longer allowed'
			    when r.idle then 'idle'
			    when r.aged then 'too old'
			    when q.resource is not null
				and q.resource <> r.resource
				and r.resource is distinct from
				resource_find(q.resource, null) then 'resource'
			    when cardinality(granted) = 0
				or not scopes_fit(granted)
				or not scopes_cover(granted, asked)
				then 'scope'
			    when q.generation = r.generation then null
			    when refresh_superseded(q.generation,
				r.mark_generation, r.mark_at, r.rotated_at)
				> now() - r.replay_window then 'superseded'
			    else 'replayed' end;
			outcome := case
			    when r.refusal is not null then r.refusal
			    when r.otherwise is not null then r.otherwise
			    when why = 'resource' then 'invalid_target'
			    when why = 'scope' then 'invalid_scope'
			    when why is null or why = 'superseded' then 'issued'
			    else 'invalid_grant' end;

			if outcome = 'issued' then
				if cardinality(asked) > 0 then
					granted := scope_limit(asked,
					    granted);
				end if;
				scope := array_to_string(granted, ' ');
				generation := r.generation;
				if why is null then
					generation := r.generation + 1;
					-- When the newest mark is a fifteenth
					-- of the replay window old another is
					-- set: there are never more than some
					-- thirty.
					if r.mark_at[cardinality(r.mark_at)]
					> now() - r.replay_window / 15 then
						moved := array_append(
						    moved, r.id);
						addresses := array_append(
						    addresses, q.address);
					else
						perform refresh_mark(r.id,
						    r.replay_window,
						    address_read(q.address));
					end if;
				end if;
				if r.refresh_hash <> q.refresh_hash then
					-- The key-encryption key was changed;
					-- tokens made under the one before it
					-- are still about.
					update access_grant g
					set refresh_hash = q.refresh_hash,
						previous_refresh_hash =
						    r.refresh_hash
					where g.id = r.id;
				end if;
				if r.unused then
					perform client_used(r.caller);
				end if;
			elsif why = 'replayed' then
				perform grant_end(r.id, 'refresh token used '
				    'long after it was superseded');
			end if;
			if outcome <> 'stale_keys' then
				events := array_append(events, audit_row(
				    program => 'token',
				    event => 'refresh',
				    outcome => case outcome when 'issued'
					then outcome else 'refused' end,
				    error => nullif(outcome, 'issued'),
				    client_id => r.caller,
				    account_id => r.account_id,
				    grant_id => r.id,
				    resource => r.resource,
				    scope => scope,
				    address => q.address,
				    detail => case when why is not null
					then jsonb_build_object('why', why,
					    'generation', q.generation)
					end));
			end if;
			return next row(outcome, r.id, r.account_id::text,
			    r.caller, r.resource, scope, generation,
			    floor(extract(epoch from now())), r.expires_in,
			    r.kid, r.rotate, r.change)::token_answer;
		end;
	end loop;

	if moved is not null then
		update access_grant g
		set generation = g.generation + 1,
			rotated_at = now(),
			address = address_read(
			    addresses[array_position(moved, g.id)])
		where g.id = any (moved)
		and g.id between low and high;
	end if;
	insert into audit_event
	select *
	from unnest(events);
	-- A grant that is among them twice is moved on by the first.
	if apart < cardinality(calls) then
		return query
		select *
		from token_refresh(calls[apart + 1:]);
	end if;
end
$$;
comment on function gatepost.token_refresh(gatepost.refresh_call[]) is
'Refreshes: the next refresh tokens, or the current ones again; for token.';

-- Moves a grant on by one generation and marks when.  Called by token_refresh
-- with the row locked.  Of marks older than the window only the newest says
-- anything.
create or replace function gatepost.refresh_mark(
	given_grant_id uuid,
	replay_window interval,
	used_from inet default null
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
		address = used_from,
		mark_generation = g.mark_generation[first:]
			|| (g.generation + 1),
		mark_at = g.mark_at[first:] || now()
	where a.id = given_grant_id;
end
$$;
comment on function gatepost.refresh_mark(uuid, interval, inet) is
'Moves a grant on by one generation and marks when.';

grant execute on function
	gatepost.token_refresh(gatepost.refresh_call[])
to :"role";
