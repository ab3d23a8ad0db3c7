-- SPDX-License-Identifier: ISC
-- authorize: judges an authorization request and stores it.

\set program authorize
\ir role.psql

-- Judges authorization requests (OAuth 2.1, 4.1.1): the client, then where it
-- wants the answer, then the rest, of which `fault` is what the program found
-- by itself.  Called by authorize, for several calls (base.sql).  Outcomes:
-- 'unknown_client' and 'bad_redirect', never to be redirected; 'refused' with
-- the error's code; 'login' or 'consent', where the browser goes next with the
-- request that was stored.  The redirect is judged by the URI; redirect_match
-- must agree.
-- Where the client's document must be fetched first nothing is judged, but
-- `query` kept, with which this is asked again: 'login' or 'fetch'.
create or replace function gatepost.authorize_request(
	calls gatepost.authorize_call[]
)
returns setof gatepost.authorize_answer
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	low uuid := (calls[1]).session_id;
	high uuid := low;
	r record;
	requests request[];
	events audit_event[];
begin
	if array_ndims(calls) <> 1 or array_lower(calls, 1) <> 1
	or cardinality(calls) > 8 then
		raise exception 'calls are to be up to 8, counted from 1';
	end if;
	if cardinality(calls) > 1 then
		select i.low, i.high
		into low, high
		from ids_span(array(
			select distinct q.session_id
			from unnest(calls) q)) i;
	end if;
	for r in
		select q.ordinality as place,
			c.client_id, c.self_registered, c.from_document,
			c.grant_types, c.scopes::text[] as client_scopes,
			case when q.redirect_uri is not null then (
				select q.redirect_uri
				from client_redirect d
				where d.client_id = c.client_id
				and d.match = q.redirect_match
				limit 1)
			else (
				select min(d.uri::text)
				from client_redirect d
				where d.client_id = c.client_id
				having count(*) = 1) end as redirect_uri,
			t.uri, t.scopes, t.default_scopes,
			case when p.alive then p.id end as person,
			p.username, p.unseen
		from unnest(calls) with ordinality q
		cross join server s
		left join client c
		    on c.client_id = q.client_id
		    and c.disabled_at is null
		    and (s.client_documents or not c.from_document)
		left join resource t
		    on t.uri = coalesce(q.resource, c.default_resource,
			s.default_resource)
		left join lateral (
			select a.id, a.username,
				session_alive(e, a, s) as alive,
				session_unseen(e, s) as unseen
			from session e
			join account a on a.id = e.account_id
			where e.id = q.session_id
			and e.id between low and high
			and e.hash = q.session_hash
			offset 0) p on true
		order by q.ordinality
	loop
		declare
			q constant authorize_call := calls[r.place];
			unfetched constant boolean := q.query is not null
			    and document_needed(q.client_id);
			a authorize_answer;
			person uuid;
			granted text[];
			target text;
		begin
			a.self_registered := r.self_registered;
			a.redirect_uri := r.redirect_uri;
			if unfetched then
				a.redirect_uri := null;
				a.self_registered := true;
				a.redirect_host := redirect_host(q.client_id);
				a.outcome := case
				    when q.fault is not null then 'refused'
				    when r.person is null then 'login'
				    else 'fetch' end;
				a.error := q.fault;
			elsif r.client_id is null then
				a.outcome := 'unknown_client';
			elsif a.redirect_uri is null
			or q.redirect_match is distinct from
			    redirect_match(q.redirect_uri) then
				a.redirect_uri := null;
				a.outcome := 'bad_redirect';
			end if;

			if a.outcome is null then
				-- an alias, which is seldom given
				if r.uri is null and q.resource is not null then
					select t.uri, t.scopes, t.default_scopes
					into r.uri, r.scopes, r.default_scopes
					from resource t
					where t.uri = resource_find(q.resource,
					    null);
				end if;
				granted := array_remove(q.scope,
				    'offline_access');
				if coalesce(cardinality(granted), 0) = 0 then
					granted := coalesce(r.default_scopes,
					    r.scopes);
				end if;
				-- what is no wildcard covers no other
				granted := case
				    when granted <@ r.scopes and strpos(
					array_to_string(granted, ' '), ':*') = 0
					then granted
				    else scope_intersect(granted, r.scopes) end;
				granted := scope_limit(granted,
				    r.client_scopes);
				target := r.uri;
				a.error := case
				    when q.fault is not null then q.fault
				    when not 'authorization_code'
					= any (r.grant_types)
					then 'unauthorized_client'
				    when r.uri is null then 'invalid_target'
				    when cardinality(granted) = 0
					or not scopes_fit(granted)
					then 'invalid_scope'
				    when coalesce(q.code_challenge, '')
					!~ '^[A-Za-z0-9_-]{43}$'
					then 'invalid_request' end;
				a.outcome := case
				    when a.error is not null then 'refused'
				    when r.person is null then 'login'
				    else 'consent' end;
			end if;

			if a.outcome = 'refused' then
				-- whom a page says it is about
				a.redirect_host := coalesce(a.redirect_host,
				    redirect_host(a.redirect_uri));
			elsif a.outcome in ('login', 'consent', 'fetch') then
				a.request_id := uuid7();
				person := r.person;
				-- all columns of request, in their order
				requests := array_append(requests, row(
				    a.request_id, q.request_hash, q.client_id,
				    a.redirect_uri,
				    case when not unfetched then q.state end,
				    case when not unfetched
					then q.code_challenge end,
				    granted, target,
				    case when person is not null
					then q.session_id end,
				    null, null, null, null, now(),
				    case when unfetched then q.query end
				    )::request);
				if person is not null and r.unseen then
					perform session_seen(q.session_id);
				end if;
				if r.from_document and not unfetched then
					perform document_used(r.client_id,
					    'client');
				end if;
			end if;
			events := array_append(events, audit_row(
			    program => 'authorize',
			    event => 'authorize',
			    outcome => a.outcome,
			    error => a.error,
			    client_id => r.client_id,
			    account_id => person,
			    username => case when person is not null
				then r.username end,
			    resource => target,
			    scope => case when a.request_id is not null
				then array_to_string(granted, ' ') end,
			    address => q.address));
			return next a;
		end;
	end loop;
	if requests is not null then
		insert into request
		select *
		from unnest(requests);
	end if;
	insert into audit_event
	select *
	from unnest(events);
end
$$;
comment on function gatepost.authorize_request(gatepost.authorize_call[]) is
'Judges and stores authorization requests; for authorize.';

grant execute on function
	gatepost.authorize_request(gatepost.authorize_call[])
to :"role";
