-- SPDX-License-Identifier: ISC
-- authorize: judges an authorization request and stores it.

\set program authorize
\ir role.psql

-- Judges an authorization request (OAuth 2.1, 4.1.1): the client, then where
-- it wants the answer, then the rest, of which `fault` is what the program
-- found by itself.  Called by authorize.  Outcomes: 'unknown_client' and
-- 'bad_redirect', never to be redirected; 'refused' with the error's code;
-- 'login' or 'consent', where the browser goes next with the request that was
-- stored.  The redirect is judged by the URI; redirect_match must agree.
-- Where the client's document must be fetched first nothing is judged, but
-- given_query kept, with which this is asked again: 'login' or 'fetch'.
create or replace function gatepost.authorize_request(
	given_client_id text,
	given_redirect_uri text,
	given_redirect_match text,
	fault text,
	given_state text,
	given_code_challenge text,
	given_scope text[],
	given_resource text,
	given_session_id uuid,
	given_session_hash bytea,
	given_request_hash bytea,
	given_address text,
	given_query text default null,
	out outcome text,
	out error text,
	out self_registered boolean,
	out redirect_uri text,
	out redirect_host text,
	out request_id uuid
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	r record;
	person uuid;
	granted text[];
	target text;
	meant_match constant text := redirect_match(given_redirect_uri);
	unfetched constant boolean := given_query is not null
	    and document_needed(given_client_id);
begin
	select c.client_id, c.self_registered, c.from_document, c.grant_types,
		c.scopes::text[] as client_scopes,
		case when given_redirect_uri is not null then (
			select given_redirect_uri
			from client_redirect d
			where d.client_id = c.client_id
			and d.match = meant_match
			limit 1)
		else (
			select min(d.uri::text)
			from client_redirect d
			where d.client_id = c.client_id
			having count(*) = 1) end as redirect_uri,
		t.uri, t.scopes, t.default_scopes,
		case when session_alive(e, a, s) then a.id end as person,
		a.username, session_unseen(e, s) as unseen
	into r
	from server s
	left join client c
	    on c.client_id = given_client_id
	    and c.disabled_at is null
	    and (s.client_documents or not c.from_document)
	left join resource t
	    on t.uri = coalesce(given_resource, c.default_resource,
		s.default_resource)
	left join session e
	    on e.id = given_session_id
	    and e.hash = given_session_hash
	left join account a on a.id = e.account_id;
	self_registered := r.self_registered;
	redirect_uri := r.redirect_uri;
	if unfetched then
		redirect_uri := null;
		self_registered := true;
		redirect_host := redirect_host(given_client_id);
		outcome := case
		    when fault is not null then 'refused'
		    when r.person is null then 'login'
		    else 'fetch' end;
		error := fault;
	elsif r.client_id is null then
		outcome := 'unknown_client';
	elsif redirect_uri is null
	or given_redirect_match is distinct from meant_match then
		redirect_uri := null;
		outcome := 'bad_redirect';
	end if;

	if outcome is null then
		-- an alias, which is seldom given
		if r.uri is null and given_resource is not null then
			select t.uri, t.scopes, t.default_scopes
			into r.uri, r.scopes, r.default_scopes
			from resource t
			where t.uri = resource_find(given_resource, null);
		end if;
		granted := array_remove(given_scope, 'offline_access');
		if coalesce(cardinality(granted), 0) = 0 then
			granted := coalesce(r.default_scopes, r.scopes);
		end if;
		-- what is no wildcard covers no other
		granted := case
		    when granted <@ r.scopes
			and strpos(array_to_string(granted, ' '), ':*') = 0
			then granted
		    else scope_intersect(granted, r.scopes) end;
		granted := scope_limit(granted, r.client_scopes);
		target := r.uri;
		error := case
		    when fault is not null then fault
		    when not 'authorization_code' = any (r.grant_types)
			then 'unauthorized_client'
		    when r.uri is null then 'invalid_target'
		    when cardinality(granted) = 0
			or not scopes_fit(granted) then 'invalid_scope'
		    when coalesce(given_code_challenge, '')
			!~ '^[A-Za-z0-9_-]{43}$' then 'invalid_request' end;
		outcome := case
		    when error is not null then 'refused'
		    when r.person is null then 'login'
		    else 'consent' end;
	end if;

	if outcome = 'refused' then
		-- whom a page says it is about
		redirect_host := coalesce(redirect_host,
		    redirect_host(redirect_uri));
	elsif outcome in ('login', 'consent', 'fetch') then
		request_id := uuid7();
		person := r.person;
		insert into request (id, hash, client_id, redirect_uri, state,
		    code_challenge, scopes, resource, session_id, query)
		values (request_id, given_request_hash, given_client_id,
		    redirect_uri,
		    case when not unfetched then given_state end,
		    case when not unfetched then given_code_challenge end,
		    granted,
		    target,
		    case when person is not null then given_session_id end,
		    case when unfetched then given_query end);
		if person is not null and r.unseen then
			perform session_seen(given_session_id);
		end if;
		if r.from_document and not unfetched then
			perform document_used(r.client_id, 'client');
		end if;
	end if;

	insert into audit_event (id, program, event, outcome, error, client_id,
	    account_id, username, resource, scope, address)
	values (uuid7(), 'authorize', 'authorize', outcome, error, r.client_id,
	    person, case when person is not null then r.username end, target,
	    case when request_id is not null
		then array_to_string(granted, ' ') end,
	    address_read(given_address));
end
$$;
comment on function gatepost.authorize_request(text, text, text, text, text,
	text, text[], text, uuid, bytea, bytea, text, text) is
'Judges and stores an authorization request; for authorize.';

grant execute on function
	gatepost.authorize_request(text, text, text, text, text, text, text[],
		text, uuid, bytea, bytea, text, text)
to :"role";
